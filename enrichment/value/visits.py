"""Visits: one day, one dealer, one car, one kind of export; the same row exported twice counts once. Money is added in whole cents.

Everything about value and churn starts from here, so that ten million events are joined to their customers once, and sorted by them once.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from engine.contract import Engine, Table

VISIT = ("customer", "source", "dealer_id", "event_date", "vin")
"""What makes a visit one."""
SCHEMA = {
    "customer": pl.Int64(),
    "source": pl.String(),
    "dealer_id": pl.String(),
    "event_date": pl.Date(),
    "vin": pl.String(),
    "cents": pl.Int64(),
    "mileage": pl.Int64(),
    "satisfaction": pl.Float64(),
    "hundredths": pl.Int64(),
    "answers": pl.Int64(),
}


def visits(engine: Engine, *, members: Table, events: Table, as_of: date) -> Table:
    """Columns ``SCHEMA``, up to ``as_of``; the undated do not count.

    ``cents`` is null where no row names an amount, ``mileage`` the highest, ``satisfaction`` the lowest; ``hundredths`` of a point and
    ``answers`` are the sum and number of all opinions, those of rows exported twice included.

    Args:
        engine: runs the steps.
        members: ``record_id``, ``customer`` (see ``enrichment.members.numbered``).
        events: table ``events``.
        as_of: date of the computation.
    """
    asked = engine.from_frame(pl.DataFrame({"as_of": [as_of]}))
    return engine.map_groups(engine.sql(_HAPPENED, members=members, events=events, asked=asked), "customer", once, SCHEMA)


def months_before(as_of: date, months: int) -> date:
    """The day after which the last ``months`` months began."""
    day: date = pl.Series([as_of]).dt.offset_by(f"-{months}mo").item()
    return day


def once(frame: pl.DataFrame) -> pl.DataFrame:
    """Kernel: events of whole customers (``_HAPPENED``) to visits, sorted by customer and date.

    Most visits are one row, which needs no grouping: a row whose hash nobody shares is alone, and only the others are looked at.
    """
    points = pl.col("satisfaction")
    rows = frame.with_columns(hundredths=(points * 100).round(0).cast(pl.Int64), answers=points.is_not_null().cast(pl.Int64))
    alone = rows.select(pl.struct(VISIT).hash().is_unique()).to_series()
    several = rows.filter(~alone)
    same = several.group_by(*VISIT, "kind", "cents").agg(
        pl.col("mileage").max(), pl.col("satisfaction").min(), pl.col("hundredths", "answers").sum()
    )
    cents = pl.when(pl.col("cents").count() > 0).then(pl.col("cents").sum())
    grouped = same.group_by(VISIT).agg(cents, pl.col("mileage").max(), pl.col("satisfaction").min(), pl.col("hundredths", "answers").sum())
    single = rows.filter(alone).with_columns(pl.col("hundredths").fill_null(0))
    return pl.concat([single.select(*SCHEMA), grouped.select(*SCHEMA)]).sort(*VISIT, nulls_last=True)


_HAPPENED = """
select m.customer, e.source, e.dealer_id, e.event_date, e.vin, e.kind, cast(round(e.amount * 100) as bigint) as cents, e.mileage, e.satisfaction
from events e
join members m on e.record_id = m.record_id
cross join asked
where e.event_date <= asked.as_of
"""
