"""From golden records and events to what we can tell about a customer."""

from __future__ import annotations

from datetime import date

from engine.contract import Engine, Table
from enrichment import profile as profiles
from enrichment.relationships import build
from enrichment.settings import load as load_settings
from pipelines import faults


def profile(engine: Engine, *, customers: Table, crosswalk: Table, events: Table, clean_records: Table, as_of: date) -> Table:
    """CUSTOMER_PROFILE as of a date."""
    result = profiles.profile(
        engine,
        customers=customers,
        crosswalk=crosswalk,
        events=events,
        clean_records=clean_records,
        as_of=as_of,
        settings=load_settings(),
    )
    faults.reach("enrich.profile")
    return result


def relationships(
    engine: Engine,
    *,
    customers: Table,
    crosswalk: Table,
    events: Table,
    records: Table,
    clean_records: Table,
    profile: Table,
    as_of: date,
) -> build.Relationships:
    """TIMELINE, CAR_ROLES, CAR_TRANSFERS, COMPANY_PEOPLE, FLEETS and REFERRALS as of a date."""
    return build.relationships(
        engine,
        customers=customers,
        crosswalk=crosswalk,
        events=events,
        records=records,
        clean_records=clean_records,
        profile=profile,
        as_of=as_of,
        settings=load_settings().relationships,
    )
