"""Measures and reports of a run."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from engine.contract import Engine, Table
from engine.tables import schema
from pipelines import faults
from pipelines.draft import Draft
from pipelines.stages import churn, reference
from pipelines.stages.publish import runs_table, summarize
from pipelines.stages.report_pages import KINDS, LANGUAGES, Kind, collected, render
from pipelines.store import versions
from pipelines.store.home import Home, write_whole
from quality_reports import great, measures
from quality_reports.cards import Card, cards
from quality_reports.expectations_page import build_expectations
from quality_reports.messages import Language
from quality_reports.numbers import order_of_runs
from quality_reports.prices import Prices

if TYPE_CHECKING:
    from quality_reports.expectations import ValidationSummary

SAMPLED = {
    "records": "record_id",
    "clean_records": "record_id",
    "customers": "customer_id",
    "crosswalk": "record_id",
    "customer_profile": "customer_id",
}
SAMPLE_ROWS = 20_000


@dataclass(frozen=True)
class Measured:
    """The tables that are measured."""

    records: Table
    clean_records: Table
    customers: Table
    customer_profile: Table
    crosswalk: Table
    reference_values: Table


def measure(engine: Engine, draft: Draft, tables: Measured) -> Table:
    """QUALITY_HISTORY: this run's measures behind those of the earlier runs."""
    now = measures.measure(
        engine,
        records=tables.records,
        clean_records=tables.clean_records,
        customers=tables.customers,
        customer_profile=tables.customer_profile,
        crosswalk=tables.crosswalk,
        run_id=draft.run_id,
        as_of=draft.as_of,
    )
    faults.reach("measure.history")
    if (churned := churn.history(engine, draft, tables.crosswalk)) is not None:
        now = engine.sql("select * from now union all select * from churned", now=now, churned=churned)
    if (said := reference.history(engine, draft, tables.reference_values)) is not None:
        now = engine.sql("select * from now union all select * from said", now=now, said=said)
    before = draft.previous_table(engine, "quality_history")
    return now if before is None else engine.sql("select * from before union all select * from now", before=before, now=now)


def get_ready() -> None:
    """Begins to import Great Expectations in the background: five seconds that pass while the engine works."""
    threading.Thread(target=great.load, daemon=True).start()


def validate(engine: Engine, draft: Draft) -> ValidationSummary:
    """Great Expectations over this run: decided by the measures, and scanned on a sample; kept beside the report."""
    from quality_reports import expectations  # noqa: PLC0415 - it takes seconds to import

    quality = engine.sql(f"select * from q where run_id = '{draft.run_id}'", q=draft.read(engine, "quality_history"))
    samples = {name: sample(engine, draft.read(engine, name), key) for name, key in SAMPLED.items()}
    summary = expectations.validate(
        quality=engine.collect(quality),
        samples=samples,
        run_id=draft.run_id,
    )
    folder = draft.folder / "report"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for lang in LANGUAGES:
        build_expectations(summary.as_dict(), as_of=draft.as_of, lang=lang, out=folder / f"expectations.{lang}.html")
    write_whole(folder / "expectations.json", json.dumps(summary.as_dict(), ensure_ascii=False, indent=1, default=str))
    return summary


def sample(engine: Engine, table: Table, key: str) -> pl.DataFrame:
    """The same rows for the same table, drawn by their key's hash."""
    drawn = engine.sql(f"select {key} from t order by md5({key}), {key} limit {SAMPLE_ROWS}", t=table)  # the keys first: rows are wide
    return engine.collect(
        engine.sql(f"select t.* from t join d on t.{key} = d.{key} order by md5(t.{key}), t.{key}", t=table, d=engine.materialize(drawn))
    )


def render_draft(engine: Engine, draft: Draft, *, ends: pl.DataFrame | None = None, prices: Prices | None = None) -> list[Path]:
    """The reports of a run that is not published yet, of all kinds and in every language; ``ends`` as ``how_runs_ended`` tells."""
    frames = {name: draft.read(engine, name) for name in ("quality_history", "files", "quarantine", "clean_records")}
    frames["runs"] = runs_table(engine, draft, summarize(engine, draft))
    folder = draft.folder / "report"
    paths = render(collected(engine, frames, ends), folder=folder, languages=LANGUAGES, kinds=KINDS, prices=prices or Prices())
    faults.reach("report.html")
    return paths


def cards_of(engine: Engine, draft: Draft) -> list[Card]:
    """What each measured table is like after this run."""
    quality = engine.collect(draft.read(engine, "quality_history"), max_rows=measures.MAX_CELLS)
    runs = draft.previous_table(engine, "runs")
    known = engine.collect(runs) if runs is not None else pl.DataFrame(schema=schema("runs"))
    return cards(quality, order_of_runs(quality, known, up_to=draft.run_id))


def render_version(
    engine: Engine,
    home: Home,
    version: int,
    *,
    lang: Language,
    folder: Path,
    kind: Kind = "before_after",
    ends: pl.DataFrame | None = None,
    prices: Prices | None = None,
    dealer: str | None = None,
) -> Path:
    """A report of a published version, rendered again in one language; an assessment also of one dealer.

    Raises:
        ValueError: the dealer is not known.
    """
    manifest = versions.load(home, version)
    names = ("quality_history", "files", "quarantine", "runs", "clean_records")
    frames = {name: versions.read(home, engine, manifest, name) for name in names}
    found = collected(engine, frames, ends)
    return render(found, folder=folder, languages=(lang,), kinds=(kind,), prices=prices or Prices(), dealer=dealer)[0]
