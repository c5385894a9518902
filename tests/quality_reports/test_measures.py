"""The measures against a slow, obvious oracle in plain Python, on random runs."""

from __future__ import annotations

import sys
import zlib
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from engine.tables import schema
from quality_reports.fields import FIELDS
from quality_reports.kernels import CELL, tally
from quality_reports.measures import facts_of, measure
from quality_reports.reasons import DIMENSIONS, about

sys.path.insert(0, str(Path(__file__).parent))
from quality_frames import Run, frame, random_run

Cells = dict[tuple[str, str, str, str, str, str], float]


def measured(engine: DuckDBEngine, run: Run) -> pl.DataFrame:
    """Measures of a run held in frames."""
    tables = {
        name: engine.from_frame(getattr(run, name)) for name in ("records", "clean_records", "customers", "customer_profile", "crosswalk")
    }
    return engine.collect(measure(engine, **tables, run_id="run-1", as_of=date(2026, 1, 2)))


def as_cells(history: pl.DataFrame) -> Cells:
    """Value by table, dealer, source, field, dimension and measure."""
    assert history.select(["run_id", "table", "dealer_id", "source", "field", "dimension", "measure"]).is_duplicated().sum() == 0
    return {
        (row["table"], row["dealer_id"], row["source"], row["field"], row["dimension"], row["measure"]): row["value"]
        for row in history.to_dicts()
        if row["value"]
    }


def filled_clean(row: dict[str, Any], field: str) -> bool:
    if field in {"phone", "email"}:
        return bool(row[field + "s"])
    return row[field] is not None


def form_of(phone: str) -> str:
    """How the first number of a cell is written, character by character; words anywhere are another form."""
    if any("\u4e00" <= letter <= "\u9fff" for letter in phone):
        return "other"
    text = phone.split(" ; ", maxsplit=1)[0].strip()
    if text.isdecimal() and text.isascii():
        code = text.startswith(("0086", "861"))
        return "plain" if len(text) == 11 and text[0] == "1" else "country_code" if code else "digits"
    if text.lstrip("(").startswith(("+86", "0086", "86-1", "86 1")):
        return "country_code"
    mantissa, _, exponent = text.partition("E+")
    if text.removesuffix(".0").isdecimal() or (exponent.isdecimal() and mantissa.replace(".", "").isdecimal()):
        return "number"
    return "separated" if text[:1].isdecimal() and not set(text) - set("0123456789-.() ") else "other"


