"""The trend report: each measure over runs with control limits, alarms marked, and how the publish gate ended each run."""

from __future__ import annotations

import json
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import polars as pl

from quality_reports.formats import number
from quality_reports.messages import Language, catalogue, word
from quality_reports.numbers import Numbers, order_of_runs
from quality_reports.page import moment, render, short, write_owner_only
from quality_reports.trends import GROUPS, Series, series, trend_report_numbers
from quality_reports.views import View, Words, view
from quality_reports.workbook import write_workbook

SHOWN_ALARMS = 60
"""So many signals on the page; the workbook has 5,000, the JSON all."""
_BOOK_ALARMS = 5_000
DEALERS = 150
"""So many dealers at most can be chosen on the page; all stand in the JSON."""

_LABELS = {"dimensions": "dimension", "fields": "field", "reach": "channel"}
_GATES_SCHEMA = {"run_id": pl.String(), "started_at": pl.String(), "status": pl.String(), "version": pl.Int64(), "why": pl.String(), "nearest": pl.String()}  # fmt: skip


def no_gates() -> pl.DataFrame:
    """What is known of the publish gate where nobody asked it."""
    return pl.DataFrame(schema=_GATES_SCHEMA)


def build_trend(
    *,
    quality: pl.DataFrame,
    runs: pl.DataFrame,
    lang: Language,
    out: Path,
    gates: pl.DataFrame | None = None,
    run_id: str | None = None,
    numbers: Numbers | None = None,
    zone: tzinfo = UTC,
) -> Path:
    """Writes the trend report up to a run: HTML, and with other suffixes .json and .xlsx, the same numbers.

    Args:
        quality: QUALITY_HISTORY rows of any number of runs.
        runs: RUNS rows; they give runs their order.
        lang: zh or en.
        out: the HTML file.
        gates: how runs ended, as in ``trends.trend_report_numbers``.
        run_id: the last run shown; the latest by default.
        numbers: what ``trend_report_numbers`` gives of the same, where it is known already.
        zone: the time zone in which times are shown.

    Returns:
        ``out``.

    Raises:
        ValueError: the run, or the language, is not known.
    """
    words = catalogue(lang)
    order = order_of_runs(quality, runs, up_to=run_id)
    if numbers is None:
        numbers = trend_report_numbers(quality=quality, runs=runs, order=order, gates=no_gates() if gates is None else gates)
    views = trend_views(numbers, words, top=SHOWN_ALARMS, zone=zone)
    about = runs.filter(pl.col("run_id") == order[-1]).to_dicts() if order else []
    run = {"run_id": order[-1] if order else "", "as_of": numbers["runs"][-1]["as_of"] if order else None, **(about[0] if about else {})}
    said = sentences(numbers, words)
    write_owner_only(out.with_suffix(".json"), json.dumps({"run": run, **numbers}, ensure_ascii=False, default=str).encode())
    write_workbook(
        title=words["trend_report.title"],
        run=run,
        said=said,
        views=trend_views(numbers, words, top=_BOOK_ALARMS, zone=zone),
        words=words,
        out=out.with_suffix(".xlsx"),
    )
    html = render(
        "trend.html",
        lang=lang,
        title=words["trend_report.title"],
        sections=["summary", "alarms", *GROUPS, "gates", "method"],
        run=run,
        started=moment(run.get("finished_at"), zone),
        scope_line=words["trend_report.scope_line"].format(
            runs=number(len(numbers["runs"]), "int"), dealers=number(len([name for name in numbers["series"] if name]), "int")
        ),
        dealers=[name for name in numbers["series"] if name][:DEALERS],
        summary=said,
        groups={group: [each for each in series() if each.group == group and _known(numbers, each)] for group in GROUPS},
        label=lambda each: label(each, words),
        latest=lambda each: number(_latest(numbers, each), each.kind),
        views=views,
        more_alarms=words["trend_report.more"].format(shown=SHOWN_ALARMS, all=number(len(numbers["alarms"]), "int"))
        if len(numbers["alarms"]) > SHOWN_ALARMS
        else "",
        script="trend.js",
        data=_page_data(numbers, words),
    )
    write_owner_only(out, html.encode())
    return out


