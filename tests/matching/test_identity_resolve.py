"""Law 7: ids stay, every change has its event, old ids always resolve; held against the rule written out in plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from engine.duckdb import DuckDBEngine
from engine.tables import schema
from matching.identity import Resolution, resolve, resolve_id, survivors
from matching.identity.ids import mint
from matching.identity.lineage import UnknownCustomerError

DAY = date(2026, 1, 1)
Partition = dict[str, int]  # record -> label of its cluster; a record that is not there was deleted


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    with DuckDBEngine(memory_limit="1GB") as engine:
        yield engine


def clusters_of(partition: Partition) -> dict[str, str]:
    smallest: dict[int, str] = {}
    for record in sorted(partition):
        smallest.setdefault(partition[record], record)
    return {record: smallest[label] for record, label in partition.items()}


def run(
    engine: DuckDBEngine, partition: Partition, previous: pl.DataFrame | None, number: int, day: date
) -> tuple[pl.DataFrame, pl.DataFrame]:
    clusters = clusters_of(partition)
    records = pl.DataFrame({"record_id": list(clusters)}, schema={"record_id": pl.String}).with_columns(
        dealer_id=pl.lit("D1"), source=pl.lit("sale"), source_key=pl.col("record_id"), role=pl.lit("owner")
    )
    resolution: Resolution = resolve(
        engine,
        clusters=engine.from_frame(
            pl.DataFrame({"record_id": list(clusters), "cluster_id": list(clusters.values())}, schema=schema("clusters"))
        ),
        records=engine.from_frame(records),
        previous=None if previous is None else engine.from_frame(previous),
        run_id=f"run-{number:03}",
        as_of=day,
    )
    order = ["record_id", "valid_from", "customer_id"]
    events = engine.collect(resolution.identity_events).sort("event_id")
    return engine.collect(resolution.crosswalk).sort(order), events


def customers(crosswalk: pl.DataFrame) -> dict[str, str]:
    now = crosswalk.filter(pl.col("valid_to").is_null())
    return dict(zip(now["record_id"], now["customer_id"], strict=True))


# ---------------------------------------------------------------------------------------------- the rule, one thing at a time


def test_first_run_creates_one_customer_per_cluster(engine: DuckDBEngine) -> None:
    crosswalk, events = run(engine, {"a": 1, "b": 1, "c": 2}, None, 1, DAY)
    assert dict(crosswalk.schema) == schema("crosswalk")
    assert dict(events.schema) == schema("identity_events")
    now = customers(crosswalk)
    assert now["a"] == now["b"] != now["c"]
    assert sorted(events.select("kind", "records").rows()) == [("created", 1), ("created", 2)]


def test_rerun_with_nothing_new_changes_nothing(engine: DuckDBEngine) -> None:
    first, _ = run(engine, {"a": 1, "b": 1, "c": 2}, None, 1, DAY)
    second, events = run(engine, {"a": 7, "b": 7, "c": 3}, first, 2, DAY + timedelta(days=1))
    assert_frame_equal(first, second)
    assert events.is_empty()


def test_merge_ends_the_smaller_and_resolves_forever(engine: DuckDBEngine) -> None:
    one, _ = run(engine, {"a": 1, "b": 1, "c": 2}, None, 1, DAY)
    two, events = run(engine, {"a": 1, "b": 1, "c": 1}, one, 2, DAY + timedelta(days=1))
    kept, lost = customers(one)["a"], customers(one)["c"]
    assert set(customers(two).values()) == {kept}
    assert events.select("kind", "customer_id", "other_customer_id", "records").rows() == [("merged", lost, kept, 1)]
    three, _ = run(engine, {"a": 1, "b": 1, "c": 1, "x": 2, "y": 2, "z": 2, "w": 2}, two, 3, DAY + timedelta(days=2))
    four, _ = run(engine, dict.fromkeys("abcxyzw", 1), three, 4, DAY + timedelta(days=3))
    table = engine.from_frame(four)
    assert resolve_id(engine, crosswalk=table, customer_id=lost) == customers(three)["x"]
    assert resolve_id(engine, crosswalk=table, customer_id=kept) == customers(three)["x"]


def test_split_leaves_the_id_with_the_larger_part_and_never_gives_it_again(engine: DuckDBEngine) -> None:
    one, _ = run(engine, {"a": 1, "b": 1, "c": 1}, None, 1, DAY)
    two, events = run(engine, {"a": 1, "b": 2, "c": 2}, one, 2, DAY + timedelta(days=1))
    old = customers(one)["a"]
    assert customers(two)["b"] == customers(two)["c"] == old
    assert customers(two)["a"] != old, "the hash of record a is taken; the new id is salted"
    assert events.select("kind", "customer_id", "other_customer_id").rows() == [("split", customers(two)["a"], old)]


def test_retired_and_restored_under_the_same_id(engine: DuckDBEngine) -> None:
    one, _ = run(engine, {"a": 1, "b": 2}, None, 1, DAY)
    two, gone = run(engine, {"b": 2}, one, 2, DAY + timedelta(days=1))
    three, back = run(engine, {"a": 1, "b": 2}, two, 3, DAY + timedelta(days=2))
    assert gone.select("kind", "customer_id", "cause").rows() == [("retired", customers(one)["a"], "source_deletion")]
    assert back.select("kind", "customer_id").rows() == [("restored", customers(one)["a"])]
    assert customers(three) == customers(one)


def test_ties_go_to_the_oldest_then_the_smallest_id(engine: DuckDBEngine) -> None:
    one, _ = run(engine, {"b": 1}, None, 1, DAY)
    two, _ = run(engine, {"a": 2, "b": 1}, one, 2, DAY + timedelta(days=1))
    three, _ = run(engine, {"a": 1, "b": 1}, two, 3, DAY + timedelta(days=2))
    assert set(customers(three).values()) == {customers(one)["b"]}
    same_day, _ = run(engine, {"a": 1, "b": 2}, None, 1, DAY)
    joined, _ = run(engine, {"a": 1, "b": 1}, same_day, 2, DAY)
    assert set(customers(joined).values()) == {min(customers(same_day).values())}


def test_unknown_id_is_said_so(engine: DuckDBEngine) -> None:
    crosswalk, _ = run(engine, {"a": 1}, None, 1, DAY)
    with pytest.raises(UnknownCustomerError, match="C0"):
        resolve_id(engine, crosswalk=engine.from_frame(crosswalk), customer_id="C0")


def test_equal_hashes_are_salted_until_they_differ(engine: DuckDBEngine) -> None:
    seeds = pl.DataFrame({"cluster_id": [f"k{n}" for n in range(40)], "seed": [f"r{n}" for n in range(40)]})
    taken = engine.from_frame(pl.DataFrame(schema={"customer_id": pl.String}))
    one_byte = engine.collect(mint(engine, seeds=engine.from_frame(seeds), taken=taken, size=1))
    assert one_byte["customer_id"].n_unique() == 40
    shuffled = engine.collect(mint(engine, seeds=engine.from_frame(seeds.reverse()), taken=taken, size=1))
    assert_frame_equal(one_byte.sort("cluster_id"), shuffled.sort("cluster_id"))


# ------------------------------------------------------------------------------------------------------------ random histories


@dataclass
class Oracle:
    """The rule of matching.identity.resolve, slowly, with dictionaries."""

    last: dict[str, str] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    born: dict[str, date] = field(default_factory=dict)
    into: dict[str, str] = field(default_factory=dict)

    def end_of(self, customer: str) -> str:
        while customer in self.into:
            customer = self.into[customer]
        return customer

    def step(self, clusters: dict[str, str], actual: dict[str, str], day: date) -> None:
        """Moves on by one run; new ids are taken over from ``actual``, for what they are called is not this rule's."""
        held: dict[str, Counter[str]] = {}
        total: dict[str, Counter[str]] = {}
        for record, cluster in clusters.items():
            if record in self.last:
                old = self.end_of(self.last[record])
                held.setdefault(old, Counter())[cluster] += record in self.held
                total.setdefault(old, Counter())[cluster] += 1
        heirs: dict[str, list[str]] = {}
        for old, parts in total.items():
            heir = min(parts, key=lambda cluster, old=old: (-held[old][cluster], -parts[cluster], cluster))
            heirs.setdefault(heir, []).append(old)
        names: dict[str, str] = {}
        for cluster, olds in heirs.items():
            keeper = min(olds, key=lambda old, cluster=cluster: (-held[old][cluster], -total[old][cluster], self.born[old], old))
            names[cluster] = keeper
            for old in olds:
                if old != keeper:
                    self.into[old] = keeper
        for record, cluster in clusters.items():
            if cluster not in names:
                names[cluster] = actual[record]
                assert actual[record] not in self.born, "a new id was used before"
        self.held = {record: names[cluster] for record, cluster in clusters.items()}
        self.last |= self.held
        for customer in self.held.values():
            self.born.setdefault(customer, day)


