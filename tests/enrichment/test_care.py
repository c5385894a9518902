"""Kilometres a day and next maintenance, held against the rule written out slowly."""

from __future__ import annotations

import calendar
import math
import random
from datetime import date, timedelta
from itertools import combinations
from statistics import median
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from engine.duckdb import DuckDBEngine
from engine.tables import schema
from enrichment.calendar.cars import cars
from enrichment.care import CAR_SCHEMA, first_due, km_per_day, next_service
from enrichment.relationships.named import named
from enrichment.settings import Interval, Schedule, load

CARE = load().care
DAY = date(2024, 1, 31)
HISTORY = {"vin": pl.String, "model": pl.String, "event_date": pl.Date, "kind": pl.String, "mileage": pl.Int64}
READINGS = {"vin": pl.String, "day": pl.Int64, "km": pl.Int64}
Row = dict[str, Any]


def rate(readings: dict[int, int]) -> float | None:
    """Kilometres a day of one car, by the rule of enrichment.care."""
    rules = CARE.readings
    latest = sorted(readings.items())[-rules.latest :]

    def agree(one: tuple[int, int], other: tuple[int, int]) -> bool:
        (d1, k1), (d2, k2) = sorted((one, other))
        return 0 <= k2 - k1 <= (d2 - d1) * rules.most_km_per_day

    sound = [r for r in latest if len(latest) > 1 and 2 * sum(agree(r, o) for o in latest if o != r) >= len(latest) - 1]
    pairs = [(a, b) for a, b in combinations(sound, 2) if agree(a, b) and b[0] - a[0] >= rules.apart_days]
    if not pairs or max(b[0] - a[0] for a, b in pairs) < rules.span_days:
        return None
    slope = round(median((b[1] - a[1]) / (b[0] - a[0]) for a, b in pairs), 2)
    return slope if slope > 0 else None


@settings(max_examples=60)
@given(cars=st.lists(st.dictionaries(st.integers(0, 900), st.integers(0, 60_000), max_size=16), min_size=1, max_size=12))
def test_rate_equals_the_oracle(cars: list[dict[int, int]]) -> None:
    rows = [{"vin": f"V{n}", "day": day, "km": km} for n, car in enumerate(cars) for day, km in car.items()]
    found = dict(km_per_day(pl.DataFrame(rows, schema=READINGS), CARE.readings).rows())
    expected = {f"V{n}": rate(car) for n, car in enumerate(cars)}
    assert found.keys() == {vin for vin, per_day in expected.items() if per_day is not None}
    for vin, per_day in found.items():
        assert per_day == pytest.approx(expected[vin], abs=0.011)  # halves round either way


@settings(max_examples=60)
@given(per_day=st.integers(5, 200), wrong=st.integers(0, 999_999), at=st.integers(0, 7))
def test_one_wrong_reading_of_eight_does_not_move_a_regular_driver(per_day: int, wrong: int, at: int) -> None:
    readings = {day: day * per_day for day in range(0, 720, 90)}
    readings[at * 90] = wrong
    rows = [{"vin": "V", "day": day, "km": km} for day, km in readings.items()]
    found = km_per_day(pl.DataFrame(rows, schema=READINGS), CARE.readings)
    assert found["km_per_day"].item() == pytest.approx(per_day, rel=0.35)


def months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@st.composite
def history(draw: st.DrawFn) -> list[Row]:
    rows = []
    for car in range(draw(st.integers(1, 8))):
        for _ in range(draw(st.integers(0, 7))):
            day = draw(st.integers(0, 900))
            kind = draw(st.sampled_from(["sale", "maintenance", "repair", None]))
            mileage = draw(st.sampled_from([None, day * 20, day * 45, 3]))
            rows.append(
                {
                    "vin": f"V{car}",
                    "model": None,
                    "event_date": DAY + timedelta(days=day),
                    "kind": kind,
                    "mileage": mileage,
                }
            )
        rows.append({"vin": f"V{car}", "model": None, "event_date": None, "kind": None, "mileage": None})
    return rows


