"""Customers to what is told about them: value, churn, profile, segments, the save list."""

from collections.abc import Iterator
from dataclasses import fields

import dagster as dg

from engine.contract import Table
from pipelines.defs.common import RETRY, spec, table_asset
from pipelines.resources import Workshop
from pipelines.stages import enrich, steward


@dg.multi_asset(name="value", outs={field.name: spec(field.name, "enrich") for field in fields(enrich.Valued)}, retry_policy=RETRY)
def value(
    context: dg.AssetExecutionContext, workshop: Workshop, customers: Table, crosswalk: Table, events: Table
) -> Iterator[dg.Output[Table]]:
    """What customers are worth, and who is about to leave: both begin with the visits."""
    draft = workshop.draft(context.run_id)
    valued = enrich.value(workshop.engine, draft, customers=customers, crosswalk=crosswalk, events=events)
    for field in fields(valued):
        yield dg.Output(getattr(valued, field.name), field.name)


@table_asset("customer_profile", "enrich")
def customer_profile(
    context: dg.AssetExecutionContext,
    workshop: Workshop,
    customers: Table,
    crosswalk: Table,
    events: Table,
    clean_records: Table,
    customer_value: Table,
    customer_churn: Table,
) -> Table:
    """Value, churn, next service, household, reach."""
    draft = workshop.draft(context.run_id)
    as_of = draft.as_of
    known = steward.with_words(workshop.engine, clean_records, steward.in_force(draft, workshop.decisions), as_of=as_of)
    return enrich.profile(
        workshop.engine,
        customers=customers,
        crosswalk=crosswalk,
        events=events,
        clean_records=known,
        customer_value=customer_value,
        customer_churn=customer_churn,
        as_of=as_of,
    )


@dg.multi_asset(name="segmenting", outs={name: spec(name, "enrich") for name in ("segments", "segment_sizes")}, retry_policy=RETRY)
def segmenting(context: dg.AssetExecutionContext, workshop: Workshop, customer_profile: Table) -> Iterator[dg.Output[Table]]:
    """Named segments, their history, size and overlap."""
    made = enrich.segments(workshop.engine, workshop.draft(context.run_id), customer_profile=customer_profile)
    yield dg.Output(made.segments, "segments")
    yield dg.Output(made.sizes, "segment_sizes")


@table_asset("save_list", "enrich")
def save_list(
    context: dg.AssetExecutionContext, workshop: Workshop, customers: Table, customer_profile: Table, customer_churn: Table
) -> Table:
    """Whom to save first."""
    as_of = workshop.draft(context.run_id).as_of
    return enrich.to_save(
        workshop.engine, customers=customers, customer_profile=customer_profile, customer_churn=customer_churn, as_of=as_of
    )
