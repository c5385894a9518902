"""The lead loop: what is one lead, its stage and answer, the measures, the daily calls."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from engine.tables import TABLES, schema
from enrichment.leads.calls import call_list
from enrichment.leads.measures import loop_measures, of_customer
from enrichment.leads.stages import _CODED, coded_status, leads, one_lead
from enrichment.settings import load

RULES, REACH = load().leads, load().reach
AS_OF = date(2026, 6, 30)
Row = dict[str, Any]


@pytest.mark.parametrize(
    ("written", "status", "reason"),
    [
        (None, None, None),
        ("未跟进", None, None),
        ("H级", "contacted", None),
        ("已到店", "visited", None),
        ("战败-购买竞品", "lost", "bought_elsewhere"),
        ("战败：价格太高", "lost", "price"),
        ("战败", "lost", "not_given"),
        ("成交", "won", None),
    ],
)
def test_a_status_as_dealers_write_it(written: str | None, status: str | None, reason: str | None) -> None:
    row = {"customer_id": "C", "dealer_id": "D", "source": "lead", "row_id": "r", "event_date": AS_OF, "channel": None, "response": written}
    frame = pl.DataFrame(
        [row], schema={**{name: dtype for name, dtype in _CODED.items() if name not in {"status", "lost_reason"}}, "response": pl.String()}
    )
    found = coded_status(frame, settings=RULES)
    assert dict(found.schema) == _CODED
    assert found.select("status", "lost_reason").row(0) == (status, reason)


@settings(max_examples=50)
@given(rows=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("XY"), st.integers(0, 500)), min_size=1, max_size=14))
def test_one_lead_is_what_follows_within_its_time(rows: list[tuple[str, str, int]]) -> None:
    frame = pl.DataFrame(
        [{"customer_id": c, "dealer_id": d, "source": "lead", "row_id": f"{n:03d}", "event_date": AS_OF - timedelta(days=day)} for n, (c, d, day) in enumerate(rows)],
        schema=_CODED,
    )  # fmt: skip
    found = one_lead(frame, settings=RULES)
    slow = []
    for key in sorted({(c, d) for c, d, _ in rows}):
        days = sorted(AS_OF - timedelta(days=day) for c, d, day in rows if (c, d) == key)
        for n, day in enumerate(days):
            if n == 0 or (day - days[n - 1]).days > RULES.one_lead_days:
                slow.append((*key, day, 1))
            else:
                slow[-1] = (*slow[-1][:3], slow[-1][3] + 1)
    assert sorted(found.select("customer_id", "dealer_id", "lead_date", "rows").rows()) == sorted(slow)
    later = {
        (c, d, day): min((other for a, b, other, _ in slow if (a, b) == (c, d) and other > day), default=None) for c, d, day, _ in slow
    }
    assert {tuple(row[:3]): row[3] for row in found.select("customer_id", "dealer_id", "lead_date", "until").rows()} == later


def event(customer: str, source: str, days: int, dealer: str = "D1", **other: object) -> Row:
    number = event.__dict__.setdefault("number", [0])
    number[0] += 1
    return {"customer_id": customer, "row_id": f"r{number[0]:04d}", "source": source, "dealer_id": dealer, "role": "customer", "event_date": AS_OF - timedelta(days=days), **other}  # fmt: skip


@pytest.fixture(scope="module")
def loop() -> dict[str, pl.DataFrame]:
    happened = [
        event("quick", "lead", 300, campaign="抖音"), event("quick", "call_center", 296), event("quick", "sale", 250, vin="V1", role="buyer"),
        event("slow", "lead", 300), event("slow", "test_drive", 280), event("open", "lead", 10), event("fresh", "lead", 2),
        event("lost", "lead", 100, response="战败"), event("never", "lead", 100), event("elsewhere", "lead", 300), event("elsewhere", "sale", 200, "D2", vin="V2", role="buyer"),
        event("friend", "lead", 50, role="contact"), event("never", "sale", 400, vin="V3", role="buyer"),
        *[event(f"s{n}", "survey", 40, satisfaction=points) for n, points in enumerate((100.0, 95.0, 80.0, 70.0, 60.0))],
        event("s0", "survey", 5, satisfaction=60.0), event("grim", "complaint", 5), event("grim", "complaint", 60, response="已结案"),
        event("visit", "service", 2, vin="V9", role="owner"), event("barred", "service", 2, vin="V8", role="owner"),
        event("trial", "lead", 2), event("trial", "service", 2, role="owner"),
    ]  # fmt: skip
    who = sorted({row["customer_id"] for row in happened})
    reach = [{"customer_id": c, "phone": None if c == "lost" else "+8613911110000", "contact_allowed": c not in {"barred", "grim"}, "contact_reason": {"barred": "opt_out", "grim": "complaint"}.get(c)} for c in who]  # fmt: skip
    tasks = [{"customer_id": "visit", "task": "insurance", "dealer_id": "D1", "do_date": AS_OF, "status": "planned"}, {"customer_id": "s1", "task": "insurance", "dealer_id": "D1", "do_date": AS_OF, "status": "held"}]  # fmt: skip
    complaints = [{"customer_id": "grim", "dealer_id": "D1", "event_date": AS_OF - timedelta(days=5)}]
    with DuckDBEngine(memory_limit="1GB") as engine:
        timeline = engine.from_frame(pl.DataFrame(happened, schema=schema("timeline")).sort("customer_id", "row_id"))
        reached = engine.from_frame(pl.DataFrame(reach, schema=schema("customer_reach")))
        care = engine.from_frame(pl.DataFrame(tasks, schema=schema("care_tasks")))
        people = engine.from_frame(
            pl.DataFrame([{"customer_id": c, "party": {"trial": "test", "open": "person"}.get(c)} for c in who], schema=schema("customers"))
        )
        made = leads(engine, timeline=timeline, reach=reached, as_of=AS_OF, settings=RULES)
        calls = call_list(engine, customers=people, leads=made, care_tasks=care, timeline=timeline, complaints=engine.from_frame(pl.DataFrame(complaints)), reach=reached, as_of=AS_OF, version="1", settings=RULES)  # fmt: skip
        measured = loop_measures(engine, leads=made, timeline=timeline, as_of=AS_OF, settings=RULES, reach=REACH)
        return {"leads": engine.collect(made), "call_list": engine.collect(calls), "loop_measures": engine.collect(measured)}


@pytest.mark.parametrize("name", ["leads", "call_list", "loop_measures"])
def test_tables_are_as_listed(loop: dict[str, pl.DataFrame], name: str) -> None:
    assert dict(loop[name].schema) == schema(name)
    assert not loop[name].select(TABLES[name].key).is_duplicated().any()


def test_stage_and_answer(loop: dict[str, pl.DataFrame]) -> None:
    rows = {row["customer_id"]: row for row in loop["leads"].iter_rows(named=True)}
    assert {c: (row["stage"], row["answer"], row["answer_days"]) for c, row in rows.items()} == {
        "quick": ("won", "in_time", 4), "slow": ("visited", "late", 20), "open": ("new", "overdue", None), "fresh": ("new", "waiting", None), "trial": ("new", "waiting", None),
        "lost": ("lost", "undated", None), "never": ("new", "escalate", None), "elsewhere": ("won", "escalate", None),
    }  # fmt: skip
    assert rows["never"]["owner_before"]
    assert not rows["quick"]["owner_before"]
    assert not rows["lost"]["verified"]
    assert rows["elsewhere"]["sale_dealer_id"] == "D2"


def told(*happened: Row) -> list[tuple[object, ...]]:
    """Stage, answer, answer_days, drive_date, sale_date, sale_dealer_id of each lead, in order of their days; dates as days ago."""
    columns = ("stage", "answer", "answer_days", "drive_date", "sale_date", "sale_dealer_id")
    with DuckDBEngine(memory_limit="1GB") as engine:
        timeline = engine.from_frame(pl.DataFrame(happened, schema=schema("timeline")))
        reached = engine.from_frame(pl.DataFrame(schema=schema("customer_reach")))
        rows = engine.collect(leads(engine, timeline=timeline, reach=reached, as_of=AS_OF, settings=RULES)).sort("lead_date", "dealer_id")
    return [tuple((AS_OF - cell).days if isinstance(cell, date) else cell for cell in row) for row in rows.select(columns).rows()]


def test_what_comes_after_another_lead_at_the_dealer_is_that_leads() -> None:
    acts = [event("C", "call_center", 38), event("C", "test_drive", 30, "D2"), event("C", "sale", 10, "D2", vin="V", role="buyer")]
    first, again, elsewhere = event("C", "lead", 150), event("C", "lead", 40), event("C", "lead", 40, "D2")
    nothing, won = ("new", "escalate", None, None, None, None), ("won", "in_time", 2, 30, 10, "D2")
    assert told(first, again, *acts) == [nothing, won]
    assert told(first, elsewhere, *acts) == [("won", "late", 112, 30, 10, "D2"), ("won", "late", 10, 30, 10, "D2")], (
        "another dealer's lead takes nothing away"
    )
    assert told(first, again, event("C", "call_center", 40)) == [nothing, ("contacted", "in_time", 0, None, None, None)]


def test_a_test_drive_long_after_the_lead_has_another_cause() -> None:
    assert told(event("C", "lead", 300), event("C", "test_drive", 110, "D2")) == [("new", "escalate", None, None, None, None)]


def test_day_and_dealer_are_of_the_same_sale() -> None:
    sales = [event("C", "sale", day, dealer, vin=dealer, role="buyer") for day, dealer in ((50, "D9"), (40, "D1"))]
    (found,) = told(event("C", "lead", 60), *sales)
    assert found[4:] == (50, "D9")


def test_a_dated_late_act_is_late_whatever_the_status() -> None:
    asked = event("C", "lead", 100, response="已到店")
    assert told(asked, event("C", "call_center", 80))[0][:3] == ("visited", "late", 20)
    assert told(asked)[0][:3] == ("visited", "undated", None)


def test_measures_are_what_a_person_counts(loop: dict[str, pl.DataFrame]) -> None:
    of_all = loop["loop_measures"].filter(pl.col("dealer_id") == "")
    counted = {name: tuple(rows.select(pl.col("numerator", "denominator").sum()).row(0)) for (name,), rows in of_all.group_by("measure")}
    assert counted["lead_conversion"] == (2, 3)
    assert counted["lead_answered"] == (1, 5)
    assert counted["lead_lost"] == (1, 1)
    assert counted["csat"] == (3, 6)
    assert counted["nps"] == (0, 6)
    assert counted["satisfaction_fell"] == (1, 1)
    assert counted["complaints_open"] == (1, 2)
    assert counted["complaints_repeated"] == (1, 1)
    assert counted["repurchase"] == (0, 3)
    few = of_all.filter(pl.col("denominator") < RULES.fewest)
    assert few["value"].null_count() == few.height


def test_calls_are_urgent_first_and_nobody_twice(loop: dict[str, pl.DataFrame]) -> None:
    rows = loop["call_list"].filter(pl.col("dealer_id") == "D1").sort("place").select("customer_id", "reason").rows()
    assert rows == [("grim", "complaint"), ("open", "lead_overdue"), ("fresh", "lead_waiting"), ("visit", "after_visit")]


@pytest.mark.parametrize(
    ("sales", "again"),
    [
        ([("V1", 9), ("V2", 9)], 0),
        ([("V1", 9), ("V2", 9), ("V1", 3)], 0),
        ([("V1", 9), ("V1", 3)], 0),
        ([("V1", 9), ("V2", 3)], 1),
        ([("V1", 9), ("V2", 9), ("V3", 3)], 1),
    ],
)
def test_buying_again_is_another_car_on_a_later_day(sales: list[tuple[str, int]], again: int) -> None:
    rows = [
        {"customer_id": "A", "dealer_id": "D1", "source": "sale", "event_date": AS_OF - timedelta(days=day), "vin": vin}
        for vin, day in sales
    ]
    columns = {name: schema("timeline")[name] for name in ("customer_id", "dealer_id", "source", "event_date", "vin", "satisfaction")}
    found = of_customer(pl.DataFrame(rows, schema=columns), as_of=AS_OF, settings=RULES).filter(pl.col("measure") == "repurchase")
    assert found["yes"].to_list() == [again]


def test_a_buyer_of_one_day_at_two_dealers_counts_for_the_first_of_them_in_any_order() -> None:
    rows = [{"customer_id": "A", "dealer_id": dealer, "source": "sale", "event_date": AS_OF, "vin": "V1"} for dealer in ("D2", "D1")]
    columns = {name: schema("timeline")[name] for name in ("customer_id", "dealer_id", "source", "event_date", "vin", "satisfaction")}
    for order in (rows, rows[::-1]):
        told = of_customer(pl.DataFrame(order, schema=columns), as_of=AS_OF, settings=RULES).filter(pl.col("measure") == "repurchase")
        assert told.select("dealer_id", "yes").rows() == [("D1", 0)]


def test_where_no_export_tells_of_leads_there_are_none() -> None:
    with DuckDBEngine(memory_limit="1GB") as engine:
        timeline = engine.from_frame(pl.DataFrame([event("quick", "lead", 300)], schema=schema("timeline")))
        reached = engine.from_frame(pl.DataFrame(schema=schema("customer_reach")))
        none = RULES.model_copy(update={"sources": ()})
        assert engine.count(leads(engine, timeline=timeline, reach=reached, as_of=AS_OF, settings=none)) == 0
