"""Defects that the generator plants: the lists name each of its errors once, the docs show them, and what was planted is named and counted."""

from __future__ import annotations

from pathlib import Path

from benchmarks import _defects, defects
from benchmarks._defects import EMPTY, FORMS, NAMED, UNSEEN, markdown_table
from cleansing.reasons import REASONS
from generator.errors import ERRORS
from generator.plan import Plan

ROOT = Path(__file__).resolve().parents[2]


def test_every_error_stands_in_one_list() -> None:
    listed = [*NAMED, *EMPTY, *FORMS, *UNSEEN]
    assert sorted(listed) == sorted([*(error.name for error in ERRORS), _defects.TEST_PHONE])


def test_reasons_are_those_of_cleansing() -> None:
    codes = set(REASONS)
    assert {reason for defect in NAMED.values() for reason in defect.reasons} <= codes


def test_the_docs_show_the_lists() -> None:
    assert markdown_table() in (ROOT / "docs" / "reports.md").read_text("utf-8")


def test_what_was_planted_is_named_and_little_else(tmp_path: Path) -> None:
    raw, clean, planted = defects.examined(Plan(out=tmp_path / "made", dealers=8, rows=12_000, seed=7, workbooks=0), tmp_path / "staged")
    shares = defects.shares(planted)
    assert sum(size for _, size, _ in shares.values()) > 2_500
    assert {kind: share for kind, (_, size, share) in shares.items() if size >= 50 and (share or 0.0) < defects.FOUND} == {}
    alarms = defects.false_alarms(planted, defects.told(raw, clean))
    assert alarms["record_id"].n_unique() <= defects.FALSE * raw.height
