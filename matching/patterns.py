"""Counts of agreement patterns, which is all that training reads, and what strangers have in common by chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import polars as pl

from matching.comparisons import Comparison

Floats = npt.NDArray[np.float64]

UNSEEN, UNSEEN_EQUAL = 0.3, 0.03


@dataclass(frozen=True)
class Patterns:
    """Counts of agreement patterns: levels[pattern, comparison] (-1 missing), key[pattern] (-1: no key masks), count[pattern]."""

    levels: npt.NDArray[np.int8]
    key: npt.NDArray[np.int16]
    count: Floats

    @staticmethod
    def from_frame(frame: pl.DataFrame, comparisons: Sequence[Comparison]) -> Patterns:
        """From columns ``which`` (below 0, or absent: no key masks), one a comparison, and ``n``."""
        levels = np.column_stack([frame[comparison.name].to_numpy() for comparison in comparisons]).astype(np.int8)
        key = frame["which"].to_numpy().astype(np.int16) if "which" in frame.columns else np.full(frame.height, -1, dtype=np.int16)
        return Patterns(levels.reshape(frame.height, len(comparisons)), key, frame["n"].to_numpy().astype(np.float64))

    def beside(self, others: Patterns) -> Patterns:
        """These and others."""
        return Patterns(
            np.concatenate([self.levels, others.levels]), np.concatenate([self.key, others.key]), np.concatenate([self.count, others.count])
        )

    def of(self, pairs: float) -> Patterns:
        """The same patterns as shares of so many pairs."""
        return Patterns(self.levels, self.key, self.count * (pairs / max(float(self.count.sum()), 1.0)))


def shares_of_random(patterns: Patterns, comparisons: Sequence[Comparison], rare: Mapping[str, int] = MappingProxyType({})) -> list[Floats]:
    """The u of each comparison from counts of random pairs; a level never seen gets less than one pair.

    Equal values of what a household shares get still less: strangers do not have them, and who has them is a household. ``rare``: bits
    (in thousandths) of what strangers hardly ever have in common, by comparison; the few random pairs that do are too few to count.
    """
    found = []
    for place, comparison in enumerate(comparisons):
        counts = np.array([patterns.count[patterns.levels[:, place] == level].sum() for level in range(len(comparison.levels))])
        seen = np.maximum(counts, [UNSEEN_EQUAL if comparison.shared and level.weighed else UNSEEN for level in comparison.levels])
        u = seen / max(float(seen.sum()), 1.0)
        if comparison.name in rare:
            u[[level.weighed for level in comparison.levels]] = 2.0 ** (-rare[comparison.name] / 1000)
        found.append(u / u.sum())
    return found


def without_strays(patterns: Patterns, comparisons: Sequence[Comparison]) -> Patterns:
    """Random pairs without those that are matches all the same: where records are many for each entity, they are most of a rare agreement.

    Strangers have evidence of b bits once in 2**b pairs; from log2 of the number of pairs on a pair is likelier a match.
    """
    raw = shares_of_random(patterns, comparisons)
    evidence = np.zeros(len(patterns.count))
    for place, comparison in enumerate(comparisons):
        start = np.array([level.start for level in comparison.levels])
        bits = np.append(np.log2(start / start.sum() / raw[place]), 0.0)  # the last is UNKNOWN's
        evidence += bits[patterns.levels[:, place]]
    kept = evidence < np.log2(max(float(patterns.count.sum()), 2.0))
    return Patterns(patterns.levels[kept], patterns.key[kept], patterns.count[kept])
