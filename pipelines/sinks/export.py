"""`chezhu export`: a published table as Parquet, CSV or XLSX."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from engine.contract import Engine, Table
from pipelines.sinks.flat import inert
from pipelines.store.home import remove

XLSX_ROWS = 1_048_575
"""Rows a sheet holds below its header."""

FORMATS: tuple[str, ...] = (".parquet", ".csv", ".xlsx")


class ExportError(Exception):
    """A table cannot be exported like this; the message says what would do."""


def export(engine: Engine, table: Table, out: Path, *, bom: bool = False) -> int:
    """Writes ``table`` to ``out`` (0600) in the form its suffix names; returns the number of rows.

    In CSV and XLSX nested values are JSON and text that begins like a formula is made inert; phones keep their plus.
    CSV is UTF-8; ``bom``: with a byte-order mark, by which Excel knows it.

    Raises:
        ExportError: as ``require_form``, or more rows than a sheet holds.
    """
    require_form(out, bom=bom)
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix == ".parquet":
        return engine.write(table, out)
    whole = out.with_name(out.name + ".whole.parquet")
    try:
        rows = engine.write(table, whole)
        frame = _readable(pl.scan_parquet(whole))
        if out.suffix == ".csv":
            frame.sink_csv(out, include_bom=bom)
        else:
            _workbook(frame, out, rows)
    finally:
        remove(whole)
    out.chmod(0o600)
    return rows


def require_form(out: Path, *, bom: bool) -> None:
    """Refuses a name that no form goes by.

    Raises:
        ExportError: an unknown suffix, or a mark for another form than CSV.
    """
    if out.suffix not in FORMATS:
        message = f"cannot tell the format of {out.name!r}: end it in {', '.join(FORMATS)}"
        raise ExportError(message)
    if bom and out.suffix != ".csv":
        message = f"a byte-order mark is for CSV; {out.name!r} needs none"
        raise ExportError(message)


def _workbook(frame: pl.LazyFrame, out: Path, rows: int) -> None:
    if rows > XLSX_ROWS:
        message = f"{rows:,} rows do not fit a sheet of {XLSX_ROWS:,}; export to .csv or .parquet"
        raise ExportError(message)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    import xlsxwriter  # noqa: PLC0415 - only where a workbook is asked for

    with xlsxwriter.Workbook(str(out), options) as book:
        frame.collect().write_excel(book, worksheet="data", freeze_panes=(1, 0), autofilter=True)


def _readable(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Nested columns as JSON text, formulas inert."""
    schema = frame.collect_schema()
    return frame.with_columns(_plain(name, dtype) for name, dtype in schema.items() if isinstance(dtype, pl.List | pl.Struct | pl.String))


def _plain(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype == pl.List(pl.String()):
        return inert_but_phones(name, column.list.join("|"))
    if isinstance(dtype, pl.List | pl.Struct):
        return pl.struct(column.alias("v")).struct.json_encode().str.replace(r'^\{"v":', "").str.replace(r"\}$", "").alias(name)
    return inert_but_phones(name, column)


def inert_but_phones(name: str, column: pl.Expr) -> pl.Expr:
    """Formulas made inert, a number in E.164 left as it is."""
    return pl.when(column.str.contains(r"^\+[0-9|+]+$")).then(column).otherwise(inert(column)).alias(name)
