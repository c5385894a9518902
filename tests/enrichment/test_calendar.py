"""The care calendar: lunar dates, what is due for a car, tasks and what is held back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from engine.tables import schema
from enrichment.calendar.cars import CAR_SCHEMA, car_dates
from enrichment.calendar.lunar import lunar_dates, months, next_lunar
from enrichment.calendar.tasks import personal_tasks, tasks
from enrichment.settings import load

RULES = load().calendar
AS_OF = date(2026, 6, 30)
Row = dict[str, Any]
GATHERED = {
    "vin": pl.String, "customer_id": pl.String, "model": pl.String, "last_service": pl.Date, "km_per_day": pl.Float64, "next_service": pl.Date,
    "next_service_reason": pl.String, "sold": pl.Date, "sold_km": pl.Int64, "seen": pl.Date, "insured": pl.Date, "inspected": pl.Date,
}  # fmt: skip
"""What ``car_dates`` is given of each car."""


@pytest.mark.parametrize(
    ("year", "day"),
    [
        (1949, "01-29"),
        (1985, "02-20"),
        (2000, "02-05"),
        (2012, "01-23"),
        (2020, "01-25"),
        (2023, "01-22"),
        (2024, "02-10"),
        (2026, "02-17"),
    ],
)
def test_new_years_as_they_were_kept(year: int, day: str) -> None:
    new_year = date.fromisoformat(f"{year}-{day}")
    assert lunar_dates(pl.Series([new_year])).rows() == [(year, 1, 1, False)]


@pytest.mark.parametrize(("year", "leap"), [(2017, 6), (2020, 4), (2023, 2), (2025, 6), (2033, 11)])
def test_leap_months_as_they_were_kept(year: int, leap: int) -> None:
    assert months().filter(pl.col("leap"), pl.col("year") == year)["month"].to_list() == [leap]


@settings(max_examples=60)
@given(days=st.lists(st.one_of(st.none(), st.dates(date(1900, 2, 1), date(2090, 1, 1))), max_size=8))
def test_a_date_and_its_lunar_day_are_one(days: list[date | None]) -> None:
    found = lunar_dates(pl.Series(days, dtype=pl.Date))
    assert found["day"].is_null().to_list() == [day is None for day in days]
    for day, row in zip(days, found.iter_rows(named=True), strict=True):
        if day is not None:
            (start,) = months().filter(
                pl.col("year") == row["year"], pl.col("month") == row["month"], pl.col("leap") == row["leap"]
            )["start"]  # fmt: skip
            assert start + timedelta(days=row["day"] - 1) == day
            nxt = next_lunar(pl.DataFrame({"month": [row["month"]], "day": [row["day"]]}), on_or_after=day).item()
            assert 0 <= (nxt - day).days <= 385


def test_the_thirtieth_of_a_short_month_is_its_last_day() -> None:
    short = months().filter(pl.col("month") == 12, pl.col("length") == 29, pl.col("year") == 2024).row(0, named=True)
    day = next_lunar(pl.DataFrame({"month": [12], "day": [30]}), on_or_after=short["start"]).item()
    assert day == short["start"] + timedelta(days=28)


def test_dates_outside_the_table_are_null() -> None:
    assert lunar_dates(pl.Series([date(1899, 1, 1), date(2199, 1, 1)])).null_count().row(0) == (2, 2, 2, 2)


def car(**known: object) -> Row:
    frame = pl.DataFrame([{"vin": "V", "customer_id": "C", **known}], schema=GATHERED)
    made = car_dates(frame, as_of=AS_OF, settings=RULES)
    assert dict(made.schema) == CAR_SCHEMA
    return made.row(0, named=True)


@pytest.mark.parametrize(
    ("sold", "due", "kind"),
    [
        (date(2025, 3, 10), date(2027, 3, 31), "label"),
        (date(2022, 8, 5), date(2026, 8, 31), "label"),
        (date(2020, 8, 5), date(2026, 8, 31), "test"),
        (date(2019, 8, 5), date(2027, 8, 31), "label"),
        (date(2016, 12, 31), date(2026, 12, 31), "test"),
        (date(2014, 9, 1), date(2026, 9, 30), "test"),
        (date(2020, 5, 15), date(2026, 5, 31), "test"),
    ],
)
def test_inspection_by_the_age_of_the_car(sold: date, due: date, kind: str) -> None:
    found = car(sold=sold, sold_km=12)
    assert (found["inspection_due"], found["inspection_kind"]) == (due, kind)


def test_an_inspection_that_was_done_counts() -> None:
    assert car(sold=date(2020, 8, 5), inspected=date(2026, 6, 20))["inspection_due"] == date(2028, 8, 31)


def test_without_a_sale_as_new_the_age_is_unknown() -> None:
    assert car()["in_use_reason"] == "no_sale"
    used = car(sold=date(2024, 1, 1), sold_km=48_000)
    assert (used["in_use_reason"], used["inspection_due"], used["warranty_end"], used["replacement_from"]) == (
        "used_when_sold",
        None,
        None,
        None,
    )
    assert car(sold=date(2024, 1, 1), seen=date(2023, 1, 1))["in_use_from"] is None


def test_a_warranty_ends_by_months_or_kilometres() -> None:
    slow, fast = car(sold=date(2025, 1, 1), km_per_day=20.0), car(sold=date(2025, 1, 1), km_per_day=200.0)
    assert (slow["warranty_end"], slow["warranty_reason"]) == (date(2028, 1, 1), "months")
    assert (fast["warranty_end"], fast["warranty_reason"]) == (date(2025, 1, 1) + timedelta(days=500), "mileage")


def test_who_was_born_long_ago_keeps_the_lunar_birthday() -> None:
    born = [{"customer_id": "old", "birth_date": date(1950, 8, 1)}, {"customer_id": "young", "birth_date": date(1990, 7, 20)},
            {"customer_id": "leap", "birth_date": date(2000, 2, 29)}, {"customer_id": "firm", "birth_date": date(1990, 7, 20), "party": "organization"}]  # fmt: skip
    frame = pl.DataFrame(born, schema={"customer_id": pl.String, "birth_date": pl.Date, "party": pl.String})
    found = {
        row["customer_id"]: (row["task"], row["due_date"])
        for row in personal_tasks(frame, as_of=AS_OF, settings=RULES).iter_rows(named=True)
    }
    (lunar,) = lunar_dates(pl.Series([date(1950, 8, 1)])).iter_rows(named=True)
    (kept,) = lunar_dates(pl.Series([found["old"][1]])).iter_rows(named=True)
    assert (kept["month"], kept["day"]) == (lunar["month"], lunar["day"])
    assert found["young"] == ("birthday", date(2026, 7, 20))
    assert "firm" not in found
    leap = personal_tasks(frame, as_of=date(2026, 2, 20), settings=RULES).filter(
        pl.col("customer_id") == "leap", pl.col("task") == "birthday"
    )
    assert leap["due_date"].to_list() == [date(2026, 2, 28)]


@settings(max_examples=25)
@given(
    owned=st.lists(st.tuples(st.integers(0, 3), st.integers(-80, 55), st.integers(-80, 55)), min_size=1, max_size=9),
    homes=st.lists(st.sampled_from(["H1", "H2", None]), min_size=4, max_size=4),
    allowed=st.lists(st.booleans(), min_size=4, max_size=4),
)
def test_laws_of_tasks(owned: list[tuple[int, int, int]], homes: list[str | None], allowed: list[bool]) -> None:
    """No month has more planned tasks than allowed, nobody who must not be contacted has one, one of a household hears of a festival or another car."""
    who = [f"C{n}" for n in range(4)]
    born = [date(1990, 7, 20), date(1950, 8, 1), None, date(1980, 7, 1)]
    cars = [{"vin": f"V{n}", "customer_id": who[c], "next_service": AS_OF + timedelta(days=a), "next_service_reason": "months", "insurance_due": AS_OF + timedelta(days=b), "replacement_from": AS_OF + timedelta(days=a)} for n, (c, a, b) in enumerate(owned)]  # fmt: skip
    frames = {
        "customers": [{"customer_id": c, "birth_date": day, "home_dealer_id": "D1"} for c, day in zip(who, born, strict=True)],
        "customer_profile": [{"customer_id": c, "household_id": home} for c, home in zip(who, homes, strict=True)],
        "cars": cars,
        "customer_reach": [{"customer_id": c, "contact_allowed": yes, "best_channel": "sms", "best_confidence": 0.5} for c, yes in zip(who, allowed, strict=True)],
    }  # fmt: skip
    with DuckDBEngine(memory_limit="1GB") as engine:
        given_ = {name: engine.from_frame(pl.DataFrame(rows, schema=schema(name))) for name, rows in frames.items()}
        made = tasks(engine, customers=given_["customers"], profile=given_["customer_profile"], cars=given_["cars"], reach=given_["customer_reach"], as_of=AS_OF, version="1", settings=RULES)  # fmt: skip
        assert dict(made.schema) == schema("care_tasks")
        found = engine.collect(made)
    planned = found.filter(pl.col("status") == "planned").with_columns(month=pl.col("do_date").dt.strftime("%Y-%m"))
    assert planned.group_by("customer_id", "month").len().filter(pl.col("len") > RULES.most_a_month).is_empty()
    may = {c for c, yes in zip(who, allowed, strict=True) if yes}
    assert set(planned["customer_id"]) <= may
    house = pl.DataFrame({"customer_id": who, "home": [h or c for h, c in zip(homes, who, strict=True)]})
    once = planned.filter(pl.col("task") == "replacement").join(house, on="customer_id").group_by("home", "month").len()
    assert once.filter(pl.col("len") > 1).is_empty()
    assert found.filter(pl.col("held_reason") == "limit").height <= max(0, found.height - planned.height)
    near = found.select(
        pl.col("due_date").is_between(AS_OF - timedelta(days=RULES.overdue_days), AS_OF + timedelta(days=RULES.horizon_days))
    )
    assert near.to_series().all()
    shown = found.filter(pl.col("held_reason") == "limit").join(planned.group_by("customer_id").len(), on="customer_id", how="left")
    assert (shown["len"] >= RULES.most_a_month).all(), "held for the limit only where the month is full"
