"""The customers report: its numbers against plain counting, what stands in it and what must not, and what is said where there is nothing."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.contract import Engine
from quality_reports.customer_counts import Counts, count_customers
from quality_reports.customer_numbers import customer_numbers
from quality_reports.customer_page import build_customers
from quality_reports.customer_panels import FACTS, PANELS, SECTIONS
from quality_reports.messages import LANGUAGES, Language, catalogue
from quality_reports.numbers import Numbers

sys.path.insert(0, str(Path(__file__).parent))
from customer_frames import AS_OF, DEALERS, PERSONAL, customer_tables, no_customer_tables
from report_frames import sample_home

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Frames = dict[str, pl.DataFrame]


def counted(engine: Engine, frames: Frames) -> Counts:
    return count_customers(engine, {name: engine.from_frame(frame) for name, frame in frames.items()}, as_of=AS_OF)


def page_of(numbers: Numbers, out: Path, lang: Language = "zh") -> Path:
    home = sample_home(dealers=1, runs=2)
    return build_customers(numbers=numbers, quality=home.quality, runs=home.runs, lang=lang, out=out, zone=ZoneInfo("Asia/Shanghai"))


def rows(numbers: Numbers, panel: str, dealer: str = "") -> list[dict[str, Any]]:
    return list(numbers["panels"][panel].get(dealer, []))


def joined(frames: Frames, name: str, dealer: str) -> list[dict[str, Any]]:
    """Rows of a table by customer whose home dealer this is ('' is everybody), one by one."""
    home = dict(frames["customers"].select("customer_id", "home_dealer_id").iter_rows())
    return [row for row in frames[name].to_dicts() if not dealer or home[row["customer_id"]] == dealer]


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), dealer=st.sampled_from(["", *DEALERS]))
def test_numbers_are_those_of_counting_row_by_row(engine: Engine, seed: int, dealer: str) -> None:
    frames = customer_tables(120, seed)
    numbers = customer_numbers(counted(engine, frames))
    reach = joined(frames, "customer_reach", dealer)
    assert rows(numbers, "reach_ways", dealer) == [
        {
            "way": way,
            "with_way": sum(row[way] is not None for row in reach),
            "may_contact": sum(row[way] is not None and row["contact_allowed"] for row in reach),
            "best_way": sum(row["best_channel"] == way for row in reach),
        }
        for way in ("phone", "sms", "email", "post")
    ]
    assert {row["barred"]: row["customers"] for row in rows(numbers, "barred", dealer)} == Counter(
        row["contact_reason"] for row in reach if not row["contact_allowed"]
    )
    value = joined(frames, "customer_value", dealer)
    grades = {(row["model_of"], row["grade"]): row for row in rows(numbers, "value_grades", dealer)}
    assert {key: row["customers"] for key, row in grades.items()} == Counter((row["value_model"], row["value_grade"]) for row in value)
    for key, row in grades.items():
        mine = [each for each in value if (each["value_model"], each["value_grade"]) == key]
        known = [each["lifetime_value"] for each in mine if each["lifetime_value"] is not None]
        assert row["money"] == pytest.approx(sum(each["monetary"] for each in mine), abs=0.51)
        assert row["lifetime"] == (pytest.approx(sum(known) / len(known), abs=0.51) if known else None)
    churn = Counter(row["churn_level"] or row["churn_status"] for row in joined(frames, "customer_churn", dealer))
    assert {row["churn"]: row["customers"] for row in rows(numbers, "churn_states", dealer)} == churn


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), dealer=st.sampled_from(["", *DEALERS]))
def test_what_falls_due_stands_in_its_month(engine: Engine, seed: int, dealer: str) -> None:
    frames = customer_tables(120, seed)
    numbers = customer_numbers(counted(engine, frames))
    until = date(AS_OF.year + 1, AS_OF.month, 1)
    for key in ("next_service", "insurance_due", "inspection_due", "warranty_end", "replacement_from"):
        lasting = key in {"next_service", "insurance_due", "inspection_due"}
        dates = [row[key] for row in joined(frames, "cars", dealer) if row[key] is not None and row[key] < until]
        expected = Counter("past" if due < AS_OF else f"{due:%Y-%m}" for due in dates if lasting or due >= AS_OF)
        assert {row["month"]: row[key] for row in rows(numbers, "cars_due", dealer) if row[key]} == expected
    tasks = [row for row in frames["care_tasks"].to_dicts() if row["do_date"] >= AS_OF and (not dealer or row["dealer_id"] == dealer)]
    assert {row["month"]: row["planned"] for row in rows(numbers, "care_months", dealer) if row["planned"]} == Counter(
        f"{row['do_date']:%Y-%m}" for row in tasks if row["status"] == "planned"
    )
    assert sum(row["household"] + row["limit"] for row in rows(numbers, "care_kinds", dealer)) == sum(
        row["status"] == "held" for row in tasks
    )


def test_the_net_promoter_score_is_in_points(engine: Engine, tmp_path: Path) -> None:
    measured = [
        (measure, "D1", month, numerator, 20) for measure, numerator in (("csat", 12), ("nps", -2)) for month in ("2026-01", "2026-02")
    ]
    loop = pl.DataFrame(measured, schema=["measure", "dealer_id", "month", "numerator", "denominator"], orient="row")
    kept = no_customer_tables()["loop_measures"].schema
    whole = pl.concat([loop, loop.with_columns(dealer_id=pl.lit(""))]).with_columns(channel=pl.lit(""))
    whole = whole.select((pl.col(name) if name in whole.columns else pl.lit(None)).cast(dtype).alias(name) for name, dtype in kept.items())
    numbers = customer_numbers(counted(engine, {**no_customer_tables(), "loop_measures": whole}))
    assert [row["loop"] for row in rows(numbers, "loop_all")] == ["csat"]
    assert numbers["facts"]["satisfaction"] == {"": {"nps": -10.0}, "D1": {"nps": -10.0}}
    assert [row["nps"] for row in rows(numbers, "loop_months")] == [-10.0, -10.0]
    assert [row["nps"] for row in rows(numbers, "loop_dealers")] == [-10.0]
    html = page_of(numbers, tmp_path / "customers.html").read_text("utf-8")
    assert "<dt>净推荐值（分）</dt><dd>\u221210.0</dd>" in html


def test_dealings_golden(engine: Engine) -> None:
    numbers = customer_numbers(counted(engine, customer_tables()))
    assert [row["campaign"] for row in rows(numbers, "campaign_costs")] == ["冬季检测", "秋季关怀", "老客户 139****2046"]
    assert [(row["uplift"], row["uplift_low"], row["uplift_high"], row["uplift_why"]) for row in rows(numbers, "campaign_uplift")] == [
        (None, None, None, "running"),
        (3.1, 1.1, 5.1, None),
    ]
    assert rows(numbers, "segment_overlap") == [
        {"segment": "多车客户", "other": "流失预警", "customers": 12, "of_segment": 20.0},
        {"segment": "流失预警", "other": "多车客户", "customers": 12, "of_segment": 20.0},
    ]
    assert rows(numbers, "customer_file") == [
        {"what": "household", "file_count": 3},
        {"what": "companies", "file_count": 1},
        {"what": "company_cars", "file_count": 4},
    ]
    assert [row["grade"] for row in rows(numbers, "prospect_grades")] == ["H", "A", "B", "C"]
    assert numbers["facts"]["churn"][""]["auc"] == 0.81
    assert numbers["facts"]["churn"][""]["base_rate"] == 19.0
    assert numbers["facts"]["value"][""]["lifetime_why"] == "too_few_histories"
    assert numbers["facts"]["campaigns"][""] == {"own": 2, "reported": 1, "reached": 1140, "responded": 66, "spent": 2437.5}


def test_both_engines_count_the_same(engine: Engine, spark_session: SparkSession, tmp_path: Path) -> None:
    from engine.spark import SparkEngine

    frames = customer_tables(60)
    with SparkEngine(spark_session, scratch=tmp_path / "spark") as spark:
        assert customer_numbers(counted(spark, frames)) == customer_numbers(counted(engine, frames))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_plain_value_in_page_numbers_and_workbook(engine: Engine, tmp_path: Path, lang: Language) -> None:
    page = page_of(customer_numbers(counted(engine, customer_tables())), tmp_path / "customers.html", lang)
    book = openpyxl.load_workbook(page.with_suffix(".xlsx"))
    cells = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row]
    texts = [page.read_text("utf-8"), page.with_suffix(".json").read_text("utf-8"), "\n".join(cells)]
    for text in texts:
        assert [value for value in (*PERSONAL, "13917852046", "C00001") if value in text] == []
        assert "秋季关怀" in text
    assert [path for path in tmp_path.iterdir() if path.stat().st_mode & 0o077] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_panel_is_a_sheet_with_its_native_chart(engine: Engine, tmp_path: Path, lang: Language) -> None:
    numbers = customer_numbers(counted(engine, customer_tables()))
    page = page_of(numbers, tmp_path / "customers.html", lang)
    words = catalogue(lang)
    book = openpyxl.load_workbook(page.with_suffix(".xlsx"))
    assert book.sheetnames == [words["section.summary"], *(words[f"section.{panel.name}"] for panel in PANELS)]
    drawn = {sheet.title for sheet in book if sheet._charts}
    assert drawn == {words[f"section.{panel.name}"] for panel in PANELS} - {words["section.segment_overlap"]}
    assert json.loads(page.with_suffix(".json").read_text("utf-8"))["panels"].keys() == {panel.name for panel in PANELS}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_where_there_is_nothing_the_reason_stands_and_no_chart(engine: Engine, tmp_path: Path, lang: Language) -> None:
    html = page_of(customer_numbers(counted(engine, no_customer_tables())), tmp_path / "customers.html", lang).read_text("utf-8")
    words = catalogue(lang)
    assert 'class="chart"' not in html.split("<script")[0]
    assert words["customers_report.nobody"] in html
    assert " UTC+8</dd>" in html
    assert [section for section in SECTIONS if words[f"customers_report.empty.{section}"] not in html] == []


def test_a_table_that_an_old_version_does_not_have_counts_as_empty(engine: Engine) -> None:
    assert customer_numbers(count_customers(engine, {}, as_of=AS_OF)) == customer_numbers(counted(engine, no_customer_tables()))


def test_a_shop_without_leads_says_so_and_shows_the_rest(engine: Engine, tmp_path: Path) -> None:
    frames = {**customer_tables(), **{name: no_customer_tables()[name] for name in ("leads", "call_list", "loop_measures")}}
    html = page_of(customer_numbers(counted(engine, frames)), tmp_path / "customers.html").read_text("utf-8")
    assert catalogue("zh")["customers_report.empty.leads"] in html
    assert 'id="chart-lead_stages"' not in html
    assert 'id="chart-reach_ways"' in html


def test_the_result_does_not_depend_on_the_order_of_rows(engine: Engine) -> None:
    frames = customer_tables(80)
    turned = {name: frame.reverse() for name, frame in frames.items()}
    assert customer_numbers(counted(engine, turned)) == customer_numbers(counted(engine, frames))


def test_counts_are_few_however_many_customers(engine: Engine) -> None:
    few, many = (counted(engine, customer_tables(size)) for size in (1_000, 4_000))
    assert {name: frame.height for name, frame in many.items() if frame.height > 1_000} == {}
    assert many["churn"]["n"].sum() == 4 * few["churn"]["n"].sum()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_code_has_its_word(engine: Engine, lang: Language) -> None:
    words = catalogue(lang)
    columns = [column for panel in PANELS for column in panel.columns]
    missing = [f"col.{key}" for key, _, _ in columns if f"col.{key}" not in words]
    missing += [
        key
        for section in SECTIONS
        for key in (f"nav.{section}", f"section.{section}", f"customers_report.empty.{section}")
        if key not in words
    ]
    missing += [
        f"customers_report.fact.{key}" for facts in FACTS.values() for key, _, _ in facts if f"customers_report.fact.{key}" not in words
    ]
    numbers = customer_numbers(counted(engine, customer_tables()))
    for panel in PANELS:
        for key, _, group in panel.columns:
            codes = {row.get(key) for found in numbers["panels"][panel.name].values() for row in found} if group else set()
            missing += [f"{panel.name}: {group}.{code}" for code in codes if isinstance(code, str) and f"customers_report.{group}.{code}" not in words and not re.match(r"\d{4}-\d\d$|汽车之家$", code)]  # fmt: skip
    assert missing == []
    assert len({words[f"section.{panel.name}"] for panel in PANELS}) == len(PANELS)
    assert [panel.name for panel in PANELS if len(words[f"section.{panel.name}"]) > 31] == []
