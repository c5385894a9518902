"""Companies: their people, and their fleets.

Somebody is of a company's people where a row names both, the company as owner, buyer, payer or customer, and the person as who brings the
car, drives it, is to be called, or pays. A fleet is the cars whose ownership is the company's and has not ended.
"""

from __future__ import annotations

from engine.contract import Engine, Table


def company_people(engine: Engine, *, named: Table, events: Table, numbers: Table, customers: Table) -> Table:
    """Table ``company_people``.

    Args:
        engine: runs the steps.
        named: ``enrichment.relationships.named.named``.
        events: table ``events``.
        numbers: ``enrichment.members.numbered``.
        customers: table ``customers``.
    """
    kinds = engine.materialize(engine.sql(_KINDS, numbers=numbers, customers=customers))
    rows = engine.materialize(engine.sql(_ROWS, named=named, kinds=kinds))
    beside = engine.materialize(engine.sql(_BESIDE, rows=rows, named=named, kinds=kinds))
    return engine.materialize(engine.sql(_PEOPLE, beside=beside, events=events))


# few rows are a company's: they come first, and what is joined to them stays as few
_KINDS = """
select n.customer, n.customer_id, c.party
from customers c
join numbers n on c.customer_id = n.customer_id
where c.party in ('organization', 'person')
"""

_ROWS = """
select distinct r.row_id, k.customer_id as company_id
from named r
join kinds k on r.customer = k.customer and k.party = 'organization'
where r.role in ('owner', 'buyer', 'payer', 'customer')
"""

_BESIDE = """
select f.company_id, k.customer_id as person_id, r.row_id, r.role, r.event_date
from named r
join rows f on r.row_id = f.row_id
join kinds k on r.customer = k.customer and k.party = 'person'
"""

_PEOPLE = """
select p.company_id, p.person_id,
    case min(case p.role when 'driver' then 1 when 'sender' then 1 when 'contact' then 2 when 'payer' then 3 else 4 end)
        when 1 then 'driver' when 2 then 'contact' when 3 then 'payer' else 'other'
    end as role,
    count(distinct p.row_id) as visits, count(distinct e.vin) as cars, min(p.event_date) as first_seen, max(p.event_date) as last_seen
from beside p
left join events e on p.row_id = e.row_id
group by p.company_id, p.person_id
"""


def fleets(engine: Engine, *, customers: Table, car_roles: Table, people: Table) -> Table:
    """Table ``fleets``: one row per organization that has or had a car, or people."""
    return engine.sql(_FLEETS, customers=customers, car_roles=car_roles, people=people)


_FLEETS = """
select c.customer_id, coalesce(f.cars, 0) as cars, coalesce(f.cars_before, 0) as cars_before, coalesce(p.people, 0) as people, p.main_person_id,
    f.last_seen
from customers c
left join (
    select customer_id, count(distinct case when to_date is null then vin end) as cars,
        count(distinct case when to_date is not null then vin end) as cars_before, max(last_seen) as last_seen
    from car_roles
    where role in ('owner', 'buyer')
    group by customer_id
) f on c.customer_id = f.customer_id
left join (
    select company_id, count(*) as people, max(case when place = 1 then person_id end) as main_person_id
    from (
        select company_id, person_id,
            row_number() over (partition by company_id order by visits desc, last_seen desc nulls last, person_id) as place
        from people
    ) ranked
    group by company_id
) p on c.customer_id = p.company_id
where c.party = 'organization' and (f.customer_id is not null or p.company_id is not null)
"""
