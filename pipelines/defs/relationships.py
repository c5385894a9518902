"""Customers to what they have to do with each other and with cars."""

from collections.abc import Iterator

import dagster as dg

from engine.contract import Table
from pipelines.defs.common import outputs, table_assets
from pipelines.resources import Workshop
from pipelines.stages import enrich, steward

TABLES = ("car_roles", "car_transfers", "fleets", "referrals")


@table_assets("relationships", "enrich", TABLES)
def relationships(
    context: dg.AssetExecutionContext,
    workshop: Workshop,
    customers: Table,
    crosswalk: Table,
    proofs: Table,
    seen_in_roles: Table,
    company_people: Table,
    records: Table,
    clean_records: Table,
    customer_profile: Table,
) -> Iterator[dg.Output[Table]]:
    """Roles on cars, transfers, fleets of companies, referrals."""
    draft = workshop.draft(context.run_id)
    known = steward.with_words(workshop.engine, clean_records, steward.in_force(draft, workshop.decisions), as_of=draft.as_of)
    made = enrich.relationships(
        workshop.engine,
        customers=customers,
        crosswalk=crosswalk,
        proofs=proofs,
        seen_in_roles=seen_in_roles,
        company_people=company_people,
        records=records,
        clean_records=known,
        profile=customer_profile,
    )
    yield from outputs(made, TABLES)
