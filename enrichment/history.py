"""What held of a customer and since when: rows with ``valid_from`` and ``valid_to`` (null: holds now), carried from run to run.

A run tells anew what holds on its date. What held before that date stays; what a run of the same or a later date said is taken back first, so the
same run twice gives the same history.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from engine.contract import Engine, Table


def carried(engine: Engine, *, before: Table | None, now: Table, key: Sequence[str], told: Sequence[str], as_of: date) -> Table:
    """The history with what holds on ``as_of``: ``now``'s columns, ``valid_from``, ``valid_to``.

    Args:
        engine: runs the steps.
        before: the history so far, with the same columns; None: there is none.
        now: one row a ``key``: what holds.
        key: columns that say of what the history is (customer_id; customer_id and segment).
        told: columns a change of which begins a new row; others keep the value of the row's first day.
        as_of: date of the computation.
    """
    asked = engine.from_frame(pl.DataFrame({"as_of": [as_of]}))
    columns = list(now.schema)
    if before is None:
        listed = ", ".join(f"n.{name}" for name in columns)
        begin = f"select {listed}, a.as_of as valid_from, cast(null as date) as valid_to from now n cross join asked a"
        return engine.materialize(engine.sql(begin, now=now, asked=asked))
    known = engine.materialize(engine.sql(_KNOWN.format(listed=", ".join(f"b.{name}" for name in columns)), before=before, asked=asked))
    joined = " and ".join(f"o.{name} = n.{name}" for name in key)
    equal = " and ".join(f"(o.{name} = n.{name} or (o.{name} is null and n.{name} is null))" for name in told) or "n.present = 1"
    query = _CARRIED.format(
        old=", ".join(f"o.{name}" for name in columns),
        new=", ".join(f"n.{name}" for name in columns),
        joined=joined,
        equal=equal,
        first=key[0],
    )
    marked = engine.sql("select *, 1 as present from now", now=now)
    return engine.materialize(engine.sql(query, known=known, now=marked, asked=asked))


_KNOWN = """
select {listed}, b.valid_from, case when b.valid_to < a.as_of then b.valid_to end as valid_to
from before b
cross join asked a
where b.valid_from < a.as_of
"""

_CARRIED = """
select {old}, o.valid_from, o.valid_to
from known o
where o.valid_to is not null
union all
select {old}, o.valid_from, case when n.present = 1 and {equal} then cast(null as date) else a.as_of end as valid_to
from known o
left join now n on {joined}
cross join asked a
where o.valid_to is null
union all
select {new}, a.as_of as valid_from, cast(null as date) as valid_to
from now n
left join (select * from known where valid_to is null) o on {joined}
cross join asked a
where o.{first} is null or not ({equal})
"""
