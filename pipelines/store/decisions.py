"""Steward decisions: two records are the same customer or are not, a customer is locked, a value is right. They outlive every run and every model.

A decision is never changed, only added to: an undoing is a decision of its own. What would contradict those in force is refused, with
the decisions it contradicts named.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
from sqlalchemy import Column, Connection, Integer, MetaData, RowMapping, String, Table, Text, func, insert, select

from matching.labels import LABEL_SCHEMA
from pipelines.store import database
from pipelines.store.decision import (
    CORRECT,
    LOCK,
    NOT_SAME,
    PAIRS,
    PREFER,
    SAME,
    UNDO,
    VALUES,
    Answer,
    Decision,
    DecisionError,
    Outcome,
    Wanted,
    WantedLock,
    WantedValue,
    one_line,
    signed,
)
from pipelines.store.decision_groups import Groups
from pipelines.store.home import Home

__all__ = [
    "CORRECT",
    "LOCK",
    "NOT_SAME",
    "PAIRS",
    "PREFER",
    "SAME",
    "UNDO",
    "VALUES",
    "Answer",
    "Decision",
    "DecisionError",
    "Decisions",
    "Outcome",
    "Wanted",
    "WantedLock",
    "WantedValue",
    "labels",
    "locked",
]

_TABLE = Table(
    "decisions",
    MetaData(),
    Column("number", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("left_id", String(128)),
    Column("right_id", String(128)),
    Column("undoes", Integer),
    Column("who", String(128), nullable=False),
    Column("why", Text, nullable=False),
    Column("at", String(32), nullable=False),
    Column("field", String(32)),
    Column("value", Text),
    Column("records", Text),
)


class Decisions:
    """Reads and writes decisions; one transaction a call, and no other writer beside it."""

    def __init__(self, home: Home, url: str = "") -> None:
        self._engine = database.connect(home, url)

    def enter(self, wanted: Sequence[Wanted], *, who: str, all_or_none: bool = False) -> list[Outcome]:
        """Enters decisions in their order; one that contradicts those before it is refused, the others are entered.

        ``all_or_none``: where one is refused, none is entered (a customer is not split by halves).
        """
        outcomes = []
        with self._engine.begin() as connection:
            database.exclusively(connection, "decisions")
            groups = Groups(_in_force(connection))
            for each in wanted:
                known, refused = groups.judge(each)
                number = None
                if not known and refused is None:
                    kind = SAME if each.same else NOT_SAME
                    number = self._add(connection, who, each.why, kind=kind, left_id=each.left_id, right_id=each.right_id)
                    groups.add(Decision(number, kind, each.left_id, each.right_id, None, who, each.why, _now()))
                outcomes.append(Outcome(each, number, known, refused))
            if all_or_none and any(each.refused is not None for each in outcomes):
                connection.rollback()
                return [replace(each, number=None) for each in outcomes]
        return outcomes

    def lock(self, wanted: WantedLock, *, who: str) -> Answer:
        """Enters a lock: its records are one customer, and no other record joins."""
        with self._engine.begin() as connection:
            database.exclusively(connection, "decisions")
            known, refused = Groups(_in_force(connection)).judge_lock(wanted)
            if known or refused is not None:
                return Answer(None, known, refused)
            records = json.dumps(sorted(set(wanted.records)))
            return Answer(self._add(connection, who, wanted.why, kind=LOCK, records=records))

    def say(self, wanted: WantedValue, *, who: str) -> Answer:
        """Enters a value, corrected or preferred. Whether it is a good one was looked at before (``pipelines.stages.steward``)."""
        with self._engine.begin() as connection:
            database.exclusively(connection, "decisions")
            known, refused = Groups(_in_force(connection)).judge_value(wanted)
            if known or refused is not None:
                return Answer(None, known, refused)
            kind = PREFER if wanted.prefer else CORRECT
            values = {"left_id": wanted.record_id, "field": wanted.field, "value": wanted.value}
            return Answer(self._add(connection, who, wanted.why, kind=kind, **values))

    def undo(self, number: int, *, who: str, why: str) -> int:
        """Takes a decision back; returns the number of the undoing.

        Raises:
            DecisionError: it is not in force.
        """
        with self._engine.begin() as connection:
            database.exclusively(connection, "decisions")
            if number not in {decision.number for decision in _in_force(connection)}:
                message = f"decision {number} is not in force; chezhu review list shows those that are"
                raise DecisionError(message)
            return self._add(connection, who, why, kind=UNDO, undoes=number)

    def in_force(self, upto: int | None = None) -> list[Decision]:
        """Decisions that nobody has taken back, in their order; ``upto`` looks at none entered after that number."""
        with self._engine.connect() as connection:
            return _in_force(connection, upto)

    def after(self, number: int) -> list[Decision]:
        """Decisions with a greater number, undoings and what they undo included: what a reader who keeps up with them has to read."""
        with self._engine.connect() as connection:
            wanted = select(_TABLE).where(_TABLE.c.number > number).order_by(_TABLE.c.number)
            return [_read(row) for row in connection.execute(wanted).mappings()]

    def last(self) -> int:
        """Number of the last decision, undoings included; 0 before the first."""
        with self._engine.connect() as connection:
            return int(connection.execute(select(func.max(_TABLE.c.number))).scalar() or 0)

    @staticmethod
    def _add(connection: Connection, who: str, why: str, **values: object) -> int:
        done = connection.execute(insert(_TABLE).values(who=signed(who), why=one_line(why), at=_now(), **values).returning(_TABLE.c.number))
        return int(done.scalar_one())


def labels(decisions: Iterable[Decision], known: pl.Series) -> pl.DataFrame:
    """Decisions about records as labelled pairs (``matching.labels``), of records that are still ``known``; the others wait for theirs to come back.

    The records of a lock are the same as the first of them.
    """
    there = set(known)
    rows: list[tuple[str, str, bool, str]] = []
    for each in decisions:
        if each.kind in PAIRS:
            rows.append((str(each.left_id), str(each.right_id), each.kind == SAME, each.place))
        elif each.kind == LOCK:
            first, *others = [record for record in each.records if record in there] or [""]
            rows += [(first, record, True, each.place) for record in others]
    frame = pl.DataFrame(rows, schema=LABEL_SCHEMA, orient="row")
    return frame.filter(pl.col("left_id").is_in(known.implode()) & pl.col("right_id").is_in(known.implode()))


def locked(decisions: Iterable[Decision], known: pl.Series) -> list[str]:
    """The records of locked customers that are still ``known``: no other record joins them."""
    there = set(known)
    return sorted({record for each in decisions if each.kind == LOCK for record in each.records if record in there})


def _all(connection: Connection) -> list[Decision]:
    rows = connection.execute(select(_TABLE).order_by(_TABLE.c.number)).mappings()
    return [_read(row) for row in rows]


def _read(row: RowMapping) -> Decision:
    return Decision(**{**row, "records": tuple(json.loads(row["records"] or "[]"))})


def _in_force(connection: Connection, upto: int | None = None) -> list[Decision]:
    every = [decision for decision in _all(connection) if upto is None or decision.number <= upto]
    undone = {decision.undoes for decision in every}
    return [decision for decision in every if decision.kind != UNDO and decision.number not in undone]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
