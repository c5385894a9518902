"""The CRM import, and the moment at which a run's tables become the published version."""

from dataclasses import asdict

import dagster as dg

from pipelines.defs.common import OWNERS, RETRY
from pipelines.resources import Workshop
from pipelines.stages import alerting, old_versions, publish, report_pages


@dg.asset(
    name="crm_delivery",
    group_name="publish",
    owners=OWNERS,
    description="the CRM import: full and delta files as CSV and Parquet, with a manifest",
    deps=["customers", "crosswalk", "identity_events"],
    retry_policy=RETRY,
    kinds={"csv", "parquet"},
)
def crm_delivery(context: dg.AssetExecutionContext, workshop: Workshop) -> dg.MaterializeResult[None]:
    """Writes what CRM systems import."""
    return dg.MaterializeResult(metadata=publish.deliver(workshop.engine, workshop.draft(context.run_id)))


@dg.asset(
    name="published_version",
    group_name="publish",
    owners=OWNERS,
    description="the version that readers see: a manifest of immutable files, and the pointer to it",
    deps=[
        "files", "quarantine", "edges", "customer_values", "reference_matches", "reference_values", "customer_profile", "value_grades", "value_groups",
        "value_models", "churn_model", "save_list", "segments", "segment_sizes", "quality_history", "worklist", "alerts", "reports", "crm_delivery",
        "timeline", "car_roles", "car_transfers", "company_people", "fleets", "referrals",
        "customer_reach", "cars", "care_tasks", "leads", "loop_measures", "call_list", "campaign_lists", "campaign_results", "prospects",
        "prospect_model",
    ],
)  # fmt: skip
def published_version(context: dg.AssetExecutionContext, workshop: Workshop) -> dg.MaterializeResult[None]:
    """Moves the pointer, last of all."""
    summary = publish.publish(workshop.engine, workshop.draft(context.run_id), workshop.ledger)
    report_pages.write_index(workshop.engine, workshop.place)
    alerting.send(workshop.engine, workshop.place, workshop.settings)
    gone = old_versions.remove(workshop.place, workshop.settings)
    told = {name: value for name, value in asdict(summary).items() if value is not None}
    return dg.MaterializeResult(metadata={**told, "versions_removed": len(gone)})
