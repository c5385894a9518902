"""Which decisions contradict each other: records that are the same by decision, groups that are not, locks, and what is said of a field.

Each new decision costs next to nothing, however many are in force.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

from matching.contradictions import contradiction
from pipelines.store.decision import LOCK, NOT_SAME, SAME, VALUES, Decision, Wanted, WantedLock, WantedValue

_PAIR = {"left_id": pl.String(), "right_id": pl.String(), "same": pl.Boolean(), "where": pl.String()}
_Verdict = tuple[bool, str | None]
"""Whether it is known already, and what stands against it."""


@dataclass
class Groups:
    """The decisions in force, as far as they bear upon each other."""

    decisions: list[Decision]
    _root: dict[str, str] = field(default_factory=dict)
    _members: dict[str, list[str]] = field(default_factory=dict)
    _apart: dict[str, set[str]] = field(default_factory=dict)
    _locks: dict[str, Decision] = field(default_factory=dict)
    _said: dict[str, dict[str, Decision]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given, self.decisions = self.decisions, []
        for decision in given:
            self.add(decision)

    def judge(self, wanted: Wanted) -> _Verdict:
        """Two records."""
        if wanted.left_id == wanted.right_id:
            return False, f"{wanted.left_id} is one record; name two"
        left, right = self._of(wanted.left_id), self._of(wanted.right_id)
        if wanted.same and left != right:
            if right in self._apart.get(left, set()):
                return False, self._told(wanted)
            if (lock := self._locks.get(left) or self._locks.get(right)) is not None:
                outside = wanted.right_id if left in self._locks else wanted.left_id
                return False, f"{lock.place} locks the customer, and {outside!r} is none of its records; {_undo(lock)}, then lock again"
            if (clash := self._clash([left, right])) is not None:
                return False, clash
        if not wanted.same and left == right:
            return False, self._told(wanted)
        return (left == right if wanted.same else right in self._apart.get(left, set())), None

    def judge_lock(self, wanted: WantedLock) -> _Verdict:
        """A lock: neither may another decision bring a record in, nor keep two of its records apart."""
        records = sorted(set(wanted.records))
        if not records:
            return False, "a lock needs at least one record"
        roots = sorted({self._of(record) for record in records})
        for lock in filter(None, map(self._locks.get, roots)):
            known = set(lock.records) == set(records)
            return known, None if known else f"{lock.place} locks {len(lock.records):,} of these records without the others; {_undo(lock)}"
        rows = self._rows()
        outside = next((record for root in roots for record in self._members[root] if record not in set(records)), None)
        if outside is not None:
            inside = next(record for record in records if self._of(record) == self._of(outside))
            return False, _chain([*rows, (inside, outside, False, "this lock leaves it out")])
        if any(other in self._apart.get(root, set()) for root in roots for other in roots):
            return False, _chain([*rows, *((records[0], record, True, "this lock") for record in records[1:])])
        return False, self._clash(roots)

    def judge_value(self, wanted: WantedValue) -> _Verdict:
        """A value: no two decisions in force say different things of one field of a customer."""
        for record in sorted({wanted.record_id, *wanted.beside}):
            said = self._said.get(self._of(record), {}).get(wanted.field)
            if said is None:
                continue
            if said.value == wanted.value:
                return True, None
            return False, f"{said.place} says another {said.field} of this customer ({said.shown}); {_undo(said)}"
        return False, None

    def add(self, decision: Decision) -> None:
        """Takes a decision in that contradicts none."""
        self.decisions.append(decision)
        if decision.kind == NOT_SAME:
            left, right = self._of(str(decision.left_id)), self._of(str(decision.right_id))
            self._apart.setdefault(left, set()).add(right)
            self._apart.setdefault(right, set()).add(left)
        elif decision.kind == SAME:
            self._unite(str(decision.left_id), str(decision.right_id))
        elif decision.kind == LOCK:
            for record in decision.records[1:]:
                self._unite(decision.records[0], record)
            self._locks[self._of(decision.records[0])] = decision
        elif decision.kind in VALUES:
            self._said.setdefault(self._of(str(decision.left_id)), {})[str(decision.field)] = decision

    def _unite(self, one: str, two: str) -> None:
        left, right = self._of(one), self._of(two)
        if left == right:
            return
        if len(self._members[left]) < len(self._members[right]):
            left, right = right, left
        for record in self._members.pop(right):
            self._root[record] = left
            self._members[left].append(record)
        for other in self._apart.pop(right, set()):
            self._apart[other].discard(right)
            self._apart[other].add(left)
            self._apart.setdefault(left, set()).add(other)
        for name, decision in self._said.pop(right, {}).items():
            kept = self._said.setdefault(left, {})
            kept[name] = max(decision, kept.get(name, decision), key=lambda each: each.number)
        if (lock := self._locks.pop(right, None)) is not None:
            self._locks[left] = lock

    def _of(self, record: str) -> str:
        if record not in self._root:
            self._root[record] = record
            self._members[record] = [record]
        return self._root[record]

    def _clash(self, roots: Iterable[str]) -> str | None:
        """Of groups that would be one: two that say different things of one field."""
        said: dict[str, Decision] = {}
        for root in roots:
            for name, decision in self._said.get(root, {}).items():
                other = said.setdefault(name, decision)
                if other.value != decision.value:
                    one, two = sorted((other, decision), key=lambda each: each.number)
                    return (
                        f"the two would be one customer, of whose {name} {one.place} says {one.shown} and {two.place} says {two.shown}; "
                        "undo one of them first"
                    )
        return None

    def _rows(self) -> list[tuple[str, str, bool, str]]:
        rows = []
        for each in self.decisions:
            if each.kind in {SAME, NOT_SAME}:
                rows.append((str(each.left_id), str(each.right_id), each.kind == SAME, each.place))
            elif each.kind == LOCK:
                rows += [(each.records[0], record, True, f"lock: {each.place}") for record in each.records[1:]]
        return rows

    def _told(self, wanted: Wanted) -> str:
        return _chain([*self._rows(), (wanted.left_id, wanted.right_id, wanted.same, "this decision")])


def _chain(rows: list[tuple[str, str, bool, str]]) -> str:
    return f"{contradiction(pl.DataFrame(rows, schema=_PAIR, orient='row'), {}, column='')}; undo one of them first"


def _undo(decision: Decision) -> str:
    return f"undo it first (chezhu review undo {decision.number})"
