"""Households held against a search of the graph, and the homes that addresses say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from engine.tables import schema
from enrichment.household import home_keys, households
from enrichment.members import members_by_number, numbered
from enrichment.reach import CONTACT_SCHEMA
from enrichment.relationships.named import named
from enrichment.relationships.shared_cars import shared_cars
from enrichment.settings import HouseholdSettings

MOST = 4
Links = dict[str, set[tuple[str, str]]]


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    with DuckDBEngine(memory_limit="1GB") as engine:
        yield engine


def living(engine: DuckDBEngine, links: Links) -> dict[str, tuple[str | None, int | None, str]]:
    phones = [
        {"customer_id": c, "party": "person", "surname": "王", "kind": "phone", "value": key}
        for c, keys in links.items()
        for kind, key in keys
        if kind == "phone"
    ]
    homes = [{"customer_id": c, "reach_post": True, "keys": [key for kind, key in keys if kind == "address"]} for c, keys in links.items()]
    table = households(
        engine,
        contacts=engine.from_frame(pl.DataFrame(phones, schema=CONTACT_SCHEMA)),
        homes=engine.from_frame(
            pl.DataFrame(homes, schema={"customer_id": pl.String, "reach_post": pl.Boolean, "keys": pl.List(pl.String)})
        ),
        settings=HouseholdSettings(most_persons=MOST),
    )
    return {row[0]: row[1:] for row in engine.collect(table).rows()}


def groups(links: Links) -> list[set[str]]:
    """Connected groups, by walking."""
    of_key = defaultdict(set)
    for customer, keys in links.items():
        for key in keys:
            of_key[key].add(customer)
    left, found = {c for c in links if links[c]}, []
    while left:
        group, todo = set(), [min(left)]
        while todo:
            customer = todo.pop()
            if customer not in group:
                group.add(customer)
                todo += [other for key in links[customer] for other in of_key[key]]
        left -= group
        found.append(group)
    return found


def live_apart(one: set[tuple[str, str]], other: set[tuple[str, str]]) -> bool:
    """Whether both homes are told by road, or both by estate, and nowhere the same."""
    ways = [(a == b) for kind, a in one for other_kind, b in other if kind == other_kind == "address" and a[0] == b[0]]
    return bool(ways) and not any(ways)


def without_phones_of_several_homes(links: Links) -> Links:
    holders = defaultdict(set)
    for customer, keys in links.items():
        for key in keys:
            holders[key].add(customer)
    apart = {
        key
        for key, whose in holders.items()
        if key[0] == "phone" and len(whose) <= MOST and any(live_apart(links[a], links[b]) for a, b in combinations(sorted(whose), 2))
    }
    return {customer: keys - apart for customer, keys in links.items()}


def in_districts(links: Links) -> Links:
    """Homes of unknown district in the only one that is told of the place; without those for which there are several."""
    told = defaultdict(set)
    homes = {key for keys in links.values() for kind, key in keys if kind == "address"}
    for district, place in (home.split("|", 1) for home in homes):
        told[place] |= {district} - {""}

    def resolved(home: str) -> set[tuple[str, str]]:
        district, place = home.split("|", 1)
        found = {district} if district else told[place] or {""}
        return {("address", f"{place}|{each}") for each in found} if len(found) == 1 else set()

    return {
        customer: {key for key in keys if key[0] != "address"}.union(*(resolved(home) for kind, home in keys if kind == "address"))
        for customer, keys in links.items()
    }


def oracle(links: Links) -> dict[str, tuple[str | None, int | None, str]]:
    links = without_phones_of_several_homes(in_districts(links))
    holders = defaultdict(set)
    for customer, keys in links.items():
        for key in keys:
            holders[key].add(customer)
    shared = {c for c, keys in links.items() if any(len(holders[key]) > 1 for key in keys)}
    usable = {c: {key for key in keys if 1 < len(holders[key]) <= MOST} for c, keys in links.items()}
    result: dict[str, tuple[str | None, int | None, str]] = dict.fromkeys(shared, (None, None, "too_many"))
    wide: Links = {}
    for group in groups(usable):
        if len(group) > MOST:
            wide |= {c: {key for key in usable[c] if key[0] == "address"} for c in group}
        else:
            kinds = {kind for c in group for kind, _ in usable[c]}
            result |= dict.fromkeys(group, (min(group), len(group), kinds.pop() if len(kinds) == 1 else "address_and_phone"))
    for group in groups(wide):
        if 1 < len(group) <= MOST:
            result |= dict.fromkeys(group, (min(group), len(group), "address"))
    return result


HOME = st.tuples(st.sampled_from(["", "", "x", "y"]), st.sampled_from(["r", "e"]), st.integers(0, 9)).map(
    lambda home: ("address", "|".join(map(str, home)))
)
KEY = st.one_of(HOME, *2 * [st.tuples(st.just("phone"), st.integers(0, 14).map(str))])


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(keys=st.lists(st.sets(KEY, max_size=3), min_size=2, max_size=25))
def test_equals_the_oracle(engine: DuckDBEngine, keys: list[set[tuple[str, str]]]) -> None:
    links = {f"C{n:02}": own for n, own in enumerate(keys)}
    assert living(engine, links) == oracle(links)


def test_a_dealers_phone_makes_no_household(engine: DuckDBEngine) -> None:
    links: Links = {f"C{n:04}": {("phone", "+864008001234")} for n in range(5000)}
    assert set(living(engine, links).values()) == {(None, None, "too_many")}


def test_a_phone_of_people_who_live_elsewhere_makes_no_household(engine: DuckDBEngine) -> None:
    a, b, c = ({("phone", "1"), ("address", home)} for home in ("|road|a", "|road|b", "|estate|c"))
    assert living(engine, {"CA": a, "CB": b}) == {}
    assert living(engine, {"CA": a, "CC": c}) == dict.fromkeys(("CA", "CC"), ("CA", 2, "phone")), "nothing says that these differ"
    assert living(engine, {"CA": a, "CD": {("phone", "1")}})["CD"] == ("CA", 2, "phone")
    moved = {"CA": a | {("address", "|estate|c")}, "CB": b | {("address", "|estate|c")}}
    assert living(engine, moved)["CB"] == ("CA", 2, "address_and_phone"), "who agrees in one way of telling the home lives there"


def test_a_long_chain_of_phones_falls_apart_into_homes(engine: DuckDBEngine) -> None:
    links: Links = {f"C{n:02}": {("phone", str(n)), ("phone", str(n + 1)), ("address", f"|{n // 2}")} for n in range(40)}
    found = living(engine, links)
    assert found["C06"] == found["C07"] == ("C06", 2, "address")


def keys_of(**parts: Any) -> tuple[bool, list[str]]:
    columns = (
        "customer_id",
        "party",
        "surname",
        "province",
        "city",
        "district",
        "town",
        "community",
        "road",
        "road_no",
        "estate",
        "building",
        "unit",
        "room",
    )
    frame = pl.DataFrame(
        [dict.fromkeys(columns) | {"customer_id": "C", "party": "person", "surname": "王"} | parts],
        schema=dict.fromkeys(columns, pl.String),
    )
    _, reach, keys = home_keys(frame).row(0)
    return reach, keys


def test_homes_need_a_room_or_a_whole_house() -> None:
    flat = {"city": "上海市", "road": "南京路", "road_no": "1号", "estate": "幸福小区", "building": "3", "room": "502"}
    assert keys_of(**flat) == (True, ["|road|上海市|南京路|1号|3||502", "|estate|上海市|幸福小区|3||502"])
    assert keys_of(**(flat | {"room": None})) == (True, [])
    assert keys_of(**flat, party="organization") == (True, [])
    assert keys_of(city="上海市", road="南京路", road_no="1号") == (True, ["|house|上海市|南京路|1号|王"])
    assert keys_of(city="上海市", road="南京路", road_no="1号", surname=None) == (True, [])
    assert keys_of(city="上海市") == (False, [])


def test_homes_in_two_districts_of_a_city_are_two(engine: DuckDBEngine) -> None:
    def home(district: str | None) -> set[tuple[str, str]]:
        _, keys = keys_of(city="苏州市", district=district, road="人民路", road_no="88号", building="3", unit="2", room="301")
        return {("address", key) for key in keys}

    kunshan, changshu, unknown = (home(district) for district in ("昆山市", "常熟市", None))
    assert living(engine, {"CA": kunshan, "CB": changshu}) == {}
    assert living(engine, {"CA": kunshan, "CB": kunshan})["CB"] == ("CA", 2, "address")
    assert living(engine, {"CA": unknown, "CB": unknown})["CB"] == ("CA", 2, "address")
    assert living(engine, {"CA": kunshan, "CB": unknown})["CB"] == ("CA", 2, "address"), "only one district is in question"
    assert living(engine, {"CA": kunshan, "CB": unknown, "CC": changshu}) == {}, "nobody knows in which of the two"
    whole = {"city": "苏州市", "road": "人民路", "road_no": "88号"}
    assert keys_of(**whole, district="昆山市")[1] == ["昆山市|house|苏州市|人民路|88号|王"]


def test_behind_a_lane_the_number_is_the_buildings() -> None:
    lane = {"city": "上海市", "road": "环城大道", "room": "2902"}
    assert (
        keys_of(**lane, road_no="522弄", building="16")
        == keys_of(**lane, road_no="522弄16号")
        == (True, ["|road|上海市|环城大道|522弄16号|||2902"])
    )
    assert keys_of(**lane, road_no="522号", building="16") == (True, ["|road|上海市|环城大道|522号|16||2902"])
    assert keys_of(**lane | {"room": None}, road_no="522弄", building="16") == keys_of(**lane | {"room": None}, road_no="522弄16号")


def test_who_brings_the_car_of_another_person_lives_there_and_a_companys_driver_does_not(engine: DuckDBEngine) -> None:
    rows = [("r1", "o1", "CA", "owner", True), ("r1", "s1", "CB", "sender", False), ("r2", "o2", "CF", "owner", True), ("r2", "s2", "CC", "sender", False),
            ("r3", "o3", "CA", "owner", True), ("r3", "p3", "CD", "payer", False), ("r4", "o4", "CE", "owner", True), ("r4", "s4", "CE", "sender", False)]  # fmt: skip
    clean = [{"row_id": row, "record_id": record, "role": role, "main": main, "source": "service"} for row, record, _, role, main in rows]
    crosswalk = engine.from_frame(
        pl.DataFrame([{"record_id": record, "customer_id": customer} for _, record, customer, _, _ in rows], schema=schema("crosswalk"))
    )
    customers = engine.from_frame(
        pl.DataFrame(
            [{"customer_id": c, "party": "organization" if c == "CF" else "person"} for c in ("CA", "CB", "CC", "CD", "CE", "CF")],
            schema=schema("customers"),
        )
    )

    def found(least: int) -> list[tuple[str, str | None, str]]:
        rules = HouseholdSettings(most_persons=MOST, visits_together=least)
        numbers = numbered(engine, customers)
        whom = named(
            engine,
            members=members_by_number(engine, customers=numbers, crosswalk=crosswalk),
            clean_records=engine.from_frame(pl.DataFrame(clean, schema=schema("clean_records"))),
        )
        links = shared_cars(engine, named=whom, numbers=numbers, customers=customers, settings=rules)
        none = engine.from_frame(pl.DataFrame(schema=CONTACT_SCHEMA))
        homes = engine.from_frame(pl.DataFrame(schema={"customer_id": pl.String, "reach_post": pl.Boolean, "keys": pl.List(pl.String)}))
        table = households(engine, contacts=none, homes=homes, settings=rules, cars=links)
        return sorted(engine.collect(engine.sql("select customer_id, household_id, household_reason from t", t=table)).rows())

    assert found(1) == [("CA", "CA", "car"), ("CB", "CA", "car")]
    assert found(2) == []
