"""What became of an id: the chain of merges, followed to its end.

A merge writes the surviving id into ``crosswalk.merged_into`` beside every row of the id that ended, so the crosswalk alone
resolves every id that was ever given, also after the survivor was itself merged. An id that ended never gets a record
again, so chains have no loops; following them doubles its step, so n merges in a row take log2(n) joins.
"""

from __future__ import annotations

import polars as pl

from engine.contract import Engine, Table


class UnknownCustomerError(LookupError):
    """A customer_id that the crosswalk never gave."""


def ended(engine: Engine, *, crosswalk: Table) -> Table:
    """``customer_id``, ``survivor_id`` of every id that ended in a merge; the survivor is one that did not."""
    step = engine.materialize(
        engine.sql(
            "select customer_id, max(merged_into) as survivor_id from crosswalk where merged_into is not null group by customer_id",
            crosswalk=crosswalk,
        )
    )
    while engine.count(engine.sql("select 1 from step a join step b on a.survivor_id = b.customer_id", step=step)):
        step = engine.materialize(
            engine.sql(
                "select a.customer_id, coalesce(b.survivor_id, a.survivor_id) as survivor_id"
                " from step a left join step b on a.survivor_id = b.customer_id",
                step=step,
            )
        )
    return step


def survivors(engine: Engine, *, crosswalk: Table) -> Table:
    """``customer_id``, ``survivor_id`` of every id ever given; an id that was not merged (also a retired one) is its own survivor."""
    return engine.sql(
        "select c.customer_id, coalesce(e.survivor_id, c.customer_id) as survivor_id"
        " from (select distinct customer_id from crosswalk) c left join ended e on c.customer_id = e.customer_id",
        crosswalk=crosswalk,
        ended=ended(engine, crosswalk=crosswalk),
    )


def holders(engine: Engine, *, crosswalk: Table, records: Table) -> Table:
    """``record_id``, ``customer_id`` of the customer in force who has each record, or who had it last, followed through merges.

    A record that is gone still points at its customer while he is there; one that was never there, or whose customer is retired, is left out.
    """
    return engine.sql(
        """
        with r as (select distinct record_id from records),
        last as (
            select c.record_id, c.customer_id, row_number() over (
                partition by c.record_id
                order by case when c.valid_to is null then 0 else 1 end, c.valid_to desc nulls last, c.valid_from desc nulls last,
                    c.run_id desc nulls last, c.customer_id
            ) as place
            from c join r on r.record_id = c.record_id
        ),
        now as (
            select l.record_id, coalesce(e.survivor_id, l.customer_id) as customer_id
            from last l left join e on e.customer_id = l.customer_id where l.place = 1
        )
        select now.record_id, now.customer_id from now
        where now.customer_id in (select customer_id from c where valid_to is null)
        """,
        c=crosswalk,
        records=records,
        e=ended(engine, crosswalk=crosswalk),
    )


def members(engine: Engine, *, crosswalk: Table, name: str) -> tuple[str, list[str]]:
    """The customer that ``name`` (one of its records, or an id that it has or had) is today, and its records, sorted.

    Raises:
        UnknownCustomerError: the crosswalk has no such record in force, and never gave such an id.
    """
    asked = engine.from_frame(pl.DataFrame({"name": [name]}))
    held = engine.sql(
        "select distinct c.customer_id from c join asked on c.record_id = asked.name where c.valid_to is null", c=crosswalk, asked=asked
    )
    owner = engine.collect(held)
    found = str(owner.item()) if owner.height == 1 else resolve_id(engine, crosswalk=crosswalk, customer_id=name)
    customer = engine.from_frame(pl.DataFrame({"customer_id": [found]}))
    rows = engine.sql("select c.record_id from c join n on c.customer_id = n.customer_id where c.valid_to is null", c=crosswalk, n=customer)
    return found, engine.collect(rows)["record_id"].sort().to_list()


def resolve_id(engine: Engine, *, crosswalk: Table, customer_id: str) -> str:
    """The id that ``customer_id`` goes by now.

    Raises:
        UnknownCustomerError: the crosswalk never gave this id.
    """
    asked = engine.from_frame(pl.DataFrame({"customer_id": [customer_id]}))
    found = engine.collect(
        engine.sql(
            "select s.survivor_id from asked join survivors s on asked.customer_id = s.customer_id",
            asked=asked,
            survivors=survivors(engine, crosswalk=crosswalk),
        )
    )
    if found.is_empty():
        message = f"no customer was ever called {customer_id!r}; all ids that ever were are in crosswalk.customer_id"
        raise UnknownCustomerError(message)
    return str(found.item())
