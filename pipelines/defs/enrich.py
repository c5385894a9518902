"""Customers to what is told about them: value, churn, profile, segments, the save list."""

from collections.abc import Iterator
from dataclasses import fields

import dagster as dg

from engine.contract import Table
from pipelines.defs.common import outputs, table_asset, table_assets
from pipelines.resources import Workshop
from pipelines.stages import enrich, reference, steward

FILE = ("timeline", "cars", "company_people")
PASSING = {
    "conversations": "events of campaigns and complaints with their customers",
    "proofs": "who was an owner of each car, and by what papers",
    "seen_in_roles": "each customer with each car, by role",
    "shared_cars": "persons who were named with one car",
}
"""What the customer file tells to other parts of a run only."""
VALUED = tuple(field.name for field in fields(enrich.Valued))
SEGMENTED = ("segments", "segment_sizes")


@table_assets("customer_file", "enrich", FILE, passing=PASSING)
def customer_file(
    context: dg.AssetExecutionContext, workshop: Workshop, customers: Table, crosswalk: Table, clean_records: Table, events: Table
) -> Iterator[dg.Output[Table]]:
    """What happened with each customer and car."""
    draft = workshop.draft(context.run_id)
    known = steward.with_words(workshop.engine, clean_records, steward.in_force(draft, workshop.decisions), as_of=draft.as_of)
    made = enrich.customer_file(
        workshop.engine, customers=customers, crosswalk=crosswalk, clean_records=known, events=events, as_of=draft.as_of
    )
    yield from outputs(made, (*FILE, *PASSING))


@table_assets("value", "enrich", VALUED)
def value(
    context: dg.AssetExecutionContext, workshop: Workshop, customers: Table, timeline: Table, conversations: Table
) -> Iterator[dg.Output[Table]]:
    """What customers are worth, and who is about to leave: both begin with the visits."""
    draft = workshop.draft(context.run_id)
    made = enrich.value(workshop.engine, draft, customers=customers, timeline=timeline, conversations=conversations)
    yield from outputs(made, VALUED)


@table_asset("customer_profile", "enrich")
def customer_profile(
    context: dg.AssetExecutionContext,
    workshop: Workshop,
    customers: Table,
    crosswalk: Table,
    clean_records: Table,
    cars: Table,
    shared_cars: Table,
    customer_value: Table,
    customer_churn: Table,
) -> Table:
    """Value, churn, next service, household, reach."""
    draft = workshop.draft(context.run_id)
    as_of = draft.as_of
    known = steward.with_words(workshop.engine, clean_records, steward.in_force(draft, workshop.decisions), as_of=as_of)
    known = reference.with_addresses(workshop.engine, draft, known)
    return enrich.profile(
        workshop.engine,
        customers=customers,
        crosswalk=crosswalk,
        clean_records=known,
        cars=cars,
        shared_cars=shared_cars,
        customer_value=customer_value,
        customer_churn=customer_churn,
        as_of=as_of,
    )


@table_assets("segmenting", "enrich", SEGMENTED)
def segmenting(context: dg.AssetExecutionContext, workshop: Workshop, customer_profile: Table) -> Iterator[dg.Output[Table]]:
    """Named segments, their history, size and overlap."""
    yield from outputs(enrich.segments(workshop.engine, workshop.draft(context.run_id), customer_profile=customer_profile), SEGMENTED)


@table_asset("save_list", "enrich")
def save_list(
    context: dg.AssetExecutionContext, workshop: Workshop, customers: Table, customer_profile: Table, customer_churn: Table
) -> Table:
    """Whom to save first."""
    as_of = workshop.draft(context.run_id).as_of
    return enrich.to_save(
        workshop.engine, customers=customers, customer_profile=customer_profile, customer_churn=customer_churn, as_of=as_of
    )
