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
        message = f"no customer was ever called {customer_id!r}; ids begin with C and are listed in crosswalk.customer_id"
        raise UnknownCustomerError(message)
    return str(found.item())
