"""The points of same_place.csv, added up for many pairs at once.

A tree has at most eight leaves, one bit for each. Every split whose evidence is more than its limit takes out the leaves on its
left; the lowest leaf that stays gives the points (QuickScorer, Lucchese et al. 2015). There is no branch, so numpy does a block of
pairs at a time.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing import reference

Values = npt.NDArray[np.float64]
_BLOCK = 1 << 13  # pairs whose evidence stays in the processor's cache
_MASKS = 256


@dataclass(frozen=True)
class _Tree:
    splits: tuple[tuple[str, np.float32, np.uint8], ...]  # evidence, limit, bits of the leaves that are out beyond it
    points: npt.NDArray[np.float32]  # by the bits that are out


def total(evidence: dict[str, Values]) -> npt.NDArray[np.float32]:
    """The points of each pair; at 0 and above they say one place.

    Args:
        evidence: what :func:`cleansing.addresses.evidence.gather` gives: at least the names that the table uses.
    """
    trees = _trees(str(reference.folder()))
    columns = {name: values.astype(np.float32) for name, values in evidence.items()}
    height = len(next(iter(columns.values())))
    sums = np.zeros(height, dtype=np.float32)
    for begin in range(0, height, _BLOCK):
        block = {name: values[begin : begin + _BLOCK] for name, values in columns.items()}
        size = min(_BLOCK, height - begin)
        out, beyond = np.empty(size, np.uint8), np.empty(size, np.bool_)
        for tree in trees:
            out.fill(0)
            for name, limit, leaves in tree.splits:
                np.greater(block[name], limit, out=beyond)
                out |= beyond.view(np.uint8) * leaves
            sums[begin : begin + size] += tree.points.take(out)
    return sums


@functools.cache
def _trees(folder: str) -> tuple[_Tree, ...]:
    table = pl.read_csv(f"{folder}/same_place.csv")
    return tuple(_tree(rows) for (_,), rows in table.group_by("tree", maintain_order=True))


def _tree(rows: pl.DataFrame) -> _Tree:
    splits = []
    for leaf, name, limit, first in rows.select("leaf", "evidence", "at_most", "first").iter_rows():
        if name:
            out = ((1 << (leaf + 1)) - 1) & ~((1 << first) - 1)
            splits.append((name, np.float32(limit), np.uint8(out)))
    by_leaf = dict(rows.select("leaf", "points").iter_rows())
    points = [by_leaf.get((~out & (out + 1)).bit_length() - 1, 0.0) for out in range(_MASKS)]
    return _Tree(tuple(splits), np.array(points, dtype=np.float32))
