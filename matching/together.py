"""What agrees by chance, and agrees together: correlated evidence does not count twice.

Records of strangers that agree on the birth place agree on the postcode's area more often than either alone would have it.
How much more is seen in random pairs, those that are matches all the same taken out:

    bits = log2(pairs that agree on both / pairs that would, if one had nothing to do with the other)

with the lower end of what the counts allow (two standard deviations). A pair that agrees on both loses these bits once, in the part of
the comparison that comes later, and never more than either of them adds. A comparison is in one such pair of comparisons at most, the strongest: so
more agreement never weighs less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
import polars as pl

from matching.model import ComparisonModel, Together
from matching.patterns import Patterns

AT_LEAST = 500
"""Bits (in thousandths) below which a correlation is not worth a line in the model."""
ENOUGH = 1_000
"""Random pairs that know both columns, below which nothing is said about them."""
FEW_MATCHES = 0.1
"""Largest expected share of matches among the pairs that agree on both: where matches are many, they are why both agree."""
Ints = npt.NDArray[np.int32]


def learn(
    random: Patterns, comparisons: Sequence[ComparisonModel], *, prior: int, implied: frozenset[str] = frozenset()
) -> tuple[Together, ...]:
    """Levels of two comparisons that go together among random pairs.

    Args:
        random: patterns of random pairs, a column a comparison.
        comparisons: the trained comparisons, in the order of the columns.
        prior: log2 odds (thousandths) that a random pair is a match.
        implied: comparisons that imply others or are implied (``matching.implied``): what they say twice is known.
    """
    share = 2.0 ** (prior / 1000)
    found = []
    for (place, one), (other, two) in combinations(enumerate(comparisons), 2):
        if implied & {one.name, two.name}:
            continue
        known = (random.levels[:, place] >= 0) & (random.levels[:, other] >= 0)
        total = float(random.count[known].sum())
        if total < ENOUGH:
            continue
        cells = np.zeros((len(one.levels), len(two.levels)))
        np.add.at(cells, (random.levels[known, place], random.levels[known, other]), random.count[known])
        m_one, m_two = (np.array([level.m for level in entry.levels]) for entry in (one, two))
        matches = total * share * np.outer(m_one, m_two)
        strangers = np.where(matches <= FEW_MATCHES * cells, cells - matches, 0.0)
        expected = np.outer(cells.sum(axis=1), cells.sum(axis=0)) / total
        least = np.maximum(strangers - 2 * np.sqrt(strangers), 0.0)
        bits = np.rint(1000 * np.log2(np.maximum(least, 1e-9) / (expected + 0.3)))
        bits = np.where(np.outer(_agrees(one), _agrees(two)) & (bits >= AT_LEAST), bits, 0)
        # what goes together at a level goes together below it: else the lower one would weigh more
        bits = np.maximum.accumulate(np.maximum.accumulate(bits, axis=0), axis=1) * np.outer(_agrees(one), _agrees(two))
        found += [Together(one.name, one.levels[i].label, two.name, two.levels[j].label, int(bits[i, j])) for i, j in np.argwhere(bits > 0)]
    return _disjoint(found)


def deduct(
    parts: Mapping[str, Ints], levels: pl.DataFrame, comparisons: Sequence[ComparisonModel], together: Sequence[Together]
) -> dict[str, Ints]:
    """The parts of each comparison (thousandths of a bit) less what is counted twice.

    Args:
        parts: of each comparison, before.
        levels: one column a comparison, as ``compare_kernel`` makes them.
        comparisons: the trained comparisons.
        together: what ``learn`` found.
    """
    entries = {entry.name: entry for entry in comparisons}
    after = dict(parts)
    for each in together:
        one, two = entries[each.left], entries[each.right]
        rows = np.flatnonzero(
            (levels[one.name] == one.place(each.left_level)).to_numpy() & (levels[two.name] == two.place(each.right_level)).to_numpy()
        )
        if len(rows):
            room = [parts[entry.name][rows] - apart(entry) for entry in (one, two)]
            part = after[two.name].copy()
            part[rows] -= np.clip(np.minimum(*room), 0, each.bits).astype(np.int32)
            after[two.name] = part
    return after


def _disjoint(found: Sequence[Together]) -> tuple[Together, ...]:
    """Of the pairs of comparisons the strongest, and of the others those that share no comparison with one that is taken."""
    strongest: dict[tuple[str, str], int] = {}
    for each in found:
        strongest[each.left, each.right] = max(each.bits, strongest.get((each.left, each.right), 0))
    taken: set[tuple[str, str]] = set()
    for pair in sorted(strongest, key=lambda pair: (-strongest[pair], pair)):
        if not any(name in other for other in taken for name in pair):
            taken.add(pair)
    return tuple(each for each in found if (each.left, each.right) in taken)


def _agrees(entry: ComparisonModel) -> npt.NDArray[np.bool_]:
    return np.array([level.m > level.u for level in entry.levels])


def apart(entry: ComparisonModel) -> int:
    """The most that a level weighs which is no agreement; 0 where all such weigh against a match."""
    return max([0, *(level.weight for level, agrees in zip(entry.levels, _agrees(entry), strict=True) if not agrees)])
