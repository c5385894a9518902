"""Ids that a CRM brings: kept where there is none yet, aliases else, and none of them ever means two customers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from engine.tables import schema
from matching.identity import resolve, survivors
from tests.matching.test_identity_resolve import customers

DAY = date(2026, 1, 1)
SINCE = pl.Date()


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBEngine]:
    scratch: Path = tmp_path_factory.mktemp("scratch")
    with DuckDBEngine(memory_limit="1GB", threads=1, scratch=scratch) as duck:
        yield duck


def step(
    engine: DuckDBEngine,
    clusters: dict[str, int],
    brought: dict[str, str],
    previous: pl.DataFrame | None,
    number: int,
    since: dict[str, date],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    records = pl.DataFrame(
        [{"record_id": each, "dealer_id": "D1", "source": "crm", "source_key": each, "role": "customer"} for each in clusters],
        schema={name: pl.String() for name in ("record_id", "dealer_id", "source", "source_key", "role")},
    )
    smallest = {label: min(each for each in clusters if clusters[each] == label) for label in clusters.values()}
    named = pl.DataFrame([(each, smallest[label]) for each, label in clusters.items()], schema=schema("clusters"), orient="row")
    ids = pl.DataFrame(
        [(each, name, since.get(each)) for each, name in brought.items() if each in clusters],
        schema={"record_id": pl.String(), "brought_id": pl.String(), "since": SINCE},
        orient="row",
    )
    done = resolve(
        engine,
        clusters=engine.from_frame(named),
        records=engine.from_frame(records),
        previous=None if previous is None else engine.from_frame(previous),
        run_id=f"run-{number:03}",
        as_of=DAY + timedelta(days=number),
        brought=engine.from_frame(ids),
    )
    return engine.collect(done.crosswalk).sort("record_id", "valid_from", "customer_id"), engine.collect(done.identity_events)


def test_the_first_run_keeps_the_id_of_most_then_of_the_oldest(engine: DuckDBEngine) -> None:
    clusters = {"a": 1, "b": 1, "c": 1, "d": 2, "e": 2, "f": 3}
    brought = {"a": "K1", "b": "K2", "c": "K2", "d": "K9", "e": "K8"}
    crosswalk, events = step(engine, clusters, brought, None, 0, {"d": DAY, "e": DAY - timedelta(days=9)})
    now = customers(crosswalk)
    assert (now["a"], now["d"]) == ("K2", "K8")
    assert now["f"].startswith("C")
    told = events.filter(pl.col("kind") == "merged").select("customer_id", "other_customer_id", "records").sort("customer_id")
    assert told.rows() == [("K1", "K2", 1), ("K9", "K8", 1)]
    resolved = dict(engine.collect(survivors(engine, crosswalk=engine.from_frame(crosswalk))).iter_rows())
    assert (resolved["K1"], resolved["K9"]) == ("K2", "K8")


def test_an_id_that_comes_later_is_an_alias_and_stays_where_it_is(engine: DuckDBEngine) -> None:
    one, _ = step(engine, {"a": 1, "b": 1, "c": 2}, {}, None, 0, {})
    two, events = step(engine, {"a": 1, "b": 1, "c": 2}, {"b": "K1"}, one, 1, {})
    kept = customers(one)["a"]
    assert customers(two) == customers(one)
    assert events.select("kind", "customer_id", "other_customer_id", "cause").rows() == [("merged", "K1", kept, "new_evidence")]
    again, nothing = step(engine, {"a": 1, "b": 1, "c": 2}, {"b": "K1", "c": "K1"}, two, 2, {})
    assert again.equals(two)
    assert nothing.is_empty()


def test_an_id_in_two_clusters_goes_to_the_one_with_more_of_it(engine: DuckDBEngine) -> None:
    crosswalk, _ = step(engine, {"a": 1, "b": 2, "c": 2}, dict.fromkeys("abc", "K1"), None, 0, {})
    now = customers(crosswalk)
    assert now["b"] == "K1"
    assert now["a"].startswith("C")


RECORDS = "abcdef"
HISTORY = st.lists(
    st.tuples(
        st.lists(st.integers(0, 3), min_size=6, max_size=6), st.lists(st.sampled_from(["K1", "K2", "K3", None]), min_size=6, max_size=6)
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(history=HISTORY)
def test_an_old_id_resolves_forever_over_random_histories(engine: DuckDBEngine, history: list[tuple[list[int], list[str | None]]]) -> None:
    previous, ever, told = None, set[str](), dict[str, str]()
    for number, (labels, ids) in enumerate(history):
        clusters = {record: label for record, label in zip(RECORDS, labels, strict=True) if label}
        brought = {record: name for record, name in zip(RECORDS, ids, strict=True) if name is not None}
        crosswalk, events = step(engine, clusters, brought, previous, number, {})
        now = customers(crosswalk)
        assert now.keys() == clusters.keys()
        groups = {label: {now[record] for record in clusters if clusters[record] == label} for label in clusters.values()}
        assert all(len(group) == 1 for group in groups.values())
        assert len({next(iter(group)) for group in groups.values()}) == len(groups), "an id means two customers"
        assert crosswalk.select("record_id", "valid_from", "customer_id").is_unique().all()
        ever |= {name for record, name in brought.items() if record in clusters} | set(now.values())
        resolved = dict(engine.collect(survivors(engine, crosswalk=engine.from_frame(crosswalk))).iter_rows())
        assert ever <= resolved.keys(), "an id disappeared"
        ended = {row["customer_id"]: row["other_customer_id"] for row in events.filter(pl.col("kind") == "merged").iter_rows(named=True)}
        told |= ended
        for name in ever:  # the chain of events leads where the crosswalk does
            end = name
            while end in told:
                end = told[end]
            assert resolved[name] == end
            assert (name in told) == (resolved[name] != name)
        previous = crosswalk
