"""The golden record, held against the rule written out slowly in plain Python."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from cleansing import addresses
from engine.duckdb import DuckDBEngine
from engine.tables import PROBLEMS, schema
from matching.survivorship import RulesError, golden, load_rules
from matching.survivorship.blocks import COLUMNS, PARTS
from matching.survivorship.merging import merge
from matching.survivorship.rules import BlockRules, Criterion
from tests.matching.survivorship_oracle import Record, oracle

RULES = load_rules()
DAY = date(2026, 1, 1)
FRAME = {"customer_id": pl.String(), **{c: schema("clean_records")[c] for c in COLUMNS}, "event_date": pl.Date()}

NUMBERS = ["+8613911112222", "+8613911117777", "+861012345678", "+862187654321"]
DAYS = [DAY, DAY + timedelta(days=9)]


def record(record_id: str, **values: Any) -> Record:
    empty: Record = dict.fromkeys(FRAME)
    return (
        empty
        | {"customer_id": "C1", "record_id": record_id, "dealer_id": "D1", "source": "service", "phones": [], "emails": [], "problems": []}
        | values
    )


def kept(*records: Record) -> Record:
    row = merge(pl.DataFrame(list(records), schema=FRAME), rules=RULES).row(0, named=True)
    return row | {"why": {entry["field"]: entry for entry in row["provenance"]}}


# ------------------------------------------------------------------------------------------------------ one thing at a time


def test_full_name_beats_a_title_only_from_a_better_source() -> None:
    row = kept(
        record("a", source="sale", surname="王", party="person", event_date=DAY),
        record("b", source="lead", name="王小明", surname="王", given_name="小明", party="person"),
    )
    assert (row["name"], row["given_name"]) == ("王小明", "小明")
    assert row["why"]["name"]["rule"] == "validity"
    assert row["why"]["name"]["runner_up"] == "王"


def test_mobile_beats_a_newer_landline_and_all_numbers_stay() -> None:
    row = kept(
        record("a", phones=["+861012345678"], event_date=DAY),
        record("b", phones=["+8613911112222", "+862187654321"], mobile="+8613911112222", event_date=DAY - timedelta(days=9)),
    )
    assert row["mobile"] == "+8613911112222"
    assert row["phones"] == ["+8613911112222", "+861012345678", "+862187654321"]


@settings(max_examples=60)
@given(
    order=st.permutations(["trust", "validity", "recency", "frequency"]),
    criteria=st.integers(1, 4),
    said=st.lists(
        st.tuples(st.sampled_from(["crm", "sale", "service"]), st.sampled_from(NUMBERS), st.sampled_from([None, *DAYS])),
        min_size=1,
        max_size=6,
    ),
)
def test_the_mobile_is_the_best_of_the_mobiles_whatever_decides(
    order: list[Criterion], criteria: int, said: list[tuple[str, str, date | None]]
) -> None:
    rules = RULES.model_copy(update={"fields": {**RULES.fields, "phone": BlockRules(order=tuple(order[:criteria]))}})
    rows = [record(f"r{n}", source=source, phones=[number], event_date=day) for n, (source, number, day) in enumerate(said)]
    mobiles = [row for row in rows if row["phones"][0].startswith("+861391")]
    row = merge(pl.DataFrame(rows, schema=FRAME), rules=rules).row(0, named=True)
    alone = merge(pl.DataFrame(mobiles, schema=FRAME), rules=rules).to_dicts()
    assert row["mobile"] == (alone[0]["phones"][0] if alone else None), "landlines take no mobile away"


def test_number_birth_date_and_gender_cannot_contradict() -> None:
    row = kept(
        record("a", source="sale", id_type="resident_id", id_number="11010519491231002X", event_date=DAY),
        record("b", source="crm", birth_date=date(1980, 5, 5), gender="M", event_date=DAY),
    )
    assert (row["birth_date"], row["gender"]) == (date(1949, 12, 31), "F")
    assert row["why"]["birth_date"]["rule"] == "from_id_number"
    assert row["why"]["birth_date"]["runner_up"] == "1980-05-05"


def test_address_survives_whole() -> None:
    row = kept(
        record(
            "a",
            province="北京市",
            city="北京市",
            district="朝阳区",
            road="建国路",
            road_no="88号",
            address="北京市朝阳区建国路88号",
            event_date=DAY,
        ),
        record("b", province="上海市", city="上海市", address="上海市", postcode="200000", event_date=DAY + timedelta(days=1)),
    )
    assert (row["city"], row["address"], row["postcode"]) == ("北京市", "北京市朝阳区建国路88号", None)


def test_company_has_no_birth_date_and_keeps_its_own_kind_of_number() -> None:
    row = kept(
        record("a", party="organization", name="上海大众汽车有限公司", id_type="uscc", id_number="91310000000000000X"),
        record("b", party="organization", name="上海大众汽车有限公司", id_type="resident_id", id_number="11010519491231002X", gender="F"),
    )
    assert (row["party"], row["id_type"], row["birth_date"], row["gender"]) == ("organization", "uscc", None, None)


def test_demonstration_cars_are_nobodys() -> None:
    row = kept(record("a", source="test_drive", vin="LSVAA4182E2184847"), record("b", source="sale", vin="LFV2A21K6A3000001"))
    assert row["vins"] == ["LFV2A21K6A3000001"]


def test_a_mobile_with_one_digit_wrong_is_not_the_newest() -> None:
    said = [record(f"a{n}", phones=["+8617344736417"], mobile="+8617344736417", event_date=DAY) for n in range(3)]
    slip = record("b", phones=["+8617344336417"], mobile="+8617344336417", event_date=DAY + timedelta(days=9))
    swapped = record("b", phones=["+8617344736471"], mobile="+8617344736471", event_date=DAY + timedelta(days=9))
    other = record("b", phones=["+8617344336471"], mobile="+8617344336471", event_date=DAY + timedelta(days=9))
    for late, mobile in ((slip, "+8617344736417"), (swapped, "+8617344736417"), (other, "+8617344336471")):
        assert kept(*said, late)["mobile"] == mobile
        assert kept(*said, late)["phones"][0] == mobile
    assert kept(*said[:2], slip)["mobile"] == "+8617344336417", "one of three may be the correction"
    assert kept(*said, slip | {"source": "crm"})["mobile"] == "+8617344336417", "so may what the CRM says"


def test_chinese_characters_beat_latin_letters_and_most_records_one_desk() -> None:
    whole = {"surname": "张", "given_name": "明香", "party": "person"}
    latin = record("a", **whole | {"surname": "zhang"}, name="Zhang Mingxiang", source="insurance", event_date=DAY)
    desk = record("b", **whole, name="张明祥", source="sale", event_date=DAY)
    others = [record(f"c{n}", **whole, name="张明香", source="service", event_date=None) for n in range(2)]
    swapped = record("d", party="person", name="明香张", source="sale", event_date=DAY)
    assert kept(latin, others[0])["name"] == kept(desk, *others)["name"] == kept(swapped, others[0])["name"] == "张明香"
    assert kept(desk | {"source": "crm"}, *others)["name"] == "张明祥"


def test_who_leaves_the_room_out_has_not_moved() -> None:
    parts = {"province": "上海市", "city": "上海市", "district": "宝山区", "road": "公园路", "road_no": "4弄31号"}
    whole = record("a", **parts, room="1603", address="上海市宝山区公园路4弄31号1603室", event_date=DAY)
    less = record("b", **parts, address="上海市宝山区公园路4弄31号", event_date=DAY + timedelta(days=40))
    district = record("c", province="上海市", city="上海市", district="宝山区", address="上海市宝山区", event_date=DAY + timedelta(days=90))
    row = kept(whole, less, district)
    told = {entry["field"]: entry for entry in row["provenance"]}["address"]
    assert (row["address"], told["record_id"], told["rule"], told["runner_up"]) == (whole["address"], "a", "completeness", less["address"])
    moved = record("d", **{**parts, "road_no": "9号"}, address="上海市宝山区公园路9号", event_date=DAY + timedelta(days=30))
    assert kept(whole, moved)["address"] == moved["address"]
    assert kept(whole, less, moved)["address"] == whole["address"]
    assert kept(whole, less | {"source": "crm"})["address"] == whole["address"], "the CRM says the same, and less of it"
    assert kept(whole, moved | {"source": "crm"}, less)["address"] == moved["address"]


def at_home(record_id: str, written: str, year: int) -> Record:
    """A record of that year with an address as cleansing reads it."""
    read = addresses.clean(pl.Series([written])).row(0, named=True)
    return record(record_id, **{part: read[part] for part in PARTS}, address=read["normalized"], event_date=date(year, 1, 1))


@pytest.mark.parametrize(
    ("fuller", "later"),
    [
        ("深圳市龙岗区万科城市花园3栋501室", "深圳市龙岗区万科城"),
        ("深圳市龙岗区万科城三期3栋501室", "深圳市龙岗区万科城一期"),
        ("北京市朝阳区建国路88号501室", "北京市朝阳区建国路8"),
        ("北京市朝阳区建国路88号3号楼501室", "北京市朝阳区建国路88号5号楼"),
        ("上海市宝山区公园路4弄31号1603室", "上海市宝山区公园路4弄3号"),
    ],
)
def test_another_place_whose_name_begins_alike_is_a_move(fuller: str, later: str) -> None:
    old, new = at_home("a", fuller, 2015), at_home("b", later, 2025)
    assert kept(old, new)["address"] == new["address"] != old["address"]


@pytest.mark.parametrize(
    ("fuller", "later"),
    [
        ("深圳市龙岗区万科城3栋501室", "深圳市龙岗区万科城"),
        ("深圳市龙岗区万科城三期3栋501室", "深圳市龙岗区万科城"),
        ("上海市宝山区公园路4弄31号1603室", "上海市宝山区公园路4弄"),
        ("上海市宝山区公园路4弄31-1603", "上海市宝山区公园路4弄31号"),
        ("上海市宝山区公园路4弄31号1603室", "上海市宝山区公园路4弄31号楼"),
        ("北京市朝阳区建国路88号院3号楼501室", "北京市朝阳区建国路88号"),
        ("北京市朝阳区建国路88号阳光花园3号楼501室", "北京市朝阳区阳光花园3号楼501室"),
        ("广东省佛山市南海区桂城街道平洲村一组12号", "广东省佛山市南海区桂城街道平洲村"),
    ],
)
def test_a_part_that_is_left_out_is_no_move(fuller: str, later: str) -> None:
    old, new = at_home("a", fuller, 2015), at_home("b", later, 2025)
    assert kept(old, new)["address"] == old["address"] != new["address"]


@pytest.mark.parametrize("one", ["上海市宝山区公园路4弄31号1603室", "上海市宝山区公园路4弄31号楼1603室"])
def test_of_two_ways_to_write_one_home_the_later_stays(one: str) -> None:
    ways = {"上海市宝山区公园路4弄31号1603室", "上海市宝山区公园路4弄31号楼1603室"}
    (other,) = ways - {one}
    assert kept(at_home("a", other, 2015), at_home("b", one, 2025))["address"] == one


def test_a_lane_is_no_more_than_another_number() -> None:
    """Of the same day: the room counts for more than that the number has a lane."""
    lane, room = at_home("a", "上海市黄浦区龙泉路834弄36号", 2025), at_home("b", "上海市黄浦区丽景景园36号楼1903室", 2025)
    assert kept(lane, lane | {"record_id": "c"}, room)["address"] == room["address"]


HOME = {
    "province": ["上海市"], "city": ["上海市"], "district": ["宝山区", "静安区"], "road": ["公园路", "公园西路"], "lane": ["4弄", "44弄"],
    "number": ["3", "31"], "estate": ["万科城", "万科城市花园"], "phase": ["一期", "B区"], "unit": ["1", "2"], "room": ["16", "1603"],
}  # fmt: skip


@settings(max_examples=150)
@given(
    whole=st.fixed_dictionaries({part: st.sampled_from(values) for part, values in HOME.items()}),
    out=st.sets(st.sampled_from(sorted(HOME)), min_size=1),
    other=st.sampled_from([None, *(part for part, values in HOME.items() if len(values) > 1)]),
    as_building=st.tuples(st.booleans(), st.booleans()),
)
def test_a_later_address_is_a_move_exactly_where_a_part_is_another(
    whole: dict[str, str], out: set[str], other: str | None, as_building: tuple[bool, bool]
) -> None:
    out |= (
        {"road", "lane", "number"} if "road" in out else set()
    )  # no lane without its road, no number without its lane, no phase without estate
    out |= {"number"} if "lane" in out else set()
    out |= {"phase"} if "estate" in out else set()
    assume(not {"lane", "estate"} <= out)  # else the post finds no house
    less = {part: value for part, value in whole.items() if part not in out}
    if other is not None:
        assume(other in less)
        less[other] = next(value for value in HOME[other] if value != whole[other])
    old, new = (
        lane_home(name, parts, year, as_building=building)
        for name, parts, year, building in (("a", whole, 2015, as_building[0]), ("b", less, 2025, as_building[1]))
    )
    assert kept(old, new)["address"] == (old if other is None else new)["address"]


def lane_home(record_id: str, parts: dict[str, str], year: int, *, as_building: bool) -> Record:
    """A record with a home in a lane, whose number is read as the building's or as the road's."""
    said: Record = {part: value for part, value in parts.items() if part in PARTS}
    said["road_no"], number = parts.get("lane"), parts.get("number")
    if number is not None and as_building:
        said["building"] = number
    elif number is not None:
        said["road_no"] = f"{parts['lane']}{number}号"
    said["estate"] = (parts["estate"] + parts.get("phase", "")) if "estate" in parts else None
    address = "".join(str(said[part]) for part in PARTS if said.get(part) is not None)
    return record(record_id, **said, address=address, event_date=date(year, 1, 1))


# ----------------------------------------------------------------------------------------------------------------- the oracle

IDS = ["11010519491231002X", "110105198001010013", "110105198001010021"]
POOL: dict[str, list[Any]] = {
    "dealer_id": ["D1", "D2"],
    "source": ["crm", "sale", "service", "lead", "test_drive", "somewhere"],
    "party": ["person", "person", "organization", None],
    "name": ["王伟", "王玮", "Wang Wei", None],
    "surname": ["王", None],
    "given_name": ["伟", None],
    "gender": ["M", "F", None],
    "birth_date": [date(1990, 1, 1), date(1949, 12, 31), None],
    "province": ["北京市", None],
    "district": ["朝阳区", "海淀区", None],
    "road": ["建国路", None],
    "road_no": ["1号", "2号", "4弄", "4弄2号", None],
    "building": ["2", None, None],
    "room": ["101室", None],
    "postcode": ["100000", None],
    "vin": ["V1", "V2", None],
    "plate": ["京A1", "京A2", None],
    "event_date": [DAY, DAY + timedelta(days=1), None],
}
SLOW_TO_DRAW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
PHONES = ["+8613911112222", "+8613911113333", "+861012345678", "+8613911112223"]
DRAWN = [*2 * PHONES[:1], *PHONES]  # often enough to show that the last is a slip of the first


@st.composite
def records(draw: st.DrawFn) -> list[Record]:
    rows = []
    for n in range(draw(st.integers(1, 60))):
        values = {column: draw(st.sampled_from(pool)) for column, pool in POOL.items()}
        phones = draw(st.lists(st.sampled_from(DRAWN), unique=True, max_size=2))
        id_type = draw(st.sampled_from(["resident_id", "passport_cn", "uscc", None]))
        number = {"resident_id": draw(st.sampled_from(IDS)), "passport_cn": "E12345678", "uscc": "91310000000000000X", None: None}[id_type]
        address = "".join(values[part] or "" for part in ("province", "district", "road", "road_no", "building", "room")) or None
        doubts = draw(st.lists(st.sampled_from(["name", "phone", "id_number", "address", "vin", "gender"]), max_size=2))
        problems = [{"field": f, "reason": "r", "value": "v", "repaired": draw(st.booleans())} for f in doubts]
        rows.append(
            record(
                f"r{n:02}",
                customer_id=f"C{draw(st.integers(1, 9))}",
                phones=phones,
                mobile=next((p for p in phones if p.startswith("+861391")), None),
                emails=draw(st.lists(st.sampled_from(["a@x.cn", "b@x.cn"]), unique=True)),
                id_type=id_type,
                id_number=number,
                address=address,
                problems=problems,
                **values,
            )
        )
    return rows


@settings(max_examples=40, suppress_health_check=SLOW_TO_DRAW)
@given(rows=records())
def test_equals_the_oracle(rows: list[Record]) -> None:
    golden_rows = merge(pl.DataFrame(rows, schema=FRAME), rules=RULES)
    assert dict(golden_rows.schema) == schema("customers")
    assert golden_rows["customer_id"].to_list() == sorted({row["customer_id"] for row in rows})
    for row in golden_rows.iter_rows(named=True):
        expected = oracle([r for r in rows if r["customer_id"] == row["customer_id"]])
        why = expected.pop("why")
        assert {field: row[field] for field in expected} == expected
        told = {entry["field"]: entry for entry in row["provenance"]}
        for field, chosen in why.items():
            assert (field in told) == (chosen is not None)
            if chosen is not None:
                assert (told[field]["record_id"], told[field]["rule"], told[field]["runner_up"]) == (
                    chosen[1]["record_id"],
                    chosen[2],
                    chosen[3],
                )


@settings(max_examples=10, suppress_health_check=SLOW_TO_DRAW)
@given(rows=records(), seed=st.integers(0, 99))
def test_order_of_rows_and_company_of_other_customers_do_not_matter(rows: list[Record], seed: int) -> None:
    whole = merge(pl.DataFrame(rows, schema=FRAME), rules=RULES)
    shuffled = rows.copy()
    random.Random(seed).shuffle(shuffled)
    assert_frame_equal(whole, merge(pl.DataFrame(shuffled, schema=FRAME), rules=RULES))
    parts = [[row for row in rows if (row["customer_id"] < "C5") == early] for early in (True, False)]
    assert_frame_equal(whole, pl.concat(merge(pl.DataFrame(part, schema=FRAME), rules=RULES) for part in parts))


def test_only_current_rows_of_the_crosswalk_count_and_future_dates_do_not() -> None:
    clean = pl.DataFrame(
        [
            {"record_id": "a", "dealer_id": "D1", "source": "sale", "vin": "V1", "event_date": DAY},
            {"record_id": "b", "dealer_id": "D2", "source": "sale", "vin": "V2", "event_date": DAY + timedelta(days=999)},
        ],
        schema=schema("clean_records"),
    )
    crosswalk = pl.DataFrame(
        [
            {"record_id": "a", "customer_id": "C1", "valid_from": DAY, "valid_to": None},
            {"record_id": "b", "customer_id": "C2", "valid_from": DAY, "valid_to": DAY},
            {"record_id": "b", "customer_id": "C1", "valid_from": DAY, "valid_to": None},
        ],
        schema=schema("crosswalk"),
    )
    with DuckDBEngine(memory_limit="1GB") as engine:
        table = golden(engine, crosswalk=engine.from_frame(crosswalk), clean_records=engine.from_frame(clean), as_of=DAY, rules=RULES)
        rows = engine.collect(table)
    assert rows["customer_id"].to_list() == ["C1"]
    assert rows["vins"].to_list() == [["V1", "V2"]]
    assert rows.select("home_dealer_id", "records", "dealers", "last_seen").row(0) == ("D1", 2, 2, DAY)


def test_no_records_no_customers() -> None:
    assert_frame_equal(merge(pl.DataFrame(schema=FRAME), rules=RULES), pl.DataFrame(schema=schema("customers")))


# ------------------------------------------------------------------------------------------------------------------- settings


def test_errors_name_file_and_line(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "matching/survivorship/defaults.yaml").read_text(encoding="utf-8")
    wrong = tmp_path / "rules.yaml"
    wrong.write_text(text.replace("order: [frequency, trust, recency]", "order: [loudness]"), encoding="utf-8")
    line = next(n for n, row in enumerate(wrong.read_text(encoding="utf-8").splitlines(), 1) if "loudness" in row)
    with pytest.raises(RulesError, match=rf"rules\.yaml:{line}: fields: party: order"):
        load_rules(wrong)
    with pytest.raises(RulesError, match="cannot be read"):
        load_rules(tmp_path / "nowhere.yaml")


def test_problems_have_the_shape_that_the_blocks_read() -> None:
    assert schema("clean_records")["problems"] == PROBLEMS
