"""Clusters to customers with ids for life."""

from collections.abc import Iterator

import dagster as dg

from engine.changes import Change
from engine.contract import Table
from pipelines.defs.common import RETRY, spec, table_asset
from pipelines.resources import Workshop
from pipelines.stages import resolve


@dg.multi_asset(name="resolve", outs={name: spec(name, "resolve") for name in ("crosswalk", "identity_events")}, retry_policy=RETRY)
def resolve_identities(
    context: dg.AssetExecutionContext, workshop: Workshop, clusters: Table, clean_records: Table
) -> Iterator[dg.Output[Table | Change]]:
    """Maps the clusters of this run to the customers that are known."""
    crosswalk, events = resolve.resolve(workshop.engine, workshop.draft(context.run_id), clusters, clean_records)
    yield dg.Output(crosswalk, "crosswalk")
    yield dg.Output(events, "identity_events")


@table_asset("customers", "resolve")
def customers(context: dg.AssetExecutionContext, workshop: Workshop, crosswalk: Table, clean_records: Table) -> Table | Change:
    """The golden record."""
    return resolve.customers(workshop.engine, workshop.draft(context.run_id), crosswalk, clean_records)
