"""Pairs with the rows of both their ends, looked up in memory: a gather costs a fifth of a join where the rows are wide.

>>> rows = Lookup([pl.DataFrame({"id": [7, 3], "name": ["ann", "bob"]})], "id", rows=2, whole=["id"])
>>> rows.beside(pl.DataFrame({"id_l": [3, 3], "id_r": [7, 5]})).rows()
[(3, 7, 'bob', 'ann')]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from engine.batches import series_of
from engine.contract import Schema

SPARSE = 16
"""Numbers for each key up to which a table of all numbers says where a key is; above it is searched for."""
_TEXT_BYTES = 80
"""What a text is taken to need, with its view."""


class Lookup:
    """Rows by an integer key, which is unique among them."""

    def __init__(self, frames: Iterable[pl.DataFrame], key: str, *, rows: int, whole: Sequence[str]) -> None:
        """So many ``rows``, which come in ``frames``: one is given back before the next comes, so nothing is there twice.

        ``whole``: the columns of Int64 without a null; ``key`` is one of them.
        """
        numbers = {name: np.empty(rows, dtype=np.int64) for name in whole}
        others: list[pl.DataFrame] = []
        at = 0
        for frame in frames:
            for name, column in numbers.items():
                column[at : at + frame.height] = frame[name].to_numpy()
            at += frame.height
            others.append(frame.select(_copied(column) for column in frame.drop(whole).iter_columns()))
            del frame
        keys = numbers.pop(key)
        self._key = key
        plain = frame_of(numbers)
        self._rows = pl.concat([plain, pl.concat(others, rechunk=True)], how="horizontal") if others else plain
        self._first = int(keys.min()) if len(keys) else 0
        span = int(keys.max()) - self._first + 1 if len(keys) else 0
        self._table: npt.NDArray[np.int32] | None = None
        self._order = np.argsort(keys, kind="stable") if span > SPARSE * len(keys) else np.zeros(0, dtype=np.int64)
        self._sorted = keys[self._order]
        if not len(self._order):
            self._table = np.full(span + 1, -1, dtype=np.int32)  # the last place is everybody's who is not there
            self._table[keys - self._first] = np.arange(len(keys), dtype=np.int32)

    def beside(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """``pairs`` (``<key>_l``, ``<key>_r``, …) with each column of both ends behind them, as ``<column>_l`` and ``<column>_r``; as an inner join gives them."""
        ends = {side: self._places(pairs[f"{self._key}_{side}"].to_numpy()) for side in "lr"}
        there = (ends["l"] >= 0) & (ends["r"] >= 0)
        if not there.all():
            pairs = pairs.filter(pl.Series(there))
            ends = {side: places[there] for side, places in ends.items()}
        sides = [self._rows[pl.Series(places, dtype=pl.UInt32)].select(pl.all().name.suffix(f"_{end}")) for end, places in ends.items()]
        return pl.concat([pairs, *sides], how="horizontal")

    def _places(self, keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int32] | npt.NDArray[np.int64]:
        """Row of each key, -1 where there is none."""
        if self._table is not None:
            at = keys - self._first
            end = len(self._table) - 1
            return self._table[np.where((at >= 0) & (at < end), at, end)]
        at = np.minimum(np.searchsorted(self._sorted, keys), len(self._sorted) - 1)
        return np.where(self._sorted[at] == keys, self._order[at], -1)


def _copied(column: pl.Series) -> pl.Series:
    """Texts apart from the batch that they came in, which they would keep in memory."""
    return series_of(column.to_arrow(), column.name) if column.dtype == pl.String else column


def frame_of(numbers: Mapping[str, npt.NDArray[np.int64]]) -> pl.DataFrame:
    """Arrays as columns, without a copy (and without pandas, see ``batches.series_of``)."""
    columns = [pa.Array.from_buffers(pa.int64(), len(column), [None, pa.py_buffer(column)]) for column in numbers.values()]
    return cast("pl.DataFrame", pl.from_arrow(pa.Table.from_arrays(columns, names=list(numbers))))


def bytes_needed(rows: int, schema: Schema) -> int:
    """About what a frame needs in memory."""
    return rows * sum(_TEXT_BYTES if dtype == pl.String else 8 for dtype in schema.values())


def both_ends(key: str, columns: Sequence[str]) -> str:
    """SQL that gives what ``Lookup.beside`` gives, of the tables ``pairs``, ``one`` and ``other`` (the same rows twice: named once, they would be computed and held)."""
    sides = (f'{table}."{name}" as "{name}_{end}"' for table, end in (("one", "l"), ("other", "r")) for name in columns if name != key)
    listed = ", ".join(["pairs.*", *sides])
    return f'select {listed} from pairs join one on pairs."{key}_l" = one."{key}" join other on pairs."{key}_r" = other."{key}"'
