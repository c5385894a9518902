"""Visits: one day, one dealer, one car, one kind of export; the same row exported twice counts once. Money is added in whole cents.

Everything about value and churn starts from here: all visits of a customer stand in one row, as lists, and who asks for whole customers gets them
without a sort. They come from the timeline, in whose files a customer's rows stand together already.
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
"""A visit."""
LISTED = {name: dtype if name == "customer" else pl.List(dtype) for name, dtype in SCHEMA.items() if name != "vin"}
"""The visits of a customer, by date; nobody asks with which car they were."""
_TOLD = {"customer_id": pl.String(), **{name: dtype for name, dtype in LISTED.items() if name != "customer"}}
BATCH_CUSTOMERS = 32_768
"""Customers whose visits a kernel unfolds at once."""
_MOST_DAYS = 2**24


def visits(engine: Engine, *, timeline: Table, numbers: Table) -> Table:
    """Columns ``LISTED``, one row per customer with a visit.

    ``cents`` is null where no row names an amount, ``mileage`` the highest, ``satisfaction`` the lowest; ``hundredths`` of a point and
    ``answers`` are the sum and number of all opinions.

    Args:
        engine: runs the steps.
        timeline: table ``timeline``; rows that only name a customer beside another are nobody's visit.
        numbers: ``enrichment.members.numbered``.
    """
    happened = engine.sql(_HAPPENED, timeline=timeline)
    told = engine.map_groups(happened, "customer_id", _listed_once, _TOLD, together=True)
    columns = ", ".join(f"v.{name}" for name in LISTED if name != "customer")
    return engine.sql(
        f"select n.customer, {columns} from told v join numbers n on v.customer_id = n.customer_id", told=told, numbers=numbers
    )


def sources_seen(engine: Engine, timeline: Table) -> dict[str, date]:
    """Kinds of exports that tell of visits, each with the day of its latest.

    Args:
        engine: runs the steps.
        timeline: table ``timeline``; rows that only name a customer beside another are nobody's visit.
    """
    return dict(engine.collect(engine.sql(_SEEN, timeline=timeline)).rows())


def months_before(as_of: date, months: int) -> date:
    """The day after which the last ``months`` months began."""
    day: date = pl.Series([as_of]).dt.offset_by(f"-{months}mo").item()
    return day


def listed(frame: pl.DataFrame) -> pl.DataFrame:
    """Kernel: visits (``SCHEMA``, with or without ``vin``), the rows of a customer together, to ``LISTED``."""
    together = frame.select(pl.col("customer").rle_id().set_sorted().alias("place"), *LISTED).group_by("place", maintain_order=True)
    return together.agg(pl.col("customer").first(), pl.all().exclude("customer")).select(*LISTED)


def unfolded(frame: pl.DataFrame) -> pl.DataFrame:
    """Kernel: ``customer`` and any columns of ``LISTED`` to one row a visit, the rows of a customer together."""
    return frame.explode([name for name in frame.columns if name != "customer"])


def once(frame: pl.DataFrame) -> pl.DataFrame:
    """Kernel: events of whole customers (``_HAPPENED``) to visits (``SCHEMA``), sorted by customer and date.

    Most visits are one row, which needs no grouping: a row whose customer has no other that day is alone, and only the others are looked at.
    """
    points = pl.col("satisfaction")
    rows = frame.with_columns(hundredths=(points * 100).round(0).cast(pl.Int64), answers=points.is_not_null().cast(pl.Int64))
    alone = rows.select(pl.struct("customer", "event_date").hash().is_unique()).to_series()
    several = rows.filter(~alone)
    same = several.group_by(*VISIT, "kind", "cents").agg(
        pl.col("mileage").max(), pl.col("satisfaction").min(), pl.col("hundredths", "answers").sum()
    )
    cents = pl.when(pl.col("cents").count() > 0).then(pl.col("cents").sum())
    grouped = same.group_by(VISIT).agg(cents, pl.col("mileage").max(), pl.col("satisfaction").min(), pl.col("hundredths", "answers").sum())
    single = rows.filter(alone).with_columns(pl.col("hundredths").fill_null(0))
    # points are added as they come, so their order is held too: of the few on one day
    visits = pl.concat([single.select(*SCHEMA), grouped.select(*SCHEMA).sort("satisfaction", nulls_last=True)])
    # one number that has customer and day: a sort by several columns costs twice as much, by texts many times more
    return visits.sort(pl.col("customer") * _MOST_DAYS + pl.col("event_date").to_physical().cast(pl.Int64), maintain_order=True)


def _listed_once(frame: pl.DataFrame) -> pl.DataFrame:
    """Kernel: rows of the timeline (``_HAPPENED``), those of a customer together, to ``_TOLD``: by number, as texts sort many times slower."""
    place = pl.col("customer_id").rle_id().cast(pl.Int64)
    names = frame["customer_id"].rle().struct.field("value")
    told = listed(once(frame.select(place.alias("customer"), pl.all().exclude("customer_id"))))
    return told.with_columns(names.gather(told["customer"]).alias("customer_id")).select(*_TOLD)


_SEEN = """
select source, max(event_date) as latest
from timeline
where main and source is not null
group by source
order by source
"""

_HAPPENED = """
select customer_id, source, dealer_id, event_date, vin, kind, cast(round(amount * 100) as bigint) as cents, mileage, satisfaction
from timeline
where main
"""
