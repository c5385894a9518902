"""Steward decisions: two records are the same customer, or are not. They outlive every run and every model.

A decision is never changed, only added to: an undoing is a decision of its own. What would contradict those in force is refused, with
the decisions it contradicts named.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import polars as pl
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, Text, insert, select

from matching.contradictions import contradiction
from matching.labels import LABEL_SCHEMA
from pipelines.store import database
from pipelines.store.home import Home

SAME, NOT_SAME, UNDO = "same", "not_same", "undo"
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
)


class DecisionError(Exception):
    """A decision cannot be entered; the message says what stands against it."""


@dataclass(frozen=True)
class Wanted:
    """A decision to be entered: two records, and whether they are the same customer."""

    left_id: str
    right_id: str
    same: bool
    why: str = ""


@dataclass(frozen=True)
class Decision:
    """A decision as it stands in the store; ``at`` is UTC, ISO 8601."""

    number: int
    kind: str
    left_id: str | None
    right_id: str | None
    undoes: int | None
    who: str
    why: str
    at: str

    @property
    def place(self) -> str:
        """How errors call it."""
        return f"decision {self.number} by {self.who} of {self.at[:10]}"


@dataclass(frozen=True)
class Outcome:
    """What became of a wanted decision: its number, or why it was refused; ``known`` where the same was decided before."""

    wanted: Wanted
    number: int | None = None
    known: bool = False
    refused: str | None = None


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
            groups = _Groups(_in_force(connection))
            for each in wanted:
                known, refused = groups.judge(each)
                number = None
                if not known and refused is None:
                    number = self._add(
                        connection, who, each.why, kind=SAME if each.same else NOT_SAME, left_id=each.left_id, right_id=each.right_id
                    )
                    groups.add(Decision(number, SAME if each.same else NOT_SAME, each.left_id, each.right_id, None, who, each.why, _now()))
                outcomes.append(Outcome(each, number, known, refused))
            if all_or_none and any(each.refused is not None for each in outcomes):
                connection.rollback()
                return [replace(each, number=None) for each in outcomes]
        return outcomes

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

    def in_force(self) -> list[Decision]:
        """Decisions that nobody has taken back, in their order."""
        with self._engine.connect() as connection:
            return _in_force(connection)

    def after(self, number: int) -> list[Decision]:
        """Decisions with a greater number, undoings and what they undo included: what a reader who keeps up with them has to read."""
        with self._engine.connect() as connection:
            wanted = select(_TABLE).where(_TABLE.c.number > number).order_by(_TABLE.c.number)
            return [Decision(**row) for row in connection.execute(wanted).mappings()]

    def last(self) -> int:
        """Number of the last decision, undoings included; 0 before the first."""
        with self._engine.connect() as connection:
            return max((decision.number for decision in _all(connection)), default=0)

    @staticmethod
    def _add(connection: Connection, who: str, why: str, **values: object) -> int:
        done = connection.execute(insert(_TABLE).values(who=who, why=why, at=_now(), **values).returning(_TABLE.c.number))
        return int(done.scalar_one())


def labels(decisions: Iterable[Decision], known: pl.Series) -> pl.DataFrame:
    """Decisions as labelled pairs (``matching.labels``), those of which both records are still ``known``; the others wait for theirs to come back."""
    rows = [(each.left_id, each.right_id, each.kind == SAME, each.place) for each in decisions]
    frame = pl.DataFrame(rows, schema=LABEL_SCHEMA, orient="row")
    return frame.filter(pl.col("left_id").is_in(known.implode()) & pl.col("right_id").is_in(known.implode()))


def _all(connection: Connection) -> list[Decision]:
    return [Decision(**row) for row in connection.execute(select(_TABLE).order_by(_TABLE.c.number)).mappings()]


def _in_force(connection: Connection) -> list[Decision]:
    every = _all(connection)
    undone = {decision.undoes for decision in every}
    return [decision for decision in every if decision.kind != UNDO and decision.number not in undone]


@dataclass
class _Groups:
    """Records that are the same by decision, and groups that are not: each new decision costs next to nothing."""

    decisions: list[Decision]
    _root: dict[str, str] = field(default_factory=dict)
    _members: dict[str, list[str]] = field(default_factory=dict)
    _apart: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given, self.decisions = self.decisions, []
        for decision in given:
            self.add(decision)

    def judge(self, wanted: Wanted) -> tuple[bool, str | None]:
        """Whether this is known already, and what stands against it."""
        if wanted.left_id == wanted.right_id:
            return False, f"{wanted.left_id} is one record; name two"
        left, right = self._of(wanted.left_id), self._of(wanted.right_id)
        if wanted.same and right in self._apart.get(left, set()):
            return False, self._told(wanted)
        if not wanted.same and left == right:
            return False, self._told(wanted)
        return (left == right if wanted.same else right in self._apart.get(left, set())), None

    def add(self, decision: Decision) -> None:
        """Takes a decision in that contradicts none."""
        self.decisions.append(decision)
        left, right = self._of(str(decision.left_id)), self._of(str(decision.right_id))
        if decision.kind == NOT_SAME:
            self._apart.setdefault(left, set()).add(right)
            self._apart.setdefault(right, set()).add(left)
        elif left != right:
            if len(self._members[left]) < len(self._members[right]):
                left, right = right, left
            for record in self._members.pop(right):
                self._root[record] = left
                self._members[left].append(record)
            for other in self._apart.pop(right, set()):
                self._apart[other].discard(right)
                self._apart[other].add(left)
                self._apart.setdefault(left, set()).add(other)

    def _of(self, record: str) -> str:
        if record not in self._root:
            self._root[record] = record
            self._members[record] = [record]
        return self._root[record]

    def _told(self, wanted: Wanted) -> str:
        rows = [(each.left_id, each.right_id, each.kind == SAME, each.place) for each in self.decisions]
        rows.append((wanted.left_id, wanted.right_id, wanted.same, "this decision"))
        frame = pl.DataFrame(rows, schema={**{name: LABEL_SCHEMA[name] for name in ("left_id", "right_id", "same")}, "where": pl.String()}, orient="row")  # fmt: skip
        return f"{contradiction(frame, {}, column='')}; undo one of them first"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
