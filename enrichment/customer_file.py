"""The customer file: what happened with each customer and each car, from the rows that name them.

Whom each row names is found once, by one join of all clean records to their customers; all that is told of rows comes from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from engine.contract import Engine, Table
from enrichment.calendar.cars import cars
from enrichment.conversations import conversations
from enrichment.members import members_by_number, numbered
from enrichment.relationships.companies import company_people
from enrichment.relationships.named import named
from enrichment.relationships.roles import proofs, seen_in_roles, sightings
from enrichment.relationships.shared_cars import shared_cars
from enrichment.relationships.timeline import timeline
from enrichment.settings import EnrichmentSettings


@dataclass(frozen=True)
class CustomerFile:
    """Tables ``timeline``, ``cars``, ``company_people``; and what only other parts of a run read.

    ``conversations``: see ``enrichment.conversations``; ``proofs`` and ``seen_in_roles``: see ``enrichment.relationships.roles``;
    ``shared_cars``: see ``enrichment.relationships.shared_cars``.
    """

    timeline: Table
    cars: Table
    company_people: Table
    conversations: Table
    proofs: Table
    seen_in_roles: Table
    shared_cars: Table


def customer_file(
    engine: Engine, *, customers: Table, crosswalk: Table, clean_records: Table, events: Table, as_of: date, settings: EnrichmentSettings
) -> CustomerFile:
    """The customer file as of a date; what is later does not count.

    Args:
        engine: runs the steps.
        customers: table ``customers``.
        crosswalk: table ``crosswalk``; only rows that hold now count.
        clean_records: table ``clean_records``.
        events: table ``events``.
        as_of: date of the computation.
        settings: see ``enrichment.settings.load``.
    """
    numbers = numbered(engine, customers)
    rows = named(engine, members=members_by_number(engine, customers=numbers, crosswalk=crosswalk), clean_records=clean_records)
    seen = sightings(engine, named=rows, events=events, as_of=as_of, settings=settings.relationships)
    return CustomerFile(
        timeline=timeline(engine, named=rows, events=events, numbers=numbers, as_of=as_of),
        cars=cars(engine, named=rows, numbers=numbers, events=events, as_of=as_of, upkeep=settings.care, settings=settings.calendar),
        company_people=company_people(engine, named=rows, events=events, numbers=numbers, customers=customers),
        conversations=conversations(engine, named=rows, events=events, numbers=numbers),
        proofs=proofs(engine, sightings=seen, numbers=numbers, settings=settings.relationships),
        seen_in_roles=seen_in_roles(engine, sightings=seen, numbers=numbers),
        shared_cars=shared_cars(engine, named=rows, numbers=numbers, customers=customers, settings=settings.household),
    )
