"""Great Expectations decides on the measures and on samples, and says nothing about anybody."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from quality_reports.expectation_rules import MEASURE_RULES, SAMPLE_RULES, SUITES
from quality_reports.expectations import ValidationSummary, validate
from quality_reports.expectations_page import build_expectations
from quality_reports.messages import LANGUAGES, Language, catalogue

sys.path.insert(0, str(Path(__file__).parent))
from quality_frames import frame
from report_frames import sample_home

pytestmark = pytest.mark.filterwarnings("ignore")  # what Great Expectations and its dependencies warn of is theirs

GOOD = {
    "dealer_id": "D1",
    "party": "person",
    "gender": "M",
    "mobile": "+8613912345678",
    "vin": "LSVAA000000000001",
    "score_raw": 50.0,
    "score": 80.0,
}


def clean(**changes: Any) -> pl.DataFrame:
    rows = [GOOD | {"record_id": f"r{place}", "adcode": "330106"} for place in range(50)]
    rows[7] |= changes
    return frame("clean_records", rows)


def customers() -> pl.DataFrame:
    return frame(
        "customers", [{"customer_id": f"c{place}", "party": "person", "records": 2, "dealers": 1, "score": 90.0} for place in range(20)]
    )


def others() -> dict[str, pl.DataFrame]:
    """Rows of the tables before and beside."""
    places = range(10)
    return {
        "records": frame(
            "records",
            [{"record_id": f"r{place}", "dealer_id": "D1", "file_id": f"{place:064x}", "row_number": place + 1} for place in places],
        ),
        "crosswalk": frame(
            "crosswalk", [{"record_id": f"r{place}", "customer_id": "c1", "valid_from": date(2026, 1, 1)} for place in places]
        ),
        "customer_profile": frame("customer_profile", [{"customer_id": f"c{place}", "monetary": 5.0} for place in places]),
    }


def validated(sample: pl.DataFrame, quality: pl.DataFrame | None = None) -> ValidationSummary:
    home = sample_home(dealers=2, runs=2)
    run = home.runs["run_id"][-1]
    samples = {"clean_records": sample, "customers": customers(), **others()}
    return validate(quality=home.quality if quality is None else quality, samples=samples, run_id=run)


def test_good_tables_pass_and_every_rule_is_decided() -> None:
    summary = validated(clean())
    assert summary.success
    assert summary.evaluated == len(SAMPLE_RULES) + len(MEASURE_RULES)
    assert json.loads(json.dumps(summary.as_dict()))["run_id"] == summary.run_id


def test_one_bad_row_in_a_sample_fails_its_rule_alone() -> None:
    bad = {"mobile": "13912345678", "vin": "LSVAA00000000000O", "gender": "男", "party": "公司", "adcode": "33010", "score": 101.0}
    summary = validated(clean(**bad, record_id="r1"))
    failed = [result for result in summary.results if not result.success]
    assert not summary.success
    assert {(result.table, result.column, result.severity) for result in failed} == {
        ("clean_records", column, "critical") for column in (*bad, "record_id")
    }
    text = json.dumps(summary.as_dict(), ensure_ascii=False)
    assert not [value for value in bad.values() if str(value) in text]


def test_measures_decide_on_the_whole_table() -> None:
    quality = sample_home(dealers=2, runs=2).quality
    lost = quality.with_columns(
        value=pl.when((pl.col("table") == "clean_records") & (pl.col("measure") == "rows")).then(pl.col("value") - 1).otherwise("value")
    )
    worst = validated(clean(), lost).results[0]
    assert (worst.column, worst.scope, worst.severity, worst.success, worst.observed) == (
        "rows_lost",
        "whole table",
        "critical",
        False,
        1.0,
    )


def test_no_rows_at_all_is_no_failure() -> None:
    empty = validate(
        quality=sample_home(dealers=1, runs=1).quality.clear(),
        samples={name: frame(name, []) for name in SUITES},
        run_id="x",
    )
    assert empty.success


def test_a_process_without_a_main_file_imports_it_whole() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from quality_reports import great; print(great.load().__name__)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "great_expectations\n", done.stderr


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_tells_every_result_in_words(tmp_path: Path, lang: Language) -> None:
    kinds = sorted({rule.expectation for rule in (*SAMPLE_RULES, *MEASURE_RULES)})
    words = catalogue(lang)
    assert [kind for kind in kinds if f"expectation.{kind}" not in words] == []
    result = {
        "table": "records",
        "column": "phone.filled_share",
        "expectation": kinds[0],
        "scope": "sample",
        "severity": "critical",
        "success": False,
        "observed": 3.5,
        "rows": 10,
    }
    summary = {"run_id": "r1", "success": False, "evaluated": 1, "failed": 1, "results": [result]}
    html = build_expectations(summary, as_of=date(2026, 3, 1), lang=lang, out=tmp_path / "e.html").read_text("utf-8")
    assert words["expectations.failed"].format(failed=1, evaluated=1) in html
    assert words["expectations.no"] in html
