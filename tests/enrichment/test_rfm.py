"""Value held against counting by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from engine.contract import Table
from engine.duckdb import DuckDBEngine
from engine.tables import schema
from enrichment.settings import load
from enrichment.value.measures import counted, measured_schema, measures
from enrichment.value.rfm import SCHEMA, rfm
from enrichment.value.settings import ValueLimits, ValueSettings
from enrichment.value.visits import SCHEMA as VISITS
from enrichment.value.visits import VISIT, listed, months_before, once, unfolded, visits
from tests.happened import happened

AS_OF = date(2026, 6, 15)
SINCE = date(2023, 6, 15)
SETTINGS = load().value
Event = dict[str, Any]


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    with DuckDBEngine(memory_limit="1GB") as engine:
        yield engine


def visits_of(engine: DuckDBEngine, events: list[Event]) -> Table:
    numbers = engine.from_frame(pl.DataFrame({"customer": range(6), "customer_id": [f"C{n}" for n in range(6)]}))
    whose = [{"record_id": f"r{n}", "customer_id": f"C{n // 2}"} for n in range(12)]
    crosswalk = engine.from_frame(pl.DataFrame(whose, schema=schema("crosswalk")))
    rows = pl.DataFrame([{**event, "row_id": str(n)} for n, event in enumerate(events)], schema=schema("events"))
    _, timeline = happened(engine, numbers=numbers, crosswalk=crosswalk, events=engine.from_frame(rows), as_of=AS_OF)
    return visits(engine, timeline=timeline, numbers=numbers)


def valued(engine: DuckDBEngine, events: list[Event], rules: ValueSettings = SETTINGS) -> pl.DataFrame:
    came = visits_of(engine, events)
    measured = engine.map_batches(came, partial(measures, as_of=AS_OF, settings=rules), measured_schema(rules))
    return engine.collect(rfm(engine, measured=measured, as_of=AS_OF, settings=rules)).sort("customer")


@st.composite
def event(draw: st.DrawFn) -> Event:
    return {
        "record_id": f"r{draw(st.integers(0, 11))}",
        "dealer_id": draw(st.sampled_from(["D1", "D2"])),
        "source": draw(st.sampled_from(["sale", "service", "parts", "lead"])),
        "kind": draw(st.sampled_from(["maintenance", "repair"])),
        "event_date": draw(
            st.sampled_from([None, AS_OF, AS_OF + timedelta(days=1), SINCE, SINCE + timedelta(days=1), date(2020, 1, 1), date(2025, 5, 5)])
        ),
        "vin": draw(st.sampled_from(["V1", None])),
        "amount": draw(st.sampled_from([None, 0.1, 0.2, 199.99, 1e6])),
    }


def oracle(events: list[Event]) -> list[tuple[Any, ...]]:
    visits: dict[int, dict[tuple[Any, ...], set[tuple[Any, ...]]]] = defaultdict(lambda: defaultdict(set))
    for e in events:
        if e["source"] == "lead" or e["event_date"] is None or e["event_date"] > AS_OF:
            continue
        cents = None if e["amount"] is None else round(e["amount"] * 100)
        visits[int(e["record_id"][1:]) // 2][e["source"], e["dealer_id"], e["event_date"], e["vin"]].add((e["kind"], cents))
    measures = {}
    for customer, of_day in visits.items():
        recent = {visit: rows for visit, rows in of_day.items() if visit[2] > SINCE}
        money = sum(cents or 0 for rows in recent.values() for _, cents in rows)
        measures[customer] = ((AS_OF - max(visit[2] for visit in of_day)).days, len(recent), money)
    rows = []
    for customer, (days, frequency, cents) in sorted(measures.items()):
        everyone = measures.values()
        worse = (sum(d > days for d, _, _ in everyone), sum(f < frequency for _, f, _ in everyone), sum(c < cents for _, _, c in everyone))
        scores = [1 + 5 * count // len(measures) for count in worse]
        rows.append((customer, days, frequency, cents / 100, *scores, SETTINGS.segment(*scores)))
    return rows


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(events=st.lists(event(), max_size=30))
def test_equals_the_oracle_in_any_order(engine: DuckDBEngine, events: list[Event]) -> None:
    rows = valued(engine, events)
    assert dict(rows.schema) == SCHEMA
    assert rows.rows() == oracle(events)
    assert_frame_equal(rows, valued(engine, events[::-1]))


def grouped(frame: pl.DataFrame) -> pl.DataFrame:
    """Visits by grouping all rows twice, as they are defined."""
    points = pl.col("satisfaction")
    opinions = frame.group_by(VISIT).agg(hundredths=(points * 100).round(0).sum().cast(pl.Int64), answers=points.count().cast(pl.Int64))
    same = frame.group_by(*VISIT, "kind", "cents").agg(pl.col("mileage").max(), points.min())
    cents = pl.when(pl.col("cents").count() > 0).then(pl.col("cents").sum())
    found = same.group_by(VISIT).agg(cents, pl.col("mileage").max(), points.min())
    return found.join(opinions, on=VISIT, nulls_equal=True).select(*VISITS).sort(*VISIT, nulls_last=True)


@pytest.mark.parametrize("seed", range(5))
def test_visits_with_rows_that_are_alone_equal_grouping_all(seed: int) -> None:
    rng = np.random.default_rng(seed)

    def drawn(values: list[Any]) -> list[Any]:
        return [values[place] for place in rng.integers(0, len(values), 300)]

    frame = pl.DataFrame(
        {
            "customer": drawn(list(range(20))), "source": drawn(["sale", "service", None]), "dealer_id": drawn(["D1", "D2"]),
            "event_date": drawn([AS_OF, SINCE]), "vin": drawn(["V1", "V2", None]), "kind": drawn(["repair", None]), "cents": drawn([None, 0, 10, 99]),
            "mileage": drawn([None, 5, 70]), "satisfaction": drawn([None, None, 33.3, 80.0]),
        }
    )  # fmt: skip
    found = once(frame)
    assert_frame_equal(found.sort(*VISIT, nulls_last=True), grouped(frame))
    assert found.select("customer", "event_date").equals(found.select("customer", "event_date").sort("customer", "event_date"))
    assert_frame_equal(unfolded(listed(found)), found.drop("vin"))


@settings(max_examples=25)
@given(events=st.lists(event(), max_size=40))
def test_measures_equal_counting_by_hand(engine: DuckDBEngine, events: list[Event]) -> None:
    came = visits_of(engine, events)
    rows = unfolded(engine.collect(came)).to_dicts()
    found = measures(engine.collect(came), as_of=AS_OF, settings=SETTINGS)
    assert dict(found.schema) == measured_schema(SETTINGS)
    for told in found.to_dicts():
        own = [row for row in rows if row["customer"] == told["customer"]]
        sales = [row for row in own if row["source"] == "sale"]
        served: dict[date, int] = defaultdict(int)
        for row in own:
            if row["source"] in SETTINGS.lifetime.sources:
                served[row["event_date"]] += row["cents"] or 0
        assert told["earliest_purchase"] == min((row["event_date"] for row in sales), default=None)
        assert told["channel"] == min((row["event_date"], row["source"]) for row in own)[1]
        assert told["owner"] == any(row["source"] in SETTINGS.owners_from for row in own)
        assert (told["first_day"], told["last_day"]) == ((min(served), max(served)) if served else (None, None))
        assert (told["purchases"] or 0, told["paid"] or 0, told["paid_cents"] or 0) == (
            len(served),
            sum(cents > 0 for cents in served.values()),
            sum(served.values()),
        )
        for model in SETTINGS.models:
            for name, each in counted(model):
                kept = [row for row in own if row["source"] in each.sources]
                if each.months is not None:
                    kept = [row for row in kept if row["event_date"] > months_before(AS_OF, each.months)]
                latest = max((row["event_date"] for row in kept), default=None)
                by_hand = {"money": sum(row["cents"] or 0 for row in kept), "visits": len(kept), "recency": latest}
                assert told[name] == by_hand[each.measure]


def test_limits_of_the_settings_replace_fifths(engine: DuckDBEngine) -> None:
    limits = ValueLimits(recency_days=(30, 90, 365, 730), frequency=(2, 3, 5, 8), monetary=(1000, 5000, 20000, 100000))
    rules = SETTINGS.model_copy(update={"limits": limits})
    events = [
        {"record_id": "r0", "dealer_id": "D1", "source": "sale", "event_date": AS_OF - timedelta(days=30), "amount": 100000.0},
        {"record_id": "r2", "dealer_id": "D1", "source": "sale", "event_date": AS_OF - timedelta(days=31), "amount": 999.99},
        {"record_id": "r4", "dealer_id": "D1", "source": "sale", "event_date": date(2019, 1, 1), "amount": 9e6},
    ]
    rows = valued(engine, events, rules).select("rfm_recency", "rfm_frequency", "rfm_monetary").rows()
    assert rows == [(5, 1, 5), (4, 1, 1), (1, 1, 1)]


def test_every_combination_has_a_segment() -> None:
    assert {SETTINGS.segment(*scores) for scores in product(range(1, 6), repeat=3)} == {segment.name for segment in SETTINGS.segments}
