"""Roles on cars, transfers, timelines, companies and referrals, on histories small enough to read."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from engine.duckdb import DuckDBEngine
from engine.tables import TABLES, schema
from enrichment.customer_file import customer_file
from enrichment.relationships.build import relationships
from enrichment.relationships.referrals import named_referrers, referrals
from enrichment.relationships.roles import OWNER_SCHEMA, ownerships
from enrichment.settings import load

AS_OF = date(2026, 1, 1)
RULES = load().relationships
PROOFS = {
    "vin": pl.String, "customer_id": pl.String, "first_seen": pl.Date, "last_seen": pl.Date, "bought": pl.Date, "plate": pl.String,
    "other_plate": pl.String, "named": pl.Int32, "household": pl.String, "surname": pl.String, "name": pl.String,
}  # fmt: skip
Row = dict[str, Any]


def proof(customer: str, first: date, last: date | None = None, **other: object) -> Row:
    plate = other.pop("plate", None)
    return {
        "vin": "V", "customer_id": customer, "first_seen": first, "last_seen": last or first, "bought": None, "plate": plate, "other_plate": plate,
        "named": 1, "household": customer, "surname": customer[:1], "name": customer, **other,
    }  # fmt: skip


def turns(*rows: Row) -> list[tuple[str, int, str | None, str | None]]:
    found = ownerships(pl.DataFrame(rows, schema=PROOFS)).sort("ownership", "customer_id")
    return list(found.select("customer_id", "ownership", "previous_customer_id", "evidence").rows())


EARLY, LATE, LATER = date(2024, 1, 1), date(2025, 1, 1), date(2025, 6, 1)


def test_another_plate_is_another_owner_and_the_same_plate_is_not() -> None:
    assert turns(proof("王伟", EARLY, plate="A"), proof("李娜", LATE, plate="B")) == [("王伟", 1, None, None), ("李娜", 2, "王伟", "plate")]
    assert turns(proof("王伟", EARLY, plate="A"), proof("李娜", LATE, plate="A")) == [("李娜", 1, None, None), ("王伟", 1, None, None)]


@pytest.mark.parametrize("same", [{"household": "H"}, {"name": "王伟"}])
def test_a_household_and_a_name_are_no_transfer(same: dict[str, str]) -> None:
    found = turns(proof("王伟", EARLY, plate="A", **same), proof("李娜", LATE, plate="B", **same))
    assert [row[1] for row in found] == [1, 1]


def test_who_was_seen_as_owner_later_has_not_sold() -> None:
    assert [row[1] for row in turns(proof("王伟", EARLY, LATER, plate="A"), proof("李娜", LATE, plate="B"))] == [1, 1]


def test_a_sale_tells_the_heir_even_if_a_relative_signed() -> None:
    buyer = proof("李强", LATE, bought=LATE, named=0, household="H")
    owner = proof("李娜", LATER, plate="B", household="H")
    assert turns(proof("王伟", EARLY, plate="A"), buyer, owner) == [
        ("王伟", 1, None, None),
        ("李娜", 2, "王伟", "sale"),
        ("李强", 2, None, None),
    ]


def test_who_only_signed_is_told_as_buyer() -> None:
    sale = [proof("王伟", EARLY, plate="A"), proof("李强", LATE, bought=LATE, named=0), proof("张三", LATER, bought=LATER, plate="C")]
    found = ownerships(pl.DataFrame(sale, schema=PROOFS)).sort("ownership")
    assert found.select("customer_id", "previous_role", "role").rows() == [
        ("王伟", None, None),
        ("李强", "owner", "buyer"),
        ("张三", "buyer", "owner"),
    ]


def test_a_bare_buyer_is_no_proof_that_another_name_took_over() -> None:
    """A father buys and the daughter drives: nothing says that the car changed hands."""
    assert [row[1] for row in turns(proof("王伟", EARLY, bought=EARLY, named=0), proof("李娜", LATE))] == [1, 1]
    assert turns(proof("王伟", EARLY), proof("李娜", LATE))[1] == ("李娜", 2, "王伟", "name")


DAYS = st.integers(0, 400).map(lambda day: date.fromordinal(EARLY.toordinal() + day))


@st.composite
def proofs(draw: st.DrawFn) -> list[Row]:
    rows = []
    for car in range(draw(st.integers(1, 4))):
        for number in range(draw(st.integers(1, 4))):
            first, last = sorted((draw(DAYS), draw(DAYS)))
            plate = draw(st.sampled_from([None, "A", "B"]))
            name = draw(st.sampled_from([None, "王伟", "李娜", "张强"]))
            row = proof(f"C{number}", first, last, plate=plate, name=name, bought=draw(st.sampled_from([None, first])))
            rows.append(row | {"vin": f"V{car}", "surname": name and name[0], "named": draw(st.integers(0, 1))})
    return rows


@settings(max_examples=80)
@given(rows=proofs())
def test_laws_of_ownerships(rows: list[Row]) -> None:
    """Each owner once, one heir an ownership, whoever gives comes from the ownership before and was last seen before it ended."""
    found = ownerships(pl.DataFrame(rows, schema=PROOFS))
    assert dict(found.schema) == OWNER_SCHEMA
    shuffled = rows.copy()
    random.Random(1).shuffle(shuffled)
    assert_frame_equal(found, ownerships(pl.DataFrame(shuffled, schema=PROOFS)), check_row_order=False)
    assert found.height == len(rows)
    last = {(row["vin"], row["customer_id"]): row["last_seen"] for row in rows}
    number = {(row["vin"], row["customer_id"]): row["ownership"] for row in found.iter_rows(named=True)}
    for row in found.iter_rows(named=True):
        if row["previous_customer_id"] is not None:
            giver = (row["vin"], row["previous_customer_id"])
            assert number[giver] == row["ownership"] - 1
            assert last[giver] <= row["from_date"]
            roles = [
                {
                    "owner" if each["named"] else "buyer"
                    for each in rows
                    if each["vin"] == row["vin"] and number[each["vin"], each["customer_id"]] == turn
                }
                for turn in (row["ownership"] - 1, row["ownership"])
            ]
            assert [row["previous_role"], row["role"]] == ["owner" if "owner" in told else "buyer" for told in roles]
        else:
            assert row["previous_role"] is row["role"] is None
    heirs = found.filter(pl.col("previous_customer_id").is_not_null()).group_by("vin", "ownership").len()
    assert heirs["len"].max() in {None, 1}
    assert heirs.height == found.filter(pl.col("ownership") > 1).select("vin", "ownership").n_unique()


@pytest.fixture(scope="module")
def made() -> Iterator[tuple[DuckDBEngine, SimpleNamespace]]:
    """A company's car, brought by its driver; a car sold on; somebody recommended by somebody recommended."""
    who = [("c1", "CFIRM", "owner", "r1"), ("c2", "CMAN", "sender", "r1"), ("a1", "CA", "owner", "r2"), ("b1", "CB", "owner", "r3"),
           ("l1", "CB", "customer", "r4"), ("l2", "CD", "customer", "r5"), ("f1", "CA", "customer", "r6")]  # fmt: skip
    car = {"c1": ("V1", "P1"), "c2": ("V1", "P1"), "a1": ("V2", "P2"), "b1": ("V2", "P3")}
    source = {"l1": "lead", "l2": "lead", "f1": "customer"}
    when = {"a1": EARLY, "b1": LATE, "f1": LATER}
    clean = [
        {"record_id": r, "row_id": row, "role": role, "main": role != "sender", "source": source.get(r, "service"), "event_date": when.get(r, EARLY), "dealer_id": "D1",
         "vin": car.get(r, (None, None))[0], "plate": car.get(r, (None, None))[1]}
        for r, _, role, row in who
    ]  # fmt: skip
    customers = [
        {"customer_id": c, "party": "organization" if c == "CFIRM" else "person", "name": c, "given_name": "x", "phones": [phone]}
        for c, phone in (("CFIRM", "+862112345678"), ("CMAN", "+8613911110000"), ("CA", "+8613911110001"), ("CB", "+8613911110002"), ("CD", "+8613911110003"))
    ]  # fmt: skip
    rows = {row: r for r, _, role, row in reversed(who) if role != "sender"}
    events = [{"row_id": row, "record_id": r, "dealer_id": "D1", "source": source.get(r, "service"), "kind": "maintenance", "event_date": when.get(r, EARLY), "vin": car.get(r, (None,))[0]} for row, r in rows.items()]  # fmt: skip
    events += [{**events[0], "row_id": "r9", "record_id": "c1"}]
    clean += [{**next(c for c in clean if c["row_id"] == events[0]["row_id"]), "record_id": "again", "row_id": "r9"}]
    crosswalk = [{"record_id": r, "customer_id": c} for r, c, _, _ in who]
    crosswalk += [{"record_id": "again", "customer_id": next(c for r, c, _, row in who if row == events[0]["row_id"])}]
    records = [
        {"record_id": "l1", "main": True, "remark": "老客户，介绍人：王先生 13911110001"},
        {"record_id": "l2", "main": True, "extra": '{"推荐人姓名":"某","推荐人电话":"13911110002"}'},
    ]
    frames = {
        "customers": customers,
        "crosswalk": crosswalk,
        "clean_records": clean,
        "events": events,
        "records": records,
        "customer_profile": [],
    }
    with DuckDBEngine(memory_limit="1GB") as engine:
        given_ = {name: engine.from_frame(pl.DataFrame(each, schema=schema(name))) for name, each in frames.items()}
        profile = given_.pop("customer_profile")
        records = given_.pop("records")
        file = customer_file(engine, **given_, as_of=AS_OF, settings=load())
        told = relationships(
            engine, customers=given_["customers"], crosswalk=given_["crosswalk"], clean_records=given_["clean_records"], records=records,
            proofs=file.proofs, seen_in_roles=file.seen_in_roles, company_people=file.company_people, profile=profile, settings=RULES,
        )  # fmt: skip
        yield engine, SimpleNamespace(**vars(file), **vars(told))


