"""The assessment report: how good the data are as they came, before anything is changed.

Overall score, by dimension, field, source and dealer; the problems with counts, masked examples, cause and advice; duplicates; what they cost.
Every part stands for all dealers and, chosen on the page or by ``dealer``, for one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

import polars as pl

from quality_reports.formats import number
from quality_reports.messages import Language, catalogue, word
from quality_reports.numbers import Numbers, share
from quality_reports.page import moment, render, short, write_owner_only
from quality_reports.prices import Prices
from quality_reports.reasons import about
from quality_reports.report import report_numbers, scope_line
from quality_reports.views import Row, View, Words, view
from quality_reports.workbook import write_workbook

Examples = Mapping[tuple[str, str, str], list[str]]
"""By dealer, field and reason; '' is all dealers."""

_GOOD, _FAIR = 90, 75
_ADVICE = 2


def build_assessment(  # noqa: PLR0913  # five tables, and a table stays a keyword
    *,
    quality: pl.DataFrame,
    runs: pl.DataFrame,
    files: pl.DataFrame,
    quarantine: pl.DataFrame,
    examples: pl.DataFrame,
    lang: Language,
    out: Path,
    prices: Prices | None = None,
    run_id: str | None = None,
    dealer: str | None = None,
    numbers: Numbers | None = None,
    zone: tzinfo = UTC,
) -> Path:
    """Writes the assessment of a run: HTML, and with other suffixes .json and .xlsx, the same numbers.

    Args:
        quality: QUALITY_HISTORY rows of any number of runs.
        runs: RUNS rows; they give runs their order.
        files: FILES rows.
        quarantine: reason codes with their counts (``reason``, ``n``, and ``dealer_id`` where one dealer is asked for).
        examples: ``dealer_id``, ``field``, ``reason``, ``example``; masked already (``examples.collect_examples``).
        lang: zh or en.
        out: the HTML file.
        prices: what messages cost.
        run_id: the run; the latest by default.
        dealer: only this dealer: its own page.
        numbers: what ``report_numbers`` gives of the same, where it is known already.
        zone: the time zone in which times are shown.

    Returns:
        ``out``.

    Raises:
        ValueError: the run, the dealer, or the language, is not known.
    """
    words, prices = catalogue(lang), prices or Prices()
    if numbers is None:
        numbers = report_numbers(quality=quality, runs=runs, files=files, quarantine=quarantine, run_id=run_id)
    numbers = {name: told for name, told in numbers.items() if name != "trend"}
    shown = _examples(examples)
    if dealer is not None:
        numbers = _only(numbers, dealer)
        shown = {("", field, reason): found for (of, field, reason), found in shown.items() if of == dealer}
    run = numbers["run"]
    scopes = {name: _scope(numbers, name, shown, words, prices) for name in numbers["scopes"]}
    views = {**scopes[""]["views"], **_rankings(numbers, words)}
    said = scopes[""]["said"]
    with_examples = {**numbers, "examples": [{"dealer": of, "field": field, "reason": reason, "examples": found} for (of, field, reason), found in shown.items()]}  # fmt: skip
    write_owner_only(out.with_suffix(".json"), json.dumps(with_examples, ensure_ascii=False, default=str).encode())
    title = words["assessment.title"] if dealer is None else f"{words['assessment.title']} · {dealer}"
    book = {
        **scopes[""]["views"],
        **_rankings(numbers, words),
        "assessed_problems": _problems(numbers["scopes"][""], "", shown, words, top=500),
    }
    write_workbook(title=title, run=run, said=said, views=book, words=words, out=out.with_suffix(".xlsx"))
    html = render(
        "assessment.html",
        lang=lang,
        title=title,
        sections=[
            "summary",
            "dimensions",
            "fields",
            "problems",
            "duplicates",
            "costs",
            *([] if dealer else ["dealers"]),
            "sources",
            "method",
        ],
        run=run,
        started=moment(run.get("finished_at"), zone),
        scope_line=scope_line(numbers, words),
        dealers=[] if dealer else sorted(line["dealer"] for line in numbers["dealers"]),
        said=said,
        score=numbers["scopes"][""]["score"]["before"],
        score_text=number(numbers["scopes"][""]["score"]["before"], "score"),
        facts=scopes[""]["facts"],
        views=views,
        footer=words["assessment.footer"],
        script="assessment.js",
        data=_page_data(scopes, views, words),
    )
    write_owner_only(out, html.encode())
    return out


def _examples(examples: pl.DataFrame) -> dict[tuple[str, str, str], list[str]]:
    """Examples by dealer, and of all dealers the first three that differ."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for dealer, field, reason, example in examples.select("dealer_id", "field", "reason", "example").iter_rows():
        found.setdefault((dealer or "?", field, reason), []).append(example)
        overall = found.setdefault(("", field, reason), [])
        if len(overall) < 3 and example not in overall:
            overall.append(example)
    return found


