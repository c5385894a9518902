"""The customers report: how the customers of the run can be reached, what they are worth, who leaves, what falls due, and how they are asked.

One HTML file that opens offline, with its numbers as JSON and XLSX. It holds sums of groups only: no row tells of one customer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

import polars as pl

from quality_reports.customer_panels import PANELS, SECTIONS, Chart, Panel
from quality_reports.customer_views import fact_lines, figures, panel_view, panel_views, sentences, shortened, why_empty
from quality_reports.formats import number
from quality_reports.messages import Language, catalogue
from quality_reports.numbers import Numbers, order_of_runs
from quality_reports.page import moment, render, short, write_owner_only
from quality_reports.views import View, Words
from quality_reports.workbook import Drawn, write_workbook

DEALERS = 150
"""So many dealers at most can be chosen on the page; all stand in the JSON."""


@dataclass(frozen=True)
class Shown:
    """A panel as the page shows it: its table of all dealers, or why there is none."""

    panel: Panel
    view: View
    empty: str

    @property
    def drawn(self) -> bool:
        """Whether anything of it can be drawn."""
        return chart_of(self.panel, self.view) is not None

    @property
    def measured(self) -> str:
        """What the chart's only series shows; a legend names several."""
        chart = chart_of(self.panel, self.view)
        names = {key: label for key, label, _ in self.view.columns}
        return names[chart.columns[0]] if chart is not None and (len(chart.columns) == 1 or chart.kind == "intervals") else ""


def build_customers(
    *, numbers: Numbers, quality: pl.DataFrame, runs: pl.DataFrame, lang: Language, out: Path, run_id: str | None = None, zone: tzinfo = UTC
) -> Path:
    """Writes the customers report of a run: HTML, and with other suffixes .json and .xlsx, the same numbers.

    Args:
        numbers: of ``customer_numbers.customer_numbers``: the same for all languages.
        quality: QUALITY_HISTORY rows of any number of runs.
        runs: RUNS rows; they give runs their order.
        lang: zh or en.
        out: the HTML file.
        run_id: the run; the latest by default.
        zone: the time zone in which times are shown.

    Returns:
        ``out``.

    Raises:
        ValueError: the run, or the language, is not known.
    """
    words = catalogue(lang)
    order = order_of_runs(quality, runs, up_to=run_id)
    about = runs.filter(pl.col("run_id") == order[-1]).to_dicts() if order else []
    run = {"run_id": order[-1] if order else "", "as_of": None, **(about[0] if about else {})}
    dealers = sorted({dealer for found in numbers["facts"].values() for dealer in found if dealer})
    chosen = ["", *dealers[:DEALERS]]
    views = panel_views(numbers, chosen, words)
    whole = {panel.name: views[panel.name].get("", panel_view(panel, [], words)) for panel in PANELS}
    said = sentences(numbers, "", words)
    write_owner_only(out.with_suffix(".json"), json.dumps({"run": run, **numbers}, ensure_ascii=False, default=str).encode())
    write_workbook(
        title=words["customers_report.title"],
        run=run,
        said=said,
        views={name: view for name, view in whole.items() if view.rows},
        words=words,
        out=out.with_suffix(".xlsx"),
        charts={panel.name: drawn for panel in PANELS if (drawn := _native(panel, whole[panel.name])) is not None},
    )
    shown = {section: [_shown(panel, whole[panel.name], words) for panel in PANELS if panel.section == section] for section in SECTIONS}
    html = render(
        "customers.html",
        lang=lang,
        title=words["customers_report.title"],
        sections=["summary", *SECTIONS, "method"],
        run=run,
        started=moment(run.get("finished_at"), zone),
        scope_line=words["customers_report.scope_line"].format(
            customers=number(numbers["facts"]["customers"].get("", {}).get("all_customers", 0), "int"), dealers=number(len(dealers), "int")
        ),
        dealers=chosen[1:],
        said=said,
        figures=figures(numbers, "", words),
        shown=shown,
        facts={section: fact_lines(numbers, section, "", words) for section in SECTIONS},
        empty={section: why_empty(section, section, words) for section in SECTIONS},
        script="customers.js",
        data=_page_data(numbers, views, whole, chosen, words),
    )
    write_owner_only(out, html.encode())
    return out


def chart_of(panel: Panel, view: View) -> Chart | None:
    """The first chart of a panel that has anything to show."""
    keys = [key for key, _, _ in view.columns]
    for chart in panel.charts:
        places = [keys.index(name) for name in chart.columns]
        if any(row[place] for row in view.rows for place in places):
            return chart
    return None


def _shown(panel: Panel, view: View, words: Words) -> Shown:
    return Shown(panel, shortened(view), "" if view.rows else why_empty(panel.name, panel.section, words))


def _native(panel: Panel, view: View) -> Drawn | None:
    """The chart of a workbook's sheet: intervals are told by their middle; a matrix has none."""
    chart = chart_of(panel, view)
    if chart is None or chart.kind == "matrix":
        return None
    columns = chart.columns[:1] if chart.kind == "intervals" else chart.columns
    return Drawn(columns, kind="column" if chart.kind == "columns" else "bar", stacked=chart.stacked, labels=panel.labels)


def _page_data(
    numbers: Numbers, views: dict[str, dict[str, View]], whole: dict[str, View], dealers: list[str], words: Words
) -> dict[str, Any]:
    """What the page's script draws from: rows by panel and dealer, and what is told of each dealer."""
    rows = {
        name: {dealer: [[short(value) for value in row] for row in shortened(view).rows] for dealer, view in found.items()}
        for name, found in views.items()
    }
    charts = {panel.name: (panel, chart) for panel in PANELS if (chart := chart_of(panel, whole[panel.name])) is not None}
    return {
        "columns": {name: [[key, label, kind] for key, label, kind in view.columns] for name, view in whole.items()},
        "charts": {
            name: {
                "kind": chart.kind, "columns": [[key for key, _, _ in panel.columns].index(column) for column in chart.columns],
                "stacked": chart.stacked, "labels": panel.labels,
            }
            for name, (panel, chart) in charts.items()
        },
        "rows": rows,
        "whole": [panel.name for panel in PANELS if not panel.by_dealer],
        "facts": {section: {dealer: fact_lines(numbers, section, dealer, words) for dealer in dealers} for section in SECTIONS},
        "figures": {dealer: [list(line[1:]) for line in figures(numbers, dealer, words)] for dealer in dealers},
        "said": {dealer: sentences(numbers, dealer, words) for dealer in dealers},
        "words": {"none": words["customers_report.chosen"], "all": words["customers_report.by_all"]},
    }  # fmt: skip
