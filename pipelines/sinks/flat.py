"""Golden customers as flat text, the form in which other systems import them."""

from __future__ import annotations

import polars as pl

from engine.tables import CUSTOMERS

SEPARATOR = "|"
COLUMNS: tuple[str, ...] = tuple(column.name for column in CUSTOMERS.columns if column.name != "provenance")
FLAT_SCHEMA: dict[str, pl.DataType] = {name: pl.String() for name in COLUMNS}

_PHONES = {"mobile", "phones"}


def flatten(customers: pl.DataFrame) -> pl.DataFrame:
    """CUSTOMERS to text columns: lists joined by ``|``, dates ISO 8601, numbers as digits, formulas inert.

    >>> flatten(pl.DataFrame({"customer_id": ["C1"], "name": ["=cmd"], "vins": [["A", "B"]]})).row(0)
    ('C1', "'=cmd", 'A|B')
    """
    columns = [name for name in COLUMNS if name in customers.columns]
    return customers.select(_text(name, customers.schema[name]) for name in columns)


def inert(column: pl.Expr) -> pl.Expr:
    """Text that no spreadsheet takes for a formula: one that begins like one gets an apostrophe in front.

    Source: OWASP, CSV Injection.
    """
    return pl.when(column.str.contains(r"^[=+\-@\t\r]")).then(pl.lit("'") + column).otherwise(column)


def _text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.List):
        column = pl.when(column.list.len() > 0).then(column.list.join(SEPARATOR))
    elif dtype != pl.String():
        return column.cast(pl.String)
    return (column if name in _PHONES else inert(column)).alias(name)
