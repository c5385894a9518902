"""The same numbers as a workbook: one sheet a table, frozen headers, filters, native charts. Text is never a formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from quality_reports.formats import Kind, number
from quality_reports.messages import Language, catalogue
from quality_reports.page import write_owner_only
from quality_reports.report import report_numbers
from quality_reports.sources import source_sentences, sources_view
from quality_reports.views import View, Words, dealer_view, scope_views, sentences, source_view, trend_view

FORMATS: dict[Kind, str] = {"text": "@", "int": "#,##0", "pct": '0.0"%"', "score": "0.0", "delta": "+0.0;-0.0;0.0", "ratio": "0.00"}

CHARTS: dict[str, tuple[str, str]] = {
    "dimensions": ("share_before", "share_after"),
    "fields": ("share_before", "share_after"),
    "reach": ("before", "after"),
    "problems": ("repaired", "remaining"),
    "buckets": ("customers", ""),
    "dealers": ("score_before", "score_after"),
    "trend": ("score_before", "golden"),
    "assessed_dimensions": ("share_before", ""),
    "assessed_fields": ("share_filled", "share_valid"),
    "assessed_problems": ("repairable", "to_ask"),
    "assessed_dealers": ("score_before", ""),
    "scorecard": ("rate", ""),
}
"""Sheets with a chart: the one or two columns it shows."""

_STACKED = frozenset({"problems", "assessed_problems"})
_BEFORE, _AFTER, _WARM = "#7D8A97", "#0B6B6B", "#C2660C"


def build_workbook(
    *,
    quality: pl.DataFrame,
    runs: pl.DataFrame,
    files: pl.DataFrame,
    quarantine: pl.DataFrame,
    lang: Language,
    out: Path,
    run_id: str | None = None,
) -> Path:
    """Writes the report of a run as XLSX (0600); arguments as in ``report.build``.

    Returns:
        ``out``.

    Raises:
        ValueError: the run, or the language, is not known.
    """
    words = catalogue(lang)
    numbers = report_numbers(quality=quality, runs=runs, files=files, quarantine=quarantine, run_id=run_id)
    overall = numbers["scopes"][""]
    views = {
        **scope_views(overall, words, top=500),
        "dealers": dealer_view(numbers["dealers"], words),
        "sources": source_view(numbers["sources"], words),
        **({"reference": sources_view(numbers["reference"], words)} if numbers["reference"] else {}),
        "trend": trend_view(numbers["trend"], words),
    }
    said = [*sentences(overall, words), *source_sentences(numbers["reference"], words)]
    return write_workbook(title=words["title"], run=numbers["run"], said=said, views=views, words=words, out=out)


def write_workbook(*, title: str, run: Mapping[str, Any], said: Sequence[str], views: Mapping[str, View], words: Words, out: Path) -> Path:
    """Sentences on the first sheet, then one sheet a table with its chart; headers frozen, filters on, text never a formula (0600)."""
    memory = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(memory, options) as book:
        bold = book.add_format({"bold": True, "font_size": 16, "font_color": "#14202B"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        front = book.add_worksheet(words["section.summary"])
        front.hide_gridlines(2)
        front.set_column(0, 0, 110)
        front.write_string(0, 0, title, bold)
        about = f"{words['as_of']} {run.get('as_of') or words['none']} · {words['run']} {run.get('run_id') or words['none']}"
        front.write_string(1, 0, about)
        for place, sentence in enumerate(said, start=3):
            front.write_string(place, 0, sentence, wrapped)
        for name, view in views.items():
            _sheet(book, words[f"section.{'duplicates' if name == 'buckets' else name}"], view)
    write_owner_only(out, memory.getvalue())
    return out


def _sheet(book: xlsxwriter.Workbook, title: str, view: View) -> None:
    """One table with its chart to the right."""
    name = title[:31]
    sheet = book.add_worksheet(name)
    header = book.add_format({"bold": True, "bg_color": "#E8F2F1", "bottom": 1, "text_wrap": True, "valign": "top"})
    looks = {kind: book.add_format({"num_format": code, "valign": "top", "text_wrap": kind == "text"}) for kind, code in FORMATS.items()}
    for column, (key, label, kind) in enumerate(view.columns):
        sheet.write_string(0, column, label, header)
        sheet.set_column(column, column, 46 if key in {"cause", "advice", "examples", "what"} else 22 if kind == "text" else 13)
        for place, row in enumerate(view.rows, start=1):
            value = row[column]
            if isinstance(value, (int, float)) and kind != "text":
                sheet.write_number(place, column, value, looks[kind])
            else:
                sheet.write_string(place, column, number(value, "text"), looks["text"])
    sheet.freeze_panes(1, 1)
    if view.rows:
        sheet.autofilter(0, 0, len(view.rows), len(view.columns) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    if view.name in CHARTS and view.rows:
        sheet.insert_chart(1, len(view.columns) + 1, _chart(book, name, title, view))


def _chart(book: xlsxwriter.Workbook, sheet: str, title: str, view: View) -> xlsxwriter.chart.Chart:
    keys = [key for key, _, _ in view.columns]
    shown = [keys.index(key) for key in CHARTS[view.name] if key]
    last = min(len(view.rows), 30)
    kind = {"trend": "line", "buckets": "column"}.get(view.name, "bar")
    chart = book.add_chart({"type": kind, **({"subtype": "stacked"} if view.name in _STACKED else {})})
    colours = (_AFTER, _WARM) if view.name in _STACKED else (_AFTER,) if len(shown) == 1 else (_BEFORE, _AFTER)
    for column, colour in zip(shown, colours, strict=True):
        look = {"line": {"color": colour, "width": 2.25}} if kind == "line" else {"fill": {"color": colour}}
        chart.add_series(
            {"name": [sheet, 0, column], "categories": [sheet, 1, 0, last, 0], "values": [sheet, 1, column, last, column], **look}
        )
    chart.set_title({"name": title, "name_font": {"size": 13}})
    chart.set_legend({"position": "bottom"} if len(shown) > 1 else {"none": True})
    if kind == "bar":
        chart.set_y_axis({"reverse": True})
    chart.set_size({"width": 720, "height": max(320, 110 + 26 * last)})
    return chart
