"""One timeline per customer, over all dealers and channels: each row of an export that names the customer, once.

A row may name a customer in several roles: the main one stands, else the first of owner, buyer, customer, driver, sender, payer, contact. A
row without a key of its own that an export gives twice (the same in all that is told) stands once; a keyed one cannot come twice.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from engine.contract import Engine, Table


def timeline(engine: Engine, *, named: Table, events: Table, numbers: Table, as_of: date) -> Table:
    """Table ``timeline``; what is later than ``as_of`` or undated does not count.

    Args:
        engine: runs the steps.
        named: ``enrichment.relationships.named.named``.
        events: table ``events``.
        numbers: ``enrichment.members.numbered``.
        as_of: date of the computation.
    """
    asked = engine.from_frame(pl.DataFrame({"as_of": [as_of]}))
    others = engine.materialize(engine.sql(_OTHERS, named=named))
    again = engine.materialize(engine.sql(_AGAIN, others=others, named=named))
    roles = engine.sql(_ROLES, named=named, others=others, again=again)
    keyless = engine.materialize(engine.sql("select customer, row_id, role, main from roles where keyed = 0", roles=roles))
    once = engine.materialize(engine.sql(_ONCE, keyless=keyless, events=events, asked=asked))
    return engine.sql(_TIMELINE, roles=roles, once=once, events=events, numbers=numbers, asked=asked)


# few rows name anybody beside the main record, and fewer name the same customer twice
_OTHERS = """
select customer, row_id, min(keyed) as keyed,
    min(case role
        when 'owner' then 1 when 'buyer' then 2 when 'customer' then 3 when 'driver' then 4 when 'sender' then 5 when 'payer' then 6 else 7
    end) as place
from named
where not main
group by customer, row_id
"""

_AGAIN = """
select distinct o.customer, o.row_id
from others o
join named n on o.row_id = n.row_id and o.customer = n.customer
where n.main
"""

_ROLES = """
select customer, row_id, role, true as main, keyed from named where main
union all
select o.customer, o.row_id,
    case o.place
        when 1 then 'owner' when 2 then 'buyer' when 3 then 'customer' when 4 then 'driver' when 5 then 'sender' when 6 then 'payer' else 'contact'
    end as role, false as main, o.keyed
from others o
left join again a on o.row_id = a.row_id and o.customer = a.customer
where a.row_id is null
"""

# what is grouped is joined apart: with keys of their own, as most rows are, nothing is
_ONCE = """
select k.customer, e.event_date, min(k.row_id) as row_id, e.source, e.kind, e.dealer_id, k.role, k.main, e.vin, e.amount, e.mileage, e.satisfaction,
    e.campaign, e.response
from keyless k
join events e on k.row_id = e.row_id
cross join asked
where e.event_date <= asked.as_of
group by k.customer, e.event_date, e.source, e.kind, e.dealer_id, k.role, k.main, e.vin, e.amount, e.mileage, e.satisfaction, e.campaign,
    e.response
"""

_TIMELINE = """
select c.customer_id, t.event_date, t.row_id, t.source, t.kind, t.dealer_id, t.role, t.main, t.vin, t.amount, t.mileage, t.satisfaction, t.campaign,
    t.response
from (
    select r.customer, e.event_date, r.row_id, e.source, e.kind, e.dealer_id, r.role, r.main, e.vin, e.amount, e.mileage, e.satisfaction,
        e.campaign, e.response
    from roles r
    join events e on r.row_id = e.row_id
    cross join asked
    where r.keyed = 1 and e.event_date <= asked.as_of
    union all
    select * from once
) t
join numbers c on t.customer = c.customer
"""
