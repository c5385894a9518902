"""Worklists as laws: items close by themselves, running again changes nothing, no dealer gets more than its share, against a slow oracle."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from engine.tables import WORKLIST
from pipelines.draft import Draft
from pipelines.stages.worklist import scorecards
from quality_reports import worklists
from quality_reports.messages import LANGUAGES, Language, catalogue
from quality_reports.scorecard import build_scorecard, scorecard_numbers
from quality_reports.worklist_book import build_worklist

sys.path.insert(0, str(Path(__file__).parent))
from quality_frames import frame

DAY = date(2026, 3, 1)
Problems = dict[tuple[str, str], list[tuple[str, str]]]
"""By dealer and record: field and reason."""


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    with DuckDBEngine() as engine:
        yield engine


def records(problems: Problems) -> pl.DataFrame:
    rows = [
        {
            "dealer_id": dealer,
            "record_id": record,
            "event_date": DAY,
            "problems": [{"field": field, "reason": reason, "value": "x", "repaired": False} for field, reason in found],
        }
        for (dealer, record), found in problems.items()
    ]
    return frame("clean_records", rows)


def night(engine: DuckDBEngine, before: pl.DataFrame | None, problems: Problems, day: date, most: int = 3) -> pl.DataFrame:
    known = None if before is None else engine.from_frame(before)
    made = worklists.advance(engine, before=known, clean_records=engine.from_frame(records(problems)), as_of=day, days=7, most=most)
    return engine.collect(made).sort(WORKLIST.key)


REASONS = st.sampled_from(
    [("phone", "phone_placeholder"), ("name", "name_junk"), ("vin", "vin_length"), ("", "stale_record"), ("address", "address_historic")]
)
NIGHTS = st.lists(
    st.dictionaries(st.tuples(st.sampled_from("AB"), st.sampled_from("rstuvw")), st.lists(REASONS, max_size=3, unique=True), max_size=8),
    min_size=1,
    max_size=4,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nights=NIGHTS)
def test_items_open_close_and_stay_as_the_slow_way_says(engine: DuckDBEngine, nights: list[Problems]) -> None:
    state: pl.DataFrame | None = None
    slow: dict[tuple[str, date], dict[str, object]] = {}
    for place, found in enumerate(nights):
        problems = {(dealer, dealer + record): each for (dealer, record), each in found.items()}
        day = DAY + timedelta(days=place)
        state = night(engine, state, problems, day)
        now = {
            worklists._item_id(record, field, reason): (dealer, worklists.ASKED[field])
            for (dealer, record), each in problems.items()
            for field, reason in each
            if field in worklists.ASKED and reason != "address_historic"
        }
        for (item, _), line in slow.items():
            if line["closed"] is None and item not in now:
                line["closed"] = day
        for dealer in "AB":
            held = sum(line["closed"] is None and line["dealer"] == dealer for line in slow.values())
            open_now = {item for (item, opened), line in slow.items() if line["closed"] is None or opened == day}
            waiting = sorted((priority, item) for item, (of, priority) in now.items() if of == dealer and item not in open_now)
            for _, item in waiting[: 3 - held]:
                slow[item, day] = {"dealer": dealer, "closed": None}
        assert {(row["item_id"], row["opened"]): (row["dealer_id"], row["closed"]) for row in state.to_dicts()} == {
            key: (line["dealer"], line["closed"]) for key, line in slow.items()
        }
        again = night(engine, state, problems, day)
        assert again.equals(state), "running again on the same day changes something"


def test_why_an_item_closed_is_told_and_due_days_are_kept(engine: DuckDBEngine) -> None:
    first = night(engine, None, {("A", "r1"): [("phone", "phone_placeholder")], ("A", "r2"): [("vin", "vin_length")]}, DAY)
    later = night(engine, first, {("A", "r1"): []}, DAY + timedelta(days=9))
    assert dict(zip(later["record_id"], later["closed_by"], strict=True)) == {"r1": "repaired", "r2": "removed"}
    assert set(later["due"]) == {DAY + timedelta(days=7)}


def test_the_scorecard_ranks_who_closes(engine: DuckDBEngine) -> None:
    first = night(
        engine, None, {("A", "a"): [("phone", "phone_placeholder")], ("B", "b"): [("phone", "phone_placeholder")], ("C", "c"): []}, DAY
    )
    later = night(engine, first, {("A", "a"): [("phone", "phone_placeholder")], ("B", "b"): []}, DAY + timedelta(days=8))
    scores = worklists.scores(engine, engine.from_frame(later), as_of=DAY + timedelta(days=8))
    lines = scorecard_numbers(
        scores,
        pl.DataFrame(
            schema={
                "dealer_id": pl.String,
                "source": pl.String,
                "table": pl.String,
                "field": pl.String,
                "dimension": pl.String,
                "measure": pl.String,
                "value": pl.Float64,
            }
        ),
    )
    assert [(line["dealer_id"], line["open"], line["overdue"], line["closed"], line["rate"]) for line in lines] == [
        ("B", 0, 0, 1, 100.0),
        ("A", 1, 1, 0, 0.0),
    ]


def test_no_rank_where_nothing_is_due_nor_for_the_crm(engine: DuckDBEngine, tmp_path: Path) -> None:
    scores = pl.DataFrame({"dealer_id": ["CRM", "A", "B"], "open": [0, 3, 1], "overdue": [0, 0, 1], "closed": [1, 0, 1], "in_time": [1, 0, 1], "due_so_far": [1, 0, 2]})  # fmt: skip
    lines = scorecard_numbers(scores, frame("quality_history", []), unranked=["CRM"])
    assert {line["dealer_id"]: line["rank"] for line in lines} == {"B": 1, "CRM": None, "A": None}
    due = {"field": "phone", "reason": "phone_invalid", "priority": 1, "opened": DAY, "due": DAY - timedelta(days=1)}
    tables = {
        "worklist": frame("worklist", [{**due, "item_id": name, "dealer_id": name, "record_id": name} for name in ("CRM", "A")]),
        "files": frame("files", [{"dealer_id": "CRM", "source": "crm"}, {"dealer_id": "A", "source": "crm"}, {"dealer_id": "A", "source": "sale"}]),
        "quality_history": frame("quality_history", []),
    }  # fmt: skip
    draft = SimpleNamespace(read=lambda engine, name: engine.from_frame(tables[name]), run_id="r", as_of=DAY, folder=tmp_path)
    (page,) = scorecards(engine, cast("Draft", draft), ["en"])
    told = json.loads(page.with_suffix(".json").read_text("utf-8"))["dealers"]
    assert {line["dealer_id"]: line["rank"] for line in told} == {"A": 1, "CRM": None}
    assert ">1 dealers<" in page.read_text("utf-8")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_workbook_and_scorecard_are_inert_and_whole(tmp_path: Path, lang: Language) -> None:
    evil = "=1+1"
    rows = pl.DataFrame(
        [
            {
                "item_id": "i1",
                "field": "phone",
                "reason": "phone_placeholder",
                "opened": DAY,
                "due": DAY,
                "written": evil,
                "customer": "王",
                "phone": None,
                "source": "sale",
                "source_key": "k",
                "file_name": "f.csv",
                "row_number": 3,
            }
        ]
    )
    path = build_worklist(rows, dealer="D001", as_of=DAY + timedelta(days=1), lang=lang, out=tmp_path / "w.xlsx")
    sheet = openpyxl.load_workbook(path).active
    words = catalogue(lang)
    assert sheet.freeze_panes == "B4"
    assert [sheet.cell(4, column).value for column in (2, 3, 5)] == [words["worklist.overdue"], words["field.phone"], words["ask.phone"]]
    assert (sheet["F4"].value, sheet["F4"].data_type) == (evil, "s")
    assert path.stat().st_mode & 0o077 == 0
    scores = pl.DataFrame({"dealer_id": [evil], "open": [1], "overdue": [1], "closed": [0], "in_time": [0], "due_so_far": [1]})
    page = build_scorecard(scores=scores, quality=frame("quality_history", []), run_id="r", as_of=DAY, lang=lang, out=tmp_path / "s.html")
    assert words["scorecard.headline"].format(open=1, overdue=1, closed=0) in page.read_text("utf-8")


def test_every_field_that_is_asked_about_has_a_question() -> None:
    assert {f"ask.{field}" for field in worklists.ASKED} == {key for key in catalogue("en") if key.startswith("ask.")}