def oracle(run: Run) -> Cells:  # noqa: C901, PLR0912, PLR0915 - one plain walk through every rule, on purpose
    """Row by row, as one would explain it."""
    cells: Cells = defaultdict(float)
    means: dict[tuple[str, str, str, str, str], list[float]] = defaultdict(list)
    clean = {row["record_id"]: row for row in run.clean_records.to_dicts()}
    records = {row["record_id"]: row for row in run.records.to_dicts()}
    customer_of = {row["record_id"]: row["customer_id"] for row in run.crosswalk.to_dicts() if row["valid_to"] is None}
    rows_of: dict[tuple[str, str], int] = defaultdict(int)
    carries: set[tuple[str, str, str]] = set()
    contents: set[tuple[Any, ...]] = set()
    reached: dict[tuple[str, str], set[str]] = defaultdict(set)
    held: dict[tuple[str, str], int] = defaultdict(int)
    cars: dict[tuple[str, str], list[bool]] = {}

    def count(row: dict[str, Any], table: str, field: str, dimension: str, name: str, yes: object = 1) -> None:
        if yes:
            for dealer, source in ((row["dealer_id"], ""), ("", row["source"]), ("", "")):
                cells[table, dealer, source, field, dimension, name] += 1

    def score(row: dict[str, Any], table: str, dimension: str, value: float | None) -> None:
        if value is not None:
            for dealer, source in ((row["dealer_id"], ""), ("", row["source"]), ("", "")):
                means[table, dealer, source, "", dimension].append(value)

    for key, raw in records.items():
        tidy = clean.get(key) or dict.fromkeys(schema("clean_records"))
        problems = tidy["problems"] or []
        found = {problem["field"] for problem in problems}
        still = [problem for problem in problems if not problem["repaired"]]
        count(raw, "records", "", "", "rows")
        count(raw, "records", "", "", "file_rows", raw["main"])
        count(raw, "clean_records", "", "", "rows", key in clean)
        rows_of[raw["dealer_id"], raw["source"]] += 1
        for name in (field.name for field in FIELDS):
            was, now = bool((raw[name] or "").strip()), filled_clean(tidy, name)
            if was:
                carries.add((raw["dealer_id"], raw["source"], name))
            count(raw, "records", name, "completeness", "filled", was)
            count(raw, "clean_records", name, "completeness", "filled", now)
            count(raw, "clean_records", name, "completeness", "derived", now and not was)
            count(raw, "records", name, "conformity", "valid", was and now and name not in found)
            count(raw, "clean_records", name, "conformity", "valid", now and name not in {problem["field"] for problem in still})
        for dimension in DIMENSIONS:
            count(raw, "records", "", dimension, "sound", dimension not in {about(problem["reason"]).dimension for problem in problems})
            count(raw, "clean_records", "", dimension, "sound", dimension not in {about(problem["reason"]).dimension for problem in still})
            score(raw, "clean_records", dimension, tidy[f"score_{dimension}"])
        score(raw, "records", "", tidy["score_raw"])
        score(raw, "clean_records", "", tidy["score"])
        for problem in problems:
            name = ("repaired:" if problem["repaired"] else "problem:") + problem["reason"]
            count(raw, "clean_records", problem["field"], about(problem["reason"]).dimension, name)
        content = tuple(
            raw[name]
            for name in sorted(raw)
            if name not in {"record_id", "row_id", "source_key", "file_id", "row_number", "main", "sheet", "extra"}
        )
        count(raw, "records", "", "uniqueness", "exact_duplicates", content in contents)
        contents.add(content)
        parts = [part.strip() for part in (raw["phone"] or "").split(" ; ")]
        reach = {
            "mobile": any(len(part) == 11 and part[0] == "1" and "+86" + part in (tidy["phones"] or []) for part in parts),
            "email": (raw["email"] or "").strip().lower() in (tidy["emails"] or []),
            "post": bool((raw["address"] or "").strip()) and bool(tidy["road_no"] or tidy["estate"]) and "address" not in found,
        }
        for channel, yes in reach.items():
            count(raw, "records", "", "business", f"reach_{channel}", yes)
        if (raw["phone"] or "").strip():
            count(raw, "records", "phone", "conformity", f"form:{form_of(raw['phone'])}")
        if raw["model"]:
            kind = "digits" if any(letter in "0123456789" for letter in raw["model"]) else "letters" if raw["model"].isascii() else "words"
            count(raw, "records", "model", "conformity", f"form:{kind}")
        for name in ("province", "city", "event_kind"):
            if (raw[name] or "").strip() and (name != "event_kind" or raw["source"] == "service"):
                drawer = zlib.crc32(raw[name].strip().encode()) % 16
                count(raw, "records", name, "conformity", f"form:{'0123456789abcdef'[drawer]}")
        for place in ("district", "address"):
            if text := (raw[place] or "").strip():
                kind = (
                    "digits"
                    if set(text) & set("0123456789")
                    else "division"
                    if text[-1] in "省市区县旗盟州" and len(text) <= 13
                    else "words"
                )
                count(raw, "records", place, "conformity", f"form:{kind}")
        count(raw, "records", "", "business", "mailings_sms", bool((raw["phone"] or "").strip()))
        count(raw, "records", "", "business", "mailings_post", bool((raw["address"] or "").strip()))
        if tidy["vin"]:
            owned = cars.setdefault((raw["dealer_id"], tidy["vin"]), [False, False])
            role = raw["role"] in {"owner", "buyer", "customer"}
            owned[0] |= role and raw["vin"] == tidy["vin"] and bool((raw["name"] or "").strip())
            owned[1] |= role and bool(tidy["name"])
        customer = customer_of.get(key)
        if customer:
            reached[raw["dealer_id"], customer] |= {channel for channel, yes in reach.items() if yes}
            held[raw["dealer_id"], customer] += 1
    for dealer, source, name in carries:
        for scope in ((dealer, ""), ("", source), ("", "")):
            cells["records", *scope, name, "completeness", "expected"] += rows_of[dealer, source]
    for scope in {dealer for dealer, _ in cars} | {""}:
        by_car: dict[str, list[bool]] = {}
        for (dealer, vin), (before, after) in cars.items():
            if scope in ("", dealer):
                was = by_car.get(vin, [False, False])
                by_car[vin] = [was[0] or before, was[1] or after]
        cells["clean_records", scope, "", "vin", "business", "cars"] = len(by_car)
        cells["records", scope, "", "vin", "business", "cars_with_owner"] = sum(before for before, _ in by_car.values())
        cells["clean_records", scope, "", "vin", "business", "cars_with_owner"] = sum(after for _, after in by_car.values())
    profile = {row["customer_id"]: row for row in run.customer_profile.to_dicts()}
    for golden in run.customers.to_dicts():
        customer = golden["customer_id"]
        seen_at = sorted(dealer for dealer, who in held if who == customer)
        told = profile.get(customer, {})
        allowed = told.get("contact_allowed") is not False
        for dealer in ("", *seen_at):
            number = held[dealer, customer] if dealer else golden["records"]
            written = reached[dealer, customer] if dealer else set().union(*(reached[place, customer] for place in seen_at))
            now = {"mobile": bool(golden["mobile"]), "email": bool(golden["email"]), "post": bool(told.get("reach_post"))}
            bucket = str(number) if number <= 5 else "6-10" if number <= 10 else "11+"
            for name, value in (
                ("rows", 1), ("records", number), ("merged", number - 1), ("counted_twice", number > 1), ("several_dealers", golden["dealers"] > 1),
                (f"records_per_customer:{bucket}", 1),
            ):  # fmt: skip
                cells["customers", dealer, "", "", "" if name == "rows" else "uniqueness", name] += value
            for channel in ("mobile", "post", "email"):
                cells["customers", dealer, "", "", "business", f"reach_{channel}_before"] += channel in written
                cells["customers", dealer, "", "", "business", f"reach_{channel}"] += now[channel]
            cells["customers", dealer, "", "", "business", "reach_sms_before"] += "mobile" in written and allowed
            cells["customers", dealer, "", "", "business", "reach_sms"] += now["mobile"] and allowed
            cells["customer_profile", dealer, "", "", "", "rows"] += bool(told)
            cells["customer_profile", dealer, "", "", "business", "opted_out"] += not allowed
            worth = round(told.get("monetary") or 0)
            cells["customer_profile", dealer, "", "", "business", "value"] += worth
            cells["customer_profile", dealer, "", "", "business", "value_at_risk_before"] += 0 if written else worth
            cells["customer_profile", dealer, "", "", "business", "value_at_risk"] += 0 if any(now.values()) else worth
            cells["customers", dealer, "", "", "business", "unreachable_before"] += not written
            cells["customers", dealer, "", "", "business", "unreachable"] += not any(now.values())
            cells["customer_profile", dealer, "", "value_segment", "completeness", "filled"] += bool(told)
            for name in ("name", "mobile", "email"):
                cells["customers", dealer, "", name, "completeness", "filled"] += golden[name] is not None
            means["customers", dealer, "", "", ""].append(golden["score"])
    for (table, dealer, source, field, dimension), values in means.items():
        cells[table, dealer, source, field, dimension, "score"] = sum(values) / len(values)
    return {key: value for key, value in cells.items() if value}


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), rows=st.integers(1, 80), dealers=st.integers(1, 5))
@example(seed=38, rows=50, dealers=1)  # two records that differ in the model only are no repetition
def test_measures_equal_the_oracle(engine: DuckDBEngine, seed: int, rows: int, dealers: int) -> None:
    run = random_run(seed, rows, dealers)
    actual, expected = as_cells(measured(engine, run)), oracle(run)
    assert actual.keys() == expected.keys()
    assert actual == {key: pytest.approx(value, abs=0.001) for key, value in expected.items()}


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), cut=st.integers(0, 60))
def test_any_split_of_rows_counts_the_same(facts: pl.DataFrame, seed: int, cut: int) -> None:
    shuffled = facts.sample(fraction=1.0, shuffle=True, seed=seed)
    keys = [name for name in CELL if name != "total"]
    parts = pl.concat([tally(shuffled.head(cut)), tally(shuffled.slice(cut))]).group_by(keys).agg(pl.col("total").sum())
    assert parts.sort(keys).equals(tally(facts).sort(keys))


def test_nothing_at_all_measures_as_nothing(engine: DuckDBEngine) -> None:
    empty = Run(*(frame(name, []) for name in ("records", "clean_records", "customers", "customer_profile", "crosswalk")))
    history = measured(engine, empty)
    assert dict(history.schema) == schema("quality_history")
    assert history["value"].sum() == 0


def test_measures_carry_no_value_of_a_person(engine: DuckDBEngine) -> None:
    run = random_run(7)
    text = measured(engine, run).write_csv()
    assert "王伟" not in text
    assert "13900" not in text


@pytest.fixture(scope="module")
def engine() -> Any:
    with DuckDBEngine() as engine:
        yield engine


@pytest.fixture(scope="module")
def facts(engine: DuckDBEngine) -> pl.DataFrame:
    run = random_run(3, rows=60)
    return engine.collect(facts_of(engine, *(engine.from_frame(table) for table in (run.records, run.clean_records, run.crosswalk))))
