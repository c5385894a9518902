"""What two comparisons say twice among the pairs at hand, seen in what was kept out.

``together`` finds it among random pairs, of which hardly two share a rare name or a rare place. Pairs that keys found do: two strangers
of one name are of one gender, and two who were born in one village have one postcode. Where two comparisons agree and the one that
was kept out agrees less often than the weights say, the two say less together. For each two levels that is a test of one more
offset (Rao's score test), and the two comparisons with the largest gain are taken; each goes together with one other at most, as in ``together``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from matching.model import ComparisonModel, Together

Floats = npt.NDArray[np.float64]

PAIRS = 500.0
"""Held-out pairs that agree on both levels, below which nothing is said about them."""
BITS = 0.5
"""Bits below which it is not worth a line in the model."""


@dataclass(frozen=True)
class Cell:
    """Two levels, and the columns of the features that they are."""

    left: str
    left_level: str
    right: str
    right_level: str
    columns: tuple[int, int]


@dataclass(frozen=True)
class Pull:
    """Where the likelihood pulls after a fit, and how much it knows.

    ``count``: pairs of each row; ``score``: where it pulls the evidence against a random pair (per nat); ``information``: about that
    evidence; ``fitted``: how the weight moves with each offset that was fitted; ``cross``: ``information`` divided by how the weight moves
    with the evidence; ``inverse``: of the information about the fitted offsets.
    """

    count: Floats
    score: Floats
    information: Floats
    fitted: Floats
    cross: Floats
    inverse: Floats

    def step(self, rows: npt.NDArray[np.intp], penalty: float) -> tuple[float, float]:
        """One more offset on these rows (nats), the others moving with it, and what it gains (nats)."""
        score = float(self.score[rows].sum())
        shared = self.fitted[rows].T @ self.cross[rows]
        own = float(self.information[rows].sum()) + penalty - float(shared @ self.inverse @ shared)
        return score / own, score**2 / own / 2


def twice(
    features: Floats,
    pull: Pull,
    comparisons: Sequence[ComparisonModel],
    known: Sequence[Together],
    *,
    penalty: float,
    exclusive: frozenset[str],
) -> list[Cell]:
    """The levels of two comparisons that weigh too much together.

    Args:
        features: a column for the prior and one for each level of each comparison.
        pull: of each row.
        comparisons: in the order of the features.
        known: what is known to go together; those pairs of comparisons are looked at first.
        penalty: of an offset, in nats squared.
        exclusive: comparisons that are not weighed.
    """
    start = dict(
        zip((entry.name for entry in comparisons), 1 + np.cumsum([0, *(len(entry.levels) for entry in comparisons)]), strict=False)
    )
    least = penalty * np.log(pull.count.sum()) / 4  # Bayes' information criterion, where a pair counts as often as the penalty says
    gains: dict[tuple[str, str], tuple[float, list[Cell]]] = {}
    for one, two in combinations(comparisons, 2):
        if exclusive & {one.name, two.name}:
            continue
        gain, cells = 0.0, []
        for i, j in np.argwhere(np.outer(_agrees(one), _agrees(two))):
            columns = int(start[one.name] + i), int(start[two.name] + j)
            rows = np.flatnonzero(features[:, columns[0]] * features[:, columns[1]])
            if pull.count[rows].sum() < PAIRS:
                continue
            offset, more = pull.step(rows, penalty)
            if -offset / np.log(2) >= BITS:
                gain += more - least
                cells.append(Cell(one.name, one.levels[i].label, two.name, two.levels[j].label, columns))
        gains[one.name, two.name] = gain, cells
    before = {(each.left, each.right) for each in known}
    order = sorted(gains, key=lambda pair: (pair not in before, -gains[pair][0], pair))
    taken: list[tuple[str, str]] = []
    for pair in order:
        if (pair in before or gains[pair][0] > 0) and not any(name in other for other in taken for name in pair):
            taken.append(pair)
    return [cell for pair in taken for cell in gains[pair][1]]


def merged(known: Sequence[Together], found: Sequence[tuple[Cell, int]], comparisons: Sequence[ComparisonModel]) -> tuple[Together, ...]:
    """What is known with the bits (thousandths) that were found added; a lower level never goes less together than a higher one."""
    bits: dict[tuple[str, str], npt.NDArray[np.int64]] = {}
    entries = {entry.name: entry for entry in comparisons}

    def cells(left: str, right: str) -> npt.NDArray[np.int64]:
        return bits.setdefault((left, right), np.zeros((len(entries[left].levels), len(entries[right].levels)), dtype=np.int64))

    for each in known:
        cells(each.left, each.right)[entries[each.left].place(each.left_level), entries[each.right].place(each.right_level)] = each.bits
    for cell, more in found:
        cells(cell.left, cell.right)[entries[cell.left].place(cell.left_level), entries[cell.right].place(cell.right_level)] += max(more, 0)
    all_of = []
    for (left, right), table in bits.items():
        one, two = entries[left], entries[right]
        ordered = np.maximum.accumulate(np.maximum.accumulate(table, axis=0), axis=1) * np.outer(_agrees(one), _agrees(two))
        all_of += [Together(left, one.levels[i].label, right, two.levels[j].label, int(ordered[i, j])) for i, j in np.argwhere(ordered > 0)]
    return tuple(all_of)


def _agrees(entry: ComparisonModel) -> npt.NDArray[np.bool_]:
    return np.array([level.m > level.u for level in entry.levels])