def explained(before: dict[str, str], after: dict[str, str], events: pl.DataFrame, ever: set[str]) -> None:
    """Every change of an id between two runs is an event, and every event is a change."""
    old, new = set(before.values()), set(after.values())
    kinds = {kind: events.filter(pl.col("kind") == kind) for kind in ("created", "merged", "split", "retired", "restored")}
    assert set(kinds["restored"]["customer_id"]) == (new - old) & ever
    assert old - new == (set(kinds["merged"]["customer_id"]) & old) | set(kinds["retired"]["customer_id"])
    born = set(kinds["created"]["customer_id"]) | set(kinds["split"]["customer_id"])
    assert new - ever <= born
    moves = Counter((before[record], after[record]) for record in before.keys() & after.keys() if before[record] != after[record])
    told = {
        (row["customer_id"], row["other_customer_id"]) if row["kind"] == "merged" else (row["other_customer_id"], row["customer_id"])
        for row in events.filter(pl.col("kind").is_in(["merged", "split"])).iter_rows(named=True)
    }
    assert set(moves) <= told
    assert events["cause"].null_count() == 0


def partitions(records: int) -> st.SearchStrategy[list[int]]:
    """For each record its cluster, or 0: deleted. Few clusters, so that merges, splits and moves are common."""
    return st.lists(st.integers(0, 3), min_size=records, max_size=records)


