"""The publish gate's measures on small tables whose answers are counted by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from pathlib import Path

import polars as pl
import pytest

from engine.contract import Engine
from engine.tables import schema
from pipelines import draft as drafts
from pipelines.draft import Draft, Selection
from pipelines.settings import Settings
from pipelines.stages import gate
from pipelines.store import versions
from pipelines.store.home import Home
from pipelines.store.versions import Manifest

Records = dict[str, list[str]]
"""Customer to the dealers of its records."""


def frames(records: Records, scores: dict[str, float]) -> dict[str, pl.DataFrame]:
    day = dt.date(2026, 1, 1)
    rows = [
        {"dealer_id": dealer, "record_id": f"{customer}{number}", "customer_id": customer, "valid_from": day}
        for customer, dealers in records.items()
        for number, dealer in enumerate(dealers)
    ]
    golden = [{"customer_id": customer, "score": scores.get(customer, 80.0)} for customer in records]
    return {
        name: pl.DataFrame([{column: row.get(column) for column in schema(name)} for row in listed], schema=schema(name))
        for name, listed in (("crosswalk", rows), ("customers", golden), ("identity_events", []))
    }


def judged(
    engine: Engine, folder: Path, before: Records | None, now: Records, scores: dict[str, float] | None = None, **limits: float
) -> gate.Verdict:
    home = Home(folder / "home")
    home.prepare()
    if before is not None:
        entries = {name: versions.write_table(home, engine, name, engine.from_frame(frame)) for name, frame in frames(before, {}).items()}
        versions.save(home, Manifest(1, "run1", "2026-01-01", None, None, entries))
        versions.point_to(home, 1)
    draft: Draft = drafts.begin(home, run_id="r", as_of=dt.date(2026, 1, 2), started_at="now", selection=Selection())
    for name, frame in frames(now, scores or {}).items():
        draft.write(engine, name, engine.from_frame(frame))
    verdict = gate.judge(engine, draft, Settings.model_validate({"gate_from": 1, **limits}))
    assert gate.noted(draft) == verdict
    return verdict


def test_a_night_like_any_other_passes(engine: Engine, tmp_path: Path) -> None:
    before = {f"C{number}": ["D1"] for number in range(20)}
    verdict = judged(engine, tmp_path, before, {**before, "C20": ["D1"]})
    assert verdict.broken == ()
    assert {measure.name: round(measure.value, 3) for measure in verdict.measures}["change of the number of customers"] == 0.05


def test_whether_anything_was_compared_is_kept(engine: Engine, tmp_path: Path) -> None:
    before = {f"C{number}": ["D1"] for number in range(20)}
    for place, (earlier, least, compared) in enumerate([(None, 1, False), (before, 21, False), (before, 20, True)]):
        verdict = judged(engine, tmp_path / str(place), earlier, before, gate_from=least)
        assert gate.compared([asdict(measure) for measure in verdict.measures]) == compared
    assert not gate.compared(None), "a version that went back, or was made by hand"


@pytest.mark.parametrize(
    ("now", "limits", "why"),
    [
        ({f"C{number}": ["D1"] for number in range(10)}, {}, "change of the number of customers: 50 % (limit 20 %); ids no longer in force: 50 % (limit 5 %)"),
        ({f"N{number}": ["D1"] for number in range(20)}, {}, "ids no longer in force: 100 % (limit 5 %)"),
        ({f"C{number}": ["D1"] * (30 if number == 3 else 1) for number in range(20)}, {"gate_largest": 10}, "records of the largest customer: 30 records (limit 10 records)"),
    ],
)  # fmt: skip
def test_what_changes_too_much_is_named(engine: Engine, tmp_path: Path, now: Records, limits: dict[str, float], why: str) -> None:
    assert judged(engine, tmp_path, {f"C{number}": ["D1"] for number in range(20)}, now, **limits).why() == why


def test_the_customers_of_a_new_dealer_are_no_surprise(engine: Engine, tmp_path: Path) -> None:
    before = {f"C{number}": ["D1"] for number in range(20)}
    assert judged(engine, tmp_path, before, {**before, **{f"N{number}": ["D2"] for number in range(40)}}).broken == ()


def test_scores_are_held_as_a_whole_and_by_dealer(engine: Engine, tmp_path: Path) -> None:
    before = {f"C{number}": ["D1" if number < 150 else "D2"] for number in range(300)}
    verdict = judged(engine, tmp_path, before, before, {f"C{number}": 60.0 for number in range(150, 300)})
    assert verdict.why() == "mean score lost: 10 points (limit 2 points); mean score lost of dealer D2: 20 points (limit 5 points)"


def test_a_dealer_whose_records_go_is_named(engine: Engine, tmp_path: Path) -> None:
    before = {f"C{number}": ["D1", "D2"] for number in range(120)}
    now = {f"C{number}": ["D1"] for number in range(120)}
    assert judged(engine, tmp_path, before, now).why() == "records gone of dealer D2: 100 % (limit 50 %)"


def test_a_first_run_is_held_against_the_largest_customer_only(engine: Engine, tmp_path: Path) -> None:
    verdict = judged(engine, tmp_path, None, {"C1": ["D1"] * 12, "C2": ["D1"]}, gate_largest=11)
    assert [measure.name for measure in verdict.measures] == ["records of the largest customer"]
    assert len(verdict.broken) == 1


def test_a_small_home_is_not_compared(engine: Engine, tmp_path: Path) -> None:
    verdict = judged(engine, tmp_path, {"C1": ["D1"]}, {"N1": ["D1"], "N2": ["D1"]}, gate_from=2)
    assert len(verdict.measures) == 1
