"""Law 4, of matching: a run that takes only what changed ends as one over everything with the same model does."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from matching import pairs
from matching.customers import match_customers
from matching.model import Model
from tests.laws.increments import Steward, assert_equal, assert_locked, owners, step, whole
from tests.matching.matching_simulator import simulate

PEOPLE = 60


@pytest.fixture(scope="module")
def world() -> tuple[pl.DataFrame, Model]:
    clean, _ = simulate(PEOPLE, seed=5)
    with DuckDBEngine() as engine:
        return clean, match_customers(engine, engine.from_frame(clean)).model


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of more than five records are oversized: families and namesakes reach that."""
    monkeypatch.setattr(pairs, "BLOCK_RECORDS", 5)
    monkeypatch.setattr(pairs, "BLOCKS_AT_ONCE", ((3, 100), (5, 100)))
    monkeypatch.setattr(pairs, "NEIGHBOURS", 2)


Step = tuple[list[int], list[tuple[int, int]], list[tuple[int, int, bool]], list[int]]
"""Records that are there, who says what another record says (a correction), which pairs are decided, and whose customers are locked."""


@st.composite
def histories(draw: st.DrawFn, *, rows: int, steps: int = 3) -> list[Step]:
    """At each step decisions stay, one is undone, or there are others."""
    place = st.integers(0, rows - 1)
    pairs, seeds = st.lists(st.tuples(place, place, st.booleans()), max_size=4), st.lists(place, max_size=4, unique=True)
    there = draw(st.sets(place, min_size=rows // 2))
    decided, locks = draw(pairs), draw(seeds)
    found = []
    for _ in range(steps):
        there = there ^ draw(st.sets(place, max_size=25))
        said = draw(st.lists(st.tuples(place, place), max_size=12))
        decided = draw(st.one_of(st.just(decided), st.just(decided[1:]), pairs))
        locks = draw(st.one_of(st.just(locks), st.just(locks[1:]), seeds))
        found.append((sorted(there), said, decided, locks))
    return found


def state(clean: pl.DataFrame, there: list[int], said: list[tuple[int, int]]) -> pl.DataFrame:
    """The records that are there; of two places (a, b) the record a says what b says in its phone, name and car."""
    rows = clean.with_row_index("place")
    frame = rows
    for one, other in said:
        source = rows.row(other, named=True)
        told = ["name", "surname", "given_name", "name_pinyin", "phones", "vin", "plate"]
        frame = frame.with_columns(
            pl.when(pl.col("place") == one).then(pl.lit(source[name], dtype=clean.schema[name])).otherwise(pl.col(name)).alias(name)
            if not clean.schema[name].is_nested()
            else pl.when(pl.col("place") == one)
            .then(pl.lit(pl.Series([source[name]], dtype=clean.schema[name])).first())
            .otherwise(pl.col(name))
            .alias(name)
            for name in told
        )
    return frame.filter(pl.col("place").is_in(there)).drop("place")


def follow(clean: pl.DataFrame, model: Model, history: list[Step]) -> None:
    steward = Steward(clean)
    first, *steps = history
    with DuckDBEngine(threads=1) as engine:
        now = state(clean, *first[:2])
        decided = steward.decided(now, {}, *first[2:])
        found = whole(engine, now, model, decided)
        for there, said, pairs_decided, locks in steps:
            old, then = now, decided
            now = state(clean, there, said)
            decided = steward.decided(now, owners(found), pairs_decided, locks)
            found = step(engine, found, old, now, model, then=then, decided=decided)
            assert_equal(found, whole(engine, now, model, decided))
            assert_locked(found, decided)


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_history_ends_as_a_whole_run(world: tuple[pl.DataFrame, Model], data: st.DataObject) -> None:
    clean, model = world
    follow(clean, model, data.draw(histories(rows=clean.height)))


def crowded(clean: pl.DataFrame) -> pl.DataFrame:
    """A third of the records has one phone and says no more than a name: strangers whom nothing else brings together."""
    some = pl.int_range(pl.len()) % 3 == 0
    bare = ("vin", "plate", "address", "adcode", "road", "road_no", "building", "room", "id_number", "id_type", "birth_date", "gender")
    one = pl.lit(pl.Series([["+8613917852046"]], dtype=pl.List(pl.String))).first()
    return clean.with_columns(
        *(pl.when(some).then(None).otherwise(pl.col(name)).alias(name) for name in bare),
        phones=pl.when(some).then(one).otherwise("phones"),
    )


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.usefixtures("small_blocks")
def test_also_where_blocks_grow_too_large_and_fall_below_it(world: tuple[pl.DataFrame, Model], data: st.DataObject) -> None:
    clean, model = world
    follow(crowded(clean), model, data.draw(histories(rows=clean.height)))


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), largest=st.integers(2, 4))
@pytest.mark.usefixtures("small_blocks")
def test_also_where_blocks_grow_beyond_what_is_worth_its_pairs(
    world: tuple[pl.DataFrame, Model], data: st.DataObject, largest: int
) -> None:
    """Of weak keys: a block of more records gives no pairs until it is small enough again."""
    clean, model = world
    limited = replace(model, largest_blocks={name: largest for name in model.keys if "+" in name})
    follow(crowded(clean), limited, data.draw(histories(rows=clean.height)))
