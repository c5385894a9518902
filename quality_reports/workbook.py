"""The same numbers as a workbook: one sheet a table, frozen headers, filters, native charts. Text is never a formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import polars as pl
import xlsxwriter
from xlsxwriter.format import Format

from quality_reports.formats import Kind, number
from quality_reports.messages import Language, catalogue
from quality_reports.numbers import Numbers
from quality_reports.page import write_owner_only
from quality_reports.report import report_numbers
from quality_reports.sources import source_sentences, sources_view
from quality_reports.views import View, Words, dealer_view, scope_views, sentences, source_view, trend_view

FORMATS: dict[Kind, str] = {"text": "@", "int": "#,##0", "pct": '0.0"%"', "score": "0.0", "delta": "+0.0;-0.0;0.0", "ratio": "0.00"}


@dataclass(frozen=True)
class Drawn:
    """The native chart of a sheet: the columns it shows, and how; ``labels``: so many leading columns name a row."""

    columns: tuple[str, ...]
    kind: Literal["bar", "column", "line"] = "bar"
    stacked: bool = False
    labels: int = 1


CHARTS: Mapping[str, Drawn] = {
    "dimensions": Drawn(("share_before", "share_after")),
    "fields": Drawn(("share_before", "share_after")),
    "reach": Drawn(("before", "after")),
    "problems": Drawn(("repaired", "remaining"), stacked=True),
    "buckets": Drawn(("customers",), "column"),
    "dealers": Drawn(("score_before", "score_after")),
    "trend": Drawn(("score_before", "golden"), "line"),
    "assessed_dimensions": Drawn(("share_before",)),
    "assessed_fields": Drawn(("share_filled", "share_valid")),
    "assessed_problems": Drawn(("repairable", "to_ask"), stacked=True),
    "assessed_dealers": Drawn(("score_before",)),
    "scorecard": Drawn(("rate",)),
}
"""Charts by sheet."""

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
    numbers: Numbers | None = None,
) -> Path:
    """Writes the report of a run as XLSX (0600); arguments as in ``report.build``.

    Returns:
        ``out``.

    Raises:
        ValueError: the run, or the language, is not known.
    """
    words = catalogue(lang)
    if numbers is None:
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


def write_workbook(
    *,
    title: str,
    run: Mapping[str, Any],
    said: Sequence[str],
    views: Mapping[str, View],
    words: Words,
    out: Path,
    charts: Mapping[str, Drawn] = CHARTS,
) -> Path:
    """Sentences on the first sheet, then one sheet a table with its chart; headers frozen, filters on, text never a formula (0600)."""
    memory = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(memory, options) as book:
        bold = book.add_format({"bold": True, "font_size": 16, "font_color": "#14202B"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        header = book.add_format({"bold": True, "bg_color": "#E8F2F1", "bottom": 1, "text_wrap": True, "valign": "top"})
        looks = {
            kind: book.add_format({"num_format": code, "valign": "top", "text_wrap": kind == "text"}) for kind, code in FORMATS.items()
        }
        front = book.add_worksheet(words["section.summary"])
        front.hide_gridlines(2)
        front.set_column(0, 0, 110)
        front.write_string(0, 0, title, bold)
        about = f"{words['as_of']} {run.get('as_of') or words['none']} · {words['run']} {run.get('run_id') or words['none']}"
        front.write_string(1, 0, about)
        for place, sentence in enumerate(said, start=3):
            front.write_string(place, 0, sentence, wrapped)
        for name, view in views.items():
            _sheet(book, words[f"section.{'duplicates' if name == 'buckets' else name}"], view, charts.get(view.name), header, looks)
    write_owner_only(out, memory.getvalue())
    return out


def _sheet(book: xlsxwriter.Workbook, title: str, view: View, drawn: Drawn | None, header: Format, looks: Mapping[Kind, Format]) -> None:
    """One table with its chart to the right."""
    name = title[:31]
    sheet = book.add_worksheet(name)
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
    if drawn is not None and view.rows:
        sheet.insert_chart(1, len(view.columns) + 1, _chart(book, name, title, view, drawn))


def _chart(book: xlsxwriter.Workbook, sheet: str, title: str, view: View, drawn: Drawn) -> xlsxwriter.chart.Chart:
    keys = [key for key, _, _ in view.columns]
    shown = [keys.index(key) for key in drawn.columns]
    last = min(len(view.rows), 30)
    chart = book.add_chart({"type": drawn.kind, **({"subtype": "stacked"} if drawn.stacked else {})})
    colours = (_AFTER, _WARM) if drawn.stacked else (_AFTER,) if len(shown) == 1 else (_BEFORE, _AFTER, _WARM)
    for column, colour in zip(shown, colours, strict=False):
        look = {"line": {"color": colour, "width": 2.25}} if drawn.kind == "line" else {"fill": {"color": colour}}
        chart.add_series(
            {
                "name": [sheet, 0, column],
                "categories": [sheet, 1, 0, last, drawn.labels - 1],
                "values": [sheet, 1, column, last, column],
                **look,
            }
        )
    chart.set_title({"name": title, "name_font": {"size": 13}})
    chart.set_legend({"position": "bottom"} if len(shown) > 1 else {"none": True})
    if drawn.kind == "bar":
        chart.set_y_axis({"reverse": True})
    chart.set_size({"width": 720, "height": max(320, 110 + 26 * last)})
    return chart
