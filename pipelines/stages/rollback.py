"""Back to an earlier version: published as a new one, so that what was delivered since is undone by a delivery like any other.

The tables are those of the earlier version. What must never be forgotten stays: ids given since then are retired, and resolve as before;
identity events, runs and the history of quality go on. Files that came in since are unknown again and are read by the next run,
where records get back the ids they had.
"""

from __future__ import annotations

import shutil
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime

import polars as pl

from engine.contract import Engine, Table
from engine.tables import TABLES, schema
from matching.identity.ids import event_id
from pipelines import draft as drafts
from pipelines.draft import Draft, Selection
from pipelines.stages import publish
from pipelines.stages.publish import Summary
from pipelines.store import versions
from pipelines.store.home import Home
from pipelines.store.ledger import Ledger
from pipelines.store.versions import Manifest, VersionError

KEPT = ("quality_history",)
"""Tables that go on as they are; crosswalk, identity_events and runs are made of both versions."""
MADE = ("crosswalk", "identity_events", "runs")


@dataclass(frozen=True)
class Decision:
    """Who decided, why, and when (UTC)."""

    who: str
    why: str
    at: str

    @staticmethod
    def now(who: str, why: str) -> Decision:
        """Decided at this moment."""
        return Decision(who, why, datetime.now(UTC).isoformat(timespec="seconds"))


def find(home: Home, target: str) -> Manifest:
    """The version that ``target`` names: its number, or the run (or the beginning of the id of the run) that published it.

    Raises:
        VersionError: there is none, or more than one.
    """
    if target.isdecimal():
        return versions.load(home, int(target))
    found = [manifest for number in versions.published(home) if (manifest := versions.load(home, number)).run_id.startswith(target)]
    if len(found) != 1:
        message = f"{len(found) or 'no'} published runs begin with {target!r}: chezhu runs lists them"
        raise VersionError(message)
    return found[0]


def roll_back(engine: Engine, home: Home, ledger: Ledger, *, to: Manifest, as_of: date, decision: Decision) -> Summary:
    """Publishes the tables of ``to`` as the newest version. Only while holding the lock.

    Raises:
        VersionError: ``to`` is the published version.
    """
    now = versions.current(home)
    if now is None or to.version == now.version:
        message = f"version {to.version} is the published one; there is nothing to roll back"
        raise VersionError(message)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    draft = drafts.begin(home, run_id=str(uuid.uuid4()), as_of=as_of, started_at=started, selection=Selection())
    ledger.reconcile()
    ledger.start(draft.run_id)
    for name, entries in to.tables.items():
        if name not in MADE:
            draft.note(f"table-{name}", [asdict(entry) for entry in (now.tables[name] if name in KEPT else entries)])
    draft.note("model", to.model)
    draft.note("decision", to.decision)
    then, latest = (versions.read(home, engine, manifest, "crosswalk") for manifest in (to, now))
    draft.write(engine, "crosswalk", _crosswalk(engine, then, latest, as_of))
    events = versions.read(home, engine, now, "identity_events")
    happened = _events(engine, draft, then, latest)
    draft.write(engine, "identity_events", engine.sql("select * from e union all select * from h", e=events, h=happened))
    publish.deliver(engine, draft)
    report = home.reports / f"{to.version:06d}"
    if report.is_dir():
        shutil.copytree(report, draft.folder / "report")
    else:
        (draft.folder / "report").mkdir()
    return publish.publish(engine, draft, ledger, beside={"restores": to.version, "decision": asdict(decision)})


def _crosswalk(engine: Engine, then: Table, latest: Table, as_of: date) -> Table:
    """Then's rows, and those of ids given since, closed."""
    listed = ", ".join(f"n.{name}" for name in TABLES["crosswalk"].schema if name != "valid_to")
    closed = f"""
        select {listed}, coalesce(n.valid_to, greatest(n.valid_from, date '{as_of.isoformat()}')) as valid_to
        from n left join (select distinct customer_id from t) k on k.customer_id = n.customer_id where k.customer_id is null
    """
    every = ", ".join(TABLES["crosswalk"].schema)
    return engine.sql(f"select {every} from t union all select {every} from ({closed}) c", t=then, n=latest)


def _events(engine: Engine, draft: Draft, then: Table, latest: Table) -> Table:
    """Ids in force that no longer are, and those that are again: retired and restored, decided by a person."""
    run = engine.from_frame(pl.DataFrame({"run_id": [draft.run_id], "date": [draft.as_of]}))
    in_force = "select customer_id, count(*) as records from c where valid_to is null group by customer_id"
    query = """
        select r.run_id, r.date, {kind} as kind, a.customer_id, cast(null as string) as other_customer_id, 'steward' as cause, a.records
        from a left join b on b.customer_id = a.customer_id cross join r where b.customer_id is null
    """
    old, new = engine.sql(in_force, c=latest), engine.sql(in_force, c=then)
    both = engine.sql(
        "select * from retired union all select * from restored",
        retired=engine.sql(query.format(kind="'retired'"), a=old, b=new, r=run),
        restored=engine.sql(query.format(kind="'restored'"), a=new, b=old, r=run),
    )
    return engine.map_batches(both, event_id, schema("identity_events"))
