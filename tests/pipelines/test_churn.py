"""Id churn against a slow reading."""

from __future__ import annotations

from datetime import date

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.changes import Change
from engine.duckdb import DuckDBEngine
from engine.tables import TABLES, schema
from matching.identity import resolve
from pipelines.stages import churn

DAY = date(2026, 1, 1)
LABELS = st.lists(st.integers(0, 3), min_size=8, max_size=8)


@settings(max_examples=12)
@given(LABELS, LABELS)
def test_what_moved_merged_and_went(one: list[int], two: list[int]) -> None:
    with DuckDBEngine(memory_limit="1GB", threads=1) as engine:
        walks: list[pl.DataFrame] = []
        for number, labels in enumerate((one, two)):
            there = {f"r{place}": label for place, label in enumerate(labels) if label}
            records = pl.DataFrame({"record_id": list(there)}, schema={"record_id": pl.String}).with_columns(
                dealer_id=pl.lit("D"), source=pl.lit("sale"), source_key=pl.col("record_id"), role=pl.lit("owner")
            )
            named = [(record, min(each for each, other in there.items() if other == label)) for record, label in there.items()]
            done = resolve(
                engine,
                clusters=engine.from_frame(pl.DataFrame(named, schema=schema("clusters"), orient="row")),
                records=engine.from_frame(records),
                previous=engine.from_frame(walks[0]) if walks else None,
                run_id=f"run-{number}",
                as_of=DAY,
            )
            walks.append(engine.collect(done.crosswalk))
        tables = {name: engine.from_frame(walk) for name, walk in zip(("before", "now"), walks, strict=True)}
        found = churn.measure(engine, **tables)
        key = list(TABLES["crosswalk"].key)
        every = list(schema("crosswalk"))
        rows, gone = (walks[one].join(walks[other], on=every, how="anti", nulls_equal=True) for one, other in ((1, 0), (0, 1)))
        change = Change(engine.from_frame(rows), engine.from_frame(gone.select(key)))
        assert churn.measure_change(engine, **tables, change=change) == found
    before, now = (dict(walk.filter(pl.col("valid_to").is_null()).select("record_id", "customer_id").iter_rows()) for walk in walks)
    known = before.keys() & now.keys()
    gone = set(before.values()) - set(now.values())
    into = set(walks[1].filter(pl.col("merged_into").is_not_null())["customer_id"])
    expected = churn.Churn(
        len(known), sum(before[each] != now[each] for each in known), len(set(before.values())), len(gone & into), len(gone - into)
    )
    assert found == expected
