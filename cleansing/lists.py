"""List columns from long tables: only offsets are computed, no value is copied.

>>> gather(pl.Series(["a", "b", "c"]), pl.Series([0, 0, 2]), height=3).to_list()
[['a', 'b'], [], ['c']]
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa


def gather(values: pl.Series, rows: pl.Series, *, height: int) -> pl.Series:
    """A list for each of ``height`` rows, of ``values`` that are sorted by their row (integers below ``height``)."""
    counts = np.bincount(rows.to_numpy(), minlength=height)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return _of(values, offsets)


def single(values: pl.Series, present: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> pl.Series:
    """A list of one of ``values`` for each row that is ``present``, an empty one for each other.

    >>> single(pl.Series(["a", "b"]), np.array([True, False, True])).to_list()
    [['a'], [], ['b']]
    """
    offsets = np.zeros(len(present) + 1, dtype=np.int64)
    np.cumsum(present, out=offsets[1:])
    return _of(values, offsets)


def _of(values: pl.Series, offsets: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pl.Series:
    packed = values.rechunk().to_arrow(compat_level=pl.CompatLevel.newest())  # the oldest level would copy every text
    # not pyarrow.array, which imports pandas
    lists = pa.Array.from_buffers(pa.large_list(packed.type), len(offsets) - 1, [None, pa.py_buffer(offsets)], children=[packed])
    return pl.Series(lists, dtype=pl.List(values.dtype))


def put(column: pl.Series, rows: np.ndarray[tuple[int], np.dtype[np.int64]], values: pl.Series) -> pl.Series:
    """The column with the lists of ``values`` at ``rows`` (each row once); no list is null.

    >>> put(pl.Series([["a"], ["b", "c"], []]), np.array([2, 0]), pl.Series([["d", "e"], []])).to_list()
    [[], ['b', 'c'], ['d', 'e']]
    """
    places = np.arange(len(column), dtype=np.uint32)
    places[rows] = len(column) + np.arange(len(values), dtype=np.uint32)
    return pl.concat([column, values], rechunk=True).gather(places)