def _only(numbers: Numbers, dealer: str) -> Numbers:
    if dealer not in numbers["scopes"]:
        message = (
            f"dealer {dealer} has no measures in this run; there are: {', '.join(name for name in numbers['scopes'] if name) or 'none'}"
        )
        raise ValueError(message)
    return {
        **numbers,
        "scopes": {"": numbers["scopes"][dealer]},
        "dealers": [line for line in numbers["dealers"] if line["dealer"] == dealer],
        "files": [line for line in numbers["files"] if line["dealer"] == dealer],
        "sources": [],
        "quarantine": [],
    }


def _scope(numbers: Numbers, name: str, shown: Examples, words: Words, prices: Prices) -> dict[str, Any]:
    scope = numbers["scopes"][name]
    rows: dict[str, list[Row]] = {
        "assessed_dimensions": [[word(words, "dimension", each["dimension"]), each["delivered"]] for each in scope["dimensions"]],
        "assessed_fields": [
            [
                word(words, "field", each["field"]), each["expected"], each["filled"], share(each["filled"], each["expected"]), each["before"],
                share(each["before"], each["expected"]),
            ]
            for each in scope["fields"] if each["expected"]
        ],
        "buckets": [[bucket["records"], bucket["customers"]] for bucket in scope["duplicates"]["buckets"]],
        "costs": _costs(scope, words, prices),
    }  # fmt: skip
    views = {key: view(key, table, words) for key, table in rows.items()}
    views["assessed_problems"] = _problems(scope, name, shown, words, top=25 if not name else 12)
    duplicates = scope["duplicates"]
    facts = [(words[f"assessment.{key}"], number(duplicates[key], "int")) for key in ("exact", "fuzzy", "several_dealers", "counted_twice")]
    facts.append((words["duplicates.records_per_customer"], number(duplicates["records_per_customer"], "ratio")))
    return {"views": views, "facts": facts, "said": sentences(scope, words), "score": scope["score"]["before"]}


def _problems(scope: Numbers, dealer: str, shown: Examples, words: Words, *, top: int) -> View:
    rows: list[Row] = [
        [
            word(words, "reason", each["reason"]), word(words, "field", each["field"]), each["found"], each["repaired"], each["remaining"],
            " · ".join(shown.get((dealer, each["field"], each["reason"]), [])), words[f"cause.{about(each['reason']).advice}"],
            words[f"advice.{about(each['reason']).advice}"],
        ]
        for each in scope["problems"][:top]
    ]  # fmt: skip
    return view("assessed_problems", rows, words)


def _costs(scope: Numbers, words: Words, prices: Prices) -> list[Row]:
    business, yuan = scope["business"], words["unit.yuan"]
    rows: list[Row] = [
        [words["cost.unreachable"], business["unreachable"]["before"], words["unit_customers"]],
        [words["cost.value_at_risk"], business["value_at_risk"]["before"], yuan],
    ]
    for channel, told in business["mailings"].items():
        rows.append([words[f"cost.{channel}_wasted"], told["wasted"], words[f"unit.{channel}"]])
        rows.append([words[f"cost.{channel}_money"].format(price=f"{prices.of(channel):.2f}"), told["wasted"] * prices.of(channel), yuan])
    return rows


