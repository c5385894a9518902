"""A column of text as one array of code points: what numpy can look at, a character at a time, without Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

Points = npt.NDArray[np.unsignedinteger[Any]]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

CodePoints = tuple[npt.NDArray[np.uint32], Ints]
BEYOND = 0xFFFF
"""Tables of characters end here: the last place stands for every character that is not below."""

# Blocks that stay in the processor's cache.
BLOCK = 1 << 18
_ROWS = 1 << 14
_Value = TypeVar("_Value", bound=np.generic)


@dataclass(frozen=True)
class Characters:
    """The characters of a column: text i is points[starts[i]:ends[i]], and a line break follows it.

    Code points are of 16 bits where no text has one above ``BEYOND``, else of 32.
    """

    points: Points
    starts: Ints
    ends: Ints

    @classmethod
    def of(cls, texts: pl.Series) -> Characters:
        r"""The characters of texts without nulls.

        >>> made = Characters.of(pl.Series(["路1", "", "𠮷"]))
        >>> made.points.dtype.name, made.starts.tolist(), made.ends.tolist()
        ('uint32', [0, 3, 4], [2, 3, 5])
        """
        if texts.is_empty():
            return cls(np.zeros(0, np.uint16), np.zeros(0, np.int64), np.zeros(0, np.int64))
        ends = np.cumsum(texts.str.len_chars().to_numpy().astype(np.int64) + 1) - 1
        starts = np.concatenate(([0], ends[:-1] + 1))
        points = np.empty(ends[-1] + 1, dtype=np.uint16)
        for begin in range(0, len(texts), _ROWS):
            block = texts.slice(begin, _ROWS)
            units = np.frombuffer((block.str.join("\n").item() + "\n").encode("utf-16-le"), dtype=np.uint16)
            first, last = starts[begin], ends[begin + len(block) - 1] + 1
            if len(units) > last - first:
                return cls(np.frombuffer((texts.str.join("\n").item() + "\n").encode("utf-32-le"), dtype=np.uint32), starts, ends)
            points[first:last] = units
        return cls(points, starts, ends)

    def replaced(self, rows: Ints, texts: pl.Series) -> Characters:
        """The same with other texts in some rows."""
        new = Characters.of(texts)
        starts, ends = self.starts.copy(), self.ends.copy()
        starts[rows], ends[rows] = new.starts + len(self.points), new.ends + len(self.points)
        return Characters(np.concatenate([self.points, new.points]), starts, ends)


def each(table: npt.NDArray[_Value], points: Points) -> npt.NDArray[_Value]:
    """What a table (of ``BEYOND`` + 1 places) says of each character."""
    found = np.empty(len(points), dtype=table.dtype)
    for begin in range(0, len(points), BLOCK):
        np.take(table, points[begin : begin + BLOCK], mode="clip", out=found[begin : begin + BLOCK])
    return found


def code_points(texts: pl.Series) -> CodePoints:
    r"""Code points of all texts (no nulls), each text followed by a line break, and where each text starts.

    >>> points, starts = code_points(pl.Series(["路1", ""]))
    >>> points.tolist() == [ord(character) for character in "路1\n\n"], starts.tolist()
    (True, [0, 3])
    """
    if texts.is_empty():
        return np.empty(0, np.uint32), np.empty(0, np.int64)
    joined = texts.str.join("\n").item() + "\n"
    points = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32)
    lengths = texts.str.len_chars().to_numpy().astype(np.int64)
    starts = np.concatenate(([0], np.cumsum(lengths[:-1] + 1)))
    return points, starts


def rows_with(places: Ints, starts: Ints) -> Ints:
    """The rows (as numbers, some more than once) that the places lie in."""
    return np.searchsorted(starts, places, side="right") - 1
