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
    beside = engine.materialize(engine.sql(_BESIDE, members=members, clean_records=clean_records))
    mains = engine.materialize(engine.sql(_MAINS, beside=beside, clean_records=clean_records))
    roles = engine.materialize(engine.sql(_ROLES, members=members, clean_records=clean_records, beside=beside, mains=mains))
    asked = engine.from_frame(pl.DataFrame({"as_of": [as_of]}))
    return engine.sql(_TIMELINE, roles=roles, events=events, asked=asked)


# few rows name anybody beside the main record: whether it is the same customer is asked of those rows alone
_BESIDE = """
select m.customer_id, r.row_id, min(r.source_key is not null) as keyed,
    min(case r.role
        when 'owner' then 1 when 'buyer' then 2 when 'customer' then 3 when 'driver' then 4 when 'sender' then 5 when 'payer' then 6 else 7
    end) as place
from clean_records r
join members m on r.record_id = m.record_id
where not r.main
group by m.customer_id, r.row_id
"""

_MAINS = """
select distinct r.record_id, r.row_id
from clean_records r
join beside b on r.row_id = b.row_id
where r.main
"""

_ROLES = """
select m.customer_id, r.row_id, r.role, r.source_key is not null as keyed
from clean_records r
join members m on r.record_id = m.record_id
where r.main
union all
select b.customer_id, b.row_id,
    case b.place
        when 1 then 'owner' when 2 then 'buyer' when 3 then 'customer' when 4 then 'driver' when 5 then 'sender' when 6 then 'payer'
        else 'contact'
    end as role, b.keyed
from beside b
left join (
    select distinct m.customer_id, o.row_id
    from mains o
    join members m on o.record_id = m.record_id
) n on b.row_id = n.row_id and b.customer_id = n.customer_id
where n.row_id is null
"""

_TIMELINE = """
select n.customer_id, e.event_date, n.row_id, e.source, e.kind, e.dealer_id, n.role, e.vin, e.amount, e.mileage, e.satisfaction, e.campaign,
    e.response
from events e
join roles n on e.row_id = n.row_id
cross join asked
where n.keyed and e.event_date <= asked.as_of
union all
select n.customer_id, e.event_date, min(n.row_id) as row_id, e.source, e.kind, e.dealer_id, n.role, e.vin, e.amount, e.mileage, e.satisfaction,
    e.campaign, e.response
from events e
join roles n on e.row_id = n.row_id
cross join asked
where not n.keyed and e.event_date <= asked.as_of
group by n.customer_id, e.event_date, e.source, e.kind, e.dealer_id, n.role, e.vin, e.amount, e.mileage, e.satisfaction, e.campaign, e.response
"""
