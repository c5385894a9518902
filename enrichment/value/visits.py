"""Visits: one day, one dealer, one car, one kind of export; the same row exported twice counts once. Money is added in whole cents.

Everything about value and churn starts from here, so that ten million events are joined to their customers once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from engine.contract import Engine, Table


def visits(engine: Engine, *, members: Table, events: Table, as_of: date) -> Table:
    """``customer_id, source, dealer_id, event_date, vin, cents`` (null: no row names an amount), ``mileage`` (highest), ``satisfaction`` (lowest), up to ``as_of``; the undated do not count."""
    asked = engine.from_frame(pl.DataFrame({"as_of": [as_of]}))
    return engine.materialize(engine.sql(_VISITS, members=members, events=events, asked=asked))


def months_before(as_of: date, months: int) -> date:
    """The day after which the last ``months`` months began."""
    day: date = pl.Series([as_of]).dt.offset_by(f"-{months}mo").item()
    return day


def by_source(engine: Engine, *, visits: Table, as_of: date, months: Sequence[int]) -> Table:
    """``customer_id, source, months, visits, cents, first_date, last_date``: each visit under the shortest of ``months`` that holds it, else under null."""
    windows = sorted(set(months))
    since = [months_before(as_of, each) for each in windows]
    until = [as_of, *since][: len(since)]
    frame = pl.DataFrame(
        {"months": windows, "since": since, "until": until}, schema={"months": pl.Int64(), "since": pl.Date(), "until": pl.Date()}
    )
    return engine.materialize(engine.sql(_BY_SOURCE, visits=visits, windows=engine.from_frame(frame)))


_VISITS = """
select customer_id, source, dealer_id, event_date, vin, cast(sum(cents) as bigint) as cents, max(mileage) as mileage, min(satisfaction) as satisfaction
from (
    select m.customer_id, e.source, e.dealer_id, e.event_date, e.vin, e.kind, cast(round(e.amount * 100) as bigint) as cents,
        max(e.mileage) as mileage, min(e.satisfaction) as satisfaction
    from events e
    join members m on e.record_id = m.record_id
    cross join asked
    where e.event_date <= asked.as_of
    group by m.customer_id, e.source, e.dealer_id, e.event_date, e.vin, e.kind, cast(round(e.amount * 100) as bigint)
) once
group by customer_id, source, dealer_id, event_date, vin
"""

_BY_SOURCE = """
select v.customer_id, v.source, w.months, count(*) as visits, cast(sum(coalesce(v.cents, 0)) as bigint) as cents,
    min(v.event_date) as first_date, max(v.event_date) as last_date
from visits v
left join windows w on v.event_date > w.since and v.event_date <= w.until
group by v.customer_id, v.source, w.months
"""
