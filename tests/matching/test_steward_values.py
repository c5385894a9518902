"""What a steward says wins over every record, what belongs together stays together, and every value of several is kept."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from engine.duckdb import DuckDBEngine
from engine.tables import schema
from matching.survivorship import survive
from matching.survivorship.merging import merge_all
from tests.matching.survivorship_oracle import slips_of
from tests.matching.test_survivorship import DAY, FRAME, IDS, PHONES, RULES, SLOW_TO_DRAW, Record, record, records

SAID = {**FRAME, "decision": pl.Int64(), "prefers": pl.Boolean()}
BIRTHS = (date(1949, 12, 31), date(1980, 1, 1), date(1991, 2, 3))


def says(number: int, *, prefers: bool = False, **values: Any) -> Record:
    return record(f"decision:{number}", source="steward", event_date=DAY) | {"decision": number, "prefers": prefers} | values


def kept(*rows: Record) -> Record:
    frame = pl.DataFrame([{"decision": 0, "prefers": False, **row} for row in rows], schema=SAID)
    row = merge_all(frame, rules=RULES).row(0, named=True)
    return row | {"why": {entry["field"]: entry for entry in row["provenance"]}}


def test_a_corrected_number_brings_its_birth_date_and_gender() -> None:
    other = record("a", source="crm", id_type="resident_id", id_number=IDS[1], birth_date=date(1980, 1, 1), gender="M")
    row = kept(
        other, record("b", birth_date=date(1980, 1, 1), gender="M"), says(7, id_type="resident_id", id_number=IDS[0], party="person")
    )
    assert (row["id_number"], row["birth_date"], row["gender"]) == (IDS[0], date(1949, 12, 31), "F")
    assert (row["why"]["id_number"]["rule"], row["why"]["id_number"]["record_id"]) == ("steward", "decision:7")
    assert row["why"]["id_number"]["runner_up"] == IDS[1]
    assert (row["why"]["birth_date"]["rule"], row["why"]["birth_date"]["record_id"]) == ("from_id_number", "decision:7")


def test_a_passport_leaves_no_birth_date_of_another_number() -> None:
    other = record("a", source="crm", id_type="resident_id", id_number=IDS[1], birth_date=date(1980, 1, 1), gender="M")
    row = kept(other, says(7, id_type="passport_cn", id_number="E12345678", party="person"))
    assert (row["id_number"], row["birth_date"], row["gender"]) == ("E12345678", None, None)


def test_a_number_that_contradicts_a_later_birth_date_goes() -> None:
    numbered = record("a", source="crm", id_type="resident_id", id_number=IDS[1])
    row = kept(numbered, says(3, birth_date=date(1949, 12, 31)))
    assert (row["id_number"], row["birth_date"], row["why"]["birth_date"]["rule"]) == (None, date(1949, 12, 31), "steward")
    later = kept(numbered, says(3, birth_date=date(1949, 12, 31)), says(4, id_type="resident_id", id_number=IDS[1]))
    assert (later["id_number"], later["birth_date"]) == (IDS[1], date(1980, 1, 1))
    agrees = kept(numbered, says(3, birth_date=date(1980, 1, 1)))
    assert (agrees["id_number"], agrees["why"]["birth_date"]["rule"]) == (IDS[1], "steward")


def test_a_preferred_value_counts_while_a_record_has_it() -> None:
    rows = [record("a", phones=[PHONES[0]], mobile=PHONES[0], event_date=DAY), record("b", phones=[PHONES[1]], mobile=PHONES[1])]
    row = kept(*rows, says(2, prefers=True, phones=[PHONES[1]], mobile=PHONES[1]))
    assert (row["mobile"], row["phones"]) == (PHONES[1], [PHONES[1], PHONES[0]])
    assert (row["why"]["mobile"]["rule"], row["why"]["mobile"]["record_id"]) == ("steward", "decision:2")
    gone = kept(rows[0], says(2, prefers=True, phones=[PHONES[1]], mobile=PHONES[1]))
    assert gone["phones"] == [PHONES[0]]
    assert (row["records"], row["dealers"]) == (2, 1)


def test_a_landline_put_first_leaves_the_mobile() -> None:
    row = kept(record("a", phones=[PHONES[0]], mobile=PHONES[0]), says(2, phones=[PHONES[2]]))
    assert (row["mobile"], row["phones"]) == (PHONES[0], [PHONES[2], PHONES[0]])


def test_of_two_decisions_the_later_wins_and_the_other_is_told() -> None:
    row = kept(record("a", emails=["a@x.cn"]), says(2, emails=["b@x.cn"]), says(5, emails=["c@x.cn"]))
    assert row["emails"][0] == "c@x.cn"
    assert row["why"]["email"]["runner_up"] == "b@x.cn"


@st.composite
def words(draw: st.DrawFn) -> list[Record]:
    """Decisions about the customers of ``records``: numbers, birth dates, genders, names, phones, corrected or preferred."""
    rows = []
    for number in range(1, draw(st.integers(1, 12)) + 1):
        values = draw(
            st.sampled_from(
                [
                    *({"id_type": "resident_id", "id_number": each, "party": "person"} for each in IDS),
                    {"id_type": "uscc", "id_number": "91310000000000000X", "party": "organization"},
                    *({"birth_date": each} for each in BIRTHS),
                    *({"gender": each} for each in "MF"),
                    {"party": "person", "name": "王伟", "surname": "王", "given_name": "伟"},
                    {"party": "organization", "name": "某公司"},
                    *({"phones": [each], "mobile": each if each.startswith("+861391") else None} for each in PHONES),
                    {"province": "上海市", "address": "上海市1号", "road": "x", "road_no": "1号"},
                ]
            )
        )
        rows.append(says(number, prefers=draw(st.booleans()), customer_id=f"C{draw(st.integers(1, 9))}", **values))
    return rows


@settings(max_examples=40, suppress_health_check=SLOW_TO_DRAW)
@given(rows=records(), said=words())
def test_an_impossible_mix_cannot_arise(rows: list[Record], said: list[Record]) -> None:
    there = {row["customer_id"] for row in rows}
    said = [row for row in said if row["customer_id"] in there]
    every = [{"decision": 0, "prefers": False, **row} for row in rows] + said
    for row in merge_all(pl.DataFrame(every, schema=SAID), rules=RULES).iter_rows(named=True):
        mine = [each for each in every if each["customer_id"] == row["customer_id"]]
        number, why = row["id_number"], {entry["field"]: entry for entry in row["provenance"]}
        if row["id_type"] == "resident_id":
            assert row["birth_date"] == date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
            assert row["gender"] == "FM"[int(number[16]) % 2]
        if number is not None:
            assert any((each["id_type"], each["id_number"]) == (row["id_type"], number) for each in mine)
            assert (row["id_type"] == "uscc") == (row["party"] == "organization")
        if row["party"] == "organization":
            assert (row["birth_date"], row["gender"]) == (None, None)
        for together in (("name", "surname", "given_name"), ("province", "city", "district", "address", "postcode")):
            assert any(all(each[name] == row[name] for name in together) for each in mine) or all(row[name] is None for name in together)
        for field in ("birth_date", "gender"):  # with a number of another kind: of its record, or of one without a number
            if row[field] is not None and number is not None and row["id_type"] != "resident_id":
                assert any(each[field] == row[field] and each["id_number"] in (None, number) for each in mine)
        words_of = [each for each in mine if each["decision"]]
        if any(each["prefers"] for each in words_of):
            continue
        # a correction that no other word stands against is what the golden record shows
        if phones := [each["phones"][0] for each in words_of if each["phones"]]:
            assert row["phones"][0] == phones[-1]
            assert next(why[name] for name in ("mobile", "phones") if name in why)["rule"] == "steward"
        if len(words_of) == 1:
            for name in ("address", "id_number", "name"):
                if (value := words_of[0][name]) is not None:
                    assert (row[name], why[name]["rule"], why[name]["record_id"]) == (value, "steward", words_of[0]["record_id"])


@settings(max_examples=40, suppress_health_check=SLOW_TO_DRAW)
@given(rows=records(), said=words())
def test_every_value_is_kept_with_what_is_known_of_it(rows: list[Record], said: list[Record]) -> None:
    there = {row["customer_id"] for row in rows}
    said = [row for row in said if row["customer_id"] in there]
    every = [{"decision": 0, "prefers": False, **row} for row in rows] + said
    for row in merge_all(pl.DataFrame(every, schema=SAID), rules=RULES).iter_rows(named=True):
        mine = [each for each in every if each["customer_id"] == row["customer_id"] and not each["prefers"]]
        found = {value["value"]: value for value in row["every"] if value["field"] == "phone"}
        assert set(found) == {phone for each in mine for phone in each["phones"]}
        assert [value["value"] for value in row["every"] if value["field"] == "phone"] == row["phones"]
        slips = slips_of(
            [(phone, each, phone.startswith("+861391"), 0) for each in mine if not each["decision"] for phone in each["phones"]]
        )
        for phone, value in found.items():
            sayers = [each for each in mine if phone in each["phones"]]
            dates = [each["event_date"] for each in sayers if each["event_date"] is not None]
            assert (value["first_seen"], value["last_seen"]) == ((min(dates), max(dates)) if dates else (None, None))
            assert value["records"] == sum(each["decision"] == 0 for each in sayers)
            assert value["primary"] == (phone == row["phones"][0])
            assert (value["rule"] is not None) == value["primary"]
            slip = phone in slips
            doubts = [
                (slip and not each["decision"]) or any(p["field"] == "phone" and not p["repaired"] for p in each["problems"])
                for each in sayers
            ]
            assert value["valid"] == (not all(doubts))
            assert value["source_record_id"] in {each["record_id"] for each in sayers}
        addresses = [value for value in row["every"] if value["field"] == "address"]
        assert row["address"] is None or next(value["value"] for value in addresses if value["primary"]) == row["address"]


def test_two_tables_of_one_pass() -> None:
    clean = pl.DataFrame(
        [
            {"record_id": "a", "dealer_id": "D1", "source": "sale", "vin": "V1", "phones": [PHONES[0]], "event_date": DAY},
            {"record_id": "b", "dealer_id": "D2", "source": "sale", "vin": "V2", "event_date": DAY + timedelta(days=1)},
        ],
        schema=schema("clean_records"),
    )
    crosswalk = pl.DataFrame([{"record_id": each, "customer_id": "C1", "valid_from": DAY} for each in "ab"], schema=schema("crosswalk"))
    said = pl.DataFrame(
        [{"customer_id": "C1", "record_id": "decision:4", "decision": 4, "prefers": True, "source": "steward", "vin": "V1"}],
        schema={"customer_id": pl.String(), "decision": pl.Int64(), "prefers": pl.Boolean(), **schema("clean_records")},
    )
    with DuckDBEngine(memory_limit="1GB") as engine:
        tables = [engine.from_frame(frame) for frame in (crosswalk, clean, said)]
        done = survive(engine, crosswalk=tables[0], clean_records=tables[1], as_of=DAY + timedelta(days=9), rules=RULES, said=tables[2])
        customers, values = engine.collect(done.customers), engine.collect(done.values)
    assert dict(customers.schema) == schema("customers")
    assert dict(values.schema) == schema("customer_values")
    assert customers["vins"].to_list() == [["V1", "V2"]]
    shown = values.filter(pl.col("field") == "vin").select("value", "primary", "rule", "decision", "source_record_id")
    assert shown.rows() == [("V1", True, "steward", 4, "a"), ("V2", False, None, None, "b")]


@settings(max_examples=15, suppress_health_check=SLOW_TO_DRAW)
@given(rows=records(), said=words())
def test_a_word_about_one_customer_changes_nobody_else(rows: list[Record], said: list[Record]) -> None:
    """All at once as each customer by himself, which is the slow way."""
    there = {row["customer_id"] for row in rows}
    every = pl.DataFrame(
        [{"decision": 0, "prefers": False, **row} for row in rows] + [row for row in said if row["customer_id"] in there], schema=SAID
    )
    alone = [merge_all(every.filter(pl.col("customer_id") == name), rules=RULES) for name in sorted(there)]
    assert_frame_equal(merge_all(every, rules=RULES), pl.concat(alone))
