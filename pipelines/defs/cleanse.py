"""Records to typed, scored records and events."""

import dagster as dg

from engine.changes import Change
from engine.contract import Table
from pipelines.defs.common import table_asset
from pipelines.resources import Workshop
from pipelines.stages import cleanse


@table_asset("clean_records", "cleanse")
def clean_records(context: dg.AssetExecutionContext, workshop: Workshop, records: Table, events: Table) -> Table | Change:
    """Typed fields, a reason for every problem, a score."""
    return cleanse.clean_records(workshop.engine, workshop.draft(context.run_id), records, events)


@table_asset("events", "cleanse")
def events(context: dg.AssetExecutionContext, workshop: Workshop, records: Table) -> Table | Change:
    """What happened: sales, services, leads, calls."""
    return cleanse.events(workshop.engine, workshop.draft(context.run_id), records)
