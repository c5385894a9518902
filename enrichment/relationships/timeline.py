"""One timeline per customer, over all dealers and channels: each row of an export that names the customer, once.

A row may name a customer in several roles: the main one stands, else the first of owner, buyer, customer, driver, sender, payer, contact. A
row without a key of its own that an export gives twice (the same in all that is told) stands once; a keyed one cannot come twice.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from engine.contract import Engine, Table


def timeline(engine: Engine, *, members: Table, events: Table, clean_records: Table, as_of: date) -> Table:
    """Table ``timeline``; what is later than ``as_of`` or undated does not count."""
    asked = engine.from_frame(pl.DataFrame({"as_of": [as_of]}))
    return engine.sql(_TIMELINE, members=members, events=events, clean_records=clean_records, asked=asked)


_TIMELINE = """
with named as (
    select m.customer_id, r.row_id, r.role, r.source_key is not null as keyed, r.main
    from clean_records r
    join members m on r.record_id = m.record_id
),
beside as (
    select o.customer_id, o.row_id, o.place, o.keyed
    from (
        select customer_id, row_id, min(keyed) as keyed,
            min(case role
                when 'owner' then 1 when 'buyer' then 2 when 'customer' then 3 when 'driver' then 4 when 'sender' then 5
                when 'payer' then 6 else 7
            end) as place
        from named
        where not main
        group by customer_id, row_id
    ) o
    left join named n on o.row_id = n.row_id and o.customer_id = n.customer_id and n.main
    where n.row_id is null
),
roles as (
    select customer_id, row_id, role, keyed from named where main
    union all
    select customer_id, row_id,
        case place
            when 1 then 'owner' when 2 then 'buyer' when 3 then 'customer' when 4 then 'driver' when 5 then 'sender' when 6 then 'payer'
            else 'contact'
        end as role, keyed
    from beside
),
told as (
    select n.customer_id, e.event_date, n.row_id, e.source, e.kind, e.dealer_id, n.role, e.vin, e.amount, e.mileage, e.satisfaction, e.campaign,
        e.response, n.keyed
    from roles n
    join events e on n.row_id = e.row_id
    cross join asked
    where e.event_date <= asked.as_of
)
select customer_id, event_date, row_id, source, kind, dealer_id, role, vin, amount, mileage, satisfaction, campaign, response
from told
where keyed
union all
select customer_id, event_date, min(row_id) as row_id, source, kind, dealer_id, role, vin, amount, mileage, satisfaction, campaign, response
from told
where not keyed
group by customer_id, event_date, source, kind, dealer_id, role, vin, amount, mileage, satisfaction, campaign, response
"""
