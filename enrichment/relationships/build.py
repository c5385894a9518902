"""Who has to do with whom and with which cars: all tables of relationships at once, since they share what they read."""

from __future__ import annotations

from dataclasses import dataclass

from engine.contract import Engine, Table
from enrichment.members import members
from enrichment.relationships.companies import fleets
from enrichment.relationships.referrals import referrals
from enrichment.relationships.roles import car_roles, owners, transfers
from enrichment.relationships.settings import RelationshipSettings


@dataclass(frozen=True)
class Relationships:
    """Tables ``car_roles``, ``car_transfers``, ``fleets``, ``referrals``."""

    car_roles: Table
    car_transfers: Table
    fleets: Table
    referrals: Table


def relationships(
    engine: Engine,
    *,
    customers: Table,
    crosswalk: Table,
    proofs: Table,
    seen_in_roles: Table,
    company_people: Table,
    records: Table,
    clean_records: Table,
    profile: Table,
    settings: RelationshipSettings,
) -> Relationships:
    """All that is told of who has to do with whom.

    Args:
        engine: runs the steps.
        customers: table ``customers``.
        crosswalk: table ``crosswalk``; only rows that hold now count.
        proofs: ``enrichment.relationships.roles.proofs``.
        seen_in_roles: ``enrichment.relationships.roles.seen_in_roles``.
        company_people: table ``company_people``.
        records: table ``records``, for remarks and unknown columns.
        clean_records: table ``clean_records``.
        profile: table ``customer_profile``, for households.
        settings: see ``enrichment.relationships.settings``.
    """
    owning = owners(engine, proofs=proofs, customers=customers, profile=profile)
    roles = car_roles(engine, seen=seen_in_roles, owners=owning)
    return Relationships(
        car_roles=roles,
        car_transfers=transfers(engine, owners=owning),
        fleets=fleets(engine, customers=customers, car_roles=roles, people=company_people),
        referrals=referrals(
            engine, records=records, members=members(engine, crosswalk), customers=customers, clean_records=clean_records, settings=settings
        ),
    )