HISTORIES = st.lists(st.lists(partitions(5), min_size=5, max_size=5), min_size=1, max_size=40)


@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(histories=HISTORIES, gaps=st.lists(st.integers(0, 1), min_size=5, max_size=5))
def test_random_histories_hold_law_7(engine: DuckDBEngine, histories: list[list[list[int]]], gaps: list[int]) -> None:
    """Many small, independent histories go through the same five runs at once; some runs share a date."""
    oracle, previous, day = Oracle(), None, DAY
    ever: set[str] = set()
    before: dict[str, str] = {}
    for number in range(5):
        day += timedelta(days=gaps[number])
        partition = {
            f"h{h:02}r{r}": h * 10 + label for h, history in enumerate(histories) for r, label in enumerate(history[number]) if label
        }
        crosswalk, events = run(engine, partition, previous, number, day)
        after = customers(crosswalk)
        assert crosswalk.filter(pl.col("valid_to").is_null())["record_id"].is_unique().all(), "a record in two customers"
        assert crosswalk.select("record_id", "valid_from", "customer_id").is_unique().all(), "the key repeats"
        assert after.keys() == partition.keys()
        oracle.step(clusters_of(partition), after, day)
        assert after == oracle.held
        explained(before, after, events, ever)
        ever |= set(after.values())
        assert ever == set(crosswalk["customer_id"]), "an id disappeared"
        table = engine.from_frame(crosswalk)
        resolved = dict(engine.collect(survivors(engine, crosswalk=table)).rows())
        assert resolved == {customer: oracle.end_of(customer) for customer in ever}
        again, nothing = run(engine, partition, crosswalk, number + 100, day + timedelta(days=1))
        assert_frame_equal(crosswalk, again)
        assert nothing.is_empty()
        previous, before = crosswalk, after


def test_order_of_input_does_not_matter(engine: DuckDBEngine) -> None:
    one = {f"r{n}": n // 3 for n in range(30)}
    two = {f"r{n}": n // 4 for n in range(2, 33)}
    first, _ = run(engine, one, None, 1, DAY)
    turned, _ = run(engine, dict(reversed(one.items())), None, 1, DAY)
    assert_frame_equal(first, turned)
    second, events = run(engine, two, first, 2, DAY + timedelta(days=1))
    second_turned, events_turned = run(engine, dict(reversed(two.items())), first.reverse(), 2, DAY + timedelta(days=1))
    assert_frame_equal(second, second_turned)
    assert_frame_equal(events, events_turned)
