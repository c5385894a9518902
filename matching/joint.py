"""EM over all candidates at once, for tables of few columns of which none is a household's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from matching.comparisons import Comparison
from matching.em import ITERATIONS, SETTLED, expect, maximize, places_of, with_labelled
from matching.evidence import Shares
from matching.patterns import UNSEEN, Patterns

Floats = npt.NDArray[np.float64]
FEW_COLUMNS = 3
"""Columns that a key leaves, up to which it tells little of any of them."""


def left_by(masks: npt.NDArray[np.bool_], comparisons: Sequence[Comparison]) -> list[int]:
    """How many columns each key leaves to be learned of: masks[key, comparison] is true where the key's columns decide the comparison."""
    return [len({comparison.columns for comparison, masked in zip(comparisons, mask, strict=True) if not masked}) for mask in masks]


def narrow(masks: npt.NDArray[np.bool_], comparisons: Sequence[Comparison]) -> bool:
    """Whether nothing that is compared is a household's, and keys leave so few columns that they tell little of any; where one leaves more, keys are enough."""
    return not any(comparison.shared for comparison in comparisons) and max(left_by(masks, comparisons), default=0) <= FEW_COLUMNS


def jointly(
    candidates: Patterns,
    copies: Patterns | None,
    shares: list[Shares],
    comparisons: Sequence[Comparison],
    records: int,
    labelled: Patterns | None,
    *,
    equal: Mapping[str, tuple[float, float]],
    told: npt.NDArray[np.bool_],
) -> Floats:
    """EM over all candidates at once, from ``shares``, which it moves; the matches that each comparison was seen in.

    A key that leaves one comparison says nothing of it: what agrees there as well is a copy, and no pair. Tables of few columns have no other keys.
    But where no column is a household's, strangers agree by chance alone, and how often is known: what agrees more often is matches. A rare agreement is
    hardly seen among random pairs, so it is counted in all of them (``equal``), and what of it are matches is taken off.
    Of a comparison that every key decides (not ``told``) nothing is learned: who differs in it was never found.
    """
    decided = {int(place): shares[place].m for place in np.flatnonzero(~told)}
    pairs = max(records * (records - 1) / 2, 1.0)
    counted = candidates if copies is None else candidates.beside(copies)
    matches = 0.2 * float(counted.count.sum()) + 1.0
    together, seen, mix = counted, counted.levels >= 0, np.array([[0.5, 0.5]])
    if labelled is not None:
        together, seen, mix = with_labelled(counted, seen, mix, labelled)
    places = places_of(together, seen, comparisons)
    for _ in range(ITERATIONS):
        mix[0] = np.array([matches, pairs]) / (matches + pairs)
        posterior, _ = expect(together, places, shares, mix, 2)
        expected = posterior * together.count[:, None]
        maximize(places, expected, shares, comparisons, 2)
        for place, m in decided.items():
            shares[place].m = m
        for place, comparison in enumerate(comparisons):
            if comparison.name in equal:
                alike, known = equal[comparison.name]
                found = float(expected[: len(candidates.count), 0][candidates.levels[:, place] == 0].sum())
                shares[place].u = _with_equal(shares[place].u, max(alike - found, UNSEEN) / known)
        before, matches = matches, max(float(expected[: len(counted.count), 0].sum()), 1.0)
        if abs(matches - before) < SETTLED * before:
            break
    return np.array([expected[seen[:, place], 0].sum() if told[place] else 0.0 for place in range(len(comparisons))])


def _with_equal(u: Floats, share: float) -> Floats:
    """Shares of which the first is ``share``."""
    return np.append(share, u[1:] / u[1:].sum() * (1 - share))
