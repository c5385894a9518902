"""Law 4, of matching: a run that takes only what changed ends as one over everything with the same model does."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from matching import pairs
from matching.customers import match_customers
from matching.model import Model
from tests.laws.increments import assert_equal, step, whole
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


@st.composite
def histories(draw: st.DrawFn, *, rows: int, steps: int = 3) -> list[tuple[list[int], list[tuple[int, int]], list[tuple[int, int, bool]]]]:
    """What is there at each step, who says what another record says (a correction), and which pairs are decided."""
    place = st.integers(0, rows - 1)
    there = draw(st.sets(place, min_size=rows // 2))
    found = []
    for _ in range(steps):
        there = there ^ draw(st.sets(place, max_size=25))
        said = draw(st.lists(st.tuples(place, place), max_size=12))
        decided = draw(st.one_of(st.just([]), st.lists(st.tuples(place, place, st.booleans()), max_size=4)))
        found.append((sorted(there), said, decided))
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


def labelled(clean: pl.DataFrame, now: pl.DataFrame, decided: list[tuple[int, int, bool]]) -> pl.DataFrame | None:
    """Decisions about records that are there, without those that contradict earlier ones."""
    ids = clean["record_id"].to_list()
    there = set(now["record_id"])
    chosen: list[tuple[str, str, bool]] = []
    used: set[str] = set()
    for one, other, same in decided:
        left, right = ids[one], ids[other]
        if one != other and {left, right} <= there and not {left, right} & used:
            chosen.append((left, right, same))
            used |= {left, right}
    return pl.DataFrame(chosen, schema={"left_id": pl.String, "right_id": pl.String, "same": pl.Boolean}, orient="row") if chosen else None


def follow(clean: pl.DataFrame, model: Model, history: list[tuple[list[int], list[tuple[int, int]], list[tuple[int, int, bool]]]]) -> None:
    with DuckDBEngine(threads=1) as engine:
        now = state(clean, *history[0][:2])
        labels = labelled(clean, now, history[0][2])
        found = whole(engine, now, model, labels)
        for there, said, decided in history[1:]:
            old, before = now, labels
            now = state(clean, there, said)
            labels = labelled(clean, now, decided)
            found = step(
                engine,
                found,
                old,
                now,
                model,
                labels,
                relabelled=(before is None) != (labels is None)
                or (before is not None and labels is not None and not before.equals(labels)),
            )
            assert_equal(found, whole(engine, now, model, labels))


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.usefixtures("small_blocks")
def test_also_where_blocks_grow_too_large_and_fall_below_it(world: tuple[pl.DataFrame, Model], data: st.DataObject) -> None:
    clean, model = world
    follow(crowded(clean), model, data.draw(histories(rows=clean.height)))
