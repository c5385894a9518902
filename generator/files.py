"""Writing one export: text files in the dealer's encoding, workbooks as people make them.

The same rows give the same bytes: workbooks carry a fixed creation date.
"""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import xlsxwriter

from generator.dealers import Dealer
from generator.lookalikes import traditional

SHEET_ROWS = 200_000
_MADE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class Sheet:
    """A table to write: columns named by their headers, ``groups`` for the row above them, and what stands above and below."""

    table: pl.DataFrame
    title: str
    groups: tuple[str, ...]
    date_column: str
    number_columns: tuple[str, ...]


def write_export(sheet: Sheet, dealer: Dealer, path: Path) -> int:
    """Writes one file; returns the number of lines above the first row of data."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if dealer.kind == "xlsx":
        return _write_book(sheet, dealer, path)
    return _write_text(sheet, dealer, path)


def _write_text(sheet: Sheet, dealer: Dealer, path: Path) -> int:
    buffer = io.BytesIO()
    ending = "\n" if dealer.encoding == "utf-8" else "\r\n"
    sheet.table.write_csv(buffer, separator=dealer.delimiter, line_terminator=ending)
    if dealer.encoding == "utf-8" and not (dealer.title_rows or dealer.notes_below):
        path.write_bytes(buffer.getbuffer())
        return 1
    text = buffer.getvalue().decode()
    above = 1
    if dealer.title_rows:
        text = sheet.title + dealer.delimiter * (sheet.table.width - 1) + ending + text
        above += 1
    if dealer.notes_below:
        text += f"合计{dealer.delimiter}{sheet.table.height}{dealer.delimiter * max(sheet.table.width - 2, 0)}{ending}"
    if dealer.language == "zh_hant":
        text = traditional(pl.Series([text.replace("\n", "\x00")]))[0].replace("\x00", "\n")
    path.write_bytes(text.encode(dealer.encoding, errors="replace"))
    return above


def _write_book(sheet: Sheet, dealer: Dealer, path: Path) -> int:
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
    book.set_properties({"created": _MADE})
    bold = book.add_format({"bold": True, "align": "center", "border": 1})
    date = book.add_format({"num_format": "yyyy-mm-dd"})
    if dealer.title_rows:
        cover = book.add_worksheet("说明")
        cover.write_string(0, 0, sheet.title)
        cover.write_string(1, 0, "本表由系统导出，如有疑问请联系信息员")
    above = 0
    for number, start in enumerate(range(0, max(sheet.table.height, 1), SHEET_ROWS)):
        page = book.add_worksheet("数据" if number == 0 else f"数据{number + 1}")
        part = sheet.table.slice(start, SHEET_ROWS)
        above = 0
        if dealer.title_rows:
            page.merge_range(0, 0, 0, max(part.width - 1, 1), sheet.title, bold)
            above = 1
            for first, last, word in _spans(sheet.groups):
                if last > first:
                    page.merge_range(above, first, above, last, word, bold)
                else:
                    page.write_string(above, first, word, bold)
            above = 2
        page.write_row(above, 0, part.columns, bold)
        above += 1
        _write_rows(page, part, sheet, above, date if dealer.date_format.startswith("%Y-") else None)
        if dealer.notes_below and start + SHEET_ROWS >= sheet.table.height:
            page.write_string(above + part.height + 1, 0, f"合计：{sheet.table.height}条")
            page.write_string(above + part.height + 2, 0, "制表人：王芳    审核：李总")
    book.close()
    return above


def _write_rows(page: xlsxwriter.worksheet.Worksheet, part: pl.DataFrame, sheet: Sheet, above: int, date: object) -> None:
    numeric = {part.columns.index(name) for name in sheet.number_columns}
    when = part.columns.index(sheet.date_column)
    for place, row in enumerate(part.iter_rows(), above):  # a workbook is written cell by cell: there is no other way
        for column, value in enumerate(row):
            if value is None:
                continue
            if column == when and date is not None:
                try:
                    page.write_datetime(place, column, dt.datetime.fromisoformat(value), date)
                except ValueError:  # a broken date stays text
                    page.write_string(place, column, value)
            elif column in numeric and value.replace(".", "", 1).isdigit() and value.isascii():
                page.write_number(place, column, float(value))
            else:
                page.write_string(place, column, value)


def _spans(groups: tuple[str, ...]) -> list[tuple[int, int, str]]:
    spans: list[tuple[int, int, str]] = []
    for place, word in enumerate(groups):
        if spans and spans[-1][2] == word:
            spans[-1] = (spans[-1][0], place, word)
        else:
            spans.append((place, place, word))
    return spans
