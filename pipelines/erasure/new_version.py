"""The version that an erasure publishes: the one before without the person, and a delivery that tells CRM systems to delete."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from datetime import UTC, date, datetime

import polars as pl

from engine.contract import Engine, Table
from engine.tables import schema
from matching.identity.ids import event_id
from pipelines.draft import Draft, Selection
from pipelines.erasure.steps import Steps
from pipelines.erasure.tables import Eraser
from pipelines.stages import publish
from pipelines.store import versions
from pipelines.store.home import Home
from pipelines.store.versions import Manifest


def prepare(engine: Engine, home: Home, todo: Steps, as_of: date, eraser: Eraser, last: Manifest, erasure: str) -> int:
    """A new version without the person, whose delivery tells CRM systems to delete; returns its number."""
    started = datetime.now(UTC).isoformat(timespec="seconds")
    draft = Draft(home, erasure, max(as_of, date.fromisoformat(last.as_of)), started, Selection(), last.version)
    draft.save()
    for name, entries in last.tables.items():
        draft.note(f"table-{name}", [asdict(entry) for entry in entries])
    draft.note("model", last.model)
    draft.note("decision", last.decision)
    events = versions.read(home, engine, last, "identity_events")
    happened = _events(engine, draft, eraser)
    draft.write(engine, "identity_events", engine.sql("select * from e union all select * from h", e=events, h=happened))
    operations = publish.deliver(engine, draft)
    summary = publish.summarize(engine, draft)
    draft.write(engine, "runs", publish.runs_table(engine, draft, summary))
    about = {"erasure": erasure, "operations": operations}
    manifest = publish.manifest(draft, summary, beside=about)
    todo.made = manifest
    report = home.reports / f"{last.version:06d}"
    if report.is_dir():
        shutil.copytree(report, draft.folder / "report")
        todo.folder_to(home.reports / f"{draft.version:06d}", draft.folder / "report")
    todo.folder_to(home.deliveries / f"{draft.version:06d}", draft.folder / "delivery")
    todo.write(versions.manifest_path(home, draft.version), versions.written(manifest))
    todo.call("point", version=draft.version)
    todo.call("ledger")
    return draft.version


def _events(engine: Engine, draft: Draft, eraser: Eraser) -> Table:
    """Retired by erasure: the person, and others of whom nothing is left."""
    before = versions.read(draft.home, engine, versions.load(draft.home, draft.previous_version or 0), "crosswalk")
    ids = sorted(eraser.person.ids | eraser.tables.done.ended)
    asked = engine.from_frame(pl.DataFrame({"customer_id": ids, "run_id": draft.run_id, "date": draft.as_of}))
    query = """
        select a.run_id, a.date, 'retired' as kind, a.customer_id, cast(null as string) as other_customer_id, 'erasure' as cause, c.records
        from a join (select customer_id, count(*) as records from c where valid_to is null group by customer_id) c on c.customer_id = a.customer_id
    """
    return engine.map_batches(engine.sql(query, a=asked, c=before), event_id, schema("identity_events"))
