"""Blocking checks: what must hold before anything downstream may use a table."""

from typing import Any

import dagster as dg

from engine.tables import TABLES
from pipelines.resources import Workshop
from pipelines.stages import check, gate, report

KEYED = ("records", "clean_records", "events", "clusters", "customers", "customer_profile", "worklist")


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
    crosswalk = workshop.draft(context.run.run_id).read(workshop.engine, "crosswalk")
    return _result(check.records_in_two_customers(workshop.engine, crosswalk))


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
        asset_checks=[reconciled, one_customer_a_record, publish_gate, expectations, *(_keys_unique(table) for table in KEYED)]
    )