def test_tables_are_as_listed(made: tuple[DuckDBEngine, SimpleNamespace]) -> None:
    engine, all_of_them = made
    for name in ("timeline", "car_roles", "car_transfers", "company_people", "fleets", "referrals"):
        table = getattr(all_of_them, name)
        assert dict(table.schema) == schema(name)
        assert not engine.collect(table).select(TABLES[name].key).is_duplicated().any()


def test_the_timeline_has_each_row_once(made: tuple[DuckDBEngine, SimpleNamespace]) -> None:
    engine, all_of_them = made
    rows = engine.collect(all_of_them.timeline)
    assert rows.group_by("customer_id").len().sort("customer_id").rows() == [("CA", 2), ("CB", 2), ("CD", 1), ("CFIRM", 1), ("CMAN", 1)]
    assert rows.filter(pl.col("customer_id") == "CMAN")["role"].to_list() == ["sender"]


def test_the_car_went_on_and_the_roles_say_so(made: tuple[DuckDBEngine, SimpleNamespace]) -> None:
    engine, all_of_them = made
    assert engine.collect(all_of_them.car_transfers).rows() == [("V2", "CA", "owner", "CB", "owner", LATE, "plate")]
    roles = engine.collect(all_of_them.car_roles).sort("vin", "customer_id").select("vin", "customer_id", "role", "from_date", "to_date")
    assert roles.rows() == [
        ("V1", "CFIRM", "owner", EARLY, None), ("V1", "CMAN", "driver", EARLY, None),
        ("V2", "CA", "owner", EARLY, LATE), ("V2", "CB", "owner", LATE, None),
    ]  # fmt: skip


