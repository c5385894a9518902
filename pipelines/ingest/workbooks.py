"""Workbooks and Parquet files to frames of cells, every value as text.

Numbers come as the digits a person would write (13800138000, never 1.38E+10), dates in ISO form, without a time where it
is midnight; a formula comes as its last value. Number formats (leading zeros by format, percent) are not applied.

From 2**53 on, a number does not hold each of its whole digits: it comes as a spreadsheet shows it, 15 digits and then zeros. More would
be digits that nobody wrote, with which an id may even look valid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import polars as pl

from pipelines.ingest.careful import BLANKS
from pipelines.ingest.contracts import Contracts
from pipelines.ingest.headers import HEADER_SEARCH_ROWS, Layout, find_layout
from pipelines.ingest.limits import Limits
from pipelines.ingest.reasons import RefusedError

if TYPE_CHECKING:
    import fastexcel

INEXACT: Final = 2.0**53
"""From here on not every whole number is a float."""
_LONG = r"^-?[0-9]{16,}$"


@dataclass(frozen=True)
class Sheet:
    """One sheet as text, from its first row, with its first rows for the search of a header."""

    name: str
    hidden: bool
    cells: pl.DataFrame

    def layout(self, contracts: Contracts, limits: Limits, *, hints: Sequence[str]) -> Layout:
        """How the sheet is read.

        Raises:
            RefusedError: no_header, no_contract, ambiguous_contract or too_many_columns.
        """
        if self.cells.width > limits.max_columns:
            message = f"{self.cells.width:,} columns; at most {limits.max_columns:,} are allowed"
            raise RefusedError("too_many_columns", message)
        return find_layout(self.cells.head(HEADER_SEARCH_ROWS + 1).rows(), contracts, hints)[0]

    def batches(self, limits: Limits) -> Iterator[pl.DataFrame]:
        """All rows as frames of cells."""
        for start in range(0, self.cells.height, limits.batch_rows):
            yield _numbered(_as_cells(self.cells.slice(start, limits.batch_rows)), start + 1)


def sheets(path: Path) -> Iterator[Sheet]:
    """The sheets of a workbook that hold anything.

    Raises:
        RefusedError: password or damaged_workbook.
    """
    import fastexcel  # noqa: PLC0415 - only where a workbook is read

    try:
        reader = fastexcel.read_excel(path.read_bytes())
        names = reader.sheet_names
    except fastexcel.FastExcelError as error:
        raise _refused(error) from error
    for name in names:
        try:
            sheet = _loaded(reader, name, "string")
            cells = sheet.to_polars() if sheet.width and sheet.height else pl.DataFrame()
            cells.columns = [f"c{i}" for i in range(cells.width)]
            cells = _as_shown(cells, lambda places: _loaded(reader, name, "boolean", places).to_polars())  # noqa: B023 - called at once
        except fastexcel.FastExcelError as error:
            raise _refused(error) from error
        except BaseException as error:
            if type(error).__name__ == "PanicException":  # what a Rust library raises; not an Exception, and it has no public class
                raise RefusedError("damaged_workbook", "the workbook's reader gave up") from error
            raise
        if cells.width:
            yield Sheet(name, sheet.visible != "visible", cells)


def _loaded(
    reader: fastexcel.ExcelReader, name: str, kind: Literal["string", "boolean"], places: list[int] | None = None
) -> fastexcel.ExcelSheet:
    """A sheet, or its columns at ``places``, from its first row: all as text, or as truth values, which text does not have and a number has."""
    return reader.load_sheet(name, header_row=None, skip_rows=0, dtypes=kind, use_columns=places)


def _as_shown(cells: pl.DataFrame, numbers: Callable[[list[int]], pl.DataFrame]) -> pl.DataFrame:
    """``cells`` with its inexact numbers :func:`as_shown`; an id of 18 digits that is text stays as it is.

    Args:
        cells: all as text, a number with all digits that its float happens to have.
        numbers: of the columns at these places, a value where the cell is a number, else null; asked only where it matters.
    """
    long = pl.when(pl.all().str.contains(_LONG)).then(pl.all()).cast(pl.Float64, strict=False)
    inexact = cells.select(long).select(pl.when(pl.all().abs() >= INEXACT).then(pl.all()))
    concerned = [place for place, column in enumerate(inexact) if column.null_count() < cells.height]
    if not concerned:
        return cells
    told = numbers(concerned)
    shown = [as_shown(inexact.to_series(place).set(told.to_series(at).is_null(), None)) for at, place in enumerate(concerned)]
    return cells.with_columns(text.fill_null(cells[text.name]) for text in shown)


def as_shown(numbers: pl.Series) -> pl.Series:
    """Numbers as a spreadsheet shows them: 15 digits that count, then zeros (String, of the same name; null where null).

    >>> as_shown(pl.Series([3.10104198609049e17, None, -(2.0**53)])).to_list()
    ['310104198609049000', None, '-9007199254740990']
    """
    texts = [None if number is None else format(Decimal(f"{number:.15g}"), "f") for number in numbers.cast(pl.Float64).to_list()]
    return pl.Series(numbers.name, texts, dtype=pl.String)


def _refused(error: Exception) -> RefusedError:
    message = str(error).lower()
    if "password" in message or "encrypt" in message:
        return RefusedError("password", "an encrypted workbook")
    return RefusedError("damaged_workbook", "the workbook cannot be opened")


def read_together(numbers: Sequence[int], sheets: Sequence[Sheet]) -> pl.DataFrame:
    """All rows of sheets of one width as :meth:`Sheet.batches` gives them, ``table`` being their numbers."""
    heights = [sheet.cells.height for sheet in sheets]
    tables = pl.Series("table", numbers, dtype=pl.UInt32).repeat_by(pl.Series(heights)).explode()
    cells = _numbered(_as_cells(pl.concat(sheet.cells for sheet in sheets)), 1)
    return cells.with_columns(tables, row_number=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(tables))


def _as_cells(frame: pl.DataFrame) -> pl.DataFrame:
    midnight = r"^([0-9]{4}-[0-9]{2}-[0-9]{2}) 00:00:00$"
    day_zero = r"^(?:1899-12-3[01]|1904-01-01) ([0-9]{2}:[0-9]{2}:[0-9]{2})$"
    values = pl.all().str.replace(midnight, "$1").str.replace(day_zero, "$1")
    return frame.select(values).select(pl.when(pl.all().str.strip_chars_start(BLANKS) != "").then(pl.all()))


def _numbered(text: pl.DataFrame, first_row: int) -> pl.DataFrame:
    return text.select(
        pl.lit(0, pl.UInt32).alias("table"),
        pl.int_range(first_row, first_row + pl.len(), dtype=pl.Int64).alias("row_number"),
        pl.lit(None, pl.String).alias("fault"),
        pl.lit(None, pl.String).alias("raw"),
        pl.lit(value=False).alias("padded"),
        pl.all(),
    )


@dataclass(frozen=True)
class ParquetTable:
    """A Parquet file whose columns are understood."""

    path: Path
    layout: Layout

    def batches(self, limits: Limits) -> Iterator[pl.DataFrame]:
        """All rows as frames of cells; rows count from 1, the header is no row.

        Raises:
            RefusedError: damaged_parquet.
        """
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.parquet as pq  # noqa: PLC0415

        try:
            first = 1
            with self.path.open("rb") as stream, pq.ParquetFile(stream) as file:
                for batch in file.iter_batches(batch_size=limits.batch_rows):
                    frame = pl.DataFrame(
                        pl.from_arrow(pa.Table.from_batches([batch]).rename_columns([f"c{i}" for i in range(batch.num_columns)]))
                    )
                    yield _numbered(_texts(frame), first)
                    first += frame.height
        except (pa.ArrowException, OSError, pl.exceptions.PolarsError) as error:
            message = f"the data cannot be read: {type(error).__name__}"
            raise RefusedError("damaged_parquet", message) from error


def open_parquet(path: Path, contracts: Contracts, limits: Limits, *, hints: Sequence[str]) -> ParquetTable:
    """A Parquet file by its column names.

    Raises:
        RefusedError: damaged_parquet, no_header, no_contract, ambiguous_contract or too_many_columns.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with path.open("rb") as stream:  # Arrow opens no path that is not UTF-8
            names = pq.read_schema(stream).names
    except (pa.ArrowException, OSError) as error:
        raise RefusedError("damaged_parquet", "the file's end, where Parquet describes itself, is missing or damaged") from error
    if len(names) > limits.max_columns:
        message = f"{len(names):,} columns; at most {limits.max_columns:,} are allowed"
        raise RefusedError("too_many_columns", message)
    layout, _ = find_layout([names], contracts, hints)
    return ParquetTable(path, replace(layout, first=-1, last=-1, headers=()))


def _texts(frame: pl.DataFrame) -> pl.DataFrame:
    """Every column as text: whole numbers without a point, dates in ISO form."""
    columns: list[pl.Expr] = []
    for name, dtype in frame.schema.items():
        column = pl.col(name)
        if dtype.is_float():
            whole = (column == column.round(0)) & (column.abs() < INEXACT)
            long = frame[name].set(~(frame[name].is_finite() & (frame[name].abs() >= INEXACT)), None)
            exact = pl.when(whole).then(column.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(column.cast(pl.String))
            text = exact if long.null_count() == frame.height else pl.coalesce(as_shown(long), exact)
        elif dtype.is_nested():
            text = pl.lit(None, pl.String) if dtype.base_type() is not pl.Struct else column.struct.json_encode()
        elif dtype == pl.Binary:
            text = column.bin.encode("hex")
        elif isinstance(dtype, pl.Datetime):
            text = column.dt.to_string("%Y-%m-%d %H:%M:%S").str.replace(" 00:00:00$", "")
        else:
            text = column.cast(pl.String)
        columns.append(text.alias(name))
    cells = frame.select(columns)
    return cells.select(pl.when(pl.all().str.strip_chars_start(BLANKS) != "").then(pl.all()))
