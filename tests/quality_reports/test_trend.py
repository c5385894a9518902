"""The trend report: what moved is told, once and of whom, and what stayed is not."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import polars as pl
import pytest

from quality_reports.messages import LANGUAGES, Language, catalogue
from quality_reports.numbers import order_of_runs
from quality_reports.trend_page import build_trend, no_gates
from quality_reports.trends import trend_report_numbers

sys.path.insert(0, str(Path(__file__).parent))
from report_frames import Home, empty_home, sample_home


def still(runs: int) -> Home:
    """A home whose numbers do not move: the first night's, again and again."""
    home = sample_home(dealers=3, runs=runs)
    first = home.quality.filter(pl.col("run_id") == home.runs["run_id"][0])
    nights = [first.with_columns(run_id=pl.lit(run), as_of=pl.lit(day)) for run, day in home.runs.select("run_id", "as_of").iter_rows()]
    return Home(pl.concat(nights), home.runs, home.files, home.quarantine, home.identity)


def numbers_of(home: Home) -> dict[str, object]:
    return trend_report_numbers(quality=home.quality, runs=home.runs, order=order_of_runs(home.quality, home.runs), gates=no_gates())


def test_what_does_not_move_is_no_signal() -> None:
    assert numbers_of(still(12))["alarms"] == []


def test_phones_that_became_bad_at_one_dealer_are_told_of_that_dealer() -> None:
    home = still(12)
    last = home.runs["run_id"][-1]
    hit = (
        (pl.col("run_id") == last)
        & (pl.col("dealer_id") == "BJ01")
        & (pl.col("field") == "phone")
        & (pl.col("table") == "records")
        & (pl.col("measure") == "valid")
    )
    home = Home(
        home.quality.with_columns(value=pl.when(hit).then(pl.col("value") * 0.8).otherwise("value")),
        home.runs,
        home.files,
        home.quarantine,
        home.identity,
    )
    alarms = numbers_of(home)["alarms"]
    assert [(line["run"], line["dealer"], line["series"], line["alarm"], line["worse"]) for line in alarms] == [
        (last, "BJ01", "fields.phone", "beyond", True)
    ]  # type: ignore[attr-defined]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_page_json_and_workbook_tell_the_gate_and_load_nothing(tmp_path: Path, lang: Language) -> None:
    home = sample_home(runs=8)
    gates = pl.DataFrame(
        [("late", "2026-03-01T02:00:00", "stopped", None, "records gone of dealer BJ01: 71 % (limit 50 %)", None)],
        schema=no_gates().schema,
        orient="row",
    )
    zone = ZoneInfo("Asia/Shanghai")
    page = build_trend(quality=home.quality, runs=home.runs, gates=gates, lang=lang, out=tmp_path / "trend.html", zone=zone)
    html = page.read_text("utf-8")
    assert "71 % (limit 50 %)" in html
    assert catalogue(lang)["trend_report.title"] in html
    assert page.stat().st_size < 5_000_000
    assert len(json.loads(page.with_suffix(".json").read_text("utf-8"))["runs"]) == 8
    book = openpyxl.load_workbook(page.with_suffix(".xlsx"))
    assert [book[catalogue(lang)["section.gates"]][cell].value for cell in ("A2", "B2")] == ["2026-03-01 10:00 UTC+8", "late"]


def test_nothing_measured_is_a_page_too(tmp_path: Path) -> None:
    home = empty_home()
    html = build_trend(quality=home.quality, runs=home.runs, lang="zh", out=tmp_path / "trend.html").read_text("utf-8")
    assert catalogue("zh")["summary.headline_none"] in html


def test_an_unknown_run_is_named(tmp_path: Path) -> None:
    home = sample_home(runs=2)
    with pytest.raises(ValueError, match="run nothing is unknown"):
        build_trend(quality=home.quality, runs=home.runs, lang="zh", out=tmp_path / "t.html", run_id="nothing")
