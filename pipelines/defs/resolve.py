"""Clusters to customers with ids for life."""

from collections.abc import Iterator

import dagster as dg

from engine.changes import Change
from engine.contract import Table
from matching.survivorship import load_rules
from pipelines.defs.common import RETRY, spec
from pipelines.resources import Workshop
from pipelines.stages import reference, resolve

GOLDEN = ("customers", "customer_values", "reference_matches", "reference_values")


@dg.multi_asset(name="resolve", outs={name: spec(name, "resolve") for name in ("crosswalk", "identity_events")}, retry_policy=RETRY)
def resolve_identities(
    context: dg.AssetExecutionContext, workshop: Workshop, clusters: Table, clean_records: Table
) -> Iterator[dg.Output[Table | Change]]:
    """Maps the clusters of this run to the customers that are known."""
    draft, keep = workshop.draft(context.run_id), workshop.settings.crm_ids
    crosswalk, events = resolve.resolve(workshop.engine, draft, clusters, clean_records, keep_crm_ids=keep)
    yield dg.Output(crosswalk, "crosswalk")
    yield dg.Output(events, "identity_events")


@dg.multi_asset(name="golden", outs={name: spec(name, "resolve") for name in GOLDEN}, retry_policy=RETRY)
def golden(
    context: dg.AssetExecutionContext, workshop: Workshop, crosswalk: Table, clean_records: Table
) -> Iterator[dg.Output[Table | Change]]:
    """The golden record, all values of the fields of which a customer may have several, and what reference sources said."""
    made = resolve.customers(
        workshop.engine,
        workshop.draft(context.run_id),
        crosswalk,
        clean_records,
        rules=load_rules(workshop.settings.survivorship),
        decisions=workshop.decisions,
        sources=reference.load(workshop.settings),
    )
    yield from (dg.Output(getattr(made, name), name) for name in GOLDEN)