def label(each: Series, words: Words) -> str:
    """The name of a series."""
    group = _LABELS.get(each.group)
    key = f"{group}.{each.name}"
    return words[key] if group and key in words else words[f"series.{each.name}"]


def sentences(numbers: Numbers, words: Words) -> list[str]:
    """The latest run in words; the first is the headline."""
    if not numbers["runs"]:
        return [words["summary.headline_none"]]
    last = numbers["runs"][-1]
    now = [line for line in numbers["alarms"] if line["run"] == last["run"]]
    overall = [line for line in now if not line["dealer"]]
    judged = sum(points[-1][2] is not None for found in numbers["series"].values() for points in found.values() if points)
    if not judged:
        return [words["trend_report.learning"]]
    lines = [
        words["trend_report.calm" if not now else "trend_report.alarms"].format(
            alarms=number(len(now), "int"), judged=number(judged, "int")
        )
    ]
    if overall:
        lines.append(words["trend_report.overall"].format(count=number(len(overall), "int")))
    if dealers := {line["dealer"] for line in now if line["dealer"]}:
        lines.append(words["trend_report.dealers"].format(count=number(len(dealers), "int")))
    if stopped := [gate for gate in numbers["gates"] if gate["status"] == "stopped"]:
        lines.append(words["trend_report.stopped"].format(count=number(len(stopped), "int")))
    return lines


def trend_views(numbers: Numbers, words: Words, *, top: int, zone: tzinfo = UTC) -> dict[str, View]:
    """The tables of the trend report."""
    known = {each.key: each for each in series()}
    alarms = [
        [
            line["as_of"], line["dealer"] or words["all_dealers"], f"{words['group.' + known[line['series']].group]} · {label(known[line['series']], words)}",
            number(line["value"], known[line["series"]].kind), f"{number(line['low'], known[line['series']].kind)} … {number(line['high'], known[line['series']].kind)}",
            line["distance"], words[f"alarm.{line['alarm']}"], words["alarm." + {None: "either", True: "worse", False: "better"}[line["worse"]]],
        ]
        for line in numbers["alarms"][:top]
    ]  # fmt: skip
    gates = [
        [moment(datetime.fromisoformat(gate["started_at"]) if gate["started_at"] else None, zone), gate["run_id"], gate["version"], word(words, "gate", gate["status"] or ""), gate["why"] or gate["nearest"]]
        for gate in numbers["gates"]
    ]  # fmt: skip
    latest = []
    for key, points in numbers["series"].get("", {}).items():
        value, centre, low, high, alarm = points[-1]
        if value is not None:
            each = known[key]
            latest.append(
                [f"{words['group.' + each.group]} · {label(each, words)}", *(_rounded(part) for part in (value, centre, low, high)), words[f"alarm.{alarm or 'none'}"]]
            )  # fmt: skip
    return {"alarms": view("alarms", alarms, words), "limits": view("limits", latest, words), "gates": view("gates", gates, words)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _known(numbers: Numbers, each: Series) -> bool:
    return any(point[0] is not None for point in numbers["series"].get("", {}).get(each.key, []))


def _latest(numbers: Numbers, each: Series) -> float | None:
    found: float | None = numbers["series"][""][each.key][-1][0]
    return found


def _page_data(numbers: Numbers, words: Words) -> dict[str, Any]:
    """Series as value, low, high, alarm; a series that a scope does not have is left out."""
    scopes = ["", *[name for name in numbers["series"] if name][:DEALERS]]
    drawn: dict[str, Any] = {}
    for scope in scopes:
        found = numbers["series"].get(scope, {})
        drawn[scope] = {
            key: [[short(point[0]), short(point[2]), short(point[3]), point[4]] for point in points]
            for key, points in found.items()
            if any(point[0] is not None for point in points)
        }
    return {
        "runs": [line["as_of"] for line in numbers["runs"]],
        "kinds": {each.key: each.kind for each in series()},
        "series": drawn,
        "words": {
            "none": words["none"], "limits": words["trend_report.limits"], "value": words["trend_report.value"],
            "beyond": words["alarm.beyond"], "shift": words["alarm.shift"], "all": words["all_dealers"],
        },
    }  # fmt: skip
