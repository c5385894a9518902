"""Records to typed, scored records and events."""

import dagster as dg

from engine.contract import Table
from pipelines.defs.common import described
from pipelines.resources import Workshop
from pipelines.stages import cleanse


@dg.asset(**described("clean_records", "cleanse"))
def clean_records(context: dg.AssetExecutionContext, workshop: Workshop, records: Table) -> Table:
    """Typed fields, a reason for every problem, a score."""
    return cleanse.clean_records(workshop.engine, workshop.draft(context.run_id), records)


@dg.asset(**described("events", "cleanse"))
def events(context: dg.AssetExecutionContext, workshop: Workshop, records: Table) -> Table:
    """What happened: sales, services, leads, calls."""
    return cleanse.events(workshop.engine, workshop.draft(context.run_id), records)
