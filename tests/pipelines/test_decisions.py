"""Steward decisions: entered, refused, undone; no two that contradict each other are ever in force, whoever writes at once."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cli.review import command
from pipelines.stages.review_sheets import _quoted
from pipelines.store import database
from pipelines.store.decision_groups import Groups
from pipelines.store.decisions import SAME, Decision, DecisionError, Decisions, Wanted, labels
from pipelines.store.home import Home
from pipelines.store.ledger import Ledger


@pytest.fixture
def store(tmp_path: Path) -> Decisions:
    home = Home(tmp_path / "home")
    home.prepare()
    return Decisions(home)


def test_decisions_are_entered_in_order_and_known_the_second_time(store: Decisions) -> None:
    first = store.enter([Wanted("a", "b", True, "one phone"), Wanted("b", "c", False)], who="li")
    assert [(each.number, each.known, each.refused) for each in first] == [(1, False, None), (2, False, None)]
    again = store.enter([Wanted("b", "a", True), Wanted("a", "c", False)], who="wang")
    assert [(each.number, each.known) for each in again] == [(None, True), (None, True)]
    assert [(each.kind, each.who, each.why) for each in store.in_force()] == [("same", "li", "one phone"), ("not_same", "li", "")]
    assert store.last() == 2


def test_a_contradiction_is_refused_with_both_sides_named(store: Decisions) -> None:
    store.enter([Wanted("a", "b", True), Wanted("b", "c", True)], who="li")
    refused = store.enter([Wanted("a", "c", False), Wanted("c", "d", False), Wanted("d", "b", True)], who="wang")
    assert refused[0].refused is not None
    assert "'a' = 'b' (decision 1 by li" in refused[0].refused
    assert "'a' ≠ 'c' (this decision)" in refused[0].refused
    assert refused[1].number == 3
    assert refused[2].refused is not None
    assert "decision 3 by wang" in refused[2].refused
    one = store.enter([Wanted("a", "a", True)], who="li")
    assert one[0].refused == "a is one record; name two"


def test_what_people_write_is_kept_in_one_line(store: Decisions) -> None:
    store.enter([Wanted("a", "b", True, "he called\n\x1b[31mtwice\x07 =1+1 <b> " + "长" * 3000)], who=" li\tna ")
    (kept,) = store.in_force()
    assert (kept.who, kept.why) == ("li na", "he called [31mtwice =1+1 <b> " + "长" * 3000)
    for who in ("", " \n", "w" * 129):
        with pytest.raises(DecisionError, match="name of who decides, of at most 128 characters"):
            store.undo(1, who=who, why="x")
    assert store.last() == 1


def test_a_list_shows_the_beginning_of_a_long_reason(store: Decisions, tmp_path: Path) -> None:
    store.enter([Wanted("a", "b", True, "长" * 3000)], who="li")
    done = CliRunner().invoke(command, ["list", "--home", str(tmp_path / "home")])
    assert done.exit_code == 0, done.output
    assert done.output.count("\n") == 1
    assert done.output.rstrip().endswith("li  " + "长" * 119 + "…")


def test_a_refused_row_is_told_without_all_that_was_written() -> None:
    written = pl.DataFrame({"decision": ["=1+1", "x" * 3000]})
    assert written.select(_quoted(pl.col("decision")))["decision"].to_list() == ["=1+1", "x" * 40 + "…"]


def test_what_is_undone_no_longer_stands_in_the_way(store: Decisions) -> None:
    store.enter([Wanted("a", "b", True)], who="li")
    assert store.undo(1, who="wang", why="brothers") == 2
    assert store.in_force() == []
    assert store.enter([Wanted("a", "b", False)], who="wang")[0].number == 3
    assert store.last() == 3
    with pytest.raises(DecisionError, match="decision 1 is not in force"):
        store.undo(1, who="li", why="twice")


def test_labels_are_of_records_that_are_there(store: Decisions) -> None:
    store.enter([Wanted("a", "b", True), Wanted("a", "gone", False)], who="li")
    found = labels(store.in_force(), pl.Series(["a", "b", "c"]))
    assert found.select("left_id", "right_id", "same").rows() == [("a", "b", True)]


def test_two_writers_never_enter_what_contradicts(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    Decisions(home)
    pairs = [(f"r{number}", f"s{number}") for number in range(40)]

    def write(same: bool) -> None:  # noqa: FBT001
        mine = Decisions(home)
        for left, right in pairs:
            mine.enter([Wanted(left, right, same)], who=str(same))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, (True, False)))
    found = [frozenset((each.left_id, each.right_id)) for each in Decisions(home).in_force()]
    assert len(found) == len(set(found)) == len(pairs)


RECORD = st.sampled_from("abcdef")


@given(st.lists(st.tuples(RECORD, RECORD, st.booleans()), max_size=25))
def test_groups_refuse_what_a_slow_reading_refuses(wanted: list[tuple[str, str, bool]]) -> None:
    groups = Groups([])
    same: list[tuple[str, str]] = []
    apart: list[tuple[str, str]] = []
    for number, (left, right, is_same) in enumerate(wanted, start=1):
        known, refused = groups.judge(Wanted(left, right, is_same))
        after = ([*same, (left, right)], apart) if is_same else (same, [*apart, (left, right)])
        assert (refused is not None) == (left == right or not _consistent(*after))
        if refused is None:
            if not known:
                groups.add(Decision(number, SAME if is_same else "not_same", left, right, None, "w", "", ""))
            same, apart = after


def _consistent(same: list[tuple[str, str]], apart: list[tuple[str, str]]) -> bool:
    group = {record: record for record in "abcdef"}
    for _ in group:
        for left, right in same:
            group[left] = group[right] = min(group[left], group[right])
    return all(group[left] != group[right] for left, right in apart)


def test_the_last_step_is_the_one_that_the_store_wants() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == database.HEAD


def test_a_store_made_before_there_were_steps_is_brought_up_to_date(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    with sqlite3.connect(home.ledger) as old:
        old.execute(
            "create table runs (run_id varchar(64) primary key, status varchar(16) not null, started_at varchar(32) not null, "
            "finished_at varchar(32), version integer, detail text not null)"
        )
        old.execute("insert into runs values ('r1', 'published', '2026-01-01', null, 1, '{}')")
    assert [run.run_id for run in Ledger(home).runs()] == ["r1"]
    assert Decisions(home).last() == 0
