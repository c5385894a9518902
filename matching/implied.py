"""What follows from something finer says nothing beside it: who shares a postcode shares its town and its state.

Tables often have a place in several columns, each of which the finer one implies. Counted one by one, neighbours would have three reasons to be one,
and whatever is learned from pairs of one postcode would find their towns agreeing. So where the finer comparison agrees,

- training and calibration do not know the coarser one (``quiet``, ``of_patterns``),
- its part of the weight is less by what the finer one adds, and no less than nothing (``deduct``).

Where the finer one is missing or differs, the coarser one speaks. The coarser ones of a finer one imply each other in turn, so that more agreement
never weighs less. Which comparisons imply which is seen among pairs of strangers.
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

STRANGERS = 50
"""Pairs of strangers that agree on the finer one, below which nothing is said about it."""
NEARLY_ALL = 0.95
"""Share of them that agree on the coarser one as well."""
AT_MOST = 0.5
"""Share of all pairs that agree on the coarser one, above which there is nothing to count twice."""
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
    implies: dict[int, list[int]] = {}
    for at, fine in enumerate(order):
        for coarse in order[at + 1 :]:
            strange = (random.levels[:, coarse] != UNKNOWN) & (evidence - bits[fine] - bits[coarse] < LIKELY_MATCH)
            both = strange & (random.levels[:, fine] == 0)
            pairs, agree = random.count[both].sum(), random.count[both & (random.levels[:, coarse] == 0)].sum()
            if pairs >= STRANGERS and agree >= NEARLY_ALL * pairs and u[coarse][0] <= AT_MOST:
                implies.setdefault(fine, []).append(coarse)
    chains: dict[int, list[int]] = {}
    for fine in reversed(order):  # from the coarsest on: what a chain takes over is a chain
        chains[fine] = []
        for coarse in implies.get(fine, ()):
            if chains[fine] == [] or coarse in chains[chains[fine][-1]]:
                chains[fine].append(coarse)
        followed = {between for coarse in chains[fine] for between in chains[coarse]}
        if not followed <= set(chains[fine]):  # nearly all of nearly all may be too few
            chains[fine] = []
    found = (Implied(comparisons[coarse].name, comparisons[fine].name) for fine, coarser in chains.items() for coarse in coarser)
    return tuple(sorted(found, key=lambda each: (each.coarse, each.fine)))


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
        levels[patterns.levels[:, place[each.fine]] == 0, place[each.coarse]] = UNKNOWN
    return Patterns(levels, patterns.key, patterns.count)


def quiet(levels: pl.DataFrame, implied: Sequence[Implied]) -> pl.DataFrame:
    """Levels of pairs (a column a comparison), the coarser one unknown where the finer one agrees."""
    said = {
        coarse: pl.any_horizontal(pl.col(each.fine) == 0 for each in implied if each.coarse == coarse)
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
        apart: by comparison, the most that it adds where it does not agree (0 where it is not named).
    """
    room = {name: np.maximum(parts[name] - (apart or {}).get(name, 0), 0) for name in names(implied)}
    after = dict(parts)
    for each in implied:
        said = np.where((levels[each.fine] == 0).to_numpy(), np.minimum(room[each.fine], room[each.coarse]), 0)
        after[each.coarse] = np.minimum(after[each.coarse], parts[each.coarse] - said).astype(np.int32)
    return after


def _start(comparison: Comparison) -> npt.NDArray[np.float64]:
    start = np.array([level.start for level in comparison.levels])
    return np.asarray(start / start.sum(), dtype=np.float64)
