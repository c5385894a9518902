"""The scorecard of dealers: items open, overdue and closed, the closing rate, and the ranking; HTML, XLSX and JSON."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

import polars as pl

from quality_reports.formats import number
from quality_reports.messages import Language, catalogue
from quality_reports.numbers import Numbers, share, values_by_scope
from quality_reports.page import render, write_owner_only
from quality_reports.views import View, Words, view
from quality_reports.workbook import write_workbook


def scorecard_numbers(scores: pl.DataFrame, quality: pl.DataFrame, *, unranked: Collection[str] = ()) -> list[Numbers]:
    """One line a dealer, the best first: by closing rate, then by fewer overdue, then by the score of what it sends.

    Args:
        scores: of ``worklists.scores``.
        quality: QUALITY_HISTORY rows of one run.
        unranked: who is no dealer.

    Returns:
        Those without a place last: ``rank`` is None where nothing is due yet, and of the ``unranked``.
    """
    values = values_by_scope(quality)
    lines = []
    for row in scores.iter_rows(named=True):
        known = values.get(row["dealer_id"])
        lines.append(
            {
                **row,
                "rate": share(row["closed"], row["due_so_far"]),
                "in_time_rate": share(row["in_time"], row["closed"]),
                "score": None if known is None else known.score("records"),
            }
        )
    # nothing due yet is neither good nor bad: such dealers come last
    lines.sort(key=lambda line: (line["rate"] is None, -(line["rate"] or 0.0), line["overdue"], -(line["score"] or 0.0), line["dealer_id"]))
    ranked = [line for line in lines if line["rate"] is not None and line["dealer_id"] not in unranked]
    others = [line for line in lines if line["rate"] is None or line["dealer_id"] in unranked]
    return [{"rank": place, **line} for place, line in enumerate(ranked, start=1)] + [{"rank": None, **line} for line in others]


def build_scorecard(
    *, scores: pl.DataFrame, quality: pl.DataFrame, run_id: str, as_of: object, lang: Language, out: Path, unranked: Collection[str] = ()
) -> Path:
    """Writes the scorecard: HTML, and with other suffixes .json and .xlsx.

    Args:
        scores: of ``worklists.scores``.
        quality: QUALITY_HISTORY rows of any number of runs.
        run_id: the run.
        as_of: its date.
        lang: zh or en.
        out: the HTML file.
        unranked: who is no dealer, as in ``scorecard_numbers``.

    Returns:
        ``out``.
    """
    words = catalogue(lang)
    lines = scorecard_numbers(scores, quality.filter(pl.col("run_id") == run_id), unranked=unranked)
    table, run = scorecard_view(lines, words), {"run_id": run_id, "as_of": as_of}
    said = sentences(lines, words)
    write_owner_only(out.with_suffix(".json"), json.dumps({"run": run, "dealers": lines}, ensure_ascii=False, default=str).encode())
    write_workbook(
        title=words["scorecard.title"], run=run, said=said, views={"scorecard": table}, words=words, out=out.with_suffix(".xlsx")
    )
    html = render(
        "scorecard.html",
        lang=lang,
        charts=False,
        title=words["scorecard.title"],
        sections=["summary", "scorecard", "method"],
        run=run,
        started="",
        scope_line=words["scorecard.scope_line"].format(dealers=number(sum(line["dealer_id"] not in unranked for line in lines), "int")),
        dealers=[],
        said=said,
        views={"scorecard": table},
        script="index.js",
        data={"words": {}},
    )
    write_owner_only(out, html.encode())
    return out


def scorecard_view(lines: list[Numbers], words: Words) -> View:
    """One row a dealer."""
    keys = ("dealer_id", "rank", "open", "overdue", "closed", "rate", "in_time_rate", "score")
    return view("scorecard", [[line[key] for key in keys] for line in lines], words)


def sentences(lines: list[Numbers], words: Words) -> list[str]:
    """All dealers together in words."""
    total = {key: sum(line[key] for line in lines) for key in ("open", "overdue", "closed", "due_so_far")}
    if not lines:
        return [words["scorecard.nothing"]]
    shown = {key: number(value, "int") for key, value in total.items()}
    rate = share(total["closed"], total["due_so_far"])
    return [
        words["scorecard.headline"].format(**shown),
        *([words["scorecard.rate"].format(rate=number(rate, "pct"))] if rate is not None else []),
    ]
