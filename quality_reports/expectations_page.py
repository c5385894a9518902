"""What became of each expectation, as a page of our own that opens offline: Great Expectations' own Data Docs load scripts and fonts from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from quality_reports.formats import number
from quality_reports.messages import Language, catalogue
from quality_reports.page import render, write_owner_only
from quality_reports.views import Row, view


def build_expectations(summary: Mapping[str, Any], *, as_of: date, lang: Language, out: Path) -> Path:
    """Writes the page.

    Args:
        summary: of ``expectations.ValidationSummary.as_dict``: counts, never values.
        as_of: date of the run.
        lang: zh or en.
        out: the HTML file.

    Returns:
        ``out``.
    """
    words = catalogue(lang)
    rows: list[Row] = [
        [
            each["table"], each["column"], words[f"expectation.{each['expectation']}"], words[f"expectations.{'whole' if each['scope'] == 'whole table' else 'sample'}"],
            words[f"expectations.{each['severity']}"], "" if each["observed"] is None else f"{each['observed']:.4g}", each["rows"],
            words["expectations.yes" if each["success"] else "expectations.no"],
        ]
        for each in summary["results"]
    ]  # fmt: skip
    said = "failed" if summary["failed"] else "passed"
    html = render(
        "expectations.html",
        lang=lang,
        charts=False,
        title=words["expectations.title"],
        sections=["expectations", "method"],
        run={"run_id": summary["run_id"], "as_of": as_of},
        started="",
        scope_line=words[f"expectations.{said}"].format(
            failed=number(summary["failed"], "int"), evaluated=number(summary["evaluated"], "int")
        ),
        dealers=[],
        views={"expectations": view("expectations", rows, words)},
        script="index.js",
        data={"words": {}},
    )
    write_owner_only(out, html.encode())
    return out
