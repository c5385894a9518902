"""Locks and values in the store: known the second time, contradictions refused with both sides named, undone in order, the old store brought up."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import polars as pl
import pytest

from pipelines.store.decisions import Answer, Decisions, Wanted, WantedLock, WantedValue, labels, locked
from pipelines.store.home import Home


@pytest.fixture
def store(tmp_path: Path) -> Decisions:
    home = Home(tmp_path / "home")
    home.prepare()
    return Decisions(home)


def said(store: Decisions, record: str, value: str, *, field: str = "phone", prefer: bool = False, beside: str = "") -> Answer:
    return store.say(WantedValue(record, field, value, prefer, "why", frozenset(beside)), who="li")


def refusal(answer: Answer) -> str:
    assert answer.number is None
    assert answer.refused is not None
    return answer.refused


def test_a_lock_keeps_others_out_and_its_own_together(store: Decisions) -> None:
    assert store.lock(WantedLock(("b", "a"), "sure"), who="li") == Answer(1)
    assert store.lock(WantedLock(("a", "b")), who="wang").known
    joins, inside, parts = store.enter([Wanted("x", "a", True), Wanted("a", "b", True), Wanted("a", "b", False)], who="wang")
    assert joins.refused is not None
    assert "decision 1 by li" in joins.refused
    assert "'x' is none of its records" in joins.refused
    assert inside.known
    assert parts.refused is not None
    assert "lock: decision 1 by li" in parts.refused
    assert "decision 1 by li" in refusal(store.lock(WantedLock(("a", "b", "c")), who="wang"))
    store.undo(1, who="li", why="over")
    assert store.enter([Wanted("x", "a", True)], who="wang")[0].number == 3
    assert store.lock(WantedLock(("a", "b", "x")), who="li").number == 4


def test_a_lock_is_refused_where_decisions_stand_against_it(store: Decisions) -> None:
    store.enter([Wanted("a", "x", True), Wanted("b", "c", False)], who="li")
    outside = refusal(store.lock(WantedLock(("a", "b")), who="wang"))
    assert "'a' = 'x' (decision 1 by li" in outside
    assert "this lock leaves it out" in outside
    apart = refusal(store.lock(WantedLock(("b", "c")), who="wang"))
    assert "'b' ≠ 'c' (decision 2 by li" in apart
    assert "this lock" in apart


def test_one_word_about_a_field(store: Decisions) -> None:
    assert said(store, "a", "+8613917852046") == Answer(1)
    assert said(store, "a", "+8613917852046").known
    other = refusal(said(store, "b", "+8613917852047", prefer=True, beside="ab"))
    assert "decision 1 by li" in other
    assert "review undo 1" in other
    assert "+8613917852046" not in other, "values are masked in errors"
    assert said(store, "b", "+8613917852047").number == 2
    assert said(store, "b", "x@y.cn", field="email", beside="ab").number == 3
    (same,) = store.enter([Wanted("a", "b", True)], who="wang")
    assert same.refused is not None
    assert "decision 1 by li" in same.refused
    assert "decision 2 by li" in same.refused
    assert "decision 2 by li" in refusal(store.lock(WantedLock(("a", "b")), who="wang"))
    store.undo(2, who="li", why="over")
    assert store.enter([Wanted("a", "b", True)], who="wang")[0].number == 5
    assert "decision 1 by li" in refusal(said(store, "b", "+8613917852047"))


def test_a_run_looks_at_nothing_entered_after_it_began(store: Decisions) -> None:
    said(store, "a", "+8613917852046")
    before = store.last()
    store.undo(1, who="li", why="over")
    assert [each.number for each in store.in_force(before)] == [1]
    assert store.in_force() == []


def test_locks_are_pairs_of_those_that_are_there(store: Decisions) -> None:
    store.lock(WantedLock(("a", "b", "gone", "c")), who="li")
    store.lock(WantedLock(("alone",)), who="li")
    known = pl.Series(["b", "c", "alone", "z"])
    assert labels(store.in_force(), known).select("left_id", "right_id", "same").rows() == [("b", "c", True)]
    assert locked(store.in_force(), known) == ["alone", "b", "c"]


def test_a_store_of_the_second_step_keeps_its_decisions(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    with sqlite3.connect(home.ledger) as old:
        old.execute(
            "create table decisions (number integer primary key autoincrement, kind varchar(16) not null, left_id varchar(128), "
            "right_id varchar(128), undoes integer, who varchar(128) not null, why text not null, at varchar(32) not null)"
        )
        old.execute("create table alembic_version (version_num varchar(32) not null)")
        old.execute("insert into alembic_version values ('0002')")
        old.execute("insert into decisions values (7, 'same', 'a', 'b', null, 'li', 'why', '2026-01-01T00:00:00+00:00')")
    old.close()
    (kept,) = Decisions(home).in_force()
    assert (kept.number, kept.kind, kept.field, kept.value, kept.records) == (7, "same", None, None, ())
    assert said(Decisions(home), "a", "+8613917852046").number == 8
