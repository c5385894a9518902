"""The golden record, held against the rule written out slowly in plain Python."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from engine.duckdb import DuckDBEngine
from engine.tables import PROBLEMS, schema
from matching.survivorship import RulesError, golden, load_rules
from matching.survivorship.blocks import COLUMNS, PARTS, PROBLEM_FIELDS
from matching.survivorship.golden import merge

RULES = load_rules()
DAY = date(2026, 1, 1)
Record = dict[str, Any]
FRAME = {"customer_id": pl.String(), **{c: schema("clean_records")[c] for c in COLUMNS}, "event_date": pl.Date()}


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


# ----------------------------------------------------------------------------------------------------------------- the oracle

IDS = ["11010519491231002X", "110105198001010013", "110105198001010021"]
POOL: dict[str, list[Any]] = {
    "dealer_id": ["D1", "D2"],
    "source": ["crm", "sale", "service", "lead", "test_drive", "somewhere"],
    "party": ["person", "person", "organization", None],
    "name": ["王伟", "王玮", None],
    "surname": ["王", None],
    "given_name": ["伟", None],
    "gender": ["M", "F", None],
    "birth_date": [date(1990, 1, 1), date(1949, 12, 31), None],
    "province": ["北京市", None],
    "district": ["朝阳区", "海淀区", None],
    "road": ["建国路", None],
    "road_no": ["1号", "2号", None],
    "room": ["101室", None],
    "postcode": ["100000", None],
    "vin": ["V1", "V2", None],
    "plate": ["京A1", "京A2", None],
    "event_date": [DAY, DAY + timedelta(days=1), None],
}
SLOW_TO_DRAW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
PHONES = ["+8613911112222", "+8613911113333", "+861012345678"]


@st.composite
def records(draw: st.DrawFn) -> list[Record]:
    rows = []
    for n in range(draw(st.integers(1, 60))):
        values = {column: draw(st.sampled_from(pool)) for column, pool in POOL.items()}
        phones = draw(st.lists(st.sampled_from(PHONES), unique=True, max_size=2))
        id_type = draw(st.sampled_from(["resident_id", "passport_cn", "uscc", None]))
        number = {"resident_id": draw(st.sampled_from(IDS)), "passport_cn": "E12345678", "uscc": "91310000000000000X", None: None}[id_type]
        address = "".join(values[part] or "" for part in ("province", "district", "road", "road_no", "room")) or None
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


def choose(block: str, said: list[tuple[str | None, Record, int, int]]) -> tuple[str, Record, str, str | None, bool] | None:
    """Of (value, record, validity without doubt counted, completeness): value, record, rule, runner-up, doubted."""
    heard = [
        (value, row, 2 * validity + (not doubted(block, row)), completeness)
        for value, row, validity, completeness in said
        if value is not None
    ]
    if not heard:
        return None
    votes = Counter(value for value, *_ in heard)
    order = RULES.of(block).order or ()  # type: ignore[arg-type]  # block names are checked by the rules

    def merits(candidate: tuple[str, Record, int, int]) -> list[int]:
        value, row, validity, completeness = candidate
        grade = {
            "trust": RULES.grade(block, row["source"]),  # type: ignore[arg-type]  # as above
            "validity": validity,
            "recency": (row["event_date"] or date(1, 1, 1)).toordinal(),
            "completeness": completeness,
            "frequency": votes[value],
        }
        return [grade[criterion] for criterion in order]

    def place(candidate: tuple[str, Record, int, int]) -> tuple[list[int], str]:
        return [-merit for merit in merits(candidate)], candidate[1]["record_id"]

    best = min(heard, key=place)
    others = [candidate for candidate in heard if candidate[0] != best[0]]
    if not others:
        return best[0], best[1], "only_value", None, doubted(block, best[1])
    second = min(others, key=place)
    decided = [c for c, mine, theirs in zip(order, merits(best), merits(second), strict=True) if mine != theirs]
    return best[0], best[1], decided[0] if decided else "record_id", second[0], doubted(block, best[1])


def doubted(block: str, row: Record) -> bool:
    return any(p["field"] in PROBLEM_FIELDS[block] and not p["repaired"] for p in row["problems"])  # type: ignore[index]  # a block's name


def organization_id(row: Record) -> bool:
    return row["id_type"] == "uscc"


def oracle(rows: list[Record]) -> Record:
    """What the golden record of one customer must be (without party's and number's provenance)."""
    party = choose("party", [(r["party"], r, 0, 0) for r in rows])
    kind = party[0] if party else None
    fitting = [r for r in rows if r["id_number"] and (kind is None or organization_id(r) == (kind == "organization"))]
    number = choose("identity", [(r["id_number"], r, 0, 0) for r in fitting])
    if kind is None and number:
        kind = "organization" if organization_id(number[1]) else "person"
    named = [r for r in rows if r["party"] is None or kind is None or r["party"] == kind]
    name = choose(
        "name",
        [
            (r["name"] or r["surname"], r, r["name"] is not None, sum(r[c] is not None for c in ("name", "surname", "given_name")))
            for r in named
        ],
    )
    result: Record = {
        "party": kind,
        "id_number": number and number[0],
        "name": name and name[1]["name"],
        "surname": name and name[1]["surname"],
    }
    for field in ("birth_date", "gender"):
        others = [r for r in rows if kind != "organization" and (number is None or r["id_number"] in (None, number[0]))]
        picked = choose(field, [(None if r[field] is None else str(r[field]), r, 0, 0) for r in others])
        value = picked and picked[1][field]
        if number and number[1]["id_type"] == "resident_id":
            digits = number[0]
            value = date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14])) if field == "birth_date" else "FM"[int(digits[16]) % 2]
        elif number and number[1][field] is not None and not organization_id(number[1]):
            value = number[1][field]
        result[field] = value
    phones = [(p, r, p.startswith("+861391"), 0) for r in rows for p in r["phones"]]
    result["phones"], _ = listed("phone", phones)
    result["mobile"] = next(iter(p for p in result["phones"][:1] if p.startswith("+861391")), None)
    result["emails"], _ = listed("email", [(e, r, 0, 0) for r in rows for e in r["emails"]])
    own = [r for r in rows if r["source"] not in RULES.cars_not_from]
    result["vins"], vin = listed("vin", [(r["vin"], r, 0, 0) for r in own])
    result["plates"], _ = listed("plate", [(r["plate"], r, 0, 0) for r in own])
    depth: Callable[[Record], int] = lambda r: 2 if r["road"] and r["road_no"] else int(bool(r["district"] or r["road"]))  # noqa: E731  # one line says it best
    address = choose("address", [(r["address"], r, depth(r), sum(r[c] is not None for c in PARTS)) for r in as_recent(rows, depth)])
    for column in ("province", "district", "address", "postcode"):
        result[column] = address and address[1][column]
    result["why"] = {"name": name, "address": address, "vins": vin}
    home = max(
        rows,
        key=lambda r: ((r["event_date"] or date(1, 1, 1)), sum(o["dealer_id"] == r["dealer_id"] for o in rows), r["dealer_id"] == "D1"),
    )
    result["home_dealer_id"] = home["dealer_id"]
    result["records"] = len(rows)
    return result


def as_recent(rows: list[Record], depth: Callable[[Record], int]) -> list[Record]:
    """The records, the address of some of them as recent as another one that only leaves parts of it out."""
    filled: Callable[[Record], int] = lambda r: sum(r[c] is not None for c in PARTS)  # noqa: E731  # one line says it best
    seen: Callable[[Record], date] = lambda r: r["event_date"] or date(1, 1, 1)  # noqa: E731  # as above
    houses = [r for r in rows if r["address"] and depth(r) == 2]
    keys = {r["address"]: (max(seen(o) for o in houses if o["address"] == r["address"]), filled(r)) for r in houses}
    fuller = {key: [other for other in keys if other.startswith(key) and keys[other][1] > keys[key][1]] for key in keys}
    later = {}
    for key, (day, _) in keys.items():
        whole = [other for other in fuller[key] if not fuller[other]]
        if whole:
            best = min(whole, key=lambda other: (-keys[other][0].toordinal(), other))
            later[best] = max(day, later.get(best, day))

    def alike(row: Record, other: Record) -> bool:
        same = doubted("address", row) == doubted("address", other) and RULES.grade("address", row["source"]) == RULES.grade("address", other["source"])
        return same and depth(other) == 2 and row["address"] == other["address"]

    def day(row: Record) -> date | None:
        latest = seen(row) == max(seen(other) for other in houses if alike(row, other))
        found = max(seen(row), later.get(row["address"], date(1, 1, 1))) if latest else seen(row)
        return None if found == date(1, 1, 1) else found

    return [{**r, "event_date": day(r)} if r in houses else r for r in rows]


def listed(block: str, said: list[tuple[str | None, Record, int, int]]) -> tuple[list[str], Any]:
    best = choose(block, said)
    if best is None:
        return [], None
    heard = [(value, row) for value, row, *_ in said if value is not None]
    seen = {value: max((row["event_date"] or date(1, 1, 1)).toordinal() for other, row in heard if other == value) for value, _ in heard}
    count = Counter(value for value, _ in heard)
    rest = sorted((value for value in seen if value != best[0]), key=lambda value: (-seen[value], -count[value], value))
    return [best[0], *rest], best


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW_TO_DRAW)
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


@settings(max_examples=10, deadline=None, suppress_health_check=SLOW_TO_DRAW)
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
