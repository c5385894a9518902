"""Measures and reports of a run."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, date, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from engine.contract import Engine, Table
from engine.tables import schema
from pipelines import faults
from pipelines.draft import Draft
from pipelines.stages import churn, reference, sureness
from pipelines.stages.publish import runs_table, summarize
from pipelines.stages.report_pages import KINDS, LANGUAGES, Kind, collected, needed, render
from pipelines.stages.rules import increments
from pipelines.store import versions
from pipelines.store.decision import Decision
from pipelines.store.home import Home, write_whole
from pipelines.store.versions import Manifest
from quality_reports import great, measures
from quality_reports.cards import Card, cards
from quality_reports.counts_of_change import Changes, count_change
from quality_reports.expectation_rules import scanned
from quality_reports.expectations_page import build_expectations
from quality_reports.measures import Tables
from quality_reports.messages import Language
from quality_reports.numbers import order_of_runs
from quality_reports.prices import Prices

if TYPE_CHECKING:
    from quality_reports.expectations import ValidationSummary

SAMPLED = {
    "records": "record_id",
    "clean_records": "record_id",
    "customers": "md5(customer_id)",
    "crosswalk": "record_id",
    "customer_profile": "md5(customer_id)",
}
"""What a table's sample is drawn by: a hash, as record ids are. Files are sorted by those, so little of them is read."""
SAMPLE_ROWS = 20_000
COUNTS = "quality_counts"
CHANGING = ("records", "clean_records", "customers", "crosswalk")


def measure(engine: Engine, draft: Draft, tables: Tables, decisions: Sequence[Decision], reference_values: Table) -> Table:
    """QUALITY_HISTORY: this run's measures behind those of the earlier runs. ``decisions``: those in force."""
    counts = _counted(engine, draft, tables)
    draft.write(engine, COUNTS, engine.from_frame(counts))
    now = engine.from_frame(measures.history(counts, run_id=draft.run_id, as_of=draft.as_of))
    faults.reach("measure.history")
    beside = (
        churn.history(engine, draft, tables.crosswalk),
        reference.history(engine, draft, reference_values),
        sureness.history(engine, draft, decisions),
    )
    for more in (each for each in beside if each is not None):
        now = engine.sql("select * from now union all select * from more", now=now, more=more)
    before = draft.previous_table(engine, "quality_history")
    return now if before is None else engine.sql("select * from before union all select * from now", before=before, now=now)


def _counted(engine: Engine, draft: Draft, tables: Tables) -> pl.DataFrame:
    """What is counted, from the counts of the version before where it is known what changed since."""
    changed = {name: change for name in CHANGING if (change := draft.change(engine, name)) is not None}
    manifest = draft.previous
    if manifest is None or not increments(draft) or len(changed) < len(CHANGING) or COUNTS not in manifest.tables:
        return measures.count(engine, tables)
    before = Tables(*(versions.read(draft.home, engine, manifest, each.name) for each in fields(Tables)))
    counts = engine.collect(versions.read(draft.home, engine, manifest, COUNTS), max_rows=measures.MAX_CELLS)
    return count_change(engine, before=before, now=tables, changes=Changes(**changed), counts=counts)


def get_ready() -> None:
    """Begins to import Great Expectations in the background: five seconds that pass while the engine works."""
    threading.Thread(target=great.load, daemon=True).start()


def validate(engine: Engine, draft: Draft) -> ValidationSummary:
    """Great Expectations over this run: decided by the measures, and scanned on a sample; kept beside the report."""
    from quality_reports import expectations  # noqa: PLC0415 - it takes seconds to import

    quality = engine.sql(f"select * from q where run_id = '{draft.run_id}'", q=draft.read(engine, "quality_history"))
    samples = {name: sample(engine, draft.read(engine, name), drawn_by, scanned(name)) for name, drawn_by in SAMPLED.items()}
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


def sample(engine: Engine, table: Table, drawn_by: str, columns: Sequence[str]) -> pl.DataFrame:
    """Some columns of the same rows for the same table: those of the smallest hashes."""
    smallest = engine.sql(f"select {drawn_by} as drawn from t order by drawn limit {SAMPLE_ROWS}", t=table)
    last = engine.materialize(engine.sql("select max(drawn) as last from s", s=smallest))
    limit = str(engine.collect(last).item() or "").replace("'", "''")
    return engine.collect(engine.sql(f"select {', '.join(columns)} from t where {drawn_by} <= '{limit}' order by all", t=table))


def render_draft(
    engine: Engine, draft: Draft, *, ends: pl.DataFrame | None = None, prices: Prices | None = None, zone: tzinfo = UTC
) -> list[Path]:
    """The reports of a run that is not published yet, of all kinds and in every language; ``ends`` as ``how_runs_ended`` tells."""
    frames = {name: draft.read(engine, name) for name in needed(KINDS)}
    frames["runs"] = runs_table(engine, draft, summarize(engine, draft))
    folder = draft.folder / "report"
    found = collected(engine, frames, ends, as_of=draft.as_of)
    paths = render(found, folder=folder, languages=LANGUAGES, kinds=KINDS, prices=prices or Prices(), zone=zone)
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
    zone: tzinfo = UTC,
) -> Path:
    """A report of a published version, rendered again in one language; an assessment also of one dealer.

    Raises:
        ValueError: the dealer is not known.
    """
    manifest = versions.load(home, version)
    names = ("runs", *(name for name in needed((kind,)) if name in manifest.tables))
    frames = {name: versions.read(home, engine, manifest, name) for name in names}
    found = collected(engine, frames, ends, as_of=date.fromisoformat(manifest.as_of), kinds=(kind,), up_to=_measured_by(home, manifest))
    return render(found, folder=folder, languages=(lang,), kinds=(kind,), prices=prices or Prices(), dealer=dealer, zone=zone)[0]


def _measured_by(home: Home, manifest: Manifest) -> str | None:
    """The run whose measures tell of a version that restores an earlier one: the history goes on with those of the versions that it undid."""
    if "restores" not in manifest.run:
        return None
    while isinstance(restored := manifest.run.get("restores"), int):
        manifest = versions.load(home, restored)
    return manifest.run_id
