"""Counts brought up to date by what changed against counts of everything, on random runs."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from engine.changes import Change
from engine.duckdb import DuckDBEngine
from engine.tables import TABLES
from quality_reports import customers
from quality_reports.counts_of_change import Changes, count_change
from quality_reports.measures import COUNT, Tables, count

sys.path.insert(0, str(Path(__file__).parent))
from quality_frames import Run, random_run


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    with DuckDBEngine(threads=1) as opened:
        yield opened


@settings(max_examples=15)
@given(one=st.integers(0, 10_000), two=st.integers(0, 10_000), every=st.sampled_from([1, 2, 7, 30]), rows=st.sampled_from([2, 20, 60]))
def test_what_changed_gives_what_everything_gives(engine: DuckDBEngine, one: int, two: int, every: int, rows: int) -> None:
    """Of the second run's rows one in ``every`` takes the place of those that the first has, or comes new, or is gone."""
    before, other = random_run(one, rows), random_run(two, rows)
    now = Run(**{each.name: _mixed(getattr(before, each.name), getattr(other, each.name), each.name, every) for each in fields(Run)})
    was, is_now = (Tables(**{each.name: engine.from_frame(getattr(run, each.name)) for each in fields(Run)}) for run in (before, now))
    changes = Changes(
        **{each.name: _change(engine, getattr(before, each.name), getattr(now, each.name), each.name) for each in fields(Changes)}
    )
    done = count_change(engine, before=was, now=is_now, changes=changes, counts=count(engine, was))
    key = list(COUNT)[:-1]
    assert_frame_equal(done.sort(key, nulls_last=True), count(engine, is_now).sort(key, nulls_last=True))


def test_no_measure_looks_at_more_of_a_profile_than_is_compared() -> None:
    asked = set(re.findall(r"\bp\.(\w+)", inspect.getsource(customers._known))) - {"customer_id"}
    assert asked <= set(re.findall(r"\w+", " ".join(customers.OF_PROFILES)))
    assert "p.{field} is not null" in inspect.getsource(customers._known)


def _mixed(one: pl.DataFrame, two: pl.DataFrame, table: str, every: int) -> pl.DataFrame:
    key = list(TABLES[table].key)
    one, two = (frame.unique(key, keep="first", maintain_order=True) for frame in (one, two))
    chosen = pl.struct(key).hash(7) % every == 0
    return pl.concat([one.filter(~chosen), two.filter(chosen)])


def _change(engine: DuckDBEngine, before: pl.DataFrame, now: pl.DataFrame, table: str) -> Change:
    key = list(TABLES[table].key)
    texts = [pl.Series("all", [str(row) for row in frame.rows()], dtype=pl.String) for frame in (before, now)]
    was, is_now = before.with_columns(texts[0]), now.with_columns(texts[1])
    rows, gone = is_now.join(was, on="all", how="anti").drop("all"), was.join(is_now, on="all", how="anti")
    return Change(engine.from_frame(rows), engine.from_frame(gone.select(key).unique()))
