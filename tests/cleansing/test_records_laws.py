"""Laws of the records kernel: cleansing is idempotent, nothing raises, rows and their order stay, no batch changes anything."""

import datetime as dt
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from cleansing import events, records
from engine.tables import schema

AS_OF = dt.date(2026, 1, 1)
COLUMNS = schema("records")
TEXTS = [name for name, dtype in COLUMNS.items() if dtype == pl.String() and name not in {"record_id", "row_id"}]
VALUES = (
    "name",
    "gender",
    "phone",
    "email",
    "id_number",
    "birth_date",
    "address",
    "postcode",
    "vin",
    "plate",
    "brand",
    "model",
    "event_date",
)
CELLS: dict[str, tuple[str, ...]] = {
    "name": ("王伟先生", "欧阳娜娜 13917852046", "上海永达汽车销售服务有限公司", "张总", "無", "陳乾", "张**", "王伟/李娜", "锟斤拷", "Ann Lee"),
    "gender": ("男", "女士", "F", "?"),
    "phone": ("139-1785-2046", "13800138000", "021-58881234转801", "1.3917852046E10", "139****2046", "+1 650 253 0000", "13917852O46;15021234567"),
    "email": ("Wang@gmial.com", "a@b", "kf@dealer.cn;ww8@qq，com", "无", "ww****8@qq.com"),
    "id_number": ("310106198807152412", "310106880715241", "914403001922038216", "3.10106E+17", "31010619880715241x", "E12345678"),
    "birth_date": ("1988/7/15", "二〇〇一年三月四日", "1900-01-01", "3/5/1990", "2030-01-01"),
    "address": ("闸北区共和新路1968号3栋501室", "朝阳区建国路88号", "湖北襄樊市襄阳区航空路8号", "同上", "沪浦东张杨路500弄3-2-501", "廣東省廣州市天河區體育西路1號", "123 High St"),
    "postcode": ("200070", "000000", "2000"),
    "vin": ("LFV3A23C0F3027419", "LFV3A23COF3O27419", "LFV123", "无"),
    "plate": ("沪A·12345", "上海AD12345", "沪112345", "无牌", "京a12345挂"),
    "brand": ("一汽-大众", "BMW", "某新品牌", "賓士"),
    "model": ("MAGOTAN 330TSI", "大众 某车", "2023款 凯美瑞"),
    "event_date": ("2025-05-03", "45049", "5/3/2023", "2031-01-01", "0000-00-00"),
    "province": ("上海", "沪", "廣東省"), "city": ("上海市", "广州"), "district": ("静安", "朝阳区"),
    "amount": ("12.8万", "12-13万", "-5"), "mileage": ("3万5", "99999999", "x"), "source": ("sale", "service", "web", "customer"), "event_kind": ("首保", "二手车"),
    "dealer_id": ("d1", "d2"), "role": ("owner", "buyer"), "campaign": ("微信公號", "无"), "satisfaction": ("4.5", "很好"), "cost": ("0", "五元三角"),
}  # fmt: skip
ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=30) | st.text(
    st.sampled_from("0123456789０９一二年月日号室路区省市@.-/*王沪A\x00\u200b E+"), max_size=20
)
RARE = st.sampled_from(("\x00", "\ufeff", "\ufffd", "\U0001f697" * 3, "'" * 9, "%s%n", "\r\n\t", "\u202e王伟", "e\u0301" * 5))


def cell(column: str) -> st.SearchStrategy[str | None]:
    known = st.sampled_from(CELLS[column]) if column in CELLS else st.nothing()
    return st.one_of(st.none(), known, known, ANY_TEXT, RARE)


ROW = st.fixed_dictionaries({column: cell(column) for column in (*CELLS, "remark", "response")}, optional={"main": st.booleans()})
ROWS = st.lists(ROW, max_size=16)


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    blank: dict[str, Any] = dict.fromkeys(COLUMNS)
    numbered = [blank | {"main": True} | row | {"record_id": f"r{i}", "row_id": f"w{i}", "row_number": i} for i, row in enumerate(rows)]
    return pl.DataFrame(numbered, schema=COLUMNS, orient="row")


def written_again(clean: pl.DataFrame, raw: pl.DataFrame) -> pl.DataFrame:
    """Clean values in the columns they came from. Where a value is unknown, the cell is empty."""
    text = {name: pl.col(name).cast(pl.String) for name in VALUES if name in clean.columns}
    text |= {"phone": pl.col("phones").list.join(";"), "email": pl.col("emails").list.join(";")}
    return raw.with_columns(clean.select("province", "city", "district", **text).get_columns()).select(COLUMNS.keys())


@settings(max_examples=5)
@given(ROWS)
def test_rows_and_their_order_stay_whatever_the_cells_are(rows: list[dict[str, Any]]) -> None:
    raw = frame(rows)
    clean = records.clean(raw, as_of=AS_OF)
    assert clean.schema == schema("clean_records")
    assert clean["record_id"].to_list() == raw["record_id"].to_list()
    assert clean["score"].is_between(0, 100).all()
    assert events.clean(raw, as_of=AS_OF).schema == schema("events")


@settings(max_examples=3)
@given(ROWS, st.integers(5, 9), st.randoms(use_true_random=False))
def test_a_record_does_not_depend_on_what_stands_beside_it(rows: list[dict[str, Any]], size: int, chance: Any) -> None:
    raw = frame(rows)
    whole = records.clean(raw, as_of=AS_OF)
    assert_frame_equal(pl.concat([records.clean(part, as_of=AS_OF) for part in raw.iter_slices(size)] or [whole]), whole)
    order = chance.sample(range(len(raw)), len(raw))
    assert_frame_equal(records.clean(raw[order], as_of=AS_OF), whole[order])


@settings(max_examples=5)
@given(ROWS)
def test_cleaning_clean_values_changes_nothing(rows: list[dict[str, Any]]) -> None:
    raw = frame(rows)
    once = records.clean(raw, as_of=AS_OF)
    twice = records.clean(written_again(once, raw), as_of=AS_OF)
    same = (
        "name",
        "surname",
        "given_name",
        "phones",
        "mobile",
        "emails",
        "id_number",
        "birth_date",
        "vin",
        "plate",
        "brand",
        "model",
        "postcode",
        "event_date",
    )
    named = once.filter(pl.col("name").is_not_null())["record_id"]
    for column in same:
        left, right = once, twice
        if column in {"name", "surname", "given_name"}:  # a surname without a name (张总) is not written back
            left, right = (table.filter(pl.col("record_id").is_in(named.implode())) for table in (once, twice))
        assert left[column].to_list() == right[column].to_list(), column
    for column in ("province", "city", "district", "adcode"):
        known = once[column].is_not_null()
        assert once.filter(known)[column].to_list() == twice.filter(known)[column].to_list(), column


def test_a_megabyte_in_a_cell_is_only_a_bad_cell() -> None:
    columns = ("name", "phone", "email", "id_number", "address", "vin", "plate", "birth_date", "brand", "model", "amount", "mileage")
    long = [{column: unit * (1_000_000 // len(unit))} for column in columns for unit in ("王1", "路1号a@b.cn;")]
    clean = records.clean(frame([*long, {"name": "王伟"}]), as_of=AS_OF)
    assert len(clean) == len(long) + 1
    assert clean["name"][-1] == "王伟"
