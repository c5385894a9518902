"""Clusters to customers with ids for life."""

from collections.abc import Iterator

import dagster as dg

from engine.contract import Table
from matching.survivorship import load_rules
from pipelines.defs.common import RETRY, spec
from pipelines.resources import Workshop
from pipelines.stages import resolve, steward


@dg.multi_asset(name="resolve", outs={name: spec(name, "resolve") for name in ("crosswalk", "identity_events")}, retry_policy=RETRY)
def resolve_identities(
    context: dg.AssetExecutionContext, workshop: Workshop, clusters: Table, clean_records: Table
) -> Iterator[dg.Output[Table]]:
    """Maps the clusters of this run to the customers that are known."""
    draft, keep = workshop.draft(context.run_id), workshop.settings.crm_ids
    crosswalk, events = resolve.resolve(workshop.engine, draft, clusters, clean_records, keep_crm_ids=keep)
    yield dg.Output(crosswalk, "crosswalk")
    yield dg.Output(events, "identity_events")


@dg.multi_asset(name="golden", outs={name: spec(name, "resolve") for name in ("customers", "customer_values")}, retry_policy=RETRY)
def golden(context: dg.AssetExecutionContext, workshop: Workshop, crosswalk: Table, clean_records: Table) -> Iterator[dg.Output[Table]]:
    """The golden record, and all values of the fields of which a customer may have several."""
    draft = workshop.draft(context.run_id)
    survived = resolve.golden(
        workshop.engine,
        crosswalk=crosswalk,
        clean_records=clean_records,
        as_of=draft.as_of,
        rules=load_rules(workshop.settings.survivorship),
        decisions=steward.in_force(draft, workshop.decisions),
    )
    yield dg.Output(survived.customers, "customers")
    yield dg.Output(survived.values, "customer_values")
