"""The customer file: all tables of relationships at once, since they share what they read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from engine.contract import Engine, Table
from enrichment.members import members, members_by_number, numbered
from enrichment.relationships.companies import company_people, fleets
from enrichment.relationships.named import named
from enrichment.relationships.referrals import referrals
from enrichment.relationships.roles import car_roles, owners, sightings, transfers
from enrichment.relationships.settings import RelationshipSettings
from enrichment.relationships.timeline import timeline


@dataclass(frozen=True)
class Relationships:
    """Tables ``timeline``, ``car_roles``, ``car_transfers``, ``company_people``, ``fleets``, ``referrals``."""

    timeline: Table
    car_roles: Table
    car_transfers: Table
    company_people: Table
    fleets: Table
    referrals: Table


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
    settings: RelationshipSettings,
) -> Relationships:
    """All that is told of who has to do with whom.

    Args:
        engine: runs the steps.
        customers: table ``customers``.
        crosswalk: table ``crosswalk``; only rows that hold now count.
        events: table ``events``.
        records: table ``records``, for remarks and unknown columns.
        clean_records: table ``clean_records``.
        profile: table ``customer_profile``, for households.
        as_of: date of the computation; what is later does not count.
        settings: see ``enrichment.relationships.settings``.
    """
    known = numbered(engine, customers)
    rows = named(engine, members=members_by_number(engine, customers=known, crosswalk=crosswalk), clean_records=clean_records)
    seen = sightings(engine, named=rows, events=events, as_of=as_of, settings=settings)
    owning = owners(engine, sightings=seen, numbers=known, customers=customers, profile=profile, settings=settings)
    roles = car_roles(engine, sightings=seen, numbers=known, owners=owning)
    people = company_people(engine, named=rows, events=events, numbers=known, customers=customers)
    return Relationships(
        timeline=timeline(engine, named=rows, events=events, numbers=known, as_of=as_of),
        car_roles=roles,
        car_transfers=transfers(engine, owners=owning),
        company_people=people,
        fleets=fleets(engine, customers=customers, car_roles=roles, people=people),
        referrals=referrals(
            engine, records=records, members=members(engine, crosswalk), customers=customers, clean_records=clean_records, settings=settings
        ),
    )
