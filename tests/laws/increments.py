"""Histories of records, and the slow obvious way: everything matched again, with the same model, after each step."""

from __future__ import annotations

import polars as pl
from polars.testing import assert_frame_equal

from engine.changes import Change, applied, within
from engine.contract import Engine
from matching import customers
from matching.increment import advance
from matching.known import Known
from matching.match import MatchResult
from matching.model import Model


def collected(result: MatchResult, engine: Engine) -> dict[str, pl.DataFrame]:
    """All that a whole run leaves, as frames."""
    assert result.known is not None
    known = result.known
    tables = {"edges": result.edges, "clusters": result.clusters, "records": known.records, "keys": known.keys, "pairs": known.pairs}
    return {name: engine.collect(table) for name, table in tables.items()}


def whole(engine: Engine, clean: pl.DataFrame, model: Model, labels: pl.DataFrame | None) -> dict[str, pl.DataFrame]:
    """A run over everything."""
    return collected(customers.match_customers(engine, engine.from_frame(clean), model=model, labels=labels, keep=True), engine)


def step(
    engine: Engine,
    before: dict[str, pl.DataFrame],
    old: pl.DataFrame,
    clean: pl.DataFrame,
    model: Model,
    labels: pl.DataFrame | None,
    *,
    relabelled: bool,
) -> dict[str, pl.DataFrame]:
    """A run over what changed between two states of the clean records."""
    same = clean.join(old, on=clean.columns, how="semi", nulls_equal=True)
    changed = clean.join(same, on="record_id", how="anti").select("record_id")
    gone = old.join(clean, on="record_id", how="anti").select("record_id")
    known = Known(*(engine.from_frame(before[name]) for name in ("records", "keys", "pairs")))
    table = customers.features(engine, engine.from_frame(clean))
    done = advance(
        engine,
        table,
        known,
        model,
        changed=within(engine, table, engine.from_frame(changed)),
        gone=engine.from_frame(gone),
        labels=labels,
        relabelled=relabelled,
    )
    changes: dict[str, Change] = {name: getattr(done, name) for name in before}
    return {name: engine.collect(applied(engine, engine.from_frame(frame), changes[name])) for name, frame in before.items()}


def assert_equal(found: dict[str, pl.DataFrame], expected: dict[str, pl.DataFrame]) -> None:
    """Every table, row for row."""
    for name, frame in expected.items():
        assert_frame_equal(found[name].select(frame.columns).sort(frame.columns), frame.sort(frame.columns))
