"""The whole profile: one row per customer, with a reason for what is missing; and the settings."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from engine.duckdb import DuckDBEngine
from engine.tables import schema
from enrichment.calendar.cars import cars as cars_of
from enrichment.churn.warning import early_warning
from enrichment.conversations import conversations
from enrichment.members import members_by_number, numbered
from enrichment.profile import profile
from enrichment.reach import CONTACT_SCHEMA, opted_out
from enrichment.relationships.named import named
from enrichment.relationships.shared_cars import shared_cars
from enrichment.settings import SettingsError, load
from enrichment.value.visits import sources_seen, visits
from enrichment.value.worth import worth
from tests.happened import happened

AS_OF = date(2026, 1, 1)


def profiled(*, reverse: bool = False) -> pl.DataFrame:
    home = {"city": "上海市", "road": "南京路", "road_no": "1号", "room": "502"}
    clean = [
        {"record_id": "a", "role": "buyer", "source": "sale", "vin": "V1", "event_date": date(2025, 10, 1), **home},
        {"record_id": "b", "role": "customer", "source": "customer", **home},
        {"record_id": "o", "role": "customer", "source": "opt_out", "phones": ["+8613911112222"]},
        {"record_id": "z", "role": "customer", "source": "lead"},
    ]
    crosswalk = [{"record_id": r, "customer_id": c, "valid_from": AS_OF} for r, c in (("a", "CA"), ("b", "CB"), ("o", "CO"), ("z", "CZ"))]
    where = {"record_id": "a", "field": "address", "rule": "only_value", "date": None, "runner_up": None}
    customers = [
        {
            "customer_id": "CA",
            "party": "person",
            "surname": "王",
            "mobile": "+8613911112222",
            "phones": ["+8613911112222"],
            "provenance": [where],
        },
        {"customer_id": "CB", "party": "person", "surname": "李", "phones": [], "provenance": [where | {"record_id": "b"}]},
        {"customer_id": "CO", "phones": ["+8613911112222"], "provenance": []},
        {"customer_id": "CZ", "party": "organization", "email": "a@b.cn", "emails": ["a@b.cn"]},
    ]
    events = [
        {
            "row_id": "1",
            "record_id": "a",
            "dealer_id": "D1",
            "source": "sale",
            "kind": "sale",
            "event_date": date(2025, 10, 1),
            "vin": "V1",
            "amount": 99.99,
        }
    ]
    frames = {"customers": customers, "crosswalk": crosswalk, "clean_records": clean, "events": events}
    with DuckDBEngine(memory_limit="1GB") as engine:
        order = -1 if reverse else 1
        given = {name: engine.from_frame(pl.DataFrame(rows[::order], schema=schema(name))) for name, rows in frames.items()}
        rules = load()
        known = numbered(engine, given["customers"])
        told_of, timeline = happened(engine, numbers=known, crosswalk=given["crosswalk"], events=given["events"], as_of=AS_OF)
        came = visits(engine, timeline=timeline, numbers=known)
        told = conversations(engine, events=given["events"], named=told_of, numbers=known)
        seen = sources_seen(engine, timeline)
        valued = worth(engine, customers=known, conversations=told, visits=came, seen=seen, as_of=AS_OF, settings=rules)
        warned = early_warning(engine, customers=known, visits=came, seen=seen, as_of=AS_OF, settings=rules.churn, version=rules.version)
        members = members_by_number(engine, customers=known, crosswalk=given["crosswalk"])
        whom = named(engine, members=members, clean_records=given["clean_records"])
        cars = cars_of(
            engine,
            named=whom,
            numbers=known,
            events=given["events"],
            as_of=AS_OF,
            upkeep=rules.care,
            settings=rules.calendar,
        )
        shared = shared_cars(engine, named=whom, numbers=known, customers=given["customers"], settings=rules.household)
        del given["events"]
        told = profile(
            engine,
            **given,
            cars=cars,
            shared_cars=shared,
            customer_value=valued.customers,
            customer_churn=warned.customers,
            as_of=AS_OF,
            settings=rules,
        )
        return engine.collect(told).sort("customer_id")


def test_one_row_per_customer_with_reasons() -> None:
    rows = profiled()
    assert dict(rows.schema) == schema("customer_profile")
    assert rows["customer_id"].to_list() == ["CA", "CB", "CO", "CZ"]
    assert rows["household_id"].to_list() == ["CA", "CA", None, None]
    assert rows["household_size"].to_list() == [2, 2, 1, None]
    assert rows["household_reason"].to_list() == ["address", "address", None, None]
    assert rows["monetary"].to_list() == [99.99, None, None, None]
    assert rows["value_reason"].to_list() == [None, "no_purchase", "no_purchase", "no_purchase"]
    assert rows["next_service"].to_list() == [date(2026, 4, 1), None, None, None]
    assert rows["next_service_reason"].to_list() == ["first_service", "no_car", "no_car", "no_car"]
    assert rows["reach_post"].to_list() == [True, True, False, False]
    assert rows["reach_email"].to_list() == [False, False, False, True]
    assert rows["contact_allowed"].to_list() == [False, True, False, True], "an opt-out holds for whoever has the number"


def test_a_name_cell_that_says_not_to_call_is_an_opt_out_for_whoever_has_the_number() -> None:
    def problem(reason: str) -> list[dict[str, object]]:
        return [{"field": "name", "reason": reason, "value": "王强", "repaired": True}]

    clean = [
        {"record_id": "a", "source": "sale", "problems": problem("name_says_do_not_contact"), "phones": ["+8613911112222"]},
        {"record_id": "b", "source": "lead", "problems": problem("name_says_deceased"), "phones": ["+8613911113333"]},
        {"record_id": "c", "source": "lead", "problems": []},
        {"record_id": "d", "source": "opt_out", "emails": ["d@b.cn"]},
    ]
    ways = [("CB", "+8613911113333"), ("CC", "+8613911112222"), ("CE", "+8613911114444")]
    contacts = [{"customer_id": c, "party": "person", "kind": "phone", "value": phone} for c, phone in ways]
    with DuckDBEngine(memory_limit="1GB") as engine:
        members = engine.from_frame(pl.DataFrame([{"record_id": r, "customer_id": f"C{r.upper()}"} for r in "abcd"]))
        found = opted_out(
            engine,
            members=members,
            clean_records=engine.from_frame(pl.DataFrame(clean, schema=schema("clean_records"))),
            contacts=engine.from_frame(pl.DataFrame(contacts, schema=CONTACT_SCHEMA)),
        )
        assert sorted(engine.collect(found)["customer_id"]) == ["CA", "CC", "CD"]


def test_order_of_input_does_not_matter() -> None:
    assert_frame_equal(profiled(), profiled(reverse=True))


def test_errors_name_file_and_line(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "enrichment/defaults.yaml").read_text(encoding="utf-8")
    wrong = tmp_path / "settings.yaml"
    wrong.write_text(text.replace("first: {km: 7500", "first: {km: -1", 1), encoding="utf-8")
    line = next(n for n, row in enumerate(wrong.read_text(encoding="utf-8").splitlines(), 1) if "km: -1" in row)
    with pytest.raises(SettingsError, match=rf"settings\.yaml:{line}: care: first: km"):
        load(wrong)
    gap = tmp_path / "gap.yaml"
    gap.write_text(
        text.replace("recency: [4, 5], frequency: [4, 5], monetary: [4, 5]", "recency: [5, 5], frequency: [5, 5], monetary: [5, 5]"),
        encoding="utf-8",
    )
    with pytest.raises(SettingsError, match="segments leave out"):
        load(gap)
    (tmp_path / "broken.yaml").write_text("value: [", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"broken\.yaml:1: not YAML"):
        load(tmp_path / "broken.yaml")
