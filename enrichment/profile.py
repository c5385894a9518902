"""The customer profile: everything enrichment tells about a customer, one row each, with the reason where it cannot tell.

>>> from engine.tables import schema
>>> sorted(schema("customer_profile"))[:3]
['alive', 'as_of', 'cars']
"""

from __future__ import annotations

from datetime import date

import polars as pl

from engine.contract import Engine, Table
from enrichment.care import first_due
from enrichment.household import homes, households
from enrichment.members import members
from enrichment.reach import contacts, opted_out
from enrichment.settings import EnrichmentSettings


def profile(
    engine: Engine,
    *,
    customers: Table,
    crosswalk: Table,
    clean_records: Table,
    cars: Table,
    shared_cars: Table,
    customer_value: Table,
    customer_churn: Table,
    as_of: date,
    settings: EnrichmentSettings,
) -> Table:
    """Table ``customer_profile``: one row per row of ``customers``.

    Args:
        engine: runs the steps.
        customers: table ``customers``.
        crosswalk: table ``crosswalk``; only rows that hold now count.
        clean_records: table ``clean_records``.
        cars: table ``cars``.
        shared_cars: see ``enrichment.relationships.shared_cars``.
        customer_value: table ``customer_value``.
        customer_churn: table ``customer_churn``.
        as_of: date of the computation.
        settings: see ``enrichment.settings.load``.
    """
    held = members(engine, crosswalk)
    ways = contacts(engine, customers=customers)
    addresses = homes(engine, contacts=ways, clean_records=clean_records)
    return engine.sql(
        _PROFILE,
        customers=customers,
        asked=engine.from_frame(pl.DataFrame({"as_of": [as_of], "version": [settings.version]})),
        worth=customer_value,
        churn=customer_churn,
        cars=first_due(engine, cars=cars),
        homes=addresses,
        living=households(
            engine,
            contacts=ways,
            homes=addresses,
            settings=settings.household,
            cars=shared_cars,
        ),
        refusing=opted_out(engine, members=held, clean_records=clean_records, contacts=ways),
    )


_PROFILE = """
select c.customer_id, l.household_id,
    case when c.party = 'organization' then null when l.household_id is null then 1 else l.household_size end as household_size,
    l.household_reason, coalesce(k.cars, 0) as cars, w.recency_days, w.frequency, w.monetary, w.rfm_recency, w.rfm_frequency, w.rfm_monetary,
    w.value_segment, w.value_reason, w.alive, w.expected_visits, w.lifetime_value, w.lifetime_reason, w.value_score, w.value_grade,
    n.churn_status, n.churn_risk, n.churn_level, k.last_service, k.km_per_day, k.next_service,
    k.next_service_vin, coalesce(k.next_service_reason, 'no_car') as next_service_reason, c.mobile is not null as reach_mobile,
    coalesce(h.reach_post, false) as reach_post, c.email is not null as reach_email, r.customer_id is null as contact_allowed,
    asked.as_of, asked.version
from customers c
left join worth w on c.customer_id = w.customer_id
left join churn n on c.customer_id = n.customer_id
left join cars k on c.customer_id = k.customer_id
left join homes h on c.customer_id = h.customer_id
left join living l on c.customer_id = l.customer_id
left join refusing r on c.customer_id = r.customer_id
cross join asked
"""
