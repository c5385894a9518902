"""The before/after report: one HTML file that opens offline, with the same numbers as JSON beside it.

The page contacts nothing: style, script and charts (Apache ECharts, SVG) are inside. It holds totals only, no value of
any person. Words come from the message catalogues; there is one template for all languages.
"""

from __future__ import annotations

import json
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

import polars as pl

from quality_reports.files import SHOWN_FILES, file_numbers, file_view
from quality_reports.formats import number
from quality_reports.messages import Language, catalogue, word
from quality_reports.numbers import Numbers, dealer_numbers, order_of_runs, scope_numbers, source_numbers, trend_numbers, values_by_scope
from quality_reports.page import moment, render, short, write_owner_only
from quality_reports.sources import source_numbers_of, source_sentences, sources_view
from quality_reports.views import View, Words, dealer_view, facts_of, key_figures, scope_views, sentences, source_view, trend_view, view


def build(
    *,
    quality: pl.DataFrame,
    runs: pl.DataFrame,
    files: pl.DataFrame,
    quarantine: pl.DataFrame,
    lang: Language,
    out: Path,
    identity: pl.DataFrame | None = None,
    run_id: str | None = None,
    numbers: Numbers | None = None,
    zone: tzinfo = UTC,
) -> Path:
    """Writes the report of a run, and ``out`` with the suffix .json: all its numbers.

    Args:
        quality: QUALITY_HISTORY rows of any number of runs.
        runs: RUNS rows; they give runs their order.
        files: FILES rows.
        quarantine: reason codes with their counts (``reason``, ``n``; several rows of a reason are added up); no text.
        lang: zh or en.
        out: the HTML file.
        identity: what became of customer ids in this run (``kind``, ``n``), where known.
        run_id: the run to report on; the latest by default.
        numbers: what ``report_numbers`` gives of the same, where it is known already.
        zone: the time zone in which times are shown.

    Returns:
        ``out``.

    Raises:
        ValueError: the run, or the language, is not known.
    """
    words = catalogue(lang)
    if numbers is None:
        numbers = report_numbers(quality=quality, runs=runs, files=files, quarantine=quarantine, identity=identity, run_id=run_id)
    write_owner_only(out.with_suffix(".json"), json.dumps(numbers, ensure_ascii=False, default=str).encode())
    write_owner_only(out, _page(numbers, lang, words, zone).encode())
    return out


def report_numbers(
    *,
    quality: pl.DataFrame,
    runs: pl.DataFrame,
    files: pl.DataFrame,
    quarantine: pl.DataFrame,
    identity: pl.DataFrame | None = None,
    run_id: str | None = None,
) -> Numbers:
    """All numbers of the report of a run, as in ``build``; JSON-serializable, in no language."""
    order = order_of_runs(quality, runs, up_to=run_id)
    run = order[-1] if order else ""
    now = quality.filter(pl.col("run_id") == run)
    about_run = runs.filter(pl.col("run_id") == run).to_dicts()
    dealers = values_by_scope(now)
    return {
        "run": {"run_id": run, "as_of": now["as_of"][0] if now.height else None, **(about_run[0] if about_run else {})},
        "scopes": {dealer: scope_numbers(values) for dealer, values in dealers.items()},
        "dealers": dealer_numbers(dealers),
        "sources": source_numbers(values_by_scope(now, scope="source")),
        "reference": source_numbers_of(now),
        "trend": trend_numbers(quality, order),
        "files": file_numbers(files),
        "quarantine": quarantine.group_by("reason")
        .agg(count=pl.col("n").sum())
        .sort(["count", "reason"], descending=[True, False])
        .to_dicts(),
        "identity": [] if identity is None else identity.sort("kind").select("kind", count="n").to_dicts(),
    }


