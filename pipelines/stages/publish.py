"""Ends a run: delivery, manifest, ledger, and last of all the pointer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import polars as pl

from engine.contract import Engine, Table
from engine.tables import schema
from matching import identity
from pipelines import faults
from pipelines.draft import Draft
from pipelines.sinks import crm
from pipelines.stages import train_waiting
from pipelines.stages.rules import rules
from pipelines.store import versions
from pipelines.store.home import remove
from pipelines.store.ledger import Ledger


@dataclass(frozen=True)
class Summary:
    """What one run did, as `chezhu run` prints it; scores are means, 0 to 100."""

    run_id: str
    version: int
    as_of: str
    full: bool
    files_new: int
    files_quarantined: int
    rows_in: int
    rows_kept: int
    rows_quarantined: int
    rows_skipped: int
    records: int
    customers: int
    duplicates_merged: int
    score_before: float | None
    score_after: float | None


class OvertakenError(Exception):
    """Another run published while this one worked."""


def summarize(engine: Engine, draft: Draft) -> Summary:
    """Counts the draft's tables."""
    read = draft.noted("read_files")
    key = {"dealer_id": pl.String(), "file_id": pl.String()}  # two dealers may send the same file
    chosen = engine.from_frame(pl.DataFrame(read if isinstance(read, list) else [], schema=key, orient="row"))
    files = engine.collect(
        engine.sql(
            "select f.* from files f join chosen c on c.file_id = f.file_id and c.dealer_id = f.dealer_id",
            files=draft.read(engine, "files"),
            chosen=chosen,
        )
    )
    records, customers = draft.read(engine, "clean_records"), draft.read(engine, "customers")
    totals = files.select(
        pl.col("rows_in", "rows_kept", "rows_quarantined").sum(), skipped=pl.sum_horizontal(pl.col("^rows_(blank|title|note)$").sum())
    )
    rows_in, rows_kept, rows_quarantined, rows_skipped = totals.row(0)
    n_records, n_customers = (sum(entry.rows for entry in draft.entries(name)) for name in ("clean_records", "customers"))
    return Summary(
        run_id=draft.run_id,
        version=draft.version,
        as_of=draft.as_of.isoformat(),
        full=draft.selection.full,
        files_new=files.height,
        files_quarantined=files.filter(pl.col("status") == "quarantined").height,
        rows_in=rows_in,
        rows_kept=rows_kept,
        rows_quarantined=rows_quarantined,
        rows_skipped=rows_skipped,
        records=n_records,
        customers=n_customers,
        duplicates_merged=n_records - n_customers,
        score_before=_mean(engine, records, "score_raw"),
        score_after=_mean(engine, customers, "score"),
    )


def deliver(engine: Engine, draft: Draft) -> dict[str, int]:
    """Writes the CRM import of this version; returns the number of delta rows by operation."""
    before = draft.previous_table(engine, "customers")
    ended = identity.ended(engine, crosswalk=draft.read(engine, "crosswalk"))
    heirs = engine.sql("select customer_id, survivor_id as surviving_customer_id from e", e=ended)
    header = {
        "run": draft.run_id,
        "version": draft.version,
        "previous_version": draft.previous_version,
        "as_of": draft.as_of.isoformat(),
    }
    folder = draft.folder / "delivery"
    operations = crm.deliver(
        engine, now=draft.read(engine, "customers"), before=before, heirs=heirs, folder=folder, header=header,
        change=draft.change(engine, "customers"), delivered=draft.home.deliveries / f"{draft.previous_version or 0:06d}",
    )  # fmt: skip
    faults.reach("publish.delivery")
    return operations


def runs_table(engine: Engine, draft: Draft, summary: Summary) -> Table:
    """RUNS with this run's row behind the earlier ones."""
    values = {
        **asdict(summary),
        "as_of": draft.as_of,
        "started_at": datetime.fromisoformat(draft.started_at),
        "finished_at": datetime.now(UTC),
    }
    row = engine.from_frame(pl.DataFrame([values], schema=schema("runs")))
    before = draft.previous_table(engine, "runs")
    return row if before is None else engine.sql("select * from before union all select * from row_now", before=before, row_now=row)


def publish(engine: Engine, draft: Draft, ledger: Ledger, *, beside: Mapping[str, object] | None = None) -> Summary:
    """Makes the draft the published version: manifest, ledger, pointer, in this order.

    ``beside`` is kept with the run's counts: a decision, and what it is about.

    Raises:
        OvertakenError: the published version is no longer the one this run builds upon.
    """
    home = draft.home
    now = versions.current(home)
    if (None if now is None else now.version) != draft.previous_version:
        message = f"version {now and now.version} was published while this run built upon {draft.previous_version}; run again"
        raise OvertakenError(message)
    summary = summarize(engine, draft)
    draft.write(engine, "runs", runs_table(engine, draft, summary))
    faults.reach("publish.tables")
    made = manifest(draft, summary, beside=beside)
    _place(draft)
    versions.save(home, made)
    faults.reach("publish.manifest")
    ledger.end(draft.run_id, "published", version=draft.version, detail=made.run)
    faults.reach("publish.ledger")
    versions.point_to(home, draft.version)
    faults.reach("publish.pointer")
    train_waiting.settle(home, made)
    for folder in home.staged.iterdir():
        remove(folder)
    remove(draft.folder)
    return summary


def manifest(draft: Draft, summary: Summary, *, beside: Mapping[str, object] | None = None) -> versions.Manifest:
    """The manifest of a draft whose tables are all written."""
    model = draft.noted("model")
    run = {
        **asdict(summary),
        "started_at": draft.started_at,
        "finished_at": datetime.now(UTC).isoformat(),
        "rules": rules(),
        "survivorship": draft.noted("survivorship"),
        "reference": draft.noted("reference"),
        "keep_crm_ids": draft.noted("keep_crm_ids"),
        "churn": draft.noted("churn"),
        "crm_ids_not_kept": draft.noted("crm_ids"),
        "replaced": draft.noted("replaced"),
        "copied": draft.noted("copied"),
        "gate": draft.noted("gate"),
        **(beside or {}),
    }
    return versions.Manifest(
        version=draft.version,
        run_id=draft.run_id,
        as_of=draft.as_of.isoformat(),
        previous=draft.previous_version,
        model=model if isinstance(model, str) else None,
        tables=draft.tables(),
        run=run,
        decision=_number(draft.noted("decision")),
    )


def _number(noted: object) -> int:
    return noted if isinstance(noted, int) else 0


def _place(draft: Draft) -> None:
    """Moves delivery and reports to their places, named by version. One beyond CURRENT was never published."""
    for name, folder in (("delivery", draft.home.deliveries), ("report", draft.home.reports)):
        target = folder / f"{draft.version:06d}"
        remove(target)
        (draft.folder / name).rename(target)


def _mean(engine: Engine, table: Table, column: str) -> float | None:
    """Mean of a score column to two decimals, from integer sums, so that every engine gives the same."""
    query = f"select sum(cast(round({column} * 10) as bigint)) as tenths, count({column}) as n from t"
    tenths, n = engine.collect(engine.sql(query, t=table)).row(0)
    return round(float(tenths) / 10 / n, 2) if n else None
