"""From clean records to customers: who is the same person, under which id, and what is known of them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date
from functools import partial

import polars as pl

from cleansing import golden as golden_quality
from cleansing.records import VEHICLE_SOURCES
from engine.contract import Engine, Table
from engine.tables import schema
from matching import customers as customer_matching
from matching import identity, survivorship
from matching.match import MatchResult
from matching.model import load_model
from matching.survivorship import Survived, SurvivorshipRules
from pipelines import faults
from pipelines.draft import Draft
from pipelines.stages import crm_ids, report, steward, train_waiting
from pipelines.store.decisions import VALUES, Decision, Decisions, labels, locked

PROGRESS = logging.getLogger("chezhu.progress")


def match(engine: Engine, draft: Draft, clean_records: Table, decisions: Decisions) -> MatchResult:
    """Edges and clusters by the current model; without one, or in a full run, a model is trained first and kept.

    What stewards have decided is a law in the clusters, and examples where a model is trained.
    """
    report.get_ready()
    name = None if draft.selection.full else _current_model(draft)
    model = None if name is None else load_model(draft.home.models / name)
    draft.note("decision", decisions.last())
    pairs, closed = decided(engine, clean_records, steward.in_force(draft, decisions))
    result = customer_matching.match_customers(engine, clean_records, model=model, labels=pairs, closed=closed)
    faults.reach("match.trained")
    if model is None:
        path = draft.home.models / f"{draft.run_id}.yaml"
        result.model.dump(path)
        draft.note("model", path.name)
    else:
        draft.note("model", name)
    return result


def decided(engine: Engine, clean_records: Table, decisions: Sequence[Decision]) -> tuple[pl.DataFrame, list[str]]:
    """The decisions in force as labelled pairs, and the records of locked customers; those of records that are there."""
    ids = {record for each in decisions if each.kind not in VALUES for record in each.named}
    named = pl.DataFrame({"record_id": sorted(ids)}, schema={"record_id": pl.String})
    there = engine.sql("select r.record_id from r join n on n.record_id = r.record_id", r=clean_records, n=engine.from_frame(named))
    known = engine.collect(there, max_rows=max(named.height, 1))["record_id"]
    return labels(decisions, known), locked(decisions, known)


def resolve(engine: Engine, draft: Draft, clusters: Table, clean_records: Table, *, keep_crm_ids: bool = True) -> tuple[Table, Table]:
    """CROSSWALK with its history and IDENTITY_EVENTS, the new ones behind the earlier ones.

    ``keep_crm_ids``: a customer that has no id yet takes that of the CRM, where it has him; others are aliases (``crm_ids``).
    """
    previous = draft.previous_table(engine, "crosswalk")
    brought, wrong = crm_ids.brought(engine, clean_records, history=previous) if keep_crm_ids else (None, {})
    draft.note("crm_ids", wrong)
    if wrong:
        PROGRESS.warning(crm_ids.told(wrong))
    resolution = identity.resolve(
        engine,
        clusters=clusters,
        records=clean_records,
        previous=previous,
        run_id=draft.run_id,
        as_of=draft.as_of,
        model_changed=draft.previous is not None and draft.previous.model != draft.noted("model"),
        brought=brought,
    )
    faults.reach("resolve.crosswalk")
    before = draft.previous_table(engine, "identity_events")
    if before is None:
        return resolution.crosswalk, resolution.identity_events
    both = engine.sql("select * from before union all select * from now", before=before, now=resolution.identity_events)
    return resolution.crosswalk, both


def golden(
    engine: Engine, *, crosswalk: Table, clean_records: Table, as_of: date, rules: SurvivorshipRules, decisions: Sequence[Decision] = ()
) -> Survived:
    """CUSTOMERS and CUSTOMER_VALUES: one golden record for each id that is in force, with its quality, and all that is known of its fields."""
    said = steward.said(engine, crosswalk=crosswalk, decisions=decisions, as_of=as_of)
    survived = survivorship.survive(engine, crosswalk=crosswalk, clean_records=clean_records, as_of=as_of, rules=rules, said=said)
    sources = ", ".join(f"'{source}'" for source in VEHICLE_SOURCES)
    query = f"""
        select g.*, coalesce(e.wanted, 0) = 1 as vehicle_expected
        from g left join (
            select c.customer_id, max(case when r.main and r.source in ({sources}) then 1 else 0 end) as wanted
            from c join r on r.record_id = c.record_id where c.valid_to is null group by c.customer_id
        ) e on e.customer_id = g.customer_id
    """
    asked = engine.sql(query, g=survived.customers, c=crosswalk, r=clean_records)
    scored = engine.map_batches(asked, partial(_scored, as_of=as_of), schema("customers"))
    faults.reach("resolve.golden")
    return Survived(scored, survived.values)


def _scored(customers: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    return customers.with_columns(score=golden_quality.score(customers, as_of=as_of)).select(*schema("customers"))


def _current_model(draft: Draft) -> str | None:
    """The model that `chezhu train` made for this run, else that of the version before."""
    return train_waiting.waiting(draft.home, draft.previous) or (draft.previous.model if draft.previous is not None else None)
