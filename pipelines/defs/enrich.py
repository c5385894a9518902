"""Customers to profiles."""

import dagster as dg

from engine.contract import Table
from pipelines.defs.common import table_asset
from pipelines.resources import Workshop
from pipelines.stages import enrich


@table_asset("customer_profile", "enrich")
def customer_profile(
    context: dg.AssetExecutionContext, workshop: Workshop, customers: Table, crosswalk: Table, events: Table, clean_records: Table
) -> Table:
    """Value, next service, household, reach."""
    as_of = workshop.draft(context.run_id).as_of
    return enrich.profile(
        workshop.engine, customers=customers, crosswalk=crosswalk, events=events, clean_records=clean_records, as_of=as_of
    )
