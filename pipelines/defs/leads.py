"""Customers to what became of leads, and whom each dealer calls today."""

from collections.abc import Iterator

import dagster as dg

from engine.contract import Table
from pipelines.defs.common import outputs, table_assets
from pipelines.resources import Workshop
from pipelines.stages import care

TABLES = ("leads", "loop_measures", "call_list")


@table_assets("lead_loop", "enrich", TABLES)
def lead_loop(
    context: dg.AssetExecutionContext,
    workshop: Workshop,
    customers: Table,
    conversations: Table,
    timeline: Table,
    care_tasks: Table,
    customer_reach: Table,
) -> Iterator[dg.Output[Table]]:
    """Leads with stages and answers, the measures of the loop, the daily list of calls."""
    made = care.lead_loop(
        workshop.engine,
        customers=customers,
        conversations=conversations,
        timeline=timeline,
        care_tasks=care_tasks,
        reach=customer_reach,
        as_of=workshop.draft(context.run_id).as_of,
    )
    yield from outputs(made, TABLES)
