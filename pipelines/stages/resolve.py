"""From clean records to customers: who is the same person, under which id, and what is known of them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import polars as pl

from cleansing import golden as golden_quality
from cleansing.records import STALE_DAYS, VEHICLE_SOURCES
from engine.changes import Change, within, without
from engine.contract import Engine, Table
from engine.tables import schema
from matching import customers as customer_matching
from matching import identity, increment
from matching.known import Known
from matching.model import EarlierModelError, Model, load_model
from matching.redecided import Decided
from matching.survivorship import SurvivorshipRules
from pipelines import faults
from pipelines.draft import Draft
from pipelines.reference_sources import Sources
from pipelines.reference_sources.finding import Reference
from pipelines.stages import crm_ids, reference, report, steward, train_waiting
from pipelines.stages.reference import Asked
from pipelines.stages.rules import increments
from pipelines.store import versions
from pipelines.store.decisions import VALUES, Decision, Decisions, labels, locked

PROGRESS = logging.getLogger("chezhu.progress")
KEPT = ("records", "keys", "pairs")
"""What matching keeps for the next run: tables ``match_…``."""
STALE = timedelta(days=STALE_DAYS)
OUTGROWN, ENOUGH = 4, 100_000
"""A model is outgrown where there are so many times the records that it was trained on; one of that many records never is."""


@dataclass(frozen=True)
class Matched:
    """Tables EDGES and CLUSTERS, or what changes in them."""

    edges: Table | Change
    clusters: Table | Change


@dataclass(frozen=True)
class Customers:
    """Tables CUSTOMERS, CUSTOMER_VALUES, REFERENCE_MATCHES and REFERENCE_VALUES, or what changes in them."""

    customers: Table | Change
    customer_values: Table | Change
    reference_matches: Table | Change
    reference_values: Table | Change


def match(engine: Engine, draft: Draft, clean_records: Table, decisions: Decisions) -> Matched:
    """Edges and clusters by the current model; without one, or in a full run, a model is trained first and kept.

    What stewards have decided is a law in the clusters, and examples where a model is trained. Where the version before has what is needed, only
    what changed is matched.
    """
    report.get_ready()
    name = None if draft.selection.full else _current_model(draft)
    model = None if name is None else _of_today(draft.home.models / name)
    name = None if model is None else name
    if model is not None and _outgrown(model, engine, clean_records) and train_waiting.waiting(draft.home, draft.previous) is None:
        PROGRESS.info("the model was trained on %s records, of which there are many more now: a new one is trained", f"{model.records:,}")
        name = model = None
    draft.note("decision", decisions.last())
    draft.note("model", name)
    in_force = steward.in_force(draft, decisions)
    now = decided(engine, clean_records, in_force)
    known = None if name is None else _known(engine, draft, name)
    change = draft.change(engine, "clean_records")
    if model is not None and known is not None and change is not None and increment.possible(model):
        before = decided(engine, known.records, decisions.in_force(draft.previous.decision)) if draft.previous is not None else None
        return _advance(engine, draft, clean_records, model, known, change, now, before)
    result = customer_matching.match_customers(engine, clean_records, model=model, labels=now.labels, closed=now.closed, keep=True)
    faults.reach("match.trained")
    if model is None:
        path = draft.home.models / f"{draft.run_id}.yaml"
        result.model.dump(path)
        draft.note("model", path.name)
    if result.known is not None and draft.selection.increments:
        for name in KEPT:
            draft.write(engine, f"match_{name}", getattr(result.known, name))
    return Matched(result.edges, result.clusters)


def _known(engine: Engine, draft: Draft, model: str) -> Known | None:
    """What the version before has kept of its matching, if it may be used: made by the same model."""
    manifest = draft.previous
    if manifest is None or manifest.model != model or not increments(draft) or any(f"match_{name}" not in manifest.tables for name in KEPT):
        return None
    return Known(*(versions.read(draft.home, engine, manifest, f"match_{name}") for name in KEPT))


def _advance(
    engine: Engine, draft: Draft, clean_records: Table, model: Model, known: Known, change: Change, now: Decided, before: Decided | None
) -> Matched:
    done = increment.advance(
        engine,
        customer_matching.features(engine, clean_records),
        known,
        model,
        changed=customer_matching.features(engine, change.rows),
        gone=without(engine, change.gone, engine.sql("select record_id from r", r=change.rows)),
        decided=now,
        before=before,
    )
    faults.reach("match.trained")
    changes = {"records": done.records, "keys": done.keys, "pairs": done.pairs}
    for name in KEPT:
        draft.write(engine, f"match_{name}", changes[name])
    PROGRESS.info("match: %s records in clusters that were made again", f"{done.again:,}")
    return Matched(done.edges, done.clusters)


def decided(engine: Engine, records: Table, decisions: Sequence[Decision]) -> Decided:
    """The decisions as labelled pairs, and the records of locked customers; those of ``records`` (record_id) that are there."""
    ids = {record for each in decisions if each.kind not in VALUES for record in each.named}
    named = pl.DataFrame({"record_id": sorted(ids)}, schema={"record_id": pl.String})
    there = engine.sql("select r.record_id from r join n on n.record_id = r.record_id", r=records, n=engine.from_frame(named))
    known = engine.collect(there, max_rows=max(named.height, 1))["record_id"]
    return Decided(labels(decisions, known), locked(decisions, known))


def resolve(
    engine: Engine, draft: Draft, clusters: Table, clean_records: Table, *, keep_crm_ids: bool = True
) -> tuple[Table | Change, Table | Change]:
    """CROSSWALK with its history and IDENTITY_EVENTS, the new ones behind the earlier ones.

    ``keep_crm_ids``: a customer that has no id yet takes that of the CRM, where it has him; others are aliases (``crm_ids``).
    """
    previous = draft.previous_table(engine, "crosswalk")
    brought, wrong = crm_ids.brought(engine, clean_records, history=previous) if keep_crm_ids else (None, {})
    draft.note("crm_ids", wrong)
    if wrong:
        PROGRESS.warning(crm_ids.told(wrong))
    change = draft.change(engine, "clusters")
    draft.note("keep_crm_ids", keep_crm_ids)
    # what records brought before was looked at before, if ids were kept then
    some = change if draft.previous is not None and draft.previous.run.get("keep_crm_ids") == keep_crm_ids else None
    resolution = identity.resolve(
        engine,
        clusters=clusters,
        records=clean_records,
        previous=previous,
        run_id=draft.run_id,
        as_of=draft.as_of,
        model_changed=draft.previous is not None and draft.previous.model != draft.noted("model"),
        brought=brought,
        touched=None if some is None else engine.sql("select record_id from r union select record_id from g", r=some.rows, g=some.gone),
    )
    faults.reach("resolve.crosswalk")
    before = draft.previous_table(engine, "identity_events")
    if before is None:
        return resolution.crosswalk, resolution.identity_events
    if change is not None:
        return resolution.crosswalk, Change(resolution.identity_events, engine.sql("select event_id from e where 1 = 0", e=before))
    both = engine.sql("select * from before union all select * from now", before=before, now=resolution.identity_events)
    return resolution.crosswalk, both


def customers(
    engine: Engine,
    draft: Draft,
    crosswalk: Table,
    clean_records: Table,
    *,
    rules: SurvivorshipRules,
    decisions: Decisions,
    sources: Sources | None = None,
) -> Customers:
    """CUSTOMERS and CUSTOMER_VALUES of this run, and what reference sources said of them; or what changes in them."""
    in_force = steward.in_force(draft, decisions)
    change, before = draft.change(engine, "crosswalk"), draft.previous_table(engine, "customers")
    records, matched = draft.change(engine, "clean_records"), draft.previous_table(engine, "reference_matches")
    # after a way back the customers are of an earlier date than their version
    then = None if draft.previous is None or "restores" in draft.previous.run else date.fromisoformat(draft.previous.as_of)
    said_by = reference.depends_on(rules.digest, sources)
    whole = matched is None or draft.previous is None or draft.previous.run.get("survivorship") != said_by
    draft.note("survivorship", said_by)
    heard = reference.heard(engine, draft, sources)
    if whole or change is None or before is None or records is None or then is None or draft.as_of < then:
        made = golden(
            engine, crosswalk=crosswalk, clean_records=clean_records, as_of=draft.as_of, rules=rules, decisions=in_force, heard=heard
        )
        return Customers(made.customers, made.values, made.matches, made.told)
    held = engine.sql("select record_id, customer_id from c where valid_to is null", c=crosswalk)
    told = engine.sql(
        "select record_id from r union select record_id from d", r=records.rows, d=_grown_old(engine, clean_records, then, draft.as_of)
    )
    ids = engine.materialize(
        engine.sql(
            """
            select customer_id from r union select customer_id from g union select customer_id from t union select customer_id from w
            union select customer_id from b cross join s where last_seen >= s.since and last_seen < s.until
            """,
            r=change.rows, g=change.gone, t=within(engine, held, engine.materialize(told)), b=before,
            w=_said_anew(engine, draft, crosswalk, in_force, decisions),
            s=engine.from_frame(pl.DataFrame({"since": [then - STALE], "until": [draft.as_of - STALE]})),
        )
    )  # fmt: skip
    made = golden(
        engine, crosswalk=crosswalk, clean_records=clean_records, as_of=draft.as_of, rules=rules, decisions=in_force, heard=heard,
        only=ids, matched=matched,
    )  # fmt: skip
    return Customers(*(Change(table, made.ids or ids) for table in (made.customers, made.values, made.matches, made.told)))


def _said_anew(engine: Engine, draft: Draft, crosswalk: Table, now: Sequence[Decision], decisions: Decisions) -> Table:
    """customer_id of those of whom a steward has said a value since the version before, or has taken it back."""
    before = {each.number: each for each in decisions.in_force(draft.previous.decision if draft.previous is not None else 0)}
    after = {each.number: each for each in now}
    changed = [(before | after)[number] for number in sorted(before.keys() ^ after.keys())]
    return engine.from_frame(steward.holders(engine, crosswalk=crosswalk, decisions=changed).select("customer_id"))


def _grown_old(engine: Engine, clean_records: Table, then: date, now: date) -> Table:
    """record_id of records whose date was still to come at the run before."""
    return engine.sql(
        "select c.record_id from c cross join s where c.event_date > s.since and c.event_date <= s.until",
        c=clean_records, s=engine.from_frame(pl.DataFrame({"since": [then], "until": [now]})),
    )  # fmt: skip


def golden(
    engine: Engine, *, crosswalk: Table, clean_records: Table, as_of: date, rules: SurvivorshipRules, decisions: Sequence[Decision] = (),
    heard: Reference | None = None, only: Table | None = None, matched: Table | None = None,
) -> reference.Golden:  # fmt: skip
    """CUSTOMERS and CUSTOMER_VALUES: one golden record for each id that is in force, with its quality, and all that is known of its fields.

    ``heard``: the reference sources; ``only``: customer_id of those that are to be made, None makes all; ``matched``: REFERENCE_MATCHES of the
    version before. Others whose key of a source came to be shared, or is no longer, are made too (``Golden.ids``).
    """
    said = steward.said(engine, crosswalk=crosswalk, decisions=decisions, as_of=as_of)
    every = Asked(engine, crosswalk=crosswalk, clean_records=clean_records, said=said, as_of=as_of, rules=rules)
    asked = every if only is None else every.of(only)
    if heard is None:
        survived = asked.survive()
        matches, told = (engine.from_frame(pl.DataFrame(schema=schema(name))) for name in ("reference_matches", "reference_values"))
    else:
        asked, only, survived, matches, told = reference.listened(every, heard, only=only, matched=matched)
    sources = ", ".join(f"'{source}'" for source in VEHICLE_SOURCES)
    query = f"""
        select g.*, coalesce(e.wanted, 0) = 1 as vehicle_expected
        from g left join (
            select c.customer_id, max(case when r.main and r.source in ({sources}) then 1 else 0 end) as wanted
            from c join r on r.record_id = c.record_id where c.valid_to is null group by c.customer_id
        ) e on e.customer_id = g.customer_id
    """
    expected = engine.sql(query, g=survived.customers, c=asked.crosswalk, r=asked.clean_records)
    scored = engine.map_batches(expected, partial(_scored, as_of=as_of), schema("customers"))
    faults.reach("resolve.golden")
    return reference.Golden(scored, survived.values, matches, told, only)


def _scored(customers: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    return customers.with_columns(score=golden_quality.score(customers, as_of=as_of)).select(*schema("customers"))


def _of_today(path: Path) -> Model | None:
    """The model; None where another version of Chezhu has made it, whose weights this one cannot use: the publish gate watches what a new one does."""
    try:
        return load_model(path)
    except EarlierModelError as error:
        PROGRESS.info("%s: a new model is trained", error)
        return None


def _outgrown(model: Model, engine: Engine, clean_records: Table) -> bool:
    """Whether a model knows too little of what there is: of a first night with one list, or with none that could be read."""
    return model.records < ENOUGH and engine.count(clean_records) >= max(OUTGROWN * model.records, 1)


def _current_model(draft: Draft) -> str | None:
    """The model that `chezhu train` made for this run, else that of the version before."""
    return train_waiting.waiting(draft.home, draft.previous) or (draft.previous.model if draft.previous is not None else None)
