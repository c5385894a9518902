"""Laws of closed records: a locked customer is what its lock says, and everyone else is matched as if it were not there."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from matching.labels import LABEL_SCHEMA
from matching.match import match
from matching.model import Model
from tests.matching.test_labels import IDS, SPEC, people

LOCKS = st.lists(st.sets(st.sampled_from(IDS), min_size=1, max_size=5), max_size=3).map(
    lambda sets: [sorted(each) for place, each in enumerate(sets) if not any(each & other for other in sets[:place])]
)


def grouped(clusters: dict[str, str]) -> set[frozenset[str]]:
    groups: dict[str, set[str]] = {}
    for record, cluster in clusters.items():
        groups.setdefault(cluster, set()).add(record)
    return {frozenset(group) for group in groups.values()}


@settings(max_examples=15)
@given(LOCKS)
def test_a_lock_holds_and_nothing_leads_through_it(locks: list[list[str]]) -> None:
    rows = [(lock[0], record, True, "lock") for lock in locks for record in lock[1:]]
    labels = pl.DataFrame(rows, schema=LABEL_SCHEMA, orient="row")
    closed = [record for lock in locks for record in lock]
    with DuckDBEngine() as engine:
        model: Model = match(engine, engine.from_frame(people()), SPEC).model
        found = match(engine, engine.from_frame(people()), SPEC, model=model, labels=labels, closed=closed)
        clusters = dict(engine.collect(found.clusters).iter_rows())
        edges = engine.collect(found.edges)
        without = match(engine, engine.from_frame(people().filter(~pl.col("id").is_in(closed))), SPEC, model=model)
        others = dict(engine.collect(without.clusters).iter_rows())
    assert grouped(clusters) == grouped(others) | {frozenset(lock) for lock in locks}
    # those who would have joined are in the queue: their pairs with locked records are still written down
    near = {record for record in closed for other in IDS if other not in closed and int(other[1:]) % 6 == int(record[1:]) % 6}
    told = {*edges["record_id_l"], *edges["record_id_r"]}
    assert near <= told


def test_training_goes_on_with_a_lock_of_one_record() -> None:
    with DuckDBEngine() as engine:
        found = match(engine, engine.from_frame(people()), SPEC, closed=["r01", "gone"])
        clusters = dict(engine.collect(found.clusters).iter_rows())
    assert [record for record, cluster in clusters.items() if cluster == clusters["r01"]] == ["r01"]
    assert clusters["r07"] == clusters["r13"]
