"""A column of text as one array of code points: what numpy can look at, a character at a time, without Python."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

Points = npt.NDArray[np.uint32]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


CodePoints = tuple[Points, Ints]


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


def first_from(places: Ints, starts: Ints, *, beyond: int) -> Ints:
    """For each start the first of the places (ascending) at or after it, ``beyond`` where there is none."""
    return np.append(places, beyond)[np.searchsorted(places, starts)]
