"""A dealer's worklist as a workbook: which record, what is wrong, what to ask, until when. It holds plain values and goes to the dealer only."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path

import polars as pl
import xlsxwriter

from quality_reports.messages import Language, catalogue, word
from quality_reports.page import write_owner_only

COLUMNS: tuple[tuple[str, int], ...] = (
    ("due", 12), ("state", 10), ("field", 12), ("problem", 30), ("ask", 46), ("written", 30), ("customer", 16), ("phone", 18), ("source", 14),
    ("source_key", 20), ("file_name", 30), ("row_number", 8), ("opened", 12), ("answer", 30), ("item_id", 22),
)  # fmt: skip
"""Keys (labels are ``worklist.<key>``) and widths in characters."""


def build_worklist(rows: pl.DataFrame, *, dealer: str, as_of: date, lang: Language, out: Path) -> Path:
    """Writes one dealer's open items (0600): overdue first, then by due date.

    Args:
        rows: ``item_id``, ``field``, ``reason``, ``opened``, ``due``, ``written`` (the field's text), ``customer``, ``phone``, ``source``, ``source_key``,
            ``file_name``, ``row_number``.
        dealer: the dealer's id, for the title.
        as_of: date of the run; what was due before it is overdue.
        lang: zh or en.
        out: the file.
    """
    words = catalogue(lang)
    memory = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(memory, options) as book:
        sheet = book.add_worksheet(words["worklist.sheet"])
        header = book.add_format({"bold": True, "bg_color": "#E8F2F1", "bottom": 1, "text_wrap": True, "valign": "top"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        to_fill = book.add_format({"bg_color": "#FFF8E5", "border": 1, "border_color": "#D8C48A", "text_wrap": True})
        bold = book.add_format({"bold": True, "font_size": 14})
        sheet.write_string(0, 0, words["worklist.title"].format(dealer=dealer, as_of=as_of, items=rows.height), bold)
        sheet.write_string(1, 0, words["worklist.how"])
        for column, (key, width) in enumerate(COLUMNS):
            sheet.write_string(2, column, words[f"worklist.{key}"], header)
            sheet.set_column(column, column, width)
        for place, row in enumerate(rows.sort("due", "field", "item_id").iter_rows(named=True), start=3):
            late = row["due"] < as_of
            shown = {
                **row,
                "state": words["worklist.overdue" if late else "worklist.open"],
                "field": word(words, "field", row["field"]),
                "problem": word(words, "reason", row["reason"]),
                "ask": words[f"ask.{row['field']}"],
                "source": word(words, "source", row["source"] or ""),
                "answer": "",
            }
            for column, (key, _) in enumerate(COLUMNS):
                sheet.write_string(place, column, "" if shown[key] is None else str(shown[key]), to_fill if key == "answer" else wrapped)
        sheet.freeze_panes(3, 1)
        sheet.autofilter(2, 0, max(2, rows.height + 2), len(COLUMNS) - 1)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(2)
    write_owner_only(out, memory.getvalue())
    return out
