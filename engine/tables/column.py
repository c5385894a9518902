"""What a table and a column are, and the types that columns have."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

TEXT = pl.String()
INT = pl.Int64()
REAL = pl.Float64()
FLAG = pl.Boolean()
DATE = pl.Date()
TIME = pl.Datetime("us", "UTC")
TEXTS = pl.List(pl.String())
PROBLEMS = pl.List(pl.Struct({"field": pl.String(), "reason": pl.String(), "value": pl.String(), "repaired": pl.Boolean()}))
PROVENANCE = pl.List(
    pl.Struct({"field": pl.String(), "record_id": pl.String(), "rule": pl.String(), "date": pl.Date(), "runner_up": pl.String()})
)

POINTS = pl.List(pl.Struct({"indicator": pl.String(), "measure": pl.Float64(), "points": pl.Float64()}))


@dataclass(frozen=True)
class Column:
    """One column: its Polars type, what it means (with the unit), and whether it tells who somebody is."""

    name: str
    dtype: pl.DataType
    meaning: str
    personal: bool = False


@dataclass(frozen=True)
class TableSpec:
    """One table: the columns in order, those that identify a row, and those that spread rows over bucket files."""

    name: str
    meaning: str
    key: tuple[str, ...]
    bucket_by: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Names and Polars types, in order."""
        return {column.name: column.dtype for column in self.columns}

    @property
    def personal(self) -> frozenset[str]:
        """Names of the columns that must be masked wherever plain values do not belong."""
        return frozenset(column.name for column in self.columns if column.personal)


def column(name: str, dtype: pl.DataType, meaning: str, *, personal: bool = False) -> Column:
    """A column of a table."""
    return Column(name, dtype, meaning, personal)
