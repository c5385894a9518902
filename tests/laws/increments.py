"""Histories of records, and the slow obvious way: everything matched again, with the same model, after each step."""

from __future__ import annotations

import polars as pl
from polars.testing import assert_frame_equal

from engine.changes import Change, applied, within
from engine.contract import Engine
from matching import customers
from matching.increment import advance
from matching.known import Known
from matching.labels import LABEL_SCHEMA
from matching.match import MatchResult
from matching.model import Model
from matching.redecided import Decided


def collected(result: MatchResult, engine: Engine) -> dict[str, pl.DataFrame]:
    """All that a whole run leaves, as frames."""
    assert result.known is not None
    known = result.known
    tables = {"edges": result.edges, "clusters": result.clusters, "records": known.records, "keys": known.keys, "pairs": known.pairs}
    return {name: engine.collect(table) for name, table in tables.items()}


def whole(engine: Engine, clean: pl.DataFrame, model: Model, decided: Decided) -> dict[str, pl.DataFrame]:
    """A run over everything."""
    table = engine.from_frame(clean)
    return collected(customers.match_customers(engine, table, model=model, labels=decided.labels, closed=decided.closed, keep=True), engine)


def step(
    engine: Engine,
    before: dict[str, pl.DataFrame],
    old: pl.DataFrame,
    clean: pl.DataFrame,
    model: Model,
    *,
    then: Decided,
    decided: Decided,
) -> dict[str, pl.DataFrame]:
    """A run over what changed between two states of the clean records, of which something was decided ``then``, and is now."""
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
        decided=decided,
        before=then,
    )
    changes: dict[str, Change] = {name: getattr(done, name) for name in before}
    return {name: engine.collect(applied(engine, engine.from_frame(frame), changes[name])) for name, frame in before.items()}


def assert_equal(found: dict[str, pl.DataFrame], expected: dict[str, pl.DataFrame]) -> None:
    """Every table, row for row."""
    for name, frame in expected.items():
        assert_frame_equal(found[name].select(frame.columns).sort(frame.columns), frame.sort(frame.columns))


def owners(found: dict[str, pl.DataFrame]) -> dict[str, str]:
    """The cluster of each record."""
    return dict(found["clusters"].select("record_id", "cluster_id").iter_rows())


def assert_locked(found: dict[str, pl.DataFrame], decided: Decided) -> None:
    """Who is in a locked customer's cluster is locked as well."""
    owner, closed = owners(found), set(decided.closed)
    held = {owner[record] for record in closed}
    assert {record for record, cluster in owner.items() if cluster in held} == closed


class Steward:
    """Decides about pairs, and locks customers with the records that they have then; a lock holds until it is undone."""

    def __init__(self, clean: pl.DataFrame) -> None:
        """``clean``: all records that there ever are."""
        self._ids = clean["record_id"].to_list()
        self._locks: dict[int, list[str]] = {}

    def decided(self, now: pl.DataFrame, owner: dict[str, str], pairs: list[tuple[int, int, bool]], locks: list[int]) -> Decided:
        """What is decided of records that are there, without what contradicts something before it.

        Args:
            now: the records that are there.
            owner: the cluster of each record in the run before.
            pairs: places of two records, and whether they are the same.
            locks: places of records whose customers are locked; a lock of before that is not here is undone.
        """
        there = set(now["record_id"])
        self._locks = {seed: self._locks.get(seed, []) for seed in locks}
        for seed in [seed for seed, records in self._locks.items() if not records]:
            taken = {record for others in self._locks.values() for record in others}
            of = owner.get(self._ids[seed], self._ids[seed])
            self._locks[seed] = [each for each in self._ids if owner.get(each, each) == of and each not in taken]
        held = [[record for record in records if record in there] for records in self._locks.values()]
        closed = sorted(record for mine in held for record in mine)
        rows = [(mine[0], record, True, "lock") for mine in held for record in mine[1:]]
        used = set(closed)
        for one, other, same in pairs:
            left, right = self._ids[one], self._ids[other]
            if one != other and {left, right} <= there and not {left, right} & used:
                rows.append((left, right, same, "label"))
                used |= {left, right}
        return Decided(pl.DataFrame(rows, schema=LABEL_SCHEMA, orient="row"), closed)
