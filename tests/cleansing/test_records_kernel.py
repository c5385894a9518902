"""The records and events kernels: exact schemas, any split gives the same, contradictions are told, scores follow the rules."""

import datetime as dt
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cleansing import events, records
from cleansing.reasons import REASONS
from engine.tables import schema

AS_OF = dt.date(2026, 1, 1)
BLANK: dict[str, Any] = dict.fromkeys(schema("records"))
ROWS: list[dict[str, Any]] = [
    {"name": "王伟先生", "phone": "13917852046", "id_number": "310106198807152412", "gender": "男", "province": "上海市", "address": "静安区南京西路1266号", "vin": "LFV3A23C0F3027419", "plate": "沪A12345", "brand": "大众", "event_date": "2025-05-03", "source": "sale", "amount": "12.8万"},
    {"name": "李娜 13817852046", "phone": None, "id_number": "310106198807152412", "gender": "女", "birth_date": "1990-01-01", "event_date": "2025/5/3", "source": "service", "event_kind": "首保", "mileage": "5000公里"},
    {"name": "上海永达汽车销售服务有限公司", "phone": "021-58881234转801", "id_number": "914403001922038216", "source": "customer"},
    {"name": "张总", "phone": "13800138000", "vin": "LFV3A23CGF3027419", "plate": "沪112345", "brand": "宝马", "event_date": "2031-01-01", "source": "lead"},
    {"name": "无", "phone": "1.38E+10", "address": "同上", "source": "web"},
    {"name": "赵敏", "phone": "8615021234567 ; 021-58881234", "address": "朝阳区建国路88号", "plate": "京A12345", "email": "ZM@gmial.com", "postcode": "100022", "source": "service", "event_kind": "事故维修"},
    {},
]  # fmt: skip


@pytest.fixture
def raw() -> pl.DataFrame:
    rows = [
        BLANK | {"record_id": f"r{i}", "row_id": f"w{i}", "dealer_id": "d1", "role": "owner", "main": True, "row_number": i} | row
        for i, row in enumerate(ROWS)
    ]
    return pl.DataFrame(rows, schema=schema("records"), orient="row")


def reasons(clean: pl.DataFrame, row: int) -> set[tuple[str, str]]:
    return {(problem["field"], problem["reason"]) for problem in clean["problems"][row]}


def test_schema_height_and_order_are_those_promised(raw: pl.DataFrame) -> None:
    clean = records.clean(raw, as_of=AS_OF)
    assert clean.schema == schema("clean_records")
    assert clean["record_id"].to_list() == raw["record_id"].to_list()


def test_no_rows_give_no_rows(raw: pl.DataFrame) -> None:
    assert records.clean(raw.clear(), as_of=AS_OF).schema == schema("clean_records")
    assert events.clean(raw.clear(), as_of=AS_OF).schema == schema("events")


@pytest.mark.parametrize("size", [1, 2, 3])
def test_any_split_into_batches_gives_the_same(raw: pl.DataFrame, size: int) -> None:
    whole = records.clean(raw, as_of=AS_OF)
    parts = [records.clean(batch, as_of=AS_OF) for batch in raw.iter_slices(size)]
    assert_frame_equal(pl.concat(parts), whole)
    assert_frame_equal(pl.concat([events.clean(batch, as_of=AS_OF) for batch in raw.iter_slices(size)]), events.clean(raw, as_of=AS_OF))


