"""Blocking checks: what must hold before anything downstream may use a table."""

from typing import Any

import dagster as dg

from engine.tables import TABLES
from pipelines.resources import Workshop
from pipelines.stages import check, gate, report

KEYED = (
    "records", "clean_records", "events", "clusters", "customers", "customer_value", "value_grades", "customer_churn", "customer_profile", "save_list",
    "segments",
    "timeline", "car_roles", "car_transfers", "company_people", "fleets", "referrals",
    "customer_reach", "cars", "care_tasks", "leads", "loop_measures", "call_list", "campaign_lists", "campaign_results", "prospects",
    "prospect_model", "worklist",
)  # fmt: skip


def _keys_unique(table: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=table, name="key_unique", blocking=True, description=f"no two rows share {', '.join(TABLES[table].key)}")
    def key_unique(context: dg.AssetCheckExecutionContext, workshop: Workshop) -> dg.AssetCheckResult:
        engine, draft, key = workshop.engine, workshop.draft(context.run.run_id), TABLES[table].key
        change = draft.change(engine, table)
        before = None if change is None else draft.previous_table(engine, table)  # versions of before may lack the table
        if change is not None and before is not None:
            return _result(check.repeated_keys_of_change(engine, before, change, key))
        return _result(check.repeated_keys(engine, draft.read(engine, table), key))

    return key_unique


@dg.asset_check(asset="files", name="reconciled", blocking=True, description="rows in = kept + quarantined + skipped, for every file")
def reconciled(context: dg.AssetCheckExecutionContext, workshop: Workshop) -> dg.AssetCheckResult:
    """Law 1."""
    files = workshop.draft(context.run.run_id).read(workshop.engine, "files")
    return _result(check.unreconciled_files(workshop.engine, files))


@dg.asset_check(asset="crosswalk", name="one_customer_a_record", blocking=True, description="no record is in two customers")
def one_customer_a_record(context: dg.AssetCheckExecutionContext, workshop: Workshop) -> dg.AssetCheckResult:
    """Law 7."""
    engine, draft = workshop.engine, workshop.draft(context.run.run_id)
    change, before = draft.change(engine, "crosswalk"), draft.previous_table(engine, "crosswalk")
    if change is not None and before is not None:
        return _result(check.records_in_two_customers_of_change(engine, before, change))
    return _result(check.records_in_two_customers(engine, draft.read(engine, "crosswalk")))


@dg.asset_check(asset="value_grades", name="one_grade_now", blocking=True, description="no customer has two grades that hold")
def one_grade_now(context: dg.AssetCheckExecutionContext, workshop: Workshop) -> dg.AssetCheckResult:
    """A history that branches would tell two things of one day."""
    grades = workshop.draft(context.run.run_id).read(workshop.engine, "value_grades")
    return _result(check.repeated_while_in_force(workshop.engine, grades, ("customer_id",)))


@dg.asset_check(asset="segments", name="once_in_a_segment", blocking=True, description="no customer is in a segment twice")
def once_in_a_segment(context: dg.AssetCheckExecutionContext, workshop: Workshop) -> dg.AssetCheckResult:
    """The same of segments."""
    segments = workshop.draft(context.run.run_id).read(workshop.engine, "segments")
    return _result(check.repeated_while_in_force(workshop.engine, segments, ("customer_id", "segment")))


@dg.asset_check(
    asset="churn_model", name="holds_on_unseen", description="calibrated within 0.1 and better than chance on customers it has not seen"
)
def holds_on_unseen(context: dg.AssetCheckExecutionContext, workshop: Workshop) -> dg.AssetCheckResult:
    """A model that got worse warns; where there is none, the rules stand and the reason is told."""
    rows = workshop.engine.collect(workshop.draft(context.run.run_id).read(workshop.engine, "churn_model"))
    measures: dict[str, float] = dict(rows.select("measure", "value").iter_rows())
    passed = "auc" not in measures or (measures["ece"] <= 0.1 and measures["auc"] > 0.55)
    return dg.AssetCheckResult(passed=passed, severity=dg.AssetCheckSeverity.WARN, metadata=measures)


@dg.asset_check(asset="crm_delivery", name="publish_gate", blocking=True, description="customers change no more than the limits allow")
def publish_gate(context: dg.AssetCheckExecutionContext, workshop: Workshop) -> dg.AssetCheckResult:
    """Compares the run with the published version; a run that stops here waits for `chezhu accept`."""
    draft = workshop.draft(context.run.run_id)
    verdict = gate.judge(workshop.engine, draft, workshop.settings)
    if verdict.broken:
        workshop.ledger.end(draft.run_id, "stopped", detail={"why": verdict.why()})
    measured = {measure.line().split(":")[0]: measure.value for measure in verdict.measures if measure.dealer is None}
    return dg.AssetCheckResult(passed=not verdict.broken, description=verdict.why() or None, metadata=measured)


@dg.asset_check(asset="quality_history", name="expectations", description="Great Expectations on raw, clean, golden and published tables")
def expectations(context: dg.AssetCheckExecutionContext, workshop: Workshop) -> dg.AssetCheckResult:
    """Decided by the measures on whole tables; GX's own row scan on a sample of 20,000 rows."""
    summary = report.validate(workshop.engine, workshop.draft(context.run.run_id))
    failed = [f"{result.table}.{result.column}: {result.expectation}" for result in summary.results if not result.success]
    metadata: dict[str, Any] = {"evaluated": summary.evaluated, "failed": summary.failed, "which": dg.MetadataValue.json(failed)}
    return dg.AssetCheckResult(passed=summary.success, metadata=metadata)


def _result(violations: int) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=violations == 0, metadata={"violations": violations})


@dg.definitions
def checks() -> dg.Definitions:
    """All checks of the graph."""
    return dg.Definitions(
        asset_checks=[
            reconciled,
            one_customer_a_record,
            one_grade_now,
            once_in_a_segment,
            holds_on_unseen,
            publish_gate,
            expectations,
            *(_keys_unique(table) for table in KEYED),
        ]
    )
