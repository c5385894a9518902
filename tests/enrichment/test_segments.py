"""Segments, their overlaps and histories held against sets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.duckdb import DuckDBEngine
from engine.tables import schema
from enrichment.history import carried
from enrichment.segment_rules import Condition, SegmentRule
from enrichment.segments import segmented
from enrichment.settings import load

DAY = date(2026, 1, 1)
RULES = (
    SegmentRule(name="两车", all=(Condition(field="cars", least=2),)),
    SegmentRule(name="A或可信", any=(Condition(field="value_grade", one_of=("A",)), Condition(field="reach_mobile", one_of=(True,)))),
    SegmentRule(name="无风险值", all=(Condition(field="churn_risk", known=False), Condition(field="cars", least=0, most=1))),
)


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    with DuckDBEngine(memory_limit="1GB") as engine:
        yield engine


def inside(row: dict[str, Any]) -> set[str]:
    found = set()
    if row["cars"] is not None and row["cars"] >= 2:
        found.add("两车")
    if row["value_grade"] == "A" or row["reach_mobile"]:
        found.add("A或可信")
    if row["churn_risk"] is None and row["cars"] in {0, 1}:
        found.add("无风险值")
    return found


PROFILE = st.fixed_dictionaries(
    {
        "cars": st.sampled_from([None, 0, 1, 2, 3]),
        "value_grade": st.sampled_from([None, "A", "B"]),
        "reach_mobile": st.sampled_from([None, True, False]),
        "churn_risk": st.sampled_from([None, 0.5]),
    }
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(nights=st.lists(st.lists(PROFILE, min_size=1, max_size=6), min_size=1, max_size=3))
def test_members_sizes_and_history(engine: DuckDBEngine, nights: list[list[dict[str, Any]]]) -> None:
    before, held = None, {}
    for night, rows in enumerate(nights):
        profile = pl.DataFrame([{"customer_id": f"K{n}", **row} for n, row in enumerate(rows)], schema=schema("customer_profile"))
        day = DAY + timedelta(days=night)
        made = segmented(engine, customer_profile=engine.from_frame(profile), before=before, rules=RULES, as_of=day, version="1")
        sets = {f"K{n}": inside(row) for n, row in enumerate(rows)}
        sizes = engine.collect(made.segment_sizes)
        assert dict(sizes.schema) == schema("segment_sizes")
        for one, other, customers in sizes.select("segment", "other", "customers").iter_rows():
            assert customers == sum({one, other} <= names for names in sets.values())
        told = engine.collect(made.segments)
        assert dict(told.schema) == schema("segments")
        now = set(told.filter(pl.col("valid_to").is_null()).select("customer_id", "segment").iter_rows())
        assert now == {(customer, name) for customer, names in sets.items() for name in names}
        held[day] = now
        before = made.segments
    rows = engine.collect(before).rows(named=True)
    for day, then in held.items():
        known = [
            (r["customer_id"], r["segment"]) for r in rows if r["valid_from"] <= day and (r["valid_to"] is None or r["valid_to"] > day)
        ]
        assert len(known) == len(set(known))
        assert set(known) == then


def test_a_rule_about_what_nobody_knows_is_idle(engine: DuckDBEngine) -> None:
    profile = pl.DataFrame([{"customer_id": "K1", "cars": 1}], schema=schema("customer_profile"))
    made = segmented(engine, customer_profile=engine.from_frame(profile), before=None, rules=RULES, as_of=DAY, version="1")
    reasons = dict(engine.collect(made.segment_sizes).select("segment", "reason").iter_rows())
    assert reasons == {"两车": None, "A或可信": "idle:reach_mobile,value_grade", "无风险值": None}


def test_the_same_day_twice_and_an_earlier_day_take_back_what_was_said(engine: DuckDBEngine) -> None:
    def now(**grades: str) -> Any:
        return engine.from_frame(pl.DataFrame({"customer_id": list(grades), "grade": list(grades.values())}))

    def told(before: Any, table: Any, day: date) -> Any:
        return carried(engine, before=before, now=table, key=("customer_id",), told=("grade",), as_of=day)

    first = told(None, now(K1="A", K2="B"), DAY)
    second = told(first, now(K1="B"), DAY + timedelta(days=9))
    again = told(second, now(K1="B"), DAY + timedelta(days=9))
    assert sorted(engine.collect(again).rows(), key=str) == sorted(engine.collect(second).rows(), key=str)
    assert set(engine.collect(second).rows()) == {
        ("K1", "A", DAY, DAY + timedelta(days=9)), ("K2", "B", DAY, DAY + timedelta(days=9)), ("K1", "B", DAY + timedelta(days=9), None),
    }  # fmt: skip
    back = told(second, now(K1="A", K2="B"), DAY + timedelta(days=5))
    assert set(engine.collect(back).rows()) == {("K1", "A", DAY, None), ("K2", "B", DAY, None)}


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ({"field": "colour", "known": True}, "no field"),
        ({"field": "cars", "least": 1, "known": True}, "say least"),
        ({"field": "value_grade", "least": 1}, "no number"),
        ({"field": "cars", "one_of": ["two"]}, "must be int"),
    ],
)
def test_a_condition_that_cannot_be_asked_is_refused(condition: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Condition(**condition)


def test_the_defaults_have_segments() -> None:
    assert len(load().segments) >= 5
