"""The index: one page with every run and links to its reports, beside the folders of the versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from quality_reports.formats import number
from quality_reports.messages import LANGUAGES, Language, catalogue
from quality_reports.page import render, write_owner_only

KINDS: tuple[str, ...] = ("report", "customers", "assessment", "trend", "scorecard", "expectations")
"""Names of the reports' files, without language and ending."""


def build_index(*, runs: pl.DataFrame, reports: Mapping[int, Sequence[str]], lang: Language, out: Path) -> Path:
    """Writes the page.

    Args:
        runs: RUNS rows.
        reports: names of the files in the folder of each version that has one.
        lang: zh or en.
        out: the HTML file; links are relative to its folder.

    Returns:
        ``out``.
    """
    words = catalogue(lang)
    lines = []
    for row in runs.sort("version", descending=True, nulls_last=True).iter_rows(named=True):
        files = reports.get(row["version"], ())
        links = [
            (f"{row['version']:06d}/{kind}.{language}.{ending}", f"{words[f'index.{kind}']} · {words[f'index.{language}']}{' · XLSX' if ending == 'xlsx' else ''}")
            for language in LANGUAGES
            for kind in KINDS
            for ending in ("html", "xlsx")
            if f"{kind}.{language}.{ending}" in files
        ]  # fmt: skip
        cells = [
            number(row["version"], "int"), str(row["as_of"] or ""), row["run_id"][:8], number(row["files_new"], "int"), number(row["rows_in"], "int"),
            number(row["records"], "int"), number(row["customers"], "int"), number(row["score_before"], "score"), number(row["score_after"], "score"),
        ]  # fmt: skip
        lines.append((cells, links))
    html = render(
        "index.html",
        lang=lang,
        charts=False,
        title=words["index.title"],
        sections=["runs"],
        run=None,
        started="",
        scope_line=words["index.scope_line"].format(runs=number(runs.height, "int")),
        dealers=[],
        lines=lines,
        script="index.js",
        data={"words": {}},
    )
    write_owner_only(out, html.encode())
    return out
