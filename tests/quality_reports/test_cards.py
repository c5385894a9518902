"""Cards of tables: what Dagster shows beside a table after a run."""

from __future__ import annotations

from datetime import date

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from engine.tables import schema
from quality_reports.cards import cards, sparkline
from quality_reports.messages import LANGUAGES


def measured(run: str, table: str, measure: str, value: float, **more: str) -> dict[str, object]:
    blank = {"dealer_id": "", "source": "", "field": "", "dimension": ""}
    return {**blank, "run_id": run, "as_of": date(2026, 1, 1), "table": table, "measure": measure, "value": value, **more}


def test_a_card_tells_the_last_run_and_the_scores_before() -> None:
    rows = [
        measured("r1", "clean_records", "score", 90.0),
        measured("r2", "clean_records", "score", 95.5),
        measured("r2", "clean_records", "score", 10.0, dealer_id="D1"),
        measured("r2", "clean_records", "score", 20.0, dimension="accuracy"),
        measured("r2", "clean_records", "problem:phone_placeholder", 3, field="phone", dimension="accuracy"),
        measured("r2", "clean_records", "problem:phone_placeholder", 2, field="mobile", dimension="accuracy"),
        measured("r2", "clean_records", "problem:name_junk", 7, field="name", dimension="accuracy"),
        measured("r1", "customers", "score", 80.0),
    ]
    found = cards(pl.DataFrame(rows, schema=schema("quality_history")), ["r1", "r2"])
    assert [card.table for card in found] == ["clean_records"]
    assert found[0].score == 95.5
    assert found[0].scores == (90.0, 95.5)
    assert found[0].reasons == (("name_junk", 7), ("phone_placeholder", 5))
    for lang in LANGUAGES:
        assert found[0].lines(lang).count("\n") == 3
    assert found[0].chart() == "▁█ 90.0 – 95.5"


def test_nothing_measured_gives_no_card() -> None:
    assert cards(pl.DataFrame(schema=schema("quality_history")), []) == []
    assert cards(pl.DataFrame(schema=schema("quality_history")), ["r1"]) == []


@given(st.lists(st.floats(0, 100, allow_nan=False), min_size=1, max_size=40))
def test_bars_stand_in_the_order_of_the_numbers(values: list[float]) -> None:
    bars = sparkline(values)
    assert len(bars) == len(values)
    for (one, bar), (other, beside) in zip(zip(values, bars, strict=True), list(zip(values, bars, strict=True))[1:], strict=False):
        assert (bar <= beside) if one <= other else (bar >= beside)