def _page(numbers: Numbers, lang: Language, words: Words, zone: tzinfo) -> str:
    overall = numbers["scopes"][""]
    scopes = {dealer: _scope_page(scope, words, top=25 if dealer == "" else 12) for dealer, scope in numbers["scopes"].items()}
    views = {
        **scopes[""]["views"],
        "dealers": dealer_view(numbers["dealers"], words),
        "sources": source_view(numbers["sources"], words),
        "reference": sources_view(numbers["reference"], words),
        "trend": trend_view(numbers["trend"], words),
        "files": file_view(numbers["files"], words),
        "quarantine": view(
            "quarantine", [[word(words, "quarantine", line["reason"]), line["count"]] for line in numbers["quarantine"]], words
        ),
        "identity": view("identity", [[word(words, "identity", line["kind"]), line["count"]] for line in numbers["identity"]], words),
    }
    run = numbers["run"]
    sections = ["summary", "dimensions", "fields", "problems", "duplicates", "reach", "dealers", "sources", "trend", "files", "method"]
    return render(
        "report.html",
        lang=lang,
        title=words["title"],
        sections=[name for name in sections if name != "trend" or len(views["trend"].rows) > 1],
        run=run,
        started=moment(run.get("finished_at"), zone),
        views=views,
        figures=scopes[""]["figures"],
        facts=scopes[""]["facts"],
        summary=[*scopes[""]["summary"], *source_sentences(numbers["reference"], words), *_file_sentences(numbers, words)],
        score=[
            (name, number(overall["score"][name], "score"), round(overall["score"][name] or 0, 1))
            for name in ("before", "cleansed", "after")
        ],
        dealers=[line["dealer"] for line in sorted(numbers["dealers"], key=lambda line: line["dealer"])],
        scope_line=scope_line(numbers, words),
        more_files=words["more_files"].format(shown=SHOWN_FILES, all=number(len(numbers["files"]), "int"))
        if len(numbers["files"]) > SHOWN_FILES
        else "",
        script="report.js",
        data=_page_data(scopes, views, words, numbers),
    )


def scope_line(numbers: Numbers, words: Words) -> str:
    """How much a report is about, in one line."""
    overall = numbers["scopes"][""]
    return words["scope_line"].format(
        dealers=number(len(numbers["dealers"]), "int"),
        files=number(len(numbers["files"]), "int"),
        rows=number(overall["rows"], "int"),
        customers=number(overall["customers"], "int"),
    )


def _scope_page(scope: Numbers, words: Words, *, top: int) -> dict[str, Any]:
    return {
        "views": scope_views(scope, words, top=top),
        "figures": key_figures(scope, words),
        "facts": facts_of(scope, words),
        "summary": sentences(scope, words),
        "score": scope["score"],
    }


def _page_data(scopes: dict[str, dict[str, Any]], views: dict[str, View], words: Words, numbers: Numbers) -> Numbers:
    """What the page's script draws from: rows by table; cause and advice once, not once a dealer."""
    width = len(scopes[""]["views"]["problems"].columns)
    advice: dict[str, list[str]] = {}
    for scope in scopes.values():
        advice.update({row[0]: row[width - 2 :] for row in scope["views"]["problems"].rows})

    def rows(name: str, table: View) -> list[list[Any]]:
        return [[short(value) for value in (row[: width - 2] if name == "problems" else row)] for row in table.rows]

    return {
        "columns": {name: [[key, label, kind] for key, label, kind in table.columns] for name, table in views.items()},
        "scopes": {
            dealer: {
                "tables": {name: rows(name, table) for name, table in scope["views"].items()},
                "figures": scope["figures"],
                "facts": scope["facts"],
                "summary": scope["summary"],
                "score": [scope["score"][name] for name in ("before", "cleansed", "after")],
            }
            for dealer, scope in scopes.items()
        },
        "advice": advice,
        "dealers": [[short(value) for value in row] for row in views["dealers"].rows],
        "trend": [[short(value) for value in row] for row in views["trend"].rows],
        "words": {
            name: words[key]
            for name, key in (
                ("before", "before"), ("after", "after"), ("repaired", "chart.repaired"), ("remaining", "chart.remaining"),
                ("customers", "chart.customers"), ("none", "none"), ("all", "all_dealers"),
            )
        },
        "files": len(numbers["files"]),
    }  # fmt: skip


def _file_sentences(numbers: Numbers, words: Words) -> list[str]:
    lines = numbers["files"]
    if not lines:
        return []
    rows = sum(line["rows_quarantined"] for line in lines)
    whole = sum(line["status"] == "quarantined" for line in lines)
    bad = sum(not line["reconciled"] for line in lines)
    texts = []
    if rows or whole:
        texts.append(words["summary.quarantined"].format(rows=number(rows, "int"), files=number(whole, "int")))
    key = "summary.unreconciled" if bad else "summary.reconciled"
    return [*texts, words[key].format(files=number(len(lines), "int"), bad=number(bad, "int"))]