def test_a_company_has_people_and_cars(made: tuple[DuckDBEngine, SimpleNamespace]) -> None:
    engine, all_of_them = made
    assert engine.collect(all_of_them.company_people).select("company_id", "person_id", "role", "cars").rows() == [
        ("CFIRM", "CMAN", "driver", 1)
    ]
    assert engine.collect(all_of_them.fleets).select("customer_id", "cars", "people", "main_person_id").rows() == [("CFIRM", 1, 1, "CMAN")]


def walked(referrers: dict[int, int], start: int) -> tuple[int, int]:
    """Who stands at the top and how many steps away, from referrer to referrer and nowhere twice."""
    passed = [start]
    while len(passed) <= RULES.longest_chain and referrers.get(passed[-1], start) not in passed:
        passed.append(referrers[passed[-1]])
    return passed[-1], len(passed) - 1


@settings(max_examples=10)
@example(referrers={0: 1, 1: 2, 2: 1})
@example(referrers={n: n + 1 for n in range(14)})
@given(referrers=st.dictionaries(st.integers(0, 7), st.integers(0, 7)))
def test_a_chain_ends_where_it_would_begin_anew(referrers: dict[int, int]) -> None:
    referrers = {customer: other for customer, other in referrers.items() if customer != other}
    everybody = sorted({*referrers, *referrers.values()})
    frames = {
        "records": [{"record_id": f"r{n}", "main": True, "remark": f"介绍人139{other:08d}"} for n, other in referrers.items()],
        "clean_records": [{"record_id": f"r{n}", "event_date": EARLY} for n in referrers],
        "customers": [{"customer_id": f"C{n}", "phones": [f"+86139{n:08d}"]} for n in everybody],
        "members": [{"record_id": f"r{n}", "customer_id": f"C{n}"} for n in referrers],
    }
    with DuckDBEngine(memory_limit="1GB") as engine:
        tables = {
            name: engine.from_frame(pl.DataFrame(rows, schema=schema("crosswalk" if name == "members" else name)))
            for name, rows in frames.items()
        }
        found = engine.collect(referrals(engine, **tables, settings=RULES))
    assert sorted(found.select("customer_id", "referrer_id", "top_id", "depth").rows()) == sorted(
        (f"C{n}", f"C{other}", f"C{top}", depth) for n, other in referrers.items() for top, depth in [walked(referrers, n)]
    )


def test_referrals_make_chains(made: tuple[DuckDBEngine, SimpleNamespace]) -> None:
    engine, all_of_them = made
    rows = engine.collect(all_of_them.referrals).sort("customer_id").select("customer_id", "referrer_id", "top_id", "depth").rows()
    assert rows == [("CB", "CA", "CA", 1), ("CD", "CB", "CA", 2)]


@pytest.mark.parametrize(
    ("remark", "phone"),
    [
        ("介绍人13912345678", "+8613912345678"),
        ("推荐人：李 +8613912345678。", "+8613912345678"),
        ("电话13912345678", None),
        ("介绍人139123456789", None),
    ],
)
def test_only_a_mobile_behind_the_word_is_a_referrers(remark: str, phone: str | None) -> None:
    frame = pl.DataFrame({"record_id": ["r"], "remark": [remark], "extra": [None]}, schema_overrides={"extra": pl.String})
    assert named_referrers(frame, words=RULES.referral_words)["phone"].to_list() == ([] if phone is None else [phone])
