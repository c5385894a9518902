"""What reference sources offer to golden records, held against the rule written out slowly in plain Python."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from engine.tables import schema
from matching.survivorship.merging import merge, merge_all
from matching.survivorship.offers import TOLD
from tests.matching.survivorship_oracle import as_good
from tests.matching.test_offers import LATER, offer, rows_of
from tests.matching.test_survivorship import DAY, FRAME, IDS, PHONES, RULES, SLOW_TO_DRAW, Record, record, records

SAYS: dict[str, list[dict[str, Any]]] = {
    "name": [{"name": name, "party": party} for name in ("王伟", "王玮", "李娜") for party in ("person", "organization")],
    "id_number": [{"id_type": "resident_id", "id_number": number, "party": "person"} for number in IDS],
    "birth_date": [{"birth_date": day} for day in (date(1990, 1, 1), date(1949, 12, 31), date(2000, 2, 2))],
    "gender": [{"gender": gender} for gender in "MF"],
    "phone": [{"phones": [phone], "mobile": phone if phone.startswith("+861391") else None} for phone in [*PHONES, "+8613911119999"]],
    "email": [{"emails": [mail]} for mail in ("a@x.cn", "b@x.cn", "c@x.cn")],
    "address": [{"province": "北京市", "road": "建国路", "road_no": no, "address": f"北京市建国路{no}"} for no in ("1号", "2号", "3号")],
}  # fmt: skip
BLOCK = {"id_number": "identity"}


@st.composite
def offers(draw: st.DrawFn) -> list[Record]:
    made: dict[tuple[str, str, str], Record] = {}
    for row in range(draw(st.integers(0, 40))):
        field = draw(st.sampled_from(sorted(SAYS)))
        rules = (
            ["fill"]
            if field == "id_number"
            else ["fill", "update", "update", *(["strike"] if field in ("phone", "email", "address") else [])]
        )
        customer, source = f"C{draw(st.integers(1, 9))}", draw(st.sampled_from(["r", "s", "t"]))
        day = draw(st.sampled_from([DAY - timedelta(days=1), DAY, LATER, None]))
        said = draw(st.sampled_from(SAYS[field]))
        each = offer(
            source, field, draw(st.sampled_from(rules)), trust=draw(st.integers(1, 10)), customer=customer, row=row, day=day, **said
        )
        made[customer, source, field] = each
    return list(made.values())


def values_of(row: Record, field: str) -> list[str]:
    if field in ("phone", "email"):
        return list(row[f"{field}s"])
    value = (row["name"] or row["surname"]) if field == "name" else row[field]
    return [] if value is None else [str(value)]


class Merits:
    """How good a value is: the highest trust and the latest date of who says it."""

    def __init__(self, rows: list[Record], field: str) -> None:
        self.rows, self.field = rows, field

    def of(self, value: str | None, *, beside: list[Record]) -> tuple[int, int]:
        saying = [row for row in [*self.rows, *beside] if value in values_of(row, self.field)]
        return max((trust(row, self.field) for row in saying), default=-99), max((dated(row) for row in saying), default=-1)


def trust(row: Record, field: str) -> int:
    return int(row["grade"]) if row.get("grade") is not None else RULES.grade(BLOCK.get(field, field), row["source"])  # type: ignore[arg-type]  # a block's name


def dated(row: Record) -> int:
    return int(row["event_date"].toordinal()) if row["event_date"] is not None else 0


def better(each: Record, merit: tuple[int, int]) -> bool:
    return each["grade"] > merit[0] and dated(each) >= merit[1] and dated(each) > 0


def without(row: Record, field: str, value: str) -> Record:
    if field == "address":
        parts = ("province", "city", "district", "road", "road_no", "room", "address", "postcode")
        return row | dict.fromkeys(parts) if row["address"] == value else row
    return row | {f"{field}s": [each for each in row[f"{field}s"] if each != value]}


def oracle(rows: list[Record], said: list[Record]) -> tuple[Record, dict[tuple[str, str], str]]:
    """What each field of one customer must be after offers, with the rule where it came from one, and what became of each offer."""
    told = {(each["reference"], each["field"]): "kept" for each in said}
    mine = {field: [each for each in said if each["field"] == field and each["offer"] != "strike"] for field in SAYS}
    for field in ("phone", "email", "address"):
        strikes = [each for each in said if each["field"] == field and each["offer"] == "strike"]
        merits, standing = Merits(rows, field), list(mine[field])
        struck = set()
        for each in strikes:
            (value,) = values_of(each, field)
            there = any(value in values_of(row, field) for row in [*rows, *standing])
            if there and better(each, merits.of(value, beside=standing)):
                struck.add(value)
                told[each["reference"], field] = "struck"
            if not there:
                told[each["reference"], field] = "confirmed"
        for value in struck:
            rows = [without(row, field, value) for row in rows]
        mine[field] = [each for each in mine[field] if not struck & set(values_of(each, field))]
    base = merge(pl.DataFrame(rows, schema=FRAME), rules=RULES).row(0, named=True)
    fitting = [each for each in mine["id_number"] if base["party"] != "organization"]
    number = settle(Merits([], "id_number"), base["id_number"], fitting, told, "id_number", locked=True)
    if number is not None:
        only_number = record("zz", customer_id=base["customer_id"], source="nowhere", id_type="resident_id", id_number=number["id_number"])
        base = merge(pl.DataFrame([*rows, only_number], schema=FRAME), rules=RULES).row(0, named=True)
    result: Record = {"id_number": base["id_number"]}
    party = base["party"]
    if party is None and mine["name"]:
        party = min(mine["name"], key=lambda each: (-each["grade"], -dated(each), each["record_id"]))["party"]
    result["party"] = party
    why = {entry["field"]: entry["rule"] for entry in base["provenance"]}
    holder = {entry["field"]: entry["record_id"] for entry in base["provenance"]}
    for field in ("name", "birth_date", "gender", "phone", "email", "address"):
        others, standing = rows, mine[field]
        if field == "name":
            others = [row for row in rows if row["party"] is None or party is None or row["party"] == party]
            standing = [each for each in standing if each["party"] == party]
        if field == "address":
            others = as_good(rows)
        locked = False
        own = []
        if field in ("birth_date", "gender"):
            others = [row for row in rows if base["id_number"] is None or row["id_number"] in (None, base["id_number"])]
            standing = [] if party == "organization" else standing
            locked = why.get(field) == "from_id_number"
            if why.get(field) == "with_id_number":
                own = [row | {"grade": RULES.grade("identity", row["source"])} for row in rows if row["record_id"] == holder[field]]
        before = base["phones"][0] if field == "phone" and base["phones"] else None if field == "phone" else base[field]
        before = (base["name"] or base["surname"]) if field == "name" else before if before is None else str(before)
        if party == "organization" and field in ("birth_date", "gender"):
            before = None  # who turns out to be a company has neither
        taken = settle(Merits([*others, *own], field), before, standing, told, field, locked=locked)
        result[field] = before if taken is None else values_of(taken, field)[0]
    return result, told


def settle(
    merits: Merits, now: str | None, standing: list[Record], told: dict[tuple[str, str], str], field: str, *, locked: bool
) -> Record | None:
    """The offer that is taken, and what became of all."""
    same = [each for each in standing if now is not None and now in values_of(each, field)]
    merit = merits.of(now, beside=same)
    eligible = standing if now is None else []
    if now is not None and not locked:
        eligible = [each for each in standing if each["offer"] == "update" and each not in same and better(each, merit)]
    best = min(eligible, key=lambda each: (-each["grade"], -dated(each), each["record_id"]), default=None)
    final = now if best is None else values_of(best, field)[0]
    for each in standing:
        if each is best:
            told[each["reference"], field] = "filled" if now is None else "updated"
        elif final in values_of(each, field):
            told[each["reference"], field] = "confirmed"
    return best


@settings(max_examples=60, suppress_health_check=SLOW_TO_DRAW)
@given(rows=records(), said=offers())
def test_equals_the_oracle(rows: list[Record], said: list[Record]) -> None:
    customers = {row["customer_id"] for row in rows}
    said = [each for each in said if each["customer_id"] in customers]
    found = merge_all(rows_of(*rows, *said), rules=RULES)
    assert set(schema("customers")) <= set(found.columns)
    for row in found.iter_rows(named=True):
        name = row["customer_id"]
        expected, outcomes = oracle([r for r in rows if r["customer_id"] == name], [o for o in said if o["customer_id"] == name])
        got = {field: row[field] if field in ("party", "id_number") else None for field in expected}
        for field in ("birth_date", "gender", "email", "address"):
            got[field] = None if row[field] is None else str(row[field])
        got |= {"name": row["name"] or row["surname"], "phone": next(iter(row["phones"]), None)}
        assert got == expected
        assert {(each["reference"], each["field"]): each["outcome"] for each in row["told"]} == outcomes
        for each in row["told"]:
            assert set(each) == set(TOLD)


@settings(max_examples=20, suppress_health_check=SLOW_TO_DRAW)
@given(rows=records(), said=offers(), seed=st.integers(0, 99))
def test_order_and_company_do_not_matter_and_no_offers_change_nothing(rows: list[Record], said: list[Record], seed: int) -> None:
    customers = {row["customer_id"] for row in rows}
    every = [*rows, *(each for each in said if each["customer_id"] in customers)]
    whole = merge_all(rows_of(*every), rules=RULES)
    random.Random(seed).shuffle(every)
    parts = [[row for row in every if (row["customer_id"] < "C5") == early] for early in (True, False)]
    assert_frame_equal(whole, pl.concat(merge_all(rows_of(*part), rules=RULES) for part in parts if part))
    alone = merge_all(rows_of(*rows), rules=RULES)
    assert alone["told"].list.len().sum() == 0
    assert_frame_equal(alone.drop("told"), merge_all(pl.DataFrame(rows, schema=FRAME), rules=RULES))
