"""Writing exports: text files in the dealer's encoding, workbooks as people make them.

The same rows give the same bytes: workbooks carry a fixed creation date. Text is written once for all files of an export, encoded
once, and cut at line ends (no encoding here has a line feed inside a character).
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from generator.dealers import Dealer
from generator.layout import Export
from generator.lookalikes import traditional

if TYPE_CHECKING:
    import xlsxwriter

SHEET_ROWS = 200_000
_MADE = dt.datetime(2026, 1, 1)  # noqa: DTZ001  # xlsxwriter writes naive times as UTC


def write_export(export: Export, dealer: Dealer, folder: Path) -> Iterator[tuple[str, int, int, int]]:
    """Writes all files of one export; yields each file's name, first line, line after the last, and number of lines above the data."""
    ends = np.r_[export.starts[1:], export.table.height]
    text = _Text(export, dealer) if dealer.kind == "csv" else None
    for name, first, end in zip(export.names, export.starts.tolist(), ends.tolist(), strict=True):
        title = f"{dealer.name} {name.rsplit('.', 1)[0]}"
        if text:
            above = text.write(folder / name, first, end, title)
        else:
            above = _write_book(export, export.table.slice(first, end - first), dealer, folder / name, title)
        yield name, first, end, above


class _Text:
    """All lines of an export, encoded."""

    def __init__(self, export: Export, dealer: Dealer) -> None:
        self._dealer = dealer
        self._ending = "\n" if dealer.encoding == "utf-8" else "\r\n"
        self._width = export.table.width
        buffer = io.BytesIO()
        export.table.write_csv(buffer, separator=dealer.delimiter, line_terminator=self._ending)
        self._bytes: bytes | memoryview = buffer.getbuffer()
        if dealer.language == "zh_hant" or not dealer.encoding.startswith("utf-8"):
            self._bytes = self._encoded(buffer.getvalue().decode())
        self._ends = np.flatnonzero(np.frombuffer(self._bytes, dtype=np.uint8) == ord("\n")) + 1  # the header's end first

    def _encoded(self, text: str) -> bytes:
        if self._dealer.language == "zh_hant":
            text = traditional(text)
        return text.encode(self._dealer.encoding.removesuffix("-sig"), errors="replace")

    def write(self, path: Path, first: int, end: int, title: str) -> int:
        """One file of the lines from ``first`` to ``end``."""
        dealer = self._dealer
        above = 1 + dealer.title_rows
        with path.open("wb") as file:
            if dealer.encoding == "utf-8-sig":
                file.write(b"\xef\xbb\xbf")
            if dealer.title_rows:
                file.write(self._encoded(title + dealer.delimiter * (self._width - 1) + self._ending))
            file.write(self._bytes[: self._ends[0]])
            file.write(self._bytes[self._ends[first] : self._ends[end]])
            if dealer.notes_below:
                file.write(self._encoded(f"合计{dealer.delimiter}{end - first}{dealer.delimiter * max(self._width - 2, 0)}{self._ending}"))
        return above


def _write_book(export: Export, table: pl.DataFrame, dealer: Dealer, path: Path, title: str) -> int:
    import xlsxwriter  # noqa: PLC0415  # loaded only where a dealer sends workbooks

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(str(path), options)
    book.set_properties({"created": _MADE})
    bold = book.add_format({"bold": True, "align": "center", "border": 1})
    date = book.add_format({"num_format": "yyyy-mm-dd"}) if dealer.date_format.startswith("%Y-") else None
    if dealer.title_rows:
        cover = book.add_worksheet("说明")
        cover.write_string(0, 0, title)
        cover.write_string(1, 0, "本表由系统导出，如有疑问请联系信息员")
    above = 1 + 2 * dealer.title_rows
    for start in range(0, table.height, SHEET_ROWS):
        part = table.slice(start, SHEET_ROWS)
        page = book.add_worksheet("数据" if start == 0 else f"数据{start // SHEET_ROWS + 1}")
        if dealer.title_rows:
            page.merge_range(0, 0, 0, max(part.width - 1, 1), title, bold)
            for first, last, word in _spans(export.groups):
                if last > first:
                    page.merge_range(1, first, 1, last, word, bold)
                else:
                    page.write_string(1, first, word, bold)
        page.write_row(above - 1, 0, part.columns, bold)
        _write_cells(page, part, export, above, date)
        if dealer.notes_below and start + SHEET_ROWS >= table.height:
            page.write_string(above + part.height + 1, 0, f"合计：{table.height}条")
            page.write_string(above + part.height + 2, 0, "制表人：王芳    审核：李总")
    book.close()
    return above


def _write_cells(page: xlsxwriter.worksheet.Worksheet, part: pl.DataFrame, export: Export, above: int, date: object) -> None:
    """Cell by cell: a workbook knows no other way."""
    numeric = {part.columns.index(name) for name in export.number_columns}
    when = part.columns.index(export.date_column)
    for place, row in enumerate(part.iter_rows(), above):
        for column, value in enumerate(row):
            if value is None:
                continue
            if column == when and date is not None and (day := _day(value)):
                page.write_datetime(place, column, day, date)
            elif column in numeric and value.isascii() and value.replace(".", "", 1).isdigit():
                page.write_number(place, column, float(value))
            else:
                page.write_string(place, column, value)


def _day(text: str) -> dt.datetime | None:
    """A real date as a date; a broken one stays text."""
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None


def _spans(groups: tuple[str, ...]) -> list[tuple[int, int, str]]:
    """Stretches of the same word: first, last, word.

    >>> _spans(("a", "a", "b"))
    [(0, 1, 'a'), (2, 2, 'b')]
    """
    spans: list[tuple[int, int, str]] = []
    for place, word in enumerate(groups):
        if spans and spans[-1][2] == word:
            spans[-1] = (spans[-1][0], place, word)
        else:
            spans.append((place, place, word))
    return spans
