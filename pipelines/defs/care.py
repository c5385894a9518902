"""Customers to how they are reached, and to the dates at which to turn to them."""

import dagster as dg

from engine.contract import Table
from pipelines.defs.common import table_asset
from pipelines.resources import Workshop
from pipelines.stages import care


@table_asset("customer_reach", "enrich")
def customer_reach(
    context: dg.AssetExecutionContext,
    workshop: Workshop,
    customers: Table,
    crosswalk: Table,
    customer_values: Table,
    records: Table,
    clean_records: Table,
    timeline: Table,
    conversations: Table,
    customer_profile: Table,
) -> Table:
    """The surest phone, mobile, e-mail and address; allowed or not; best channel and time."""
    return care.reach(
        workshop.engine,
        customers=customers,
        crosswalk=crosswalk,
        customer_values=customer_values,
        records=records,
        clean_records=clean_records,
        timeline=timeline,
        conversations=conversations,
        profile=customer_profile,
        as_of=workshop.draft(context.run_id).as_of,
    )


@table_asset("care_tasks", "enrich")
def care_tasks(
    context: dg.AssetExecutionContext, workshop: Workshop, customers: Table, customer_profile: Table, cars: Table, customer_reach: Table
) -> Table:
    """The care calendar."""
    as_of = workshop.draft(context.run_id).as_of
    return care.care_tasks(workshop.engine, customers=customers, profile=customer_profile, cars=cars, reach=customer_reach, as_of=as_of)


@dg.asset_check(
    asset="care_tasks", name="nobody_flooded", blocking=True, description="nobody has more planned tasks in a month than the settings allow"
)
def nobody_flooded(context: dg.AssetCheckExecutionContext, workshop: Workshop) -> dg.AssetCheckResult:
    """The limit of the care calendar."""
    planned = workshop.draft(context.run.run_id).read(workshop.engine, "care_tasks")
    violations = care.flooded(workshop.engine, planned)
    return dg.AssetCheckResult(passed=violations == 0, metadata={"violations": violations})