@settings(max_examples=60)
@given(rows=history())
def test_next_service_equals_the_oracle(rows: list[Row]) -> None:
    found = next_service(pl.DataFrame(rows, schema=HISTORY), settings=CARE)
    assert dict(found.schema) == CAR_SCHEMA
    shuffled = rows.copy()
    random.Random(1).shuffle(shuffled)
    assert_frame_equal(found, next_service(pl.DataFrame(shuffled, schema=HISTORY), settings=CARE))
    for car in found.iter_rows(named=True):
        own = [r for r in rows if r["vin"] == car["vin"] and r["event_date"] is not None]
        sales = [r["event_date"] for r in own if r["kind"] == "sale"]
        served = [r["event_date"] for r in own if r["kind"] == "maintenance"]
        start, rule = (max(served), CARE.then) if served else (min(sales), CARE.first) if sales else (None, CARE.first)
        assert car["last_service"] == max(served, default=None)
        if start is None:
            assert (car["next_service"], car["reason"]) == (None, "no_visit")
            continue
        by_months = months_later(start, rule.months)
        by_km = start + timedelta(days=math.ceil(rule.km / car["km_per_day"])) if car["km_per_day"] else date.max
        assert car["next_service"] == min(by_km, by_months)
        assert car["reason"] == ("first_service" if not served else "mileage" if by_km <= by_months else "months")


def test_a_model_has_its_own_table() -> None:
    electric = Schedule(first=Interval(km=10_000, months=12), then=Interval(km=20_000, months=24))
    rules = CARE.model_copy(update={"models": {"ID.4": electric}})
    rows = [
        {"vin": "V1", "model": "ID.4", "event_date": DAY, "kind": "sale", "mileage": None},
        {"vin": "V2", "model": "朗逸", "event_date": DAY, "kind": "sale", "mileage": None},
    ]
    found = next_service(pl.DataFrame(rows, schema=HISTORY), settings=rules)
    assert found["next_service"].to_list() == [date(2025, 1, 31), date(2024, 7, 31)]


def test_a_sold_car_is_the_new_owners_and_a_driver_owns_none() -> None:
    clean = [
        {"record_id": "a", "role": "buyer", "source": "sale", "vin": "V1", "event_date": date(2020, 1, 1)},
        {"record_id": "b", "role": "owner", "source": "service", "vin": "V1", "event_date": date(2024, 1, 1)},
        {"record_id": "c", "role": "sender", "source": "service", "vin": "V1", "event_date": date(2025, 1, 1)},
        {"record_id": "c", "role": "customer", "source": "test_drive", "vin": "V9", "event_date": date(2025, 1, 1)},
    ]
    members = pl.DataFrame({"record_id": ["a", "b", "c"], "customer": [1, 2, 3]})
    events = [{"row_id": "1", "record_id": "a", "vin": "V1", "kind": "maintenance", "event_date": date(2023, 5, 31), "source": "service"}]
    with DuckDBEngine(memory_limit="1GB") as engine:
        numbers = engine.from_frame(pl.DataFrame({"customer": [1, 2, 3], "customer_id": ["A", "B", "C"]}))
        whom = named(
            engine,
            members=engine.from_frame(members),
            clean_records=engine.from_frame(pl.DataFrame(clean, schema=schema("clean_records"))),
        )
        owned = cars(
            engine,
            named=whom,
            numbers=numbers,
            events=engine.from_frame(pl.DataFrame(events, schema=schema("events"))),
            as_of=date(2025, 6, 1),
            upkeep=CARE,
            settings=load().calendar,
        )
        rows = (
            engine.collect(first_due(engine, cars=owned))
            .select("customer_id", "cars", "last_service", "next_service", "next_service_vin", "next_service_reason")
            .rows()
        )
    assert rows == [("B", 1, date(2023, 5, 31), date(2024, 5, 31), "V1", "months")]
