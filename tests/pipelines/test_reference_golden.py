"""What reference sources say of customers equals the rule in plain Python, in increments as in runs over everything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from engine.duckdb import DuckDBEngine
from engine.tables import schema
from matching.survivorship import load_rules
from pipelines.reference_sources import Source, Sources
from pipelines.reference_sources.finding import Reference, with_keys
from pipelines.reference_sources.reading import cleansed
from pipelines.stages import resolve
from pipelines.stages.reference import Golden

DAY = date(2026, 6, 1)
IDS = ["11010519491231002X", "110105198001010013", ""]
NAMES = ["王伟", "李娜"]
PHONES = ["13917852046", "13917852047", "13917852048"]
MAILS = ["a@mail.cn", "b@mail.cn", "wrong", ""]
REGISTER = Source.model_validate(
    {
        "name": "register", "file": "r.csv", "trust": 8, "date": "day", "keys": [["id_number"], ["name", "phone"]],
        "columns": {"id_number": "code", "name": "who", "phone": "tel", "email": "mail"}, "fields": {"email": "fill", "name": "update", "phone": "update"},
    }
)  # fmt: skip
CALLS = Source.model_validate(
    {
        "name": "calls", "file": "c.csv", "trust": 9, "date": DAY, "keys": [["phone"]], "columns": {"phone": "tel"}, "fields": {"phone": "verify"},
        "verdict": {"column": "said", "right": ["right"], "wrong": ["wrong"]},
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    with DuckDBEngine(memory_limit="1GB") as opened:
        yield opened


@st.composite
def people(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Two records for each of some customers."""
    rows = []
    for place in range(draw(st.integers(1, 7))):
        for copy in range(2):
            phone = draw(st.sampled_from([*PHONES, None]))
            number = draw(st.sampled_from(IDS)) or None
            rows.append(
                {
                    "customer_id": f"C{place}", "record_id": f"r{place}{copy}", "source": "service", "dealer_id": "D1", "main": True, "party": "person",
                    "name": draw(st.sampled_from(NAMES)), "surname": "王", "phones": [f"+86{phone}"] if phone else [],
                    "mobile": f"+86{phone}" if phone else None, "emails": draw(st.sampled_from([[], [], ["old@mail.cn"]])),
                    "id_number": number, "id_type": number and "resident_id", "problems": [], "event_date": DAY - timedelta(days=9),
                }
            )  # fmt: skip
    return rows


@st.composite
def said(draw: st.DrawFn) -> pl.DataFrame:
    """Rows of both sources, cleansed."""
    register = [
        {
            "id_number": draw(st.sampled_from(IDS)), "name": draw(st.sampled_from(NAMES)), "phone": draw(st.sampled_from(PHONES)),
            "email": draw(st.sampled_from(MAILS)), "event_date": draw(st.sampled_from(["2026-05-30", "2026-05-31"])),
        }
        for _ in range(draw(st.integers(1, 8)))
    ]  # fmt: skip
    calls = [
        {"phone": phone, "verdict": draw(st.sampled_from(["right", "wrong", "engaged"]))}
        for phone in draw(st.lists(st.sampled_from(PHONES)))
    ]
    frames = [pl.DataFrame(register), pl.DataFrame(calls, schema={"phone": pl.String, "verdict": pl.String})]
    return pl.concat(
        cleansed(frame.with_row_index("row_number", offset=1).cast({"row_number": pl.Int64}), source=source, as_of=DAY)
        for frame, source in zip(frames, (REGISTER, CALLS), strict=True)
    )


def made(engine: DuckDBEngine, rows: list[dict[str, Any]], heard: Reference, **more: Any) -> Golden:
    clean = pl.DataFrame([{name: row.get(name) for name in schema("clean_records")} for row in rows], schema=schema("clean_records"))
    walk = pl.DataFrame(
        [{"record_id": row["record_id"], "customer_id": row["customer_id"], "valid_from": DAY} for row in rows], schema=schema("crosswalk")
    )
    return resolve.golden(
        engine,
        crosswalk=engine.from_frame(walk),
        clean_records=engine.from_frame(clean),
        as_of=DAY,
        rules=load_rules(),
        heard=heard,
        **more,
    )


def frames(engine: DuckDBEngine, golden: Golden) -> dict[str, pl.DataFrame]:
    tables = {"customers": golden.customers, "values": golden.values, "matches": golden.matches, "told": golden.told}
    found = {name: engine.collect(table) for name, table in tables.items()}
    return {name: frame.sort([column for column, dtype in frame.schema.items() if not dtype.is_nested()]) for name, frame in found.items()}


