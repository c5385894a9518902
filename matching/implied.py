"""What follows from something finer says nothing beside it: who shares a postcode shares its town and its state.

Tables often have a place in several columns, each of which the finer one implies. Counted one by one, neighbours would have three reasons to be one,
and whatever is learned from pairs of one postcode would find their towns agreeing. So where the finer comparison agrees,

- training and calibration do not know the coarser one (``quiet``, ``of_patterns``),
- its part of the weight is less by what the finer one adds, and no less than nothing (``deduct``).

Where the finer one is missing or differs, the coarser one speaks. The coarser ones of a finer one imply each other in turn, so that more agreement
never weighs less. A finer one may imply at lower levels too: two postcodes of one area are of one town. Which comparisons imply which, and at
which levels, is seen among pairs of strangers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from matching.comparisons import Comparison
from matching.levels import UNKNOWN
from matching.model import Implied
from matching.patterns import Patterns, shares_of_random

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

STRANGERS = 50
"""Pairs of strangers that agree on the finer one, below which nothing is said about it."""
MOST = 0.8
"""Share of them that agree on the coarser one as well, slips apart: what it could still add is a third of a bit."""
AT_MOST = 0.5
"""Share of all pairs that agree on the coarser one, above which there is nothing to count twice."""
WRITTEN = frozenset({"exact", "close", "similar"})
"""Levels at which two values are one, with slips."""
LIKELY_MATCH = 5.0
"""Bits that all other comparisons say for a match, from which a random pair is no stranger."""


def learn(random: Patterns, comparisons: Sequence[Comparison]) -> tuple[Implied, ...]:
    """What implies what among random pairs.

    Args:
        random: patterns of random pairs, a column a comparison.
        comparisons: what was compared, in the order of the columns.
    """
    places = [place for place, each in enumerate(comparisons) if each.broad]
    u = shares_of_random(random, comparisons)
    bits = [np.append(np.log2(_start(each) / u[place]), 0.0)[random.levels[:, place]] for place, each in enumerate(comparisons)]
    evidence = np.sum(bits, axis=0) if bits else np.zeros(len(random.count))
    order = sorted(places, key=lambda place: (u[place][0], place))
    implies: dict[int, dict[int, int]] = {place: {} for place in order}
    for at, fine in enumerate(order):
        for coarse in order[at + 1 :]:
            strange = evidence - bits[fine] - bits[coarse] < LIKELY_MATCH
            pairs, agree = _together(random, fine, coarse, comparisons, strange)
            upto = _upto(pairs, agree)
            if upto is not None and u[coarse][0] <= AT_MOST:
                implies[fine][coarse] = upto
    chains: dict[int, list[int]] = {}
    for fine in reversed(order):  # from the coarsest on: what a chain takes over is a chain
        chains[fine] = []
        for coarse in implies[fine]:
            if chains[fine] == [] or coarse in chains[chains[fine][-1]]:
                chains[fine].append(coarse)
        followed = {between for coarse in chains[fine] for between in chains[coarse]}
        if not followed <= set(chains[fine]):  # most of most may be too few
            chains[fine] = []
    # one bound for all that a comparison implies: with several, a better level could take more from them than it adds
    found = (
        Implied(comparisons[coarse].name, comparisons[fine].name, min(implies[fine][each] for each in coarser))
        for fine, coarser in chains.items()
        for coarse in coarser
    )
    return tuple(sorted(found, key=lambda each: (each.coarse, each.fine)))


def _together(
    random: Patterns, fine: int, coarse: int, comparisons: Sequence[Comparison], rows: npt.NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Of each level of ``fine`` but the last, the pairs that know ``coarse``, and those of them that agree on it, slips and all."""
    size = len(comparisons[fine].levels)
    same = [place for place, level in enumerate(comparisons[coarse].levels) if level.label in WRITTEN]
    known = rows & (random.levels[:, coarse] != UNKNOWN) & (random.levels[:, fine] != UNKNOWN)
    agree = known & np.isin(random.levels[:, coarse], same)
    pairs, agreeing = (np.bincount(random.levels[which, fine], random.count[which], size)[:-1] for which in (known, agree))
    return np.asarray(pairs, dtype=np.float64), np.asarray(agreeing, dtype=np.float64)


def _upto(pairs: Floats, agree: Floats) -> int | None:
    """The last level up to which most agree, at each level with pairs enough to tell and in total; None where there is none.

    >>> _upto(np.array([60.0, 2.0, 900.0]), np.array([60.0, 1.0, 890.0])), _upto(np.array([60.0, 900.0]), np.array([60.0, 400.0]))
    (2, 0)
    """
    found = None
    total, same = 0.0, 0.0
    for level, (n, alike) in enumerate(zip(pairs, agree, strict=True)):
        total, same = total + n, same + alike
        if n >= STRANGERS and alike < MOST * n:
            break
        if total >= STRANGERS and same >= MOST * total:
            found = level
    return found


def names(implied: Sequence[Implied]) -> frozenset[str]:
    """The comparisons that imply or are implied."""
    return frozenset(name for each in implied for name in (each.coarse, each.fine))


def relatives(name: str, implied: Sequence[Implied]) -> list[str]:
    """The comparisons that imply this one or follow from it."""
    return sorted(names([each for each in implied if name in {each.coarse, each.fine}]) - {name})


def of_patterns(patterns: Patterns, implied: Sequence[Implied], comparisons: Sequence[Comparison]) -> Patterns:
    """The same patterns, the coarser comparison unknown where the finer one agrees."""
    if not implied:
        return patterns
    place = {each.name: at for at, each in enumerate(comparisons)}
    levels = patterns.levels.copy()
    for each in implied:
        fine = patterns.levels[:, place[each.fine]]
        levels[(fine != UNKNOWN) & (fine <= each.upto), place[each.coarse]] = UNKNOWN
    return Patterns(levels, patterns.key, patterns.count)


def quiet(levels: pl.DataFrame, implied: Sequence[Implied]) -> pl.DataFrame:
    """Levels of pairs (a column a comparison), the coarser one unknown where the finer one agrees."""
    said = {
        coarse: pl.any_horizontal(pl.col(each.fine).is_between(0, each.upto) for each in implied if each.coarse == coarse)
        for coarse in dict.fromkeys(each.coarse for each in implied)
    }
    unknown = pl.lit(UNKNOWN, dtype=pl.Int8)
    return levels.with_columns(pl.when(agrees).then(unknown).otherwise(coarse).alias(coarse) for coarse, agrees in said.items())


def deduct(
    parts: Mapping[str, Ints], levels: pl.DataFrame, implied: Sequence[Implied], apart: Mapping[str, int] | None = None
) -> dict[str, Ints]:
    """The parts of each comparison (thousandths of a bit) less what a finer one has said.

    Args:
        parts: of each comparison, before.
        levels: a column a comparison.
        implied: what ``learn`` found.
        apart: by comparison, the most that it adds at a level that implies nothing (0 where it is not named).
    """
    room = {name: np.maximum(parts[name] - (apart or {}).get(name, 0), 0) for name in names(implied)}
    after = dict(parts)
    for each in implied:
        said = np.where(levels[each.fine].is_between(0, each.upto).to_numpy(), np.minimum(room[each.fine], room[each.coarse]), 0)
        after[each.coarse] = np.minimum(after[each.coarse], parts[each.coarse] - said).astype(np.int32)
    return after


def _start(comparison: Comparison) -> npt.NDArray[np.float64]:
    start = np.array([level.start for level in comparison.levels])
    return np.asarray(start / start.sum(), dtype=np.float64)
