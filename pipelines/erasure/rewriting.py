"""A file of the inbox written anew without some rows: what is left is read as before, row for row.

A row that goes stays as a blank one, so that the others keep their numbers. Text files keep every other byte, their encoding and line ends; archives
keep their members; Parquet its types. A workbook is written as .xlsx with the values that are read from it, as text: formats, formulas, comments and
pictures go, and with them the caches that a workbook keeps of old values. Of sheets and text that no contract reads, what holds a value goes.
The same file gives the same bytes.
"""

from __future__ import annotations

import gzip
import shutil
import zipfile
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import polars as pl

from pipelines.erasure.originals import MENTION, Rows
from pipelines.erasure.person import Values
from pipelines.ingest import containers, encodings, text, workbooks
from pipelines.ingest.careful import JOIN_LINES, Row, take
from pipelines.ingest.contracts import PARTY_FIELDS, Contracts
from pipelines.ingest.headers import Layout
from pipelines.ingest.limits import Limits
from pipelines.ingest.reasons import RefusedError

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # what the writer wants: a date without a zone
_PIECE = 1 << 20


@dataclass(frozen=True)
class Rewriter:
    """Writes files anew; ``values`` are looked for where rows cannot be told."""

    contracts: Contracts
    limits: Limits
    values: Values | None
    scratch: Path

    def rewrite(self, path: Path, name: str, rows: dict[str | None, Rows], out: Path) -> None:
        """Writes ``path``, whose name below the dealer's folder is ``name``, to ``out`` without ``rows``.

        Raises:
            RefusedError: the file cannot be read as a whole.
        """
        kind = containers.sniff(path, self.limits)
        if kind == "zip":
            self._zip(path, name, rows, out)
        elif kind == "gz":
            inner, made = self.scratch / "inner", self.scratch / "made"
            with gzip.open(path) as stream, inner.open("wb") as sink:
                shutil.copyfileobj(stream, sink, _PIECE)
            self._part(inner, None, [Path(name).stem], rows, made)
            with made.open("rb") as source, out.open("wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as packed:
                shutil.copyfileobj(source, packed, _PIECE)
        else:
            self._part(path, None, [Path(name).stem], rows, out)

    def _zip(self, path: Path, name: str, rows: dict[str | None, Rows], out: Path) -> None:
        member, made = self.scratch / "member", self.scratch / "made"
        with zipfile.ZipFile(path) as archive, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
            for info in archive.infolist():
                if containers._is_clutter(info):  # noqa: SLF001 - the reader's own rule
                    continue
                label = containers._label(info)  # noqa: SLF001
                with archive.open(info) as stream, member.open("wb") as sink:
                    shutil.copyfileobj(stream, sink, _PIECE)
                try:
                    self._part(member, label, [Path(name).stem, label], rows, made)
                except RefusedError:
                    shutil.copyfile(member, made)
                written = zipfile.ZipInfo(label, info.date_time)
                written.compress_type, written.external_attr = zipfile.ZIP_DEFLATED, info.external_attr
                with made.open("rb") as source, target.open(written, "w") as packed:
                    shutil.copyfileobj(source, packed, _PIECE)

    def _part(self, path: Path, label: str | None, hints: list[str], rows: dict[str | None, Rows], out: Path) -> None:
        kind = containers.sniff(path, self.limits)
        if kind == "text":
            self._text(path, hints, rows.get(label, {}), out)
        elif kind == "parquet":
            layout = workbooks.open_parquet(path, self.contracts, self.limits, hints=hints).layout
            _parquet(path, rows.get(label, {}), layout, out, self._without)
        elif kind == "workbook":
            self._workbook(path, label, hints, rows, out)
        else:
            shutil.copyfile(path, out)

    def _text(self, path: Path, hints: list[str], rows: Rows, out: Path) -> None:
        with path.open("rb") as stream:
            marked = encodings.by_mark(stream.read(256 * 1024))
        try:
            table = text.open_text(path, self.contracts, self.limits, hints=hints, scratch=self.scratch)
        except RefusedError:
            self._unread_text(path, out)
            return
        plain = out if marked in {None, "utf-8-sig"} else self.scratch / "made.utf8"
        with table.path.open("rb") as source, plain.open("wb") as sink:
            sink.write(source.read(table.skip_bytes))
            _rows(source, sink, table, rows, self._without)
        if plain != out and marked is not None:
            out.write_bytes(plain.read_bytes().decode("utf-8").encode(marked))

    def _unread_text(self, path: Path, out: Path) -> None:
        """Lines that hold a value become blank."""
        pattern = None if self.values is None else self.values.forms.pattern
        with path.open("rb") as source, out.open("wb") as sink:
            for line in source:
                decoded = _decoded(line)
                sink.write(b"\n" if pattern is not None and pattern.search(decoded) else line)

    def _workbook(self, path: Path, label: str | None, hints: list[str], rows: dict[str | None, Rows], out: Path) -> None:
        import xlsxwriter  # noqa: PLC0415 - only where a workbook is written

        options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        with xlsxwriter.Workbook(str(out), options) as book:
            book.set_properties({"created": _EPOCH})
            shown = False
            for sheet in workbooks.sheets(path):
                page = book.add_worksheet(sheet.name)
                if sheet.hidden:
                    page.hide()
                elif not shown:
                    page.activate()
                    page.set_first_sheet()
                    shown = True
                cells = self._sheet(sheet, rows.get(f"{label}/{sheet.name}" if label else sheet.name, {}), hints)
                for place, row in enumerate(cells.iter_rows()):
                    for column, cell in enumerate(row):
                        if cell is not None:
                            page.write_string(place, column, cell)

    def _sheet(self, sheet: workbooks.Sheet, rows: Rows, hints: list[str]) -> pl.DataFrame:
        try:
            layout = sheet.layout(self.contracts, self.limits, hints=[sheet.name, *hints])
        except RefusedError:
            if self.values is None:
                return sheet.cells
            held = [self.values.within(sheet.cells[name]) for name in sheet.cells.columns]
            return sheet.cells.select(pl.when(~found).then(pl.col(name)) for name, found in zip(sheet.cells.columns, held, strict=True))
        number = pl.int_range(1, pl.len() + 1)
        mentions = number.is_in(_mentions(rows))
        return sheet.cells.with_columns(
            pl.when(number.is_in(_of_column(rows, layout, place))).then(None)
            .when(mentions).then(pl.col(name) if self.values is None else self.values.without_any(name))
            .otherwise(name)
            .alias(name)
            for place, name in enumerate(sheet.cells.columns)
        )  # fmt: skip

    def _without(self, cell: str) -> str:
        return cell if self.values is None else self.values.without(cell)


def _of_column(rows: Rows, layout: Layout, column: int) -> list[int]:
    """Numbers of the rows in which a column goes; the header stays."""
    of = {each.role for each in layout.columns if each.index == column and each.field in PARTY_FIELDS}
    headers = range(layout.first + 1, layout.last + 2)
    return sorted(row for row, roles in rows.items() if row not in headers and (roles is None or roles & of))


def _mentions(rows: Rows) -> list[int]:
    return sorted(row for row, roles in rows.items() if roles is not None and MENTION in roles)


def _rows(source: BinaryIO, sink: BinaryIO, table: text.TextTable, rows: Rows, without: Callable[[str], str]) -> None:
    """Copies rows, those of ``rows`` blank."""
    width, delimiter, encoding = table.layout.width, table.delimiter, table.encoding
    lines = _lines(source, table.line_end)
    waiting: deque[bytes] = deque()
    headers = range(table.layout.first + 1, table.layout.last + 2)
    number = 0
    while True:
        while len(waiting) <= JOIN_LINES and (line := next(lines, None)) is not None:
            waiting.append(line)
        if not waiting:
            return
        number += 1
        taken, row = 1, None
        if b'"' in waiting[0]:
            row = _row(waiting, delimiter, width, encoding)
            taken = row.lines
        raw = [waiting.popleft() for _ in range(taken)]
        if number not in rows or number in headers:
            sink.writelines(raw)
            continue
        roles = rows[number]
        ending = raw[-1][len(raw[-1].rstrip(b"\r\n")) :]
        if roles is None:
            sink.write((delimiter * (width - 1)).encode(encoding) + ending)
            continue
        row = row or _row(deque(raw), delimiter, width, encoding)
        gone = {c.index for c in table.layout.columns if c.role in roles and c.field in PARTY_FIELDS}
        cells = ("" if place in gone or cell is None else without(cell) for place, cell in enumerate(row.cells))
        sink.write(delimiter.join(_quoted(cell, delimiter) for cell in cells).encode(encoding) + ending)


def _row(lines: deque[bytes], delimiter: str, width: int, encoding: str) -> Row:
    """The row that begins with the first line, as the reader reads it."""

    def decoded(line: bytes) -> str:
        return line.replace(b"\x00", b"").decode(encoding, "replace").rstrip("\r\n")

    first = decoded(lines[0])
    row = take([first], None, 0, delimiter, width, stop=1, more=True)
    if row is None:
        window = [decoded(line) for line in lines]
        row = take(window, None, 0, delimiter, width, stop=len(window), more=False)
    if row is None:  # cannot be: no more lines will come
        return Row((None,) * width, None, first)
    return row


def _lines(source: BinaryIO, end: bytes) -> Iterator[bytes]:
    """Lines with what ends them."""
    rest = b""
    while piece := source.read(_PIECE):
        *whole, rest = (rest + piece).split(end)
        yield from (line + end for line in whole)
    if rest:
        yield rest


def _quoted(cell: str, delimiter: str) -> str:
    if delimiter in cell or "\n" in cell or "\r" in cell or cell.startswith('"'):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _decoded(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("gb18030", "replace")


def _parquet(path: Path, rows: Rows, layout: Layout, out: Path, without: Callable[[str], str]) -> None:
    import pyarrow as pa  # noqa: PLC0415 - only where Parquet is written
    import pyarrow.compute as pc  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    content = pq.read_table(path)
    number = pa.array(range(1, content.num_rows + 1), pa.int64())
    columns, mentions = [], _mentions(rows)
    for place in range(content.num_columns):
        column = content.column(place)
        gone = pc.is_in(number, pa.array(_of_column(rows, layout, place), pa.int64()))
        column = pc.if_else(gone, pa.scalar(None, column.type), column)
        if mentions and (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
            cells = column.to_pylist()
            for row in mentions:
                cells[row - 1] = None if cells[row - 1] is None else without(cells[row - 1])
            column = pa.chunked_array([pa.array(cells, column.type)])
        columns.append(column)
    schema = pa.schema([field.with_nullable(nullable=True) for field in content.schema])
    pq.write_table(
        pa.Table.from_arrays([column.cast(field.type) for column, field in zip(columns, schema, strict=True)], schema=schema), out
    )
