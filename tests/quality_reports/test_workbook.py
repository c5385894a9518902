"""The workbook, read back by another library: numbers are numbers, text is text, headers are frozen, charts are there."""

from __future__ import annotations

import sys
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from quality_reports.messages import LANGUAGES, Language, catalogue
from quality_reports.workbook import build_workbook

sys.path.insert(0, str(Path(__file__).parent))
from report_frames import empty_home, sample_home


@pytest.mark.parametrize("lang", LANGUAGES)
def test_workbook_has_a_sheet_a_table_with_charts(tmp_path: Path, lang: Language) -> None:
    home = sample_home()
    out = build_workbook(
        quality=home.quality, runs=home.runs, files=home.files, quarantine=home.quarantine, lang=lang, out=tmp_path / "report.xlsx"
    )
    book = openpyxl.load_workbook(out)
    words = catalogue(lang)
    dealers = book[words["section.dealers"]]
    assert dealers.max_row == 13
    assert isinstance(dealers["B2"].value, int)
    assert dealers.freeze_panes == "B2"
    assert dealers.auto_filter.ref == "A1:K13"
    assert sum(len(sheet._charts) for sheet in book) == 7
    assert out.stat().st_mode & 0o077 == 0


def test_formulas_are_inert(tmp_path: Path) -> None:
    home = sample_home(dealers=1, runs=1)
    evil = "=cmd|' /C calc'!A0"
    quality = home.quality.with_columns(pl.col("dealer_id").replace({home.quality["dealer_id"].max(): evil}))
    out = build_workbook(
        quality=quality, runs=home.runs, files=home.files, quarantine=home.quarantine, lang="en", out=tmp_path / "report.xlsx"
    )
    cell = openpyxl.load_workbook(out)[catalogue("en")["section.dealers"]]["A2"]
    assert (cell.value, cell.data_type) == (evil, "s")


def test_nothing_measured_is_a_workbook_too(tmp_path: Path) -> None:
    home = empty_home()
    out = build_workbook(
        quality=home.quality, runs=home.runs, files=home.files, quarantine=home.quarantine, lang="zh", out=tmp_path / "report.xlsx"
    )
    assert catalogue("zh")["summary.headline_none"] in [cell.value for cell in openpyxl.load_workbook(out).worksheets[0]["A"]]
