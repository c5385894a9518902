"""Work once for each distinct row, where rows repeat."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from cleansing.addresses.points import Ints

_WORTH_IT = 0.9  # of the rows distinct: more, and to look for the others costs more than to read them twice


def each(rows: pl.DataFrame, reading: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
    """What a reading, that judges each row by itself, gives for the rows: a row for each, in their order."""
    if rows.hash_rows().n_unique() > _WORTH_IT * rows.height:
        return reading(rows)
    once = rows.unique(maintain_order=True)
    where = rows.join(once.with_row_index("at"), on=rows.columns, how="left", maintain_order="left", nulls_equal=True)["at"]
    return reading(once)[where]


def numbered(keys: Ints) -> tuple[list[int], Ints]:
    """The distinct keys, and the place among them of each."""
    column = pl.Series("key", keys)
    distinct = column.unique()
    numbered = distinct.to_frame().with_row_index("number")
    numbers = column.to_frame().join(numbered, on="key", how="left", maintain_order="left")["number"]
    return distinct.to_list(), numbers.to_numpy().astype(np.int64)