def test_a_full_record_is_read_into_its_fields(raw: pl.DataFrame) -> None:
    row = records.clean(raw, as_of=AS_OF).row(0, named=True)
    expected = {
        "party": "person", "name": "王伟", "surname": "王", "given_name": "伟", "gender": "M", "mobile": "+8613917852046", "phone_province": "上海市",
        "id_type": "resident_id", "birth_date": dt.date(1988, 7, 15), "district": "静安区", "adcode": "310106", "vin": "LFV3A23C0F3027419",
        "plate": "沪A12345", "brand": "大众", "event_date": dt.date(2025, 5, 3), "score": 100.0,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert row["score_raw"] < 100.0


def test_a_phone_left_in_the_name_goes_to_the_phones(raw: pl.DataFrame) -> None:
    clean = records.clean(raw, as_of=AS_OF)
    assert clean["phones"][1].to_list() == ["+8613817852046"]
    assert clean["name"][1] == "李娜"


def test_contradictions_inside_a_record_are_told(raw: pl.DataFrame) -> None:
    found = reasons(records.clean(raw, as_of=AS_OF), 1)
    assert ("gender/id_number", "gender_id_mismatch") in found
    assert ("birth_date/id_number", "birth_id_mismatch") in found


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"name": "王伟女士", "id_number": "310106198807152412"}, ("name/id_number", "gender_id_mismatch")),
        ({"name": "王伟女士", "gender": "女", "id_number": "310106198807152412"}, ("gender/id_number", "gender_id_mismatch")),
        ({"name": "王伟先生", "gender": "女"}, ("gender/name", "gender_title_mismatch")),
        ({"name": "上海永达汽车有限公司", "id_number": "A123456(3)"}, ("name/id_number", "party_id_mismatch")),
        ({"phone": "021-58881234", "plate": "沪A12345", "address": "北京市朝阳区建国路88号"}, ("address/phone", "region_mismatch")),
        ({"phone": "021-58881234", "plate": "京A12345", "address": "上海市静安区康定路8号"}, ("plate/address", "plate_region_mismatch")),
        ({"name": "王伟", "brand": "宝马", "vin": "LFV3A23C0F3027419"}, ("brand/vin", "brand_vin_mismatch")),
        ({"name": "王伟先生", "id_number": "310106198807152412"}, None),
        ({"phone": "13917852046", "plate": "京A12345", "address": "北京市朝阳区建国路88号"}, None),
    ],
)
def test_each_contradiction_is_told_once(raw: pl.DataFrame, cells: dict[str, str], problem: tuple[str, str] | None) -> None:
    row = raw[6:7].with_columns(**{name: pl.lit(value) for name, value in cells.items()}).cast(schema("records"))  # type: ignore[arg-type]  # a dict of types is what cast takes
    found = [(p["field"], p["reason"]) for p in records.clean(row, as_of=AS_OF)["problems"][0] if "/" in p["field"]]
    assert found == ([problem] if problem else [])


def test_what_is_wrong_is_named_and_not_taken(raw: pl.DataFrame) -> None:
    clean = records.clean(raw, as_of=AS_OF)
    row = clean.row(3, named=True)
    assert [row[name] for name in ("name", "mobile", "vin", "plate", "event_date")] == [None] * 5
    assert row["surname"] == "张"
    assert {
        ("phone", "phone_placeholder"),
        ("vin", "vin_check_digit"),
        ("plate", "plate_agency_letter"),
        ("event_date", "date_in_future"),
    } <= reasons(clean, 3)


def test_an_ambiguous_district_is_decided_by_the_plate(raw: pl.DataFrame) -> None:
    clean = records.clean(raw, as_of=AS_OF)
    assert clean["city"][5] == "北京市"
    assert ("address", "address_resolved_by_hint") in reasons(clean, 5)


def test_the_dealers_place_decides_where_the_record_does_not(raw: pl.DataFrame) -> None:
    bare = raw[5:6].with_columns(phone=None, plate=None).cast(schema("records"))  # type: ignore[arg-type]  # a dict of types is what cast takes
    place = pl.DataFrame({"dealer_id": ["d1"], "province": ["吉林省"], "city": ["长春市"]})
    assert records.clean(bare, as_of=AS_OF)["city"][0] is None
    assert records.clean(bare, as_of=AS_OF, hints=place)["city"][0] == "长春市"


