"""Great Expectations suites as code, for raw, clean, golden and published tables.

Great Expectations scans rows slowly, so each suite has two halves. What is a matter of counts is decided on the *whole
table*: the measures of the run are one row of a frame, and the expectations look at that row. What is a matter of form is
scanned row by row on a stated *sample*. The context is ephemeral and sends nothing; results carry numbers, never values.

Severity: ``critical`` means the table must not be published, ``warning`` that someone should look, ``info`` is for the record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from quality_reports import great
from quality_reports.expectation_rules import MEASURE_RULES, SAMPLE_RULES, SUITES, Rule, Scope, Severity
from quality_reports.fields import CUSTOMER_FIELDS, FIELDS
from quality_reports.numbers import Values, values_by_scope

if TYPE_CHECKING:
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext
    from great_expectations.expectations.expectation import Expectation


@dataclass(frozen=True)
class ExpectationResult:
    """What became of one expectation.

    ``observed`` is the measured number (whole table) or the percent of scanned rows that broke it (sample).
    """

    table: str
    column: str
    expectation: str
    scope: Scope
    severity: Severity
    success: bool
    observed: float | None
    rows: int


@dataclass(frozen=True)
class ValidationSummary:
    """All results of a run; ``success`` is false where a critical expectation failed."""

    run_id: str
    success: bool
    evaluated: int
    failed: int
    results: tuple[ExpectationResult, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self) | {"results": [asdict(result) for result in self.results]}


def validate(*, quality: pl.DataFrame, samples: Mapping[str, pl.DataFrame], run_id: str) -> ValidationSummary:
    """The suites of raw, clean, golden and published tables, decided by the measures and scanned on samples.

    Args:
        quality: QUALITY_HISTORY rows; those of ``run_id`` are used.
        samples: rows of the tables of ``SUITES``, drawn at random; the form of a table without a sample is not scanned.
        run_id: the run.

    Returns:
        Every result, the failed ones of highest severity first.
    """
    source = _quiet_context().data_sources.add_pandas("frames")
    values = values_by_scope(quality.filter(pl.col("run_id") == run_id))[""]
    results: list[ExpectationResult] = []
    for table in SUITES:
        measures = measured(values, table)
        sample = samples.get(table, pl.DataFrame())
        rows = values.count("clean_records" if table == "crosswalk" else table, "rows")
        decided = [rule for rule in MEASURE_RULES if rule.table == table and measures.get(rule.column) is not None]
        scanned = [rule for rule in SAMPLE_RULES if rule.table == table and rule.column in sample.columns]
        halves: tuple[tuple[Scope, list[Rule], pl.DataFrame, int], ...] = (
            ("whole table", decided, pl.DataFrame({rule.column: [measures[rule.column]] for rule in decided}), rows),
            ("sample", scanned, sample.select(sorted({rule.column for rule in scanned})), sample.height),
        )
        for scope, rules, frame, checked in halves:
            if rules and frame.height:
                batch = source.add_dataframe_asset(f"{table}, {scope}").add_batch_definition_whole_dataframe("all")
                results += _results(rules, frame, batch, scope=scope, rows=checked)
    order = ("critical", "warning", "info")
    results.sort(key=lambda result: (result.success, order.index(result.severity), result.table, result.column, result.expectation))
    return ValidationSummary(
        run_id=run_id,
        success=all(result.success for result in results if result.severity == "critical"),
        evaluated=len(results),
        failed=sum(not result.success for result in results),
        results=tuple(results),
    )


def _quiet_context() -> EphemeralDataContext:
    """A context that keeps nothing, sends nothing, shows no progress and makes no folder for documentation."""
    great_expectations = great.load()
    from great_expectations.data_context.types.base import (  # noqa: PLC0415 - takes seconds: imported only where it is used
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    context: EphemeralDataContext = great_expectations.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            progress_bars=ProgressBarsConfig(globally=False),
            analytics_enabled=False,
        ),
    )
    context.enable_analytics(enable=False)
    return context


def measured(values: Values, table: str) -> dict[str, float | None]:
    """The whole table in one row: shares (0 to 1), scores, and differences that must not be."""
    rows = values.count(table, "rows")

    def share(part: float, whole: float) -> float | None:
        return part / whole if whole else None

    if table == "crosswalk":
        known = values.count("customers", "records", dimension="uniqueness")
        return {"records_without_customer": float(values.count("clean_records", "rows") - known) if values.found else None}
    if table == "customer_profile":
        return {"customers_without_profile": float(values.count("customers", "rows") - rows) if values.found else None}
    numbers: dict[str, float | None] = {"score": values.score(table)}
    if table == "customers":
        filled = {field: values.count(table, "filled", field=field, dimension="completeness") for field in CUSTOMER_FIELDS}
        numbers["per_record"] = share(rows, values.count("customers", "records", dimension="uniqueness"))
    else:
        filled = {field.name: values.count(table, "filled", field=field.name, dimension="completeness") for field in FIELDS}
        for field in filled:
            numbers[f"{field}.valid_share"] = share(values.count(table, "valid", field=field, dimension="conformity"), filled[field])
        if table == "records":
            numbers["repeated_share"] = share(values.count(table, "exact_duplicates", dimension="uniqueness"), rows)
            return numbers | {f"{field}.filled_share": share(count, rows) for field, count in filled.items()}
        before, after = values.score("records"), values.score(table)
        numbers["score_gain"] = None if before is None or after is None else after - before
        numbers["rows_lost"] = float(values.count("records", "rows") - rows)
    return numbers | {f"{field}.filled_share": share(count, rows) for field, count in filled.items()}


def _results(
    rules: list[Rule], frame: pl.DataFrame, batch: BatchDefinition[Any], *, scope: Scope, rows: int
) -> Iterator[ExpectationResult]:
    from great_expectations import ExpectationSuite  # noqa: PLC0415 - see validate

    suite = ExpectationSuite(f"{rules[0].table}, {scope}", expectations=list(_expectations(rules)))
    outcome = batch.get_batch({"dataframe": frame.to_pandas()}).validate(
        suite, result_format={"result_format": "BASIC", "partial_unexpected_count": 0}
    )
    by_place = {}
    for result in outcome.results:
        config = result.expectation_config
        if config is not None and config.meta is not None:
            by_place[config.meta["place"]] = result
    for place, rule in enumerate(rules):
        result = by_place[place]
        if result.exception_info.get("raised_exception"):
            message = f"Great Expectations could not decide {rule.expectation} on {rule.table}.{rule.column}: {result.exception_info.get('exception_message')}"
            raise ExpectationError(message)
        observed = result.result.get("observed_value" if scope == "whole table" else "unexpected_percent")
        yield ExpectationResult(
            table=rule.table,
            column=rule.column,
            expectation=rule.expectation,
            scope=scope,
            severity=rule.severity,
            success=bool(result.success),
            observed=None if observed is None else float(observed),
            rows=rows,
        )


class ExpectationError(RuntimeError):
    """Great Expectations failed to decide an expectation; the message says which."""


def _expectations(rules: Iterable[Rule]) -> Iterator[Expectation]:
    from great_expectations import expectations  # noqa: PLC0415 - see validate

    for place, rule in enumerate(rules):
        kind = getattr(expectations, rule.expectation)
        yield kind(column=rule.column, severity=rule.severity, meta={"place": place}, **rule.arguments)
