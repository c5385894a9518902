"""Records to events: what happened, when, to which car, for how much. A kernel.

An event hangs on the main record of a row; customer and crm snapshots tell of none.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from cleansing import amounts, coding, dates, mileage
from cleansing.vehicles import plates, vins
from engine.tables import schema


def clean(records: pl.DataFrame, *, as_of: dt.date) -> pl.DataFrame:
    """RECORDS to EVENTS: the main records of sources that tell of something, in the order they came.

    Unreadable, impossible and future dates are null, as are VINs and plates that are not valid; amounts are yuan, mileage
    kilometres, satisfaction points from 0 to 100.
    """
    rows = records.filter(pl.col("main") & pl.col("source").is_in(coding.EVENT_SOURCES))
    columns = rows.select("row_id", "record_id", "dealer_id", "source", "response").with_columns(
        kind=coding.event_kind(rows["event_kind"], rows["source"]),
        event_date=dates.clean(rows["event_date"], as_of=as_of, earliest=dates.EARLIEST_EVENT)["date"],
        vin=vins.clean(rows["vin"], as_of=as_of)["normalized"],
        plate=plates.clean(rows["plate"])["normalized"],
        amount=amounts.clean(rows["amount"])["yuan"],
        mileage=mileage.clean(rows["mileage"])["km"],
        satisfaction=coding.satisfaction(rows["satisfaction"]),
        campaign=coding.channel(rows["campaign"])["channel"],
        cost=amounts.clean(rows["cost"])["yuan"],
    )
    return columns.select(pl.col(name).cast(dtype) for name, dtype in schema("events").items())
