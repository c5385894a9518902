"""From shares to weights: what a level says, in bits, for a trained comparison."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.comparisons import Comparison
from matching.frequencies import RARE, UNIQUE
from matching.model import FORBIDDEN, ComparisonModel, LevelModel

Floats = npt.NDArray[np.float64]

MOST_AGAINST = -10.0
"""Bits that a single disagreement can weigh at most: households and slips explain each other, so EM may find the latter impossible."""


@dataclass
class Shares:
    """Shares of levels among matches, random pairs and households, for one comparison."""

    m: Floats
    u: Floats
    h: Floats


def comparison_model(comparison: Comparison, share: Shares, learned: bool, *, households: bool) -> ComparisonModel:  # noqa: FBT001 - a row's own flag
    """The weights of a comparison's levels from their shares; ``learned`` says whether these were, ``households`` whether there are any."""
    floor = 2.0 ** (-(UNIQUE if comparison.name == "car" or comparison.exclusive else RARE) / 1000)
    against = ordered_evidence(share.m, np.maximum(share.u, floor))
    within = ordered_evidence(share.m, share.h) if households else np.zeros(len(share.m))
    if comparison.shared:
        within = (
            np.where(personal_levels(comparison), np.minimum(np.log2(share.m / share.h), 0.0).clip(MOST_AGAINST), 0.0)
            if households
            else within
        )
    levels = []
    for place, level in enumerate(comparison.levels):
        weight = np.log2(share.m[place]) if level.weighed else against[place]
        forbidden = comparison.exclusive and level.label == "different"
        levels.append(
            LevelModel(
                level.label,
                float(share.m[place]),
                float(share.u[place]),
                float(share.h[place]) if households else None,
                FORBIDDEN if forbidden else round(1000 * float(weight)),
                FORBIDDEN if forbidden else round(1000 * float(within[place])),
                level.weighed,
            )
        )
    return ComparisonModel(comparison.name, comparison.shared, learned, tuple(levels))


def personal_levels(comparison: Comparison) -> npt.NDArray[np.bool_]:
    """Levels of what a household shares that are about the person all the same: another phone, a car years apart."""
    return np.array([comparison.shared and level.household is not None for level in comparison.levels])


def ordered_evidence(match: Floats, other: Floats) -> Floats:
    """Log2 of ``match / other`` by level, never more for a lower level than for a higher one.

    Levels that would break the order are too rare to be told apart: they are pooled with their neighbours (pool adjacent violators).
    No slip of a pen is impossible, so no level falls below ``MOST_AGAINST``.

    >>> ordered_evidence(np.array([0.1, 0.5, 0.4]), np.array([0.1, 0.1, 0.8])).round(3).tolist()
    [1.585, 1.585, -1.0]
    """
    pools: list[list[float]] = []
    for m, u in zip(match, other, strict=True):
        pools.append([float(m), float(u), 1.0])
        while len(pools) > 1 and pools[-1][0] * pools[-2][1] > pools[-2][0] * pools[-1][1]:
            last = pools.pop()
            pools[-1] = [a + b for a, b in zip(pools[-1], last, strict=True)]
    found = np.repeat([np.log2(max(m, 1e-12) / max(u, 1e-12)) for m, u, _ in pools], [int(n) for _, _, n in pools])
    return np.asarray(np.maximum(found, MOST_AGAINST), dtype=np.float64)
