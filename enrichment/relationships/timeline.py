"""One timeline per customer, over all dealers and channels: each row of an export that names the customer, once.

A row may name a customer in several roles: the first of owner, buyer, customer, driver, sender, payer, contact stands. The same row
exported twice without a key of its own (same source, dealer, day, kind, car, role and amount) stands once.
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
select customer_id, event_date, row_id, source, kind, dealer_id,
    case place
        when 1 then 'owner' when 2 then 'buyer' when 3 then 'customer' when 4 then 'driver' when 5 then 'sender' when 6 then 'payer'
        else 'contact'
    end as role,
    vin, amount, mileage, satisfaction, campaign, response
from (
    select n.customer_id, e.event_date, min(e.row_id) as row_id, e.source, e.kind, e.dealer_id, n.place, e.vin, e.amount, e.mileage,
        e.satisfaction, e.campaign, e.response
    from events e
    join (
        select m.customer_id, r.row_id,
            min(case r.role
                when 'owner' then 1 when 'buyer' then 2 when 'customer' then 3 when 'driver' then 4 when 'sender' then 5
                when 'payer' then 6 else 7
            end) as place
        from clean_records r
        join members m on r.record_id = m.record_id
        group by m.customer_id, r.row_id
    ) n on e.row_id = n.row_id
    cross join asked
    where e.event_date <= asked.as_of
    group by n.customer_id, e.event_date, e.source, e.kind, e.dealer_id, n.place, e.vin, e.amount, e.mileage, e.satisfaction, e.campaign,
        e.response
) told
"""