def test_organizations_are_told_from_persons(raw: pl.DataFrame) -> None:
    row = records.clean(raw, as_of=AS_OF).row(2, named=True)
    assert (row["party"], row["id_type"], row["gender"]) == ("organization", "uscc", None)
    assert row["phones"] == ["+862158881234"]


def test_scores_are_the_penalties_of_the_problems(raw: pl.DataFrame) -> None:
    """A slow, obvious sum for the four dimensions that start at 100."""
    for row in records.clean(raw, as_of=AS_OF).iter_rows(named=True):
        for dimension in ("conformity", "accuracy", "consistency", "timeliness"):
            lost = sum(
                REASONS[p["reason"]].penalty for p in row["problems"] if REASONS[p["reason"]].dimension == dimension and not p["repaired"]
            )
            assert row[f"score_{dimension}"] == max(0.0, 100.0 - lost)
        assert 0 <= row["score_raw"] <= row["score"] <= 100


def test_events_hang_on_main_records_of_sources_that_tell_of_one(raw: pl.DataFrame) -> None:
    found = events.clean(raw, as_of=AS_OF)
    assert found["record_id"].to_list() == ["r0", "r1", "r3", "r4", "r5"]
    assert found["kind"].to_list() == ["sale", "maintenance", "lead", "web", "accident"]
    assert found["amount"][0] == 128_000.0
    assert found["mileage"][1] == 5_000
    assert found["vin"].to_list() == ["LFV3A23C0F3027419", None, None, None, None]
    assert events.clean(raw.with_columns(main=pl.lit(value=False)), as_of=AS_OF).is_empty()


def of(**cells: object) -> pl.DataFrame:
    """One main record with these cells, cleansed."""
    row = (
        BLANK | {"record_id": "r", "row_id": "w", "dealer_id": "d1", "main": True, "source": "service", "event_date": "2025-01-01"} | cells
    )
    return records.clean(pl.DataFrame([row], schema=schema("records"), orient="row"), as_of=AS_OF)


SHANGHAI = {"address": "上海市静安区南京西路1266号", "phone": "13917852046", "plate": "沪A12345"}  # each of them of 上海市
BEIJING_ID = "110105198807152419"


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({}, set()),
        ({"plate": "京A12345"}, {("plate/address", "plate_region_mismatch")}),
        ({"address": "北京市朝阳区建国路88号"}, {("address/phone", "region_mismatch")}),
        ({"address": "北京市朝阳区建国路88号", "plate": None}, set()),
        ({"phone": None, "address": "四川省成都市武侯区人民南路1号", "plate": "京A12345", "id_number": BEIJING_ID}, {("address/plate", "region_mismatch")}),
        ({"address": "北京市朝阳区建国路88号", "id_number": BEIJING_ID}, set()),
        ({"phone": None, "id_number": BEIJING_ID}, set()),
    ],
)  # fmt: skip
def test_of_the_regions_the_one_that_stands_alone_is_told(cells: dict[str, object], told: set[tuple[str, str]]) -> None:
    found = reasons(of(**{**SHANGHAI, **cells}), 0)
    assert {problem for problem in found if "region" in problem[1] and "/" in problem[0]} == told


@pytest.mark.parametrize(
    ("cells", "told"),
    [({"amount": "12.8万", "mileage": "1.2万公里"}, set()), ({"amount": "12-13万"}, {("amount", "amount_invalid")}), ({"amount": "-120"}, {("amount", "amount_negative")}),
     ({"mileage": "99999999"}, {("mileage", "mileage_out_of_range")}), ({"mileage": "5000/6"}, {("mileage", "mileage_invalid")}), ({"amount": "无", "mileage": "-"}, set()),
     ({"amount": "12-13万", "main": False}, set())],
)  # fmt: skip
def test_numbers_that_cannot_be_read_are_told_once(cells: dict[str, object], told: set[tuple[str, str]]) -> None:
    found = reasons(of(**cells), 0)
    assert {problem for problem in found if problem[0] in {"amount", "mileage"}} == told
