"""The longest runs of characters that two texts have in common, for many pairs of texts at once.

Of each text the first ``MOST`` characters are looked at. The table of run lengths (the textbook's way, row by row) is filled for a
block of pairs together: a cell is one more than the cell before it on the diagonal where both characters are the same, else nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing.addresses import shared
from cleansing.addresses.points import Ints, code_points

MOST = 48
_BLOCK = 1 << 10
Texts = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Runs:
    """For each pair: characters in the longest run, and where it begins on either side."""

    length: Ints
    left: Ints
    right: Ints


def table(texts: pl.Series, most: int = MOST) -> Texts:
    """A row for each text: its first characters, 0 behind its end and for ``|``."""
    width = min(most, max(int(texts.str.len_chars().max() or 0), 1))  # type: ignore[arg-type]
    made = np.zeros((len(texts), width), dtype=np.uint32)
    if len(texts):
        points, starts = code_points(texts)
        places = starts[:, None] + np.arange(width)
        ends = np.append(starts[1:], len(points))[:, None]
        inside = places < ends
        made[inside] = points[places[inside]]
        made[(made == ord("|")) | (made == ord("\n"))] = 0
    return made


def longest(left: Texts, right: Texts) -> Runs:
    """The longest run of each pair; of several the one that begins first on the left, then on the right."""
    found = [np.zeros(len(left), np.int64) for _ in range(3)]
    ends = _ends(left), _ends(right)
    order = np.argsort(ends[0] + ends[1], kind="stable")  # short ones together: their tables are small
    for begin in range(0, len(left), _BLOCK):
        block = order[begin : begin + _BLOCK]
        wide, other = (max(int(end[block].max()), 1) for end in ends)
        for all_rows, rows in zip(found, _longest(left[block, :wide], right[block, :other]), strict=True):
            all_rows[block] = rows
    return Runs(*found)


def _ends(texts: Texts) -> Ints:
    """Behind the last character of each text."""
    ends: Ints = ((texts != 0) * np.arange(1, texts.shape[1] + 1)).max(axis=1)
    return ends


def _longest(left: Texts, right: Texts) -> tuple[Ints, Ints, Ints]:
    height, width = right.shape
    lengths = np.zeros((height, width + 1), np.uint8)
    best, left_end, right_end = (np.zeros(height, np.int64) for _ in range(3))
    every = np.arange(height)
    for at in range(left.shape[1]):
        column = left[:, at, None]
        same = (right == column) & (column != 0)
        lengths[:, 1:] = (lengths[:, :-1] + 1) * same
        where = lengths.argmax(axis=1)
        here = lengths[every, where]
        longer = here > best
        best[longer], left_end[longer], right_end[longer] = here[longer], at + 1, where[longer]
    return best, left_end - best, right_end - best


def without(texts: Texts, begins: Ints, lengths: Ints) -> Texts:
    """The same with 0 in place of a run."""
    places = np.arange(texts.shape[1])
    inside = (places >= begins[:, None]) & (places < (begins + lengths)[:, None])
    return np.where(inside, np.uint32(0), texts)


def weight(left: Texts, runs: Runs) -> shared.Values:
    """The weight of each run: the rarity in addresses of its pairs of characters, added up."""
    places = np.arange(left.shape[1] - 1)
    inside = (places >= runs.left[:, None]) & (places + 1 < (runs.left + runs.length)[:, None])
    rows, at = np.nonzero(inside)
    keys = rows.astype(np.int64) << 42 | left[rows, at].astype(np.int64) << 21 | left[rows, at + 1]
    return np.bincount(rows, shared.rarity(keys, "street"), minlength=len(left)).astype(np.float64)
