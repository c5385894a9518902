"""Open leads to best prospects."""

from collections.abc import Iterator

import dagster as dg

from engine.contract import Table
from pipelines.defs.common import outputs, table_assets
from pipelines.resources import Workshop
from pipelines.stages import care

TABLES = ("prospects", "prospect_model")


@table_assets("best_prospects", "enrich", TABLES)
def best_prospects(
    context: dg.AssetExecutionContext,
    workshop: Workshop,
    leads: Table,
    customers: Table,
    timeline: Table,
    customer_reach: Table,
    cars: Table,
    clean_records: Table,
) -> Iterator[dg.Output[Table]]:
    """Scores, grades and reasons; and what the score was learned from."""
    made = care.prospects(
        workshop.engine,
        leads=leads,
        customers=customers,
        timeline=timeline,
        reach=customer_reach,
        cars=cars,
        clean_records=clean_records,
        as_of=workshop.draft(context.run_id).as_of,
    )
    yield from outputs(made, TABLES)
