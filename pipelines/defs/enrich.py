"""Customers to profiles."""

import dagster as dg

from engine.contract import Table
from pipelines.defs.common import table_asset
from pipelines.resources import Workshop
from pipelines.stages import enrich, steward


@table_asset("customer_profile", "enrich")
def customer_profile(
    context: dg.AssetExecutionContext, workshop: Workshop, customers: Table, crosswalk: Table, events: Table, clean_records: Table
) -> Table:
    """Value, next service, household, reach."""
    draft = workshop.draft(context.run_id)
    as_of = draft.as_of
    known = steward.with_words(workshop.engine, clean_records, steward.in_force(draft, workshop.decisions), as_of=as_of)
    return enrich.profile(workshop.engine, customers=customers, crosswalk=crosswalk, events=events, clean_records=known, as_of=as_of)