def _rankings(numbers: Numbers, words: Words) -> dict[str, View]:
    """Dealers and sources, the least good first."""

    def problems(line: Numbers) -> list[Any]:
        found = line["repaired"] + line["remaining"]
        return [found, share(found, line["rows"]), line["remaining"]]

    worst = sorted(numbers["dealers"], key=lambda line: (line["before"] is None, line["before"] or 0.0, line["dealer"]))
    exact = {name: scope["duplicates"]["exact"] for name, scope in numbers["scopes"].items()}
    dealers: list[Row] = [
        [line["dealer"], line["rows"], line["before"], *problems(line), exact.get(line["dealer"], 0), line["customers"], line["sms_before"]]
        for line in worst
    ]
    sources: list[Row] = [
        [word(words, "source", line["source"]), line["rows"], line["before"], *problems(line)]
        for line in sorted(numbers["sources"], key=lambda line: (line["before"] is None, line["before"] or 0.0, line["source"]))
    ]
    return {"assessed_dealers": view("assessed_dealers", dealers, words), "assessed_sources": view("assessed_sources", sources, words)}


def sentences(scope: Numbers, words: Words) -> list[str]:
    """The state of one scope in words; the first is the headline."""
    score = scope["score"]["before"]
    if score is None:
        return [words["summary.headline_none"]]
    grade = "good" if score >= _GOOD else "fair" if score >= _FAIR else "poor"
    lines = [words[f"assessment.headline_{grade}"].format(score=number(score, "score"))]
    found, remaining = sum(each["found"] for each in scope["problems"]), sum(each["remaining"] for each in scope["problems"])
    if found:
        lines.append(
            words["assessment.problems"].format(
                found=number(found, "int"), repairable=number(found - remaining, "int"), remaining=number(remaining, "int"), per=number(share(found, scope["rows"]), "ratio")
            )
        )  # fmt: skip
    known = [each for each in scope["dimensions"] if each["delivered"] is not None]
    if known:
        weakest = min(known, key=lambda each: each["delivered"])
        lines.append(
            words["assessment.weakest"].format(
                dimension=word(words, "dimension", weakest["dimension"]), share=number(weakest["delivered"], "pct")
            )
        )
    duplicates = scope["duplicates"]
    if duplicates["merged"]:
        lines.append(
            words["assessment.duplicates"].format(
                merged=number(duplicates["merged"], "int"), exact=number(duplicates["exact"], "int"), twice=number(duplicates["counted_twice"], "int")
            )
        )  # fmt: skip
    if scope["business"]["unreachable"]["before"]:
        lines.append(words["assessment.unreachable"].format(count=number(scope["business"]["unreachable"]["before"], "int")))
    return lines


def _page_data(scopes: dict[str, dict[str, Any]], views: dict[str, View], words: Words) -> dict[str, Any]:
    """Rows by table; cause and advice once, not once a dealer."""
    width = len(views["assessed_problems"].columns)
    advice: dict[str, list[str]] = {}
    for scope in scopes.values():
        advice.update({row[0]: row[width - _ADVICE :] for row in scope["views"]["assessed_problems"].rows})
    return {
        "columns": {name: [[key, label, kind] for key, label, kind in table.columns] for name, table in views.items()},
        "scopes": {
            name: {
                "tables": {
                    key: [[short(value) for value in (row[: width - _ADVICE] if key == "assessed_problems" else row)] for row in table.rows]
                    for key, table in scope["views"].items()
                },
                "facts": scope["facts"],
                "said": scope["said"],
                "score": scope["score"],
            }
            for name, scope in scopes.items()
        },
        "advice": advice,
        "dealers": [[short(value) for value in row] for row in views["assessed_dealers"].rows],
        "words": {
            "none": words["none"], "all": words["all_dealers"], "repaired": words["col.repairable"], "remaining": words["col.to_ask"],
            "customers": words["chart.customers"], "filled": words["col.filled"], "usable": words["col.valid_before"], "score": words["chart.score"],
            "share": words["chart.percent"],
        },
    }  # fmt: skip
