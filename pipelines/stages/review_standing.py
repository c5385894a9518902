"""How the pairs of the queue stand: open, or decided the same or not the same, by decisions about them or by what follows from those.

Decisions are about records; they count for the customers of the records. Each new decision costs as much as the groups that it touches.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.stages.review_desk import Desk
from pipelines.store.decisions import NOT_SAME, SAME, UNDO, Decision, Decisions

OPEN = "open"


@dataclass(frozen=True)
class Stand:
    """How a pair stands, and the decisions about its two customers (none where it follows from others)."""

    status: str
    decisions: tuple[Decision, ...] = ()


class Standing:
    """Keeps up with the decisions; several threads may use it at once."""

    def __init__(self, desk: Desk, decisions: Decisions) -> None:
        self._desk = desk
        self._decisions = decisions
        self._lock = threading.Lock()
        self._every: dict[int, Decision] = {}
        self._undone: set[int] = set()
        self._customer_of: dict[str, str] = {}
        ends = desk.pairs.select("customer_id_l", "customer_id_r").iter_rows()
        self.ends: list[tuple[str, str]] = [(str(left), str(right)) for left, right in ends]
        self._touching: dict[str, list[int]] = {}
        for place, (left, right) in enumerate(self.ends):
            self._touching.setdefault(left, []).append(place)
            self._touching.setdefault(right, []).append(place)
        self._last = 0
        self._in_force: list[Decision] = []
        self._start_over()

    def refresh(self) -> None:
        """Takes in what was decided since."""
        with self._lock:
            fresh = self._decisions.after(self._last)
            if not fresh:
                return
            self._last = fresh[-1].number
            self._every |= {each.number: each for each in fresh}
            undone = {each.undoes for each in fresh if each.undoes is not None}
            named = [record for each in fresh for record in (each.left_id, each.right_id) if record is not None]
            self._customer_of |= self._desk.customers_of(record for record in named if record not in self._customer_of)
            if undone:
                self._undone |= undone
                self._start_over()
                self._in_force = [each for each in self._every.values() if each.kind != UNDO and each.number not in self._undone]
            else:
                self._take(fresh)
                self._in_force = [*self._in_force, *(each for each in fresh if each.kind != UNDO)]

    @property
    def statuses(self) -> list[str]:
        """The status of each pair, in the queue's order."""
        return list(self._status)

    def of(self, place: int) -> Stand:
        """How the pair at this place stands."""
        left, right = self.ends[place]
        return Stand(self._status[place], tuple(self.between(left, right)))

    def between(self, left: str, right: str) -> list[Decision]:
        """Decisions in force about two customers, the earliest first."""
        return list(self._between.get((min(left, right), max(left, right)), ()))

    def about(self, records: Iterable[str]) -> list[Decision]:
        """Decisions in force that name one of these records, the earliest first."""
        asked = set(records)
        return [each for each in self.in_force() if not asked.isdisjoint(each.named)]

    def in_force(self) -> list[Decision]:
        """Decisions in force, the earliest first."""
        return self._in_force

    def _start_over(self) -> None:
        self._status = [OPEN] * len(self.ends)
        self._between: dict[tuple[str, str], list[Decision]] = {}
        self._root: dict[str, str] = {}
        self._group: dict[str, set[str]] = {}
        self._apart: dict[str, set[str]] = {}
        self._take(self._every.values())

    def _take(self, decisions: Iterable[Decision]) -> None:
        for each in decisions:
            if each.kind not in {SAME, NOT_SAME} or each.number in self._undone:
                continue
            left, right = (self._customer_of.get(str(record)) for record in (each.left_id, each.right_id))
            if left is None or right is None or left == right:
                continue
            self._between.setdefault((min(left, right), max(left, right)), []).append(each)
            self._join(left, right) if each.kind == SAME else self._part(left, right)

    def _join(self, left: str, right: str) -> None:
        one, two = self._of(left), self._of(right)
        if one == two:
            return
        if len(self._group[one]) < len(self._group[two]):
            one, two = two, one
        for customer in self._group[two]:
            self._root[customer] = one
        self._group[one] |= self._group.pop(two)
        for other in self._apart.pop(two, set()):
            self._apart[other].discard(two)
            self._apart[other].add(one)
            self._apart.setdefault(one, set()).add(other)
        self._look_at(self._group[one])

    def _part(self, left: str, right: str) -> None:
        one, two = self._of(left), self._of(right)
        self._apart.setdefault(one, set()).add(two)
        self._apart.setdefault(two, set()).add(one)
        self._look_at(self._group[one] if len(self._group[one]) <= len(self._group[two]) else self._group[two])

    def _look_at(self, customers: Iterable[str]) -> None:
        for customer in customers:
            for place in self._touching.get(customer, ()):
                one, two = (self._of(end) for end in self.ends[place])
                if one == two:
                    self._status[place] = SAME
                elif two in self._apart.get(one, ()):
                    self._status[place] = NOT_SAME

    def _of(self, customer: str) -> str:
        if customer not in self._root:
            self._root[customer] = customer
            self._group[customer] = {customer}
        return self._root[customer]