@settings(max_examples=6, suppress_health_check=[*HealthCheck])
@given(before=people(), after=people(), rows=said(), kept=st.sets(st.integers(0, 6)))
def test_an_increment_makes_all_that_changes(
    engine: DuckDBEngine, before: list[dict[str, Any]], after: list[dict[str, Any]], rows: pl.DataFrame, kept: set[int]
) -> None:
    heard = with_keys(engine, (REGISTER, CALLS), engine.from_frame(rows))
    same = {f"C{place}" for place in kept} & {row["customer_id"] for row in before}
    now = [row for row in before if row["customer_id"] in same] + [row for row in after if row["customer_id"] not in same]
    old, new = made(engine, before, heard), made(engine, now, heard)
    changed = sorted({row["customer_id"] for row in [*before, *now]} - same)
    only = engine.from_frame(pl.DataFrame({"customer_id": changed}, schema={"customer_id": pl.String}))
    part = made(engine, now, heard, only=only, matched=old.matches)
    assert part.ids is not None
    ids = set(engine.collect(part.ids)["customer_id"])
    assert ids >= set(changed)
    then, whole, anew = (frames(engine, golden) for golden in (old, new, part))
    for name, frame in whole.items():
        assert_frame_equal(anew[name], frame.filter(pl.col("customer_id").is_in(ids)))
        rest = ~pl.col("customer_id").is_in(ids)
        assert_frame_equal(then[name].filter(rest), frame.filter(rest))


@settings(max_examples=6, suppress_health_check=[*HealthCheck])
@given(world=people(), rows=said())
def test_what_is_offered_equals_the_rule_in_plain_python(engine: DuckDBEngine, world: list[dict[str, Any]], rows: pl.DataFrame) -> None:
    heard = with_keys(engine, (REGISTER, CALLS), engine.from_frame(rows))
    found = frames(engine, made(engine, world, heard))["told"]
    plain = made(engine, world, with_keys(engine, (REGISTER,), engine.from_frame(rows.clear())))
    golden = engine.collect(plain.customers).to_dicts()
    expected = [
        (customer["customer_id"], source.name, field, outcome)
        for customer in golden
        for source in (REGISTER, CALLS)
        for field, outcome in judged(customer, golden, source, rows.filter(pl.col("reference") == source.name).to_dicts())
    ]
    told = [tuple(row) for row in found.select("customer_id", "source", "field", "outcome").iter_rows()]
    refused = [each for each in told if each[-1] in ("ambiguous", "invalid")]
    assert sorted(refused) == sorted(each for each in expected if each[-1] != "offered")
    assert len(told) == len(expected)


def keyed(row: dict[str, Any], keys: tuple[str, ...], phones: list[str]) -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = {()}
    for key in keys:
        values = phones if key == "phone" else [row[key]] if row[key] else []
        found = {(*each, value) for each in found for value in values}
    return found


def judged(customer: dict[str, Any], everyone: list[dict[str, Any]], source: Source, rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """(field, outcome) of what a source says of a customer; offered where nothing is in the way."""
    for keys in source.keys:
        mine = keyed(customer, keys, customer["phones"])
        found = [row for row in rows if mine & keyed(row, keys, row["phones"])]
        if found:
            break
    else:
        return []
    told: list[tuple[str, str]] = []
    for field in source.fields:
        groups: dict[str | None, list[dict[str, Any]]] = {}
        for row in (row for row in found if field in row["written"]):
            groups.setdefault(row["phones"][0] if source is CALLS and row["phones"] else None, []).append(row)
        for group in groups.values():
            clear = []
            for row in group:
                shared = any(
                    keyed(row, keys, row["phones"]) & mine & keyed(other, keys, other["phones"])
                    for other in everyone
                    if other is not customer
                )
                another = row["id_number"] and customer["id_number"] and row["id_number"] != customer["id_number"]
                if not (another or (shared and "id_number" not in keys)):
                    clear.append(row)
            good = [row for row in clear if field in row["good"] and (source is REGISTER or row["verified"] is not None)]
            newest = [row for row in good if row["event_date"] == max(each["event_date"] for each in good)]
            claims = {
                (
                    row["verified"]
                    if source is CALLS
                    else row[{"phone": "mobile"}.get(field, field)]
                    if field != "email"
                    else row["emails"][0]
                )
                for row in newest
            }
            outcome = "ambiguous" if not clear or len(claims) > 1 else "invalid" if not good else "offered"
            told.append((field, outcome))
    return told


def test_no_sources_cost_nothing_and_change_nothing(engine: DuckDBEngine) -> None:
    row = {
        "customer_id": "C1",
        "record_id": "r1",
        "source": "sale",
        "dealer_id": "D1",
        "main": True,
        "name": "王伟",
        "problems": [],
        "phones": [],
        "emails": [],
    }
    nothing = cleansed(pl.DataFrame(schema={"row_number": pl.Int64, "event_date": pl.String}), source=REGISTER, as_of=DAY)
    heard = with_keys(engine, (REGISTER,), engine.from_frame(nothing))
    without = frames(engine, made(engine, [row], None))  # type: ignore[arg-type]  # no sources at all
    assert without["told"].is_empty()
    assert_frame_equal(without["customers"], frames(engine, made(engine, [row], heard))["customers"])
    assert Sources((REGISTER,)).listed == (REGISTER,)
