"""Which records are which customer now, by name and by number.

A part that groups, joins and sorts millions of rows by customer does so by a number, several times as fast as by a text: customers are numbered
once, in the order of customer_id, so that what is sorted by number is sorted by name, and the name comes back with the last join.
"""

from __future__ import annotations

from engine.contract import Engine, Table


def members(engine: Engine, crosswalk: Table) -> Table:
    """record_id, customer_id of the crosswalk's rows that hold now: each record once."""
    return engine.sql("select record_id, customer_id from c where valid_to is null", c=crosswalk)


def numbered(engine: Engine, customers: Table) -> Table:
    """``customer`` (place in the order of customer_id, from 1), customer_id, home_dealer_id, city of each customer."""
    return engine.materialize(engine.sql(_NUMBERED, customers=customers))


def members_by_number(engine: Engine, *, customers: Table, crosswalk: Table) -> Table:
    """record_id, ``customer`` (see ``numbered``) of the crosswalk's rows that hold now: each record once."""
    return engine.sql(_MEMBERS, crosswalk=crosswalk, customers=customers)


_NUMBERED = """
select row_number() over (order by customer_id) as customer, customer_id, home_dealer_id, city
from customers
"""

_MEMBERS = """
select w.record_id, c.customer
from crosswalk w
join customers c on w.customer_id = c.customer_id
where w.valid_to is null
"""
