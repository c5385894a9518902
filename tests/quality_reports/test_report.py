"""The page: complete in both languages, silent towards the network, without a value of any person."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from cleansing.reasons import REASONS
from pipelines.ingest.reasons import REASONS as QUARANTINE_REASONS
from quality_reports.assessment import build_assessment
from quality_reports.messages import LANGUAGES, Language, catalogue
from quality_reports.reasons import known
from quality_reports.report import build, report_numbers
from quality_reports.trend_page import build_trend

sys.path.insert(0, str(Path(__file__).parent))
from report_frames import Home, empty_home, sample_home


def inputs(home: Home) -> dict[str, Any]:
    return {"quality": home.quality, "runs": home.runs, "files": home.files, "quarantine": home.quarantine, "identity": home.identity}


def without_library(html: str) -> str:
    """The page without the vendored chart library."""
    return re.sub(r"<script>\s*/\*\s*\* Licensed to the Apache.*?</script>", "", html, flags=re.DOTALL)


def test_catalogues_have_equal_keys_and_placeholders() -> None:
    chinese, english = catalogue("zh"), catalogue("en")
    assert list(chinese) == list(english)
    holes = {key: (set(re.findall(r"\{(\w+)\}", chinese[key])), set(re.findall(r"\{(\w+)\}", english[key]))) for key in chinese}
    assert {key: pair for key, pair in holes.items() if pair[0] != pair[1]} == {}


def test_every_reason_of_cleansing_has_its_dimension_words_and_advice() -> None:
    words = catalogue("en")
    assert {code: reason.dimension for code, reason in REASONS.items()} == {code: about.dimension for code, about in known().items()}
    missing = [
        key
        for code, about in known().items()
        for key in (f"reason.{code}", f"cause.{about.advice}", f"advice.{about.advice}")
        if key not in words
    ]
    assert missing == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_two_reasons_are_told_in_the_same_words(lang: Language) -> None:
    told = [text for key, text in catalogue(lang).items() if key.startswith("reason.")]
    assert sorted(set(told)) == sorted(told)


def test_every_reason_of_quarantine_has_words() -> None:
    assert {key.removeprefix("quarantine.") for key in catalogue("zh") if key.startswith("quarantine.")} == set(QUARANTINE_REASONS)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_page_is_whole_and_loads_nothing(tmp_path: Path, lang: Language) -> None:
    page = build(**inputs(sample_home()), lang=lang, out=tmp_path / "report.html")
    html = page.read_text("utf-8")
    own = without_library(html)
    words = catalogue(lang)
    assert len(html) - len(own) > 500_000
    assert re.findall(r"(?:src|href|action|url\(|@import)\s*=?\s*[\"']?\s*(?:https?:)?//", own) == []
    assert "http://" not in own
    assert "https://" not in own
    assert [
        name
        for name in ("summary", "dimensions", "fields", "problems", "duplicates", "reach", "dealers", "files")
        if words[f"section.{name}"] not in own
    ] == []
    assert "{{" not in own
    assert page.stat().st_size < 5_000_000
    assert page.stat().st_mode & 0o077 == 0
    assert json.loads(page.with_suffix(".json").read_text("utf-8"))["scopes"][""]["rows"] > 0


def test_numbers_stand_in_the_page_with_separators(tmp_path: Path) -> None:
    home = sample_home()
    numbers = report_numbers(**inputs(home))
    html = build(**inputs(home), lang="en", out=tmp_path / "report.html").read_text("utf-8")
    overall = numbers["scopes"][""]
    assert f"{overall['customers']:,} customers" in html
    assert len(numbers["dealers"]) == 12
    assert [line["run"] for line in numbers["trend"]] == home.runs["run_id"].to_list()
    assert numbers["run"]["run_id"] == home.runs["run_id"][-1]
    for problem in overall["problems"]:
        assert problem["found"] == problem["repaired"] + problem["remaining"]
    assert all(line["reconciled"] for line in numbers["files"])


@pytest.mark.parametrize(("run", "full", "kind"), [(0, False, "first"), (1, False, "incremental"), (0, True, "full"), (1, True, "full")])
def test_the_page_says_how_the_run_was_made(tmp_path: Path, *, run: int, full: bool, kind: str) -> None:
    given = inputs(sample_home(runs=2))
    runs = given["runs"].with_columns(full=pl.lit(full))
    name = runs["run_id"][run]
    html = build(**(given | {"runs": runs}), lang="en", out=tmp_path / "r.html", run_id=name).read_text("utf-8")
    assert f"<dd>{name} · {kind}</dd>" in html


def test_times_are_those_of_the_zone(tmp_path: Path) -> None:
    home, out, zone = sample_home(runs=2), tmp_path / "r.html", ZoneInfo("Asia/Shanghai")
    given = inputs(home) | {"runs": home.runs.with_columns(finished_at=pl.lit(datetime(2026, 11, 29, 17, 30, tzinfo=UTC)))}
    told: dict[str, Any] = {"quality": home.quality, "runs": given["runs"], "lang": "zh", "out": out, "zone": zone}
    examples = pl.DataFrame(schema=["dealer_id", "field", "reason", "example"])
    pages = [
        build(**given, lang="zh", out=out, zone=zone),
        build_assessment(**{name: each for name, each in given.items() if name != "identity"}, examples=examples, lang="zh", out=out, zone=zone),
        build_trend(**told),
    ]  # fmt: skip
    for page in pages:
        assert "<dd>2026-11-30 01:30 UTC+8</dd>" in page.read_text("utf-8")


def test_an_earlier_run_can_be_reported_and_an_unknown_one_is_named(tmp_path: Path) -> None:
    home = sample_home(runs=3)
    first = home.runs["run_id"][0]
    assert len(report_numbers(**inputs(home), run_id=first)["trend"]) == 1
    with pytest.raises(ValueError, match="run nothing is unknown"):
        build(**inputs(home), lang="zh", out=tmp_path / "r.html", run_id="nothing")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_measured_is_a_sensible_page(tmp_path: Path, lang: Language) -> None:
    html = build(**inputs(empty_home()), lang=lang, out=tmp_path / "report.html").read_text("utf-8")
    assert catalogue(lang)["summary.headline_none"] in html
    assert "None" not in without_library(html)


def test_names_are_inert_and_phones_in_file_names_masked(tmp_path: Path) -> None:
    home = sample_home(dealers=1, runs=1)
    evil = "</script><script>alert(1)</script>"
    dealer = home.quality["dealer_id"].max()
    quality = home.quality.with_columns(pl.col("dealer_id").replace({dealer: evil}))
    files = home.files.with_columns(file_name=pl.lit("回访13912345678 330106199001011234<b>.csv"))
    html = without_library(
        build(**(inputs(home) | {"quality": quality, "files": files}), lang="zh", out=tmp_path / "r.html").read_text("utf-8")
    )
    assert evil not in html
    assert "13912345678" not in html + (tmp_path / "r.json").read_text("utf-8")
    assert "199001011234" not in html
    assert "<b>.csv" not in html


def test_an_unreconciled_file_is_said_first(tmp_path: Path) -> None:
    home = sample_home()
    files = home.files.with_columns(rows_kept=pl.when(pl.col("arrival") == 3).then(pl.col("rows_kept") - 1).otherwise("rows_kept"))
    html = build(**(inputs(home) | {"files": files}), lang="en", out=tmp_path / "r.html").read_text("utf-8")
    assert catalogue("en")["summary.unreconciled"].format(bad=1) in html
