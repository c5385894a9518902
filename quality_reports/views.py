"""What a reader sees of the numbers: tables, key figures and sentences, in one language.

A table is columns (key, label, kind) and rows of plain values; page, workbook and charts are drawn from the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quality_reports.columns import COLUMNS
from quality_reports.formats import Kind, number
from quality_reports.messages import word
from quality_reports.numbers import Numbers, share
from quality_reports.reasons import about

Words = Mapping[str, str]
Row = list[Any]


@dataclass(frozen=True)
class View:
    """One table: its name, columns as (key, label, kind), and rows."""

    name: str
    columns: tuple[tuple[str, str, Kind], ...]
    rows: list[Row]

    @property
    def shown(self) -> list[list[str]]:
        """Rows as text."""
        return [[number(value, kind) for value, (_, _, kind) in zip(row, self.columns, strict=True)] for row in self.rows]


def view(name: str, rows: list[Row], words: Words) -> View:
    """Rows under the columns of a table."""
    return View(name, tuple((key, words[f"col.{key}"], kind) for key, kind in COLUMNS[name]), rows)


def change(before: float | None, after: float | None) -> float | None:
    """After minus before as both are shown, with one decimal, where both are known: 99.0 and 99.7 differ by 0.7 whatever was rounded off.

    >>> change(60.0, 85.5), change(98.96, 99.74), change(None, 3.0)
    (25.5, 0.7, None)
    """
    return None if before is None or after is None else round(round(after, 1) - round(before, 1), 1)


def scope_views(scope: Numbers, words: Words, *, top: int = 25) -> dict[str, View]:
    """The tables of one scope; at most ``top`` problems."""
    rows: dict[str, list[Row]] = {
        "dimensions": [
            [word(words, "dimension", d["dimension"]), d["before"], d["after"], change(d["before"], d["after"]), d["score"]]
            for d in scope["dimensions"]
        ],
        "fields": [
            [
                word(words, "field", f["field"]), f["whole"], f["filled"], f["before"], f["after"], f["derived"],
                f["share_before"], f["share_after"], change(f["share_before"], f["share_after"]),
            ]
            for f in scope["fields"]
        ],
        "problems": [
            [
                word(words, "reason", p["reason"]), word(words, "field", p["field"]), p["found"], p["repaired"], p["remaining"],
                words[f"cause.{about(p['reason']).advice}"], words[f"advice.{about(p['reason']).advice}"],
            ]
            for p in scope["problems"][:top]
        ],
        "buckets": [[bucket["records"], bucket["customers"]] for bucket in scope["duplicates"]["buckets"]],
        "reach": [
            [word(words, "channel", r["channel"]), r["before"], r["after"], r["share_before"], r["share_after"], change(r["share_before"], r["share_after"])]
            for r in scope["reach"]
        ],
    }  # fmt: skip
    return {name: view(name, table, words) for name, table in rows.items()}


def dealer_view(dealers: list[Numbers], words: Words) -> View:
    """One row a dealer."""
    rows = [
        [
            line["dealer"], line["rows"], line["customers"], line["before"], line["after"], change(line["before"], line["after"]),
            line["repaired"], line["remaining"], line["merged"], line["sms_before"], line["sms_after"],
        ]
        for line in dealers
    ]  # fmt: skip
    return view("dealers", rows, words)


def source_view(sources: list[Numbers], words: Words) -> View:
    """One row a kind of export."""
    rows = [
        [
            word(words, "source", line["source"]), line["rows"], line["before"], line["after"], change(line["before"], line["after"]),
            line["repaired"], line["remaining"],
        ]
        for line in sources
    ]  # fmt: skip
    return view("sources", rows, words)


def trend_view(trend: list[Numbers], words: Words) -> View:
    """One row a run."""
    keys = ("as_of", "run", "rows", "customers", "before", "cleansed", "after", "sms", "phone", "address", "vin", "remaining")
    return view("trend", [[line[key] for key in keys] for line in trend], words)


def key_figures(scope: Numbers, words: Words) -> list[dict[str, str]]:
    """The five numbers on top: label, before, after, change, note; all text."""
    score, problems, cars = scope["score"], scope["problems"], scope["cars"]
    found, remaining = sum(p["found"] for p in problems), sum(p["remaining"] for p in problems)
    sms = next(reach for reach in scope["reach"] if reach["channel"] == "sms")
    merged = scope["duplicates"]["merged"]

    def figure(name: str, before: float | None, after: float | None, kind: Kind, note: str, *, relative: bool = True) -> dict[str, str]:
        gain = change(before, after)
        if relative and gain is not None:
            part = share(gain, before or 0)
            shown = "" if part is None else number(part, "delta") + "%"
        else:
            shown = number(gain, "delta")
        return {
            "label": words[f"kpi.{name}"],
            "before": number(before, kind),
            "after": number(after, kind),
            "change": shown,
            "note": note,
        }

    return [
        figure("score", score["before"], score["after"], "score", words["kpi.score_note"], relative=False),
        figure("identity", scope["rows"], scope["customers"], "int", words["kpi.identity_note"].format(merged=number(merged, "int"))),
        figure("problems", found, remaining, "int", words["kpi.problems_note"]),
        figure("sms", sms["before"], sms["after"], "int", words["kpi.sms_note"].format(share=number(sms["share_after"], "pct"))),
        figure("cars", cars["before"], cars["after"], "int", words["kpi.cars_note"].format(cars=number(cars["cars"], "int"))),
    ]


def facts_of(scope: Numbers, words: Words) -> list[tuple[str, str]]:
    """Duplicates in numbers: label and text."""
    duplicates = scope["duplicates"]
    kinds: dict[str, Kind] = {
        "exact": "int",
        "merged": "int",
        "counted_twice": "int",
        "several_dealers": "int",
        "records_per_customer": "ratio",
    }
    facts = [(words[f"duplicates.{name}"], number(duplicates[name], kind)) for name, kind in kinds.items()]
    sure = scope["sureness"]
    if sure["precision"] is not None:
        facts += [(words[f"sureness.{name}"], number(sure[name], "pct")) for name in ("precision", "recall")]
        facts.append(
            (
                words["sureness.decided"],
                words["sureness.pairs"].format(**{name: number(sure[name], "int") for name in ("same", "not_same")}),
            )
        )
    return facts


def sentences(scope: Numbers, words: Words) -> list[str]:
    """The summary of one scope in words; the first is the headline."""
    before, after = scope["score"]["before"], scope["score"]["after"]
    problems, duplicates = scope["problems"], scope["duplicates"]
    gain = change(before, after)
    headline = "summary.headline_none" if after is None else "summary.headline_up" if gain and gain > 0 else "summary.headline_flat"
    lines = [words[headline].format(before=number(before, "score"), after=number(after, "score"), change=number(gain, "score"))]
    if scope["customers"]:
        lines.append(
            words["summary.merged"].format(
                rows=number(scope["rows"], "int"),
                customers=number(scope["customers"], "int"),
                twice=number(duplicates["counted_twice"], "int"),
                per=number(duplicates["records_per_customer"], "ratio"),
            )
        )
    found, repaired = sum(p["found"] for p in problems), sum(p["repaired"] for p in problems)
    if found:
        lines.append(
            words["summary.repaired"].format(
                found=number(found, "int"),
                repaired=number(repaired, "int"),
                share=number(share(repaired, found), "pct"),
                remaining=number(found - repaired, "int"),
            )
        )
    if derived := sum(field["derived"] for field in scope["fields"]):
        lines.append(words["summary.derived"].format(derived=number(derived, "int")))
    sms = next(reach for reach in scope["reach"] if reach["channel"] == "sms")
    if scope["customers"]:
        key = "summary.reach" if sms["after"] >= sms["before"] else "summary.reach_down"
        lines.append(
            words[key].format(
                before=number(sms["before"], "int"),
                after=number(sms["after"], "int"),
                share_before=number(sms["share_before"], "pct"),
                share_after=number(sms["share_after"], "pct"),
            )
        )
    if left := [problem for problem in problems if problem["remaining"]]:
        worst = max(left, key=lambda problem: problem["remaining"])
        lines.append(words["summary.top"].format(reason=word(words, "reason", worst["reason"]), count=number(worst["remaining"], "int")))
    return lines
