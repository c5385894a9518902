"""From clean records to customers: who is the same person, under which id, and what is known of them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

import polars as pl

from cleansing import golden as golden_quality
from cleansing.records import STALE_DAYS, VEHICLE_SOURCES
from engine.changes import Change, within, without
from engine.contract import Engine, Table
from engine.tables import schema
from matching import customers as customer_matching
from matching import identity, increment, survivorship
from matching.known import Known
from matching.model import Model, load_model
from pipelines import faults
from pipelines.draft import Draft
from pipelines.stages import report
from pipelines.stages.rules import increments
from pipelines.store import versions
from pipelines.store.decisions import Decisions, labels

PROGRESS = logging.getLogger("chezhu.progress")
KEPT = ("records", "keys", "pairs")
"""What matching keeps for the next run: tables ``match_…``."""
STALE = timedelta(days=STALE_DAYS)


@dataclass(frozen=True)
class Matched:
    """Tables EDGES and CLUSTERS, or what changes in them."""

    edges: Table | Change
    clusters: Table | Change


def match(engine: Engine, draft: Draft, clean_records: Table, decisions: Decisions) -> Matched:
    """Edges and clusters by the current model; without one, or in a full run, a model is trained first and kept.

    What stewards have decided is a law in the clusters, and examples where a model is trained. Where the version before has what is needed, only
    what changed is matched.
    """
    report.get_ready()
    model = None if draft.selection.full else _current_model(draft)
    draft.note("decision", decisions.last())
    draft.note("model", draft.previous.model if draft.previous is not None else None)
    decided = _decided(engine, clean_records, decisions)
    known = _known(engine, draft)
    change = draft.change(engine, "clean_records")
    if model is not None and known is not None and change is not None and increment.possible(model):
        return _advance(engine, draft, clean_records, model, known, change, decided)
    result = customer_matching.match_customers(engine, clean_records, model=model, labels=decided, keep=True)
    faults.reach("match.trained")
    if model is None:
        path = draft.home.models / f"{draft.run_id}.yaml"
        result.model.dump(path)
        draft.note("model", path.name)
    if result.known is not None:
        for name in KEPT:
            draft.write(engine, f"match_{name}", getattr(result.known, name))
    return Matched(result.edges, result.clusters)


def _known(engine: Engine, draft: Draft) -> Known | None:
    """What the version before has kept of its matching, if it may be used."""
    manifest = draft.previous
    if manifest is None or not increments(draft) or any(f"match_{name}" not in manifest.tables for name in KEPT):
        return None
    return Known(*(versions.read(draft.home, engine, manifest, f"match_{name}") for name in KEPT))


def _advance(
    engine: Engine, draft: Draft, clean_records: Table, model: Model, known: Known, change: Change, decided: pl.DataFrame
) -> Matched:
    done = increment.advance(
        engine,
        customer_matching.features(engine, clean_records),
        known,
        model,
        changed=customer_matching.features(engine, change.rows),
        gone=without(engine, change.gone, engine.sql("select record_id from r", r=change.rows)),
        labels=decided,
        relabelled=draft.previous is None or draft.previous.decision != draft.noted("decision"),
    )
    faults.reach("match.trained")
    changes = {"records": done.records, "keys": done.keys, "pairs": done.pairs}
    for name in KEPT:
        draft.write(engine, f"match_{name}", changes[name])
    PROGRESS.info("match: %s records in clusters that were made again", f"{done.again:,}")
    return Matched(done.edges, done.clusters)


def _decided(engine: Engine, clean_records: Table, decisions: Decisions) -> pl.DataFrame:
    """The decisions in force as labelled pairs, those of records that are there."""
    in_force = decisions.in_force()
    named = pl.DataFrame(
        {"record_id": [record for each in in_force for record in (each.left_id, each.right_id)]}, schema={"record_id": pl.String}
    ).unique()
    there = engine.sql("select r.record_id from r join n on n.record_id = r.record_id", r=clean_records, n=engine.from_frame(named))
    return labels(in_force, engine.collect(there, max_rows=max(named.height, 1))["record_id"])


def resolve(engine: Engine, draft: Draft, clusters: Table, clean_records: Table) -> tuple[Table | Change, Table | Change]:
    """CROSSWALK with its history and IDENTITY_EVENTS, the new ones behind the earlier ones."""
    change = draft.change(engine, "clusters")
    resolution = identity.resolve(
        engine,
        clusters=clusters,
        records=clean_records,
        previous=draft.previous_table(engine, "crosswalk"),
        run_id=draft.run_id,
        as_of=draft.as_of,
        model_changed=draft.previous is not None and draft.previous.model != draft.noted("model"),
        touched=None
        if change is None
        else engine.sql("select record_id from r union select record_id from g", r=change.rows, g=change.gone),
    )
    faults.reach("resolve.crosswalk")
    before = draft.previous_table(engine, "identity_events")
    if before is None:
        return resolution.crosswalk, resolution.identity_events
    if change is not None:
        return resolution.crosswalk, Change(resolution.identity_events, engine.sql("select event_id from e where 1 = 0", e=before))
    both = engine.sql("select * from before union all select * from now", before=before, now=resolution.identity_events)
    return resolution.crosswalk, both


def customers(engine: Engine, draft: Draft, crosswalk: Table, clean_records: Table) -> Table | Change:
    """CUSTOMERS of this run."""
    change, before = draft.change(engine, "crosswalk"), draft.previous_table(engine, "customers")
    records = draft.change(engine, "clean_records")
    # after a way back the customers are of an earlier date than their version
    then = None if draft.previous is None or "restores" in draft.previous.run else date.fromisoformat(draft.previous.as_of)
    if change is None or before is None or records is None or then is None or draft.as_of < then:
        return golden(engine, crosswalk=crosswalk, clean_records=clean_records, as_of=draft.as_of)
    in_force = engine.sql("select record_id, customer_id from c where valid_to is null", c=crosswalk)
    told = engine.sql(
        "select record_id from r union select record_id from d", r=records.rows, d=_grown_old(engine, clean_records, then, draft.as_of)
    )
    ids = engine.materialize(
        engine.sql(
            """
            select customer_id from r union select customer_id from g union select customer_id from t
            union select customer_id from b cross join s where last_seen >= s.since and last_seen < s.until
            """,
            r=change.rows, g=change.gone, t=within(engine, in_force, engine.materialize(told)), b=before,
            s=engine.from_frame(pl.DataFrame({"since": [then - STALE], "until": [draft.as_of - STALE]})),
        )
    )  # fmt: skip
    theirs = engine.materialize(within(engine, engine.sql("select * from c where valid_to is null", c=crosswalk), ids))
    only = engine.materialize(engine.sql("select record_id from t", t=theirs))
    made = golden(engine, crosswalk=theirs, clean_records=engine.materialize(within(engine, clean_records, only)), as_of=draft.as_of)
    return Change(made, ids)


def _grown_old(engine: Engine, clean_records: Table, then: date, now: date) -> Table:
    """record_id of records whose date was still to come at the run before."""
    return engine.sql(
        "select c.record_id from c cross join s where c.event_date > s.since and c.event_date <= s.until",
        c=clean_records, s=engine.from_frame(pl.DataFrame({"since": [then], "until": [now]})),
    )  # fmt: skip


def golden(engine: Engine, *, crosswalk: Table, clean_records: Table, as_of: date) -> Table:
    """CUSTOMERS: one golden record for each id that is in force, with its quality."""
    customers = survivorship.golden(engine, crosswalk=crosswalk, clean_records=clean_records, as_of=as_of, rules=survivorship.load_rules())
    sources = ", ".join(f"'{source}'" for source in VEHICLE_SOURCES)
    query = f"""
        select g.*, coalesce(e.wanted, 0) = 1 as vehicle_expected
        from g left join (
            select c.customer_id, max(case when r.main and r.source in ({sources}) then 1 else 0 end) as wanted
            from c join r on r.record_id = c.record_id where c.valid_to is null group by c.customer_id
        ) e on e.customer_id = g.customer_id
    """
    asked = engine.sql(query, g=customers, c=crosswalk, r=clean_records)
    scored = engine.map_batches(asked, partial(_scored, as_of=as_of), schema("customers"))
    faults.reach("resolve.golden")
    return scored


def _scored(customers: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    return customers.with_columns(score=golden_quality.score(customers, as_of=as_of)).select(*schema("customers"))


def _current_model(draft: Draft) -> Model | None:
    name = draft.previous.model if draft.previous is not None else None
    if name is None:
        return None
    return load_model(draft.home.models / name)
