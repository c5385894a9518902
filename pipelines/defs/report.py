"""Measures of every table, and the reports."""

from zoneinfo import ZoneInfo

import dagster as dg

from engine.contract import Table
from pipelines.defs.common import OWNERS, RETRY, observation, table_asset
from pipelines.resources import Workshop
from pipelines.stages import alerting, report, report_pages, steward, worklist
from quality_reports import measures


@table_asset("quality_history", "report")
def quality_history(
    context: dg.AssetExecutionContext,
    workshop: Workshop,
    records: Table,
    clean_records: Table,
    customers: Table,
    customer_profile: Table,
    crosswalk: Table,
    reference_values: Table,
) -> Table:
    """Measures of this run behind those of the earlier ones."""
    tables = measures.Tables(records, clean_records, customers, customer_profile, crosswalk)
    draft = workshop.draft(context.run_id)
    return report.measure(workshop.engine, draft, tables, steward.in_force(draft, workshop.decisions), reference_values)


@table_asset("worklist", "report")
def dealer_worklist(context: dg.AssetExecutionContext, workshop: Workshop, clean_records: Table) -> Table:
    """Items that closed by themselves, and new ones for dealers who have room for them."""
    return worklist.advance(workshop.engine, workshop.draft(context.run_id), clean_records, workshop.settings)


@table_asset("alerts", "report")
def watched(context: dg.AssetExecutionContext, workshop: Workshop, quality_history: Table) -> Table:
    """What the night brought against what is usual for each dealer."""
    return alerting.advance(workshop.engine, workshop.draft(context.run_id), quality_history)


@dg.asset(
    name="reports",
    group_name="report",
    owners=OWNERS,
    description="the reports: assessment, before/after, trend and customers: one HTML file a language, its numbers as JSON and XLSX",
    deps=[*report_pages.needed(report_pages.KINDS), "worklist"],
    retry_policy=RETRY,
    kinds={"html"},
)
def reports(context: dg.AssetExecutionContext, workshop: Workshop) -> dg.MaterializeResult[None]:
    """Renders the reports of this run."""
    ends, prices = report_pages.how_runs_ended(workshop.ledger), report_pages.prices(workshop.settings)
    draft = workshop.draft(context.run_id)
    paths = report.render_draft(workshop.engine, draft, ends=ends, prices=prices, zone=ZoneInfo(workshop.settings.timezone))
    paths += worklist.scorecards(workshop.engine, draft, report_pages.LANGUAGES)
    page = workshop.place.reports / f"{draft.version:06d}" / "report.zh.html"
    for card in report.cards_of(workshop.engine, draft):
        context.log_event(observation(card, page))
    return dg.MaterializeResult(metadata={path.name: path.stat().st_size for path in paths})
