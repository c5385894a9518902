"""Customers to campaign lists, and what came of campaigns."""

import dagster as dg

from engine.contract import Table
from pipelines.defs.common import table_asset
from pipelines.resources import Workshop
from pipelines.stages import care


@table_asset("campaign_lists", "enrich")
def campaign_lists(
    context: dg.AssetExecutionContext, workshop: Workshop, customers: Table, customer_profile: Table, customer_reach: Table
) -> Table:
    """Whom the maker's own campaigns ask, and who is held out."""
    draft = workshop.draft(context.run_id)
    return care.campaign_lists(workshop.engine, draft, customers=customers, profile=customer_profile, reach=customer_reach)


@table_asset("campaign_results", "enrich")
def campaign_results(
    context: dg.AssetExecutionContext, workshop: Workshop, conversations: Table, timeline: Table, campaign_lists: Table
) -> Table:
    """Reach, responses, cost, uplift."""
    return care.campaign_results(
        workshop.engine,
        conversations=conversations,
        timeline=timeline,
        lists=campaign_lists,
        as_of=workshop.draft(context.run_id).as_of,
    )
