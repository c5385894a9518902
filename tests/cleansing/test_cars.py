"""What the records of one car say of each other: each rule, its exceptions, and that adding and taking out are exact."""

import datetime as dt
import itertools
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from cleansing import cars, events, records, score_weights
from engine.duckdb import DuckDBEngine
from engine.tables import schema

AS_OF = dt.date(2026, 1, 1)
VIN = "LFV3A23C0F3027419"
OTHER = "LSVAA4182E2184847"
SALE = {"source": "sale", "role": "buyer", "name": "王伟", "event_date": "2020-05-03", "vin": VIN}
SERVICE = {"source": "service", "role": "owner", "name": "王伟", "event_kind": "保养", "vin": VIN}


def told(rows: list[dict[str, Any]]) -> set[tuple[int, str]]:
    """Which row has which problem of its car."""
    raw, clean = cleansed(rows)
    found = cars.problems(joined(clean, events.clean(raw, as_of=AS_OF)))
    return {(int(record), problem["reason"]) for record, problems in found.rows() for problem in problems}


def cleansed(rows: list[dict[str, Any]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    blank: dict[str, Any] = dict.fromkeys(schema("records"))
    filled = [blank | {"record_id": f"{i}", "row_id": f"w{i}", "dealer_id": "d", "main": True} | row for i, row in enumerate(rows)]
    raw = pl.DataFrame(filled, schema=schema("records"), orient="row")
    return raw, records.clean(raw, as_of=AS_OF)


def joined(clean: pl.DataFrame, happened: pl.DataFrame) -> pl.DataFrame:
    return clean.join(happened.select("record_id", "kind", "mileage"), on="record_id", how="left").filter(pl.col("vin").is_not_null())


@pytest.mark.parametrize(
    ("day", "kind", "wrong"),
    [("2020-03-01", "保养", True), ("2020-04-10", "保养", False), ("2020-06-01", "保养", False), ("2020-03-01", "PDI检查", False), ("2020-03-01", "事故", True)],
)  # fmt: skip
def test_a_service_a_month_before_the_sale_is_told_but_not_an_inspection(day: str, kind: str, wrong: bool) -> None:  # noqa: FBT001
    assert told([SALE, SERVICE | {"event_date": day, "event_kind": kind}]) == ({(1, "service_before_sale")} if wrong else set())


def test_the_first_sale_counts() -> None:
    later = SALE | {"event_date": "2024-01-01"}
    assert told([SALE, later, SERVICE | {"event_date": "2022-01-01"}]) == set()


def test_a_mileage_that_goes_down_is_told_of_its_own_car_only() -> None:
    readings = [("2021-01-01", "1.2万公里"), ("2022-01-01", "24000"), ("2023-01-01", "1800"), ("2024-01-01", "36000km")]
    rows = [SERVICE | {"event_date": day, "mileage": km} for day, km in readings]
    assert told([*rows, SERVICE | {"vin": OTHER, "event_date": "2025-01-01", "mileage": "10"}]) == {(2, "mileage_decreased")}


def test_rounding_and_two_readings_of_a_day_are_no_contradiction() -> None:
    days = [("2021-01-01", "12000"), ("2021-01-02", "11950"), ("2021-01-02", "11900"), ("2021-01-02", "11960")]
    assert told([SERVICE | {"event_date": day, "mileage": km} for day, km in days]) == set()


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("李娜", True), ("王伟", False), ("王玮先生", False), ("王先生", False), ("上海永达汽车销售服务有限公司", False), (None, False)],
)
def test_an_owner_whom_no_sale_names_is_told(name: str | None, wrong: bool) -> None:  # noqa: FBT001
    assert told([SALE, SERVICE | {"event_date": "2021-01-01", "name": name}]) == ({(1, "owner_sale_mismatch")} if wrong else set())


def test_a_second_buyer_is_an_owner_and_who_brings_the_car_is_none() -> None:
    second = SALE | {"name": "李娜", "event_date": "2023-01-01"}
    brought = SERVICE | {"name": "赵敏", "role": "sender", "event_date": "2021-01-01", "main": False}
    assert told([SALE, second, SERVICE | {"event_date": "2021-01-01", "name": "李娜"}, brought]) == set()


@given(st.lists(st.integers(0, 2_000).map(lambda hundreds: hundreds * 101), max_size=8))
def test_as_few_readings_as_can_be_are_outliers(readings: list[int]) -> None:
    """The slow, obvious way: all ways to keep some; 101 km steps are above the rounding."""
    most = max(
        size
        for size in range(len(readings) + 1)
        for kept in itertools.combinations(readings, size)
        if all(a <= b for a, b in itertools.pairwise(kept))
    )
    dropped = cars.outliers(readings)
    kept = [reading for place, reading in enumerate(readings) if place not in dropped]
    assert len(dropped) == len(readings) - most
    assert kept == sorted(kept)


def test_amending_twice_is_amending_once_and_taking_out_gives_back_what_was(tmp_path: Path) -> None:
    rows = [
        SALE,
        SERVICE | {"event_date": "2020-01-01", "name": "李娜", "mileage": "9000", "gender": "男", "id_number": "310106198807152420"},
        {"source": "web"},
    ]
    rows += [SALE | {"vin": OTHER, "event_kind": "二手车"}, SERVICE | {"vin": OTHER, "event_date": "2019-01-01"}]
    rows += [SERVICE | {"event_date": f"202{year}-01-01", "mileage": km} for year, km in ((1, "20000"), (2, "5000"))]
    raw, clean = cleansed(rows)
    with DuckDBEngine(threads=1, scratch=tmp_path) as engine:
        happened = engine.from_frame(events.clean(raw, as_of=AS_OF))
        once = cars.contradict(engine, records=engine.from_frame(raw), clean_records=engine.from_frame(clean), events=happened)
        twice = cars.contradict(engine, records=engine.from_frame(raw), clean_records=once, events=happened)
        after = engine.collect(once).sort("record_id")
        assert_frame_equal(engine.collect(twice).sort("record_id"), after)
    reasons = [{problem["reason"] for problem in problems} & set(cars.REASON_CODES) for problems in after["problems"]]
    assert reasons == [set(), {"service_before_sale", "owner_sale_mismatch"}, set(), set(), set(), set(), {"mileage_decreased"}]
    assert after["score"][1] == round(clean["score"][1] - 1.5, 1)
    assert after["score_raw"][1] == round(clean["score_raw"][1] - 1.5, 1)
    nothing = after.with_columns(found=pl.lit(None, dtype=cars.FOUND["found"]))
    assert_frame_equal(cars.amend(nothing), clean)


def test_a_consistency_that_is_used_up_cannot_fall_further() -> None:
    _, clean = cleansed([SALE])
    down = clean.with_columns(
        found=pl.Series([[{"field": "name/vin", "reason": "owner_sale_mismatch", "value": "x", "repaired": False}] * 30])
    )
    amended = cars.amend(down.cast({"found": cars.FOUND["found"]}))
    assert amended["score_consistency"][0] == 0
    assert amended["score"][0] == round(clean["score"][0] - score_weights.DEFAULT.dimensions["consistency"], 1)
    assert_frame_equal(cars.amend(amended.with_columns(found=pl.lit(None, dtype=cars.FOUND["found"]))), clean)
