"""The value of customers: indicators by hand, what is idle, acquisition, groups; one row a customer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from engine.duckdb import DuckDBEngine
from engine.tables import schema
from enrichment.conversations import conversations
from enrichment.members import numbered
from enrichment.settings import load
from enrichment.value.indicators import score
from enrichment.value.settings import Scale
from enrichment.value.visits import sources_seen, visits
from enrichment.value.worth import Worth, worth
from tests.happened import happened

AS_OF = date(2026, 6, 15)
RULES = load()
OWNER = RULES.value.models[0]


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    with DuckDBEngine(memory_limit="1GB") as engine:
        yield engine


def event(number: int, customer: str, source: str, days: int, **more: Any) -> dict[str, Any]:
    return {"row_id": str(number), "record_id": f"r{customer}", "dealer_id": "D1", "source": source, "kind": source, "event_date": AS_OF - timedelta(days=days), **more}  # fmt: skip


def valued(engine: DuckDBEngine, events: list[dict[str, Any]], names: list[str]) -> Worth:
    customers = engine.from_frame(
        pl.DataFrame([{"customer_id": name, "home_dealer_id": "D1"} for name in names], schema=schema("customers"))
    )
    known = numbered(engine, customers)
    whose = pl.DataFrame([{"record_id": f"r{name}", "customer_id": name} for name in names], schema=schema("crosswalk"))
    crosswalk = engine.from_frame(whose)
    rows = engine.from_frame(pl.DataFrame(events, schema=schema("events")))
    named, timeline = happened(engine, numbers=known, crosswalk=crosswalk, events=rows, as_of=AS_OF)
    came = visits(engine, timeline=timeline, numbers=known)
    told = conversations(engine, events=rows, named=named, numbers=known)
    seen = sources_seen(engine, timeline)
    return worth(engine, customers=known, conversations=told, visits=came, seen=seen, as_of=AS_OF, settings=RULES)


def test_one_row_a_customer_with_reasons(engine: DuckDBEngine) -> None:
    events = [
        event(1, "A", "lead", 400),
        event(2, "A", "campaign", 390, campaign="春季", cost=3.0),
        event(3, "B", "campaign", 390, campaign="春季", cost=5.0),
        event(4, "A", "sale", 300, amount=158_113.88),
        event(5, "A", "service", 100, amount=3000.0, satisfaction=70.0),
        event(6, "C", "sale", 10, amount=100_000.0),
    ]
    made = valued(engine, events, ["A", "B", "C", "D"])
    rows = engine.collect(made.customers).sort("customer_id")
    assert dict(rows.schema) == schema("customer_value")
    assert rows["value_model"].to_list() == ["owner", "prospect", "owner", "prospect"]
    assert rows["acquisition_cost"].to_list() == [8.0, None, None, None], "the campaign's contacts that did not buy are paid as well"
    assert rows["acquisition_reason"].to_list() == ["campaign", "no_purchase", "no_campaign", "no_event"]
    assert rows["channel"].to_list() == ["lead", "campaign", "sale", None]
    assert rows["lifetime_reason"].to_list() == ["too_few_histories", "no_visit", "no_visit", "no_visit"]
    parts = {part["indicator"]: part for part in rows["value_parts"][0]}
    assert parts["purchase"]["points"] == pytest.approx(100 * 0.5 * 20, abs=0.01), "half way between 50,000 and 500,000 in the logarithm"
    assert parts["service"]["points"] == pytest.approx(100 * 0.5 * 25, abs=0.01)
    assert parts["satisfaction"]["points"] == pytest.approx(100 * 0.5 * 5)
    assert parts["potential"]["points"] is None
    assert set(rows["value_idle"][0]) == {"parts", "insurance", "referral", "complaints"}
    weights = {"purchase": 20, "service": 25, "visits": 15, "recency": 10, "satisfaction": 5}
    assert rows["value_score"][0] == pytest.approx(sum(parts[name]["points"] for name in weights) / sum(weights.values()), abs=0.01)
    groups = {(row["dimension"], row["name"]): row for row in engine.collect(made.groups).iter_rows(named=True)}
    assert groups["dealer", "D1"]["monetary"] == 261_113.88
    assert groups["dealer", "D1"]["customers"] == 4
    assert groups["channel", "lead"]["acquisition_cost"] == 8.0


def test_every_score_has_a_grade_and_none_without_anything_known() -> None:
    frame = pl.DataFrame(
        {"customer_id": ["x", "y"], "satisfaction": [100.0, None], "lifetime_value": [1e6, None]},
        schema={"customer_id": pl.String(), "satisfaction": pl.Float64(), "lifetime_value": pl.Float64()},
    )
    kept = OWNER.model_copy(update={"indicators": tuple(each for each in OWNER.indicators if not each.sources)})
    told = score(frame, model=kept, idle=(), as_of=AS_OF)
    assert told["value_score"].to_list() == [100.0, None]
    assert told["value_grade"].to_list() == ["A", None]


def test_scales() -> None:
    frame = pl.DataFrame({"v": [None, -5.0, 0.0, 5.0, 10.0, 99.0]})
    assert frame.select(Scale(range=(10, 0)).points(pl.col("v")))["v"].to_list() == [None, 1, 1, 0.5, 0, 0]
    assert frame.select(Scale(limits=(5, 10)).points(pl.col("v"))).to_series().to_list() == [None, 0, 0, 0.5, 1, 1]
    assert frame.select(Scale(log=(5, 20)).points(pl.col("v")))["v"].round(6).to_list() == [None, 0, 0, 0, 0.5, 1]
    for wrong in ({}, {"range": (0, 1), "limits": (1,)}, {"limits": (2, 1)}, {"range": (1, 1)}):
        with pytest.raises(ValidationError):
            Scale(**wrong)  # type: ignore[arg-type]


def test_lifetime_value_where_there_are_histories_enough(engine: DuckDBEngine) -> None:
    rng = np.random.default_rng(1)
    events, names = [], [f"K{n:03}" for n in range(700)]
    for name in names:
        day, rate = int(rng.integers(600, 1400)), rng.gamma(2.0, 1 / 300)
        while day > 0:
            events.append(event(len(events), name, "service", day, amount=float(rng.gamma(4.0, 200))))
            if rng.random() < 0.1:
                break
            day -= 1 + int(rng.exponential(1 / rate))
    made = valued(engine, events, names)
    rows = engine.collect(made.customers)
    assert rows["lifetime_reason"].null_count() == rows.height
    assert rows["alive"].is_between(0, 1).all()
    assert (rows["lifetime_value"] >= 0).all()
    late, early = rows.filter(pl.col("recency_days") < 60), rows.filter(pl.col("recency_days") > 700)
    assert late["alive"].mean() > early["alive"].mean() + 0.2  # type: ignore[operator]
    one = rows.row(5, named=True)
    years = one["lifetime_value"] / one["expected_spend"] / RULES.value.lifetime.margin
    assert one["expected_visits"] * 0.9 < years <= 3 * one["expected_visits"], "three years, each not busier than the first"
    assert {model for model, _ in made.fitted.measures()} == {"lifetime", "spend"}
