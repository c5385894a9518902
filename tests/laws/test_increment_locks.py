"""Law 4 with locks: what a steward has locked before touches nobody in a night; who joins a customer stays out while he is locked and comes in when he is not."""

from __future__ import annotations

import polars as pl

from engine.changes import within
from engine.duckdb import DuckDBEngine
from matching import increment
from matching.customers import features, match_customers
from matching.known import Known
from tests.laws.increments import Steward, assert_equal, assert_locked, owners, step, whole
from tests.matching.matching_simulator import simulate

PEOPLE = 45
LATER = 3


def test_locks_come_hold_and_go() -> None:
    every, _ = simulate(PEOPLE, seed=5)
    ids, steward = every["record_id"].to_list(), Steward(every)
    with DuckDBEngine(threads=1) as engine:
        model = match_customers(engine, engine.from_frame(every)).model
        free = steward.decided(every, {}, [], [])
        together = pl.DataFrame(list(owners(whole(engine, every, model, free)).items()), schema=["record_id", "cluster"], orient="row")
        largest = together.group_by("cluster").agg(pl.col("record_id").sort()).sort(pl.col("record_id").list.len(), "cluster")[-4:]
        customers = largest["record_id"].to_list()
        seeds = [ids.index(records[0]) for records in customers]
        late = [records[-1] for records in customers[:LATER]]
        clean = every.filter(~pl.col("record_id").is_in(late))

        before = whole(engine, clean, model, free)
        held = steward.decided(clean, owners(before), [], seeds[:LATER])
        locked = step(engine, before, clean, clean, model, then=free, decided=held)
        assert_equal(locked, whole(engine, clean, model, held))

        full = step(engine, locked, clean, every, model, then=held, decided=held)
        assert_equal(full, whole(engine, every, model, held))
        assert_locked(full, held)
        opened = steward.decided(every, owners(full), [], seeds[1:LATER])
        one_in = step(engine, full, every, every, model, then=held, decided=opened)
        assert_equal(one_in, whole(engine, every, model, opened))
        owner = owners(one_in)
        assert [owner[record] == owner[ids[seed]] for record, seed in zip(late, seeds, strict=False)] == [True, False, False]

        known = Known(*(engine.from_frame(one_in[name]) for name in ("records", "keys", "pairs")))
        table = features(engine, engine.from_frame(every))
        none = engine.from_frame(pl.DataFrame(schema={"record_id": pl.String}))
        more = steward.decided(every, owner, [], seeds[1:])
        nights = [
            increment.advance(engine, table, known, model, changed=within(engine, table, none), gone=none, decided=now, before=opened).again
            for now in (opened, more)
        ]
    assert nights[0] == 0
    assert 0 < nights[1] < every.height // 4
