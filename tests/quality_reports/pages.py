"""Every page of the reports, made of the same plausible numbers each time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl

from engine.duckdb import DuckDBEngine
from quality_reports.assessment import build_assessment
from quality_reports.customer_counts import count_customers
from quality_reports.customer_numbers import customer_numbers
from quality_reports.customer_page import build_customers
from quality_reports.expectation_rules import MEASURE_RULES, SAMPLE_RULES
from quality_reports.expectations_page import build_expectations
from quality_reports.index_page import build_index
from quality_reports.messages import Language
from quality_reports.report import build
from quality_reports.scorecard import build_scorecard
from quality_reports.trend_page import build_trend

sys.path.insert(0, str(Path(__file__).parent))
from customer_frames import AS_OF, customer_tables
from report_frames import Home, sample_home


def report(folder: Path, lang: Language, home: Home | None = None) -> Path:
    """Before and after."""
    home = home or sample_home()
    return build(
        quality=home.quality, runs=home.runs, files=home.files, quarantine=home.quarantine, identity=home.identity, lang=lang, out=folder / "report.html"
    )  # fmt: skip


def assessment(folder: Path, lang: Language) -> Path:
    """Before anything is changed."""
    home = sample_home()
    examples = pl.DataFrame(
        [("BJ01", "phone", "phone_repaired", "139****0000")], schema=["dealer_id", "field", "reason", "example"], orient="row"
    )
    return build_assessment(
        quality=home.quality, runs=home.runs, files=home.files, quarantine=home.quarantine, examples=examples, lang=lang, out=folder / "assessment.html"
    )  # fmt: skip


def trend(folder: Path, lang: Language) -> Path:
    """Ten runs."""
    home = sample_home(runs=10)
    return build_trend(quality=home.quality, runs=home.runs, lang=lang, out=folder / "trend.html")


def index(folder: Path, lang: Language) -> Path:
    """Three runs, one with reports."""
    runs = sample_home(runs=3).runs
    return build_index(runs=runs, reports={1: ["report.zh.html", "report.zh.xlsx"]}, lang=lang, out=folder / "index.html")


def expectations(folder: Path, lang: Language) -> Path:
    """Every rule, each second of them broken."""
    results = [
        {
            "table": rule.table, "column": rule.column, "expectation": rule.expectation, "scope": "sample", "severity": "critical", "success": number % 2,
            "observed": 3.5, "rows": 20_000,
        }
        for number, rule in enumerate((*SAMPLE_RULES, *MEASURE_RULES))
    ]  # fmt: skip
    summary = {"run_id": "r1", "success": False, "evaluated": len(results), "failed": 1, "results": results}
    return build_expectations(summary, as_of=AS_OF, lang=lang, out=folder / "expectations.html")


def scorecard(folder: Path, lang: Language) -> Path:
    """A dozen dealers, one of them with a long name that is markup."""
    home = sample_home()
    run = home.quality.sort("as_of")["run_id"].last()
    dealers = sorted(home.quality.filter(pl.col("dealer_id") != "")["dealer_id"].unique())
    dealers[-1] = "<b>a_dealer_with_a_name_that_is_longer_than_any_column_of_the_table"
    numbers = range(len(dealers))
    scores = pl.DataFrame(
        {
            "dealer_id": dealers, "open": [1000 * number for number in numbers], "overdue": [300 * number for number in numbers],
            "closed": [77 * number for number in numbers], "in_time": [50 * number for number in numbers], "due_so_far": [377 * number for number in numbers],
        }
    )  # fmt: skip
    return build_scorecard(scores=scores, quality=home.quality, run_id=run, as_of=AS_OF, lang=lang, out=folder / "scorecard.html")


def customers(folder: Path, lang: Language, frames: dict[str, pl.DataFrame] | None = None) -> Path:
    """The customers of published tables."""
    home = sample_home(dealers=1, runs=2)
    with DuckDBEngine(memory_limit="1GB", threads=2, scratch=folder / "scratch") as engine:
        tables = {name: engine.from_frame(frame) for name, frame in (frames or customer_tables()).items()}
        numbers = customer_numbers(count_customers(engine, tables, as_of=AS_OF))
    return build_customers(numbers=numbers, quality=home.quality, runs=home.runs, lang=lang, out=folder / "customers.html")


PAGES: dict[str, Callable[[Path, Language], Path]] = {
    "assessment": assessment, "customers": customers, "expectations": expectations, "index": index, "report": report, "scorecard": scorecard, "trend": trend,
}  # fmt: skip
