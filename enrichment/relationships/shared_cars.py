"""Persons who were named with one car, as its owner and as who brings or buys it: a household may be behind it; a company's people are none.

>>> from engine.duckdb import DuckDBEngine
>>> from enrichment.settings import load
>>> said = [(1, "r1", "owner", True), (2, "r1", "sender", False), (1, "r2", "owner", True), (2, "r2", "driver", False)]
>>> with DuckDBEngine() as engine:
...     named = pl.DataFrame(said, schema=["customer", "row_id", "role", "main"], orient="row").with_columns(source=pl.lit("service"))
...     numbers = engine.from_frame(pl.DataFrame({"customer": [1, 2], "customer_id": ["C1", "C2"]}))
...     customers = engine.from_frame(pl.DataFrame({"customer_id": ["C1", "C2"], "party": "person"}))
...     found = shared_cars(engine, named=engine.from_frame(named), numbers=numbers, customers=customers, settings=load().household)
...     sorted(engine.collect(found).rows())
[('C1', 'car', 'C1|C2'), ('C2', 'car', 'C1|C2')]
"""

from __future__ import annotations

import polars as pl

from engine.contract import Engine, Table
from enrichment.settings import HouseholdSettings


def shared_cars(engine: Engine, *, named: Table, numbers: Table, customers: Table, settings: HouseholdSettings) -> Table:
    """``customer_id, kind, key``: of each two persons who were named together at least ``visits_together`` times, either one; ``kind`` is car.

    Args:
        engine: runs the steps.
        named: ``enrichment.relationships.named.named``.
        numbers: ``enrichment.members.numbered``.
        customers: table ``customers``.
        settings: see ``enrichment.settings``.
    """
    asked = engine.from_frame(pl.DataFrame({"least": [settings.visits_together]}))
    beside = engine.materialize(engine.sql(_BESIDE, named=named))
    pairs = engine.sql(_PAIRS, named=named, beside=beside, asked=asked)
    persons = engine.sql(_PERSONS, pairs=pairs, numbers=numbers, customers=customers)
    return engine.sql(_LINKS, persons=engine.materialize(persons))


# few rows name anybody beside the main record: they come first, and what is joined to them stays as few
_BESIDE = """
select row_id, customer
from named
where not main and source in ('service', 'sale') and role in ('owner', 'driver', 'sender')
"""

_PAIRS = """
select one, other
from (
    select least(n.customer, b.customer) as one, greatest(n.customer, b.customer) as other, count(distinct n.row_id) as visits
    from named n
    join beside b on n.row_id = b.row_id
    where n.main and n.source in ('service', 'sale') and n.role in ('owner', 'buyer') and n.customer <> b.customer
    group by least(n.customer, b.customer), greatest(n.customer, b.customer)
) counted
cross join asked
where visits >= asked.least
"""

_PERSONS = """
select a.customer_id as one, b.customer_id as other
from pairs p
join numbers a on p.one = a.customer
join numbers b on p.other = b.customer
join customers c on a.customer_id = c.customer_id
join customers d on b.customer_id = d.customer_id
where c.party = 'person' and d.party = 'person'
"""

_LINKS = """
select one as customer_id, 'car' as kind, concat(one, '|', other) as key from persons
union all
select other as customer_id, 'car' as kind, concat(one, '|', other) as key from persons
"""
