"""The run ledger: what ran, when, how it ended. SQLite by default, another database by URL (not tested yet).

The manifests are the truth: a ledger that is lost is made again from them, and a run that the pointer never reached is
marked as failed when the next one starts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Column, Integer, MetaData, String, Table, Text, delete, insert, select, update

from pipelines.store import database, versions
from pipelines.store.home import Home

_RUNS = Table(
    "runs",
    MetaData(),
    Column("run_id", String(64), primary_key=True),
    Column("status", String(16), nullable=False),
    Column("started_at", String(32), nullable=False),
    Column("finished_at", String(32)),
    Column("version", Integer),
    Column("detail", Text, nullable=False, default="{}"),
)


@dataclass(frozen=True)
class LedgerRun:
    """One run: status is running, published, unchanged, stopped (by the publish gate) or failed; times are UTC, ISO 8601; detail holds its counts."""

    run_id: str
    status: str
    started_at: str
    finished_at: str | None
    version: int | None
    detail: dict[str, object]


class Ledger:
    """Reads and writes the ledger; one short transaction a call."""

    def __init__(self, home: Home, url: str = "") -> None:
        self._home = home
        self._engine = database.connect(home, url)

    def start(self, run_id: str) -> None:
        """Notes that a run began (once more, where Dagster tries its first step again)."""
        with self._engine.begin() as connection:
            connection.execute(delete(_RUNS).where(_RUNS.c.run_id == run_id))
            connection.execute(insert(_RUNS).values(run_id=run_id, status="running", started_at=_now(), detail="{}"))

    def end(self, run_id: str, status: str, *, version: int | None = None, detail: dict[str, object] | None = None) -> None:
        """Notes how a run ended: published, unchanged, stopped or failed."""
        values = {"status": status, "finished_at": _now(), "version": version, "detail": json.dumps(detail or {}, default=str)}
        with self._engine.begin() as connection:
            connection.execute(update(_RUNS).where(_RUNS.c.run_id == run_id).values(**values))

    def runs(self) -> Sequence[LedgerRun]:
        """All runs, oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(_RUNS).order_by(_RUNS.c.started_at, _RUNS.c.run_id)).mappings().all()
        return [LedgerRun(**{**row, "detail": json.loads(row["detail"])}) for row in rows]

    def reconcile(self) -> None:
        """Makes the ledger agree with the pointer. Only while holding the lock.

        A run whose version was never published, or that ended without a word, is failed; a published version that the
        ledger does not know (it was lost, or the process ended between ledger and pointer) is entered from its manifest.
        """
        manifests = [versions.load(self._home, version) for version in versions.published(self._home)]
        by_run = {manifest.run_id: manifest for manifest in manifests}
        for run in self.runs():
            if run.status == "running" or (run.status == "published" and run.run_id not in by_run and not self._was_removed(run)):
                self.end(run.run_id, "failed", detail={"why": "the run ended before its version was published"})
        known = {run.run_id: run for run in self.runs()}
        for manifest in manifests:
            run_before = known.get(manifest.run_id)
            if run_before is None or run_before.status != "published":
                self._enter(manifest)

    def _was_removed(self, run: LedgerRun) -> bool:
        """True for a version older than the oldest that is kept."""
        kept = versions.published(self._home)
        return bool(kept) and run.version is not None and run.version < kept[0]

    def _enter(self, manifest: versions.Manifest) -> None:
        values = {
            "run_id": manifest.run_id,
            "status": "published",
            "started_at": str(manifest.run.get("started_at", _now())),
            "finished_at": str(manifest.run.get("finished_at", _now())),
            "version": manifest.version,
            "detail": json.dumps(manifest.run, default=str),
        }
        with self._engine.begin() as connection:
            connection.execute(delete(_RUNS).where(_RUNS.c.run_id == manifest.run_id))
            connection.execute(insert(_RUNS).values(**values))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
