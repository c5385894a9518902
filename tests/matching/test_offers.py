"""What reference sources offer to golden records, one rule at a time."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl

from matching.survivorship.merging import merge_all
from matching.survivorship.offers import OFFERED
from tests.matching.test_survivorship import DAY, FRAME, IDS, PHONES, RULES, Record, record

WITH_OFFERS = {**FRAME, "decision": pl.Int64(), "prefers": pl.Boolean(), **OFFERED}
LATER = DAY + timedelta(days=5)


def offer(
    source: str, field: str, rule: str, *, trust: int = 9, customer: str = "C1", row: int = 1, day: date | None = LATER, **values: Any
) -> Record:
    about = values.pop("about", None)
    said = record(f"reference:{source}:{row}", customer_id=customer, source=None, dealer_id=None, event_date=day, **values)
    return said | {"reference": source, "field": field, "offer": rule, "grade": trust, "about": about}


def rows_of(*rows: Record) -> pl.DataFrame:
    empty = {"decision": 0, "prefers": False, **dict.fromkeys(OFFERED)}
    return pl.DataFrame([empty | row for row in rows], schema=WITH_OFFERS)


def kept(*rows: Record) -> Record:
    row = merge_all(rows_of(*rows), rules=RULES).row(0, named=True)
    return row | {"why": {entry["field"]: entry for entry in row["provenance"]}, "said": [each["outcome"] for each in row["told"]]}


# ------------------------------------------------------------------------------------------------------ one thing at a time


def test_an_empty_field_is_filled_and_a_full_one_is_not() -> None:
    mail = offer("register", "email", "fill", emails=["new@x.cn"])
    row = kept(record("a"), mail)
    assert (row["email"], row["emails"], row["said"]) == ("new@x.cn", ["new@x.cn"], ["filled"])
    assert (row["why"]["email"]["rule"], row["why"]["email"]["record_id"]) == ("reference:register", "reference:register:1")
    assert (row["records"], row["last_seen"]) == (1, None)
    row = kept(record("a", emails=["old@x.cn"]), mail)
    assert (row["email"], row["emails"], row["said"]) == ("old@x.cn", ["old@x.cn"], ["kept"])


def test_an_update_needs_more_trust_and_no_earlier_date_and_leaves_the_old_value_beside_it() -> None:
    old = record("a", phones=[PHONES[0]], mobile=PHONES[0], source="sale", event_date=DAY)
    new = {"phones": [PHONES[1]], "mobile": PHONES[1]}
    row = kept(old, offer("calls", "phone", "update", **new))
    assert (row["mobile"], row["phones"], row["said"]) == (PHONES[1], [PHONES[1], PHONES[0]], ["updated"])
    assert row["why"]["mobile"]["runner_up"] == PHONES[0]
    (value,) = (each for each in row["every"] if each["value"] == PHONES[1])
    assert (value["primary"], value["valid"], value["records"], value["rule"]) == (True, True, 0, "reference:calls")
    for other in ({"trust": 3}, {"day": DAY - timedelta(days=1)}, {"day": None}):
        assert kept(old, offer("calls", "phone", "update", **new, **other))["said"] == ["kept"]


def test_a_value_that_a_later_record_repeats_is_as_late_as_that() -> None:
    rows = [
        record("a", source="crm", name="王伟", party="person", event_date=DAY),
        record("b", source="lead", name="王伟", party="person", event_date=LATER),
    ]
    late = offer("register", "name", "update", trust=10, day=DAY + timedelta(days=1), name="王玮", party="person")
    assert kept(*rows, late)["said"] == ["kept"]


def test_a_source_that_confirms_a_value_stands_up_for_it() -> None:
    old = record("a", emails=["a@x.cn"], event_date=DAY)
    row = kept(
        old, offer("better", "email", "update", trust=9, emails=["a@x.cn"]), offer("worse", "email", "update", trust=8, emails=["b@x.cn"])
    )
    assert (row["email"], row["said"]) == ("a@x.cn", ["confirmed", "kept"])


def test_what_is_verified_wrong_goes_and_the_next_best_takes_its_place() -> None:
    one, two = (record(name, phones=[phone], mobile=phone, event_date=DAY) for name, phone in zip("ab", PHONES, strict=False))
    row = kept(one, two, offer("calls", "phone", "strike", phones=[PHONES[0]], mobile=PHONES[0]))
    assert (row["mobile"], row["phones"], row["said"]) == (PHONES[1], [PHONES[1]], ["struck"])
    assert row["told"][0]["old_value"] == PHONES[0]
    later = record("c", phones=[PHONES[0]], mobile=PHONES[0], event_date=LATER + timedelta(days=1))
    assert kept(one, two, later, offer("calls", "phone", "strike", phones=[PHONES[0]], mobile=PHONES[0]))["said"] == ["kept"]


def test_a_landline_that_is_put_first_leaves_the_mobile() -> None:
    row = kept(record("a", phones=[PHONES[0]], mobile=PHONES[0], event_date=DAY), offer("register", "phone", "update", phones=[PHONES[2]]))
    assert (row["mobile"], row["phones"]) == (PHONES[0], [PHONES[2], PHONES[0]])


def test_what_a_steward_says_stands_above_every_source() -> None:
    word = record("decision:3", source="steward", event_date=DAY, emails=["right@x.cn"]) | {"decision": 3}
    row = kept(record("a"), word, offer("register", "email", "update", trust=99, emails=["new@x.cn"]))
    assert (row["email"], row["said"]) == ("right@x.cn", ["kept"])
    born = record("decision:3", source="steward", event_date=DAY, birth_date=date(1991, 2, 3)) | {"decision": 3}
    row = kept(record("a"), born, offer("register", "id_number", "fill", id_type="resident_id", id_number=IDS[1], party="person"))
    assert (row["id_number"], row["birth_date"], row["said"]) == (None, date(1991, 2, 3), ["kept"])


def test_a_number_brings_its_birth_date_and_no_source_says_otherwise() -> None:
    number = offer("register", "id_number", "fill", id_type="resident_id", id_number=IDS[0], party="person")
    row = kept(
        record("a", birth_date=date(1980, 5, 5), gender="M"), number, offer("other", "birth_date", "update", birth_date=date(1980, 5, 5))
    )
    assert (row["party"], row["id_number"], row["birth_date"], row["gender"]) == ("person", IDS[0], date(1949, 12, 31), "F")
    assert row["why"]["birth_date"]["rule"] == "from_id_number"
    assert row["said"] == ["kept", "filled"]
    numbered = record("a", source="lead", id_type="resident_id", id_number=IDS[0], event_date=DAY)
    assert kept(numbered, offer("other", "birth_date", "update", birth_date=date(1980, 5, 5)))["said"] == ["kept"]


def test_a_postcode_is_of_the_address_that_it_was_found_for() -> None:
    home = record(
        "a",
        province="北京市",
        city="北京市",
        district="朝阳区",
        road="建国路",
        road_no="88号",
        address="北京市朝阳区建国路88号",
        event_date=DAY,
    )
    post = offer("post", "postcode", "fill", postcode="100022", about="北京市朝阳区建国路88号")
    row = kept(home, post)
    assert (row["postcode"], row["said"], row["why"]["postcode"]["rule"]) == ("100022", ["filled"], "reference:post")
    moved = offer(
        "register", "address", "update", province="上海市", city="上海市", road="南京路", road_no="1号", address="上海市南京路1号"
    )
    row = kept(home, post, moved)
    assert (row["address"], row["district"], row["postcode"], row["said"]) == ("上海市南京路1号", None, None, ["kept", "updated"])


def test_a_company_takes_no_persons_name_or_birth_date() -> None:
    firm = record("a", party="organization", event_date=DAY)
    row = kept(firm, offer("r", "name", "fill", name="王伟", party="person"), offer("r", "birth_date", "fill", birth_date=date(1980, 1, 1)))
    assert (row["name"], row["birth_date"], row["said"]) == (None, None, ["kept", "kept"])


def test_who_turns_out_to_be_a_company_has_no_gender() -> None:
    nameless = record("a", gender="M", event_date=DAY)
    row = kept(nameless, offer("register", "name", "fill", name="永达汽车", party="organization"))
    assert (row["name"], row["party"], row["gender"], row["said"]) == ("永达汽车", "organization", None, ["filled"])
