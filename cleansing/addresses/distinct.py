"""Work once for each distinct row, where rows repeat."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

_WORTH_IT = 0.9  # of the rows distinct: more, and to look for the others costs more than to read them twice


def each(rows: pl.DataFrame, reading: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
    """What a reading, that judges each row by itself, gives for the rows: a row for each, in their order."""
    if rows.hash_rows().n_unique() > _WORTH_IT * rows.height:
        return reading(rows)
    once = rows.unique(maintain_order=True)
    where = rows.join(once.with_row_index("at"), on=rows.columns, how="left", maintain_order="left", nulls_equal=True)["at"]
    return reading(once)[where]
