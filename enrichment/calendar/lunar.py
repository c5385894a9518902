"""The Chinese calendar: between dates and lunar months and days, by data/reference/lunar_years.csv (1900 to 2100).

A birthday in a leap month is kept in the month of the same number; one on the 30th of a month that has 29 days, on the 29th.

>>> from datetime import date
>>> lunar_dates(pl.Series([date(2024, 2, 10), date(2033, 12, 22)])).rows()
[(2024, 1, 1, False), (2033, 11, 1, True)]
>>> next_lunar(pl.DataFrame({"month": [1, 8], "day": [1, 15]}), on_or_after=date(2025, 6, 1)).to_list()
[datetime.date(2026, 2, 17), datetime.date(2025, 10, 6)]
"""

from __future__ import annotations

import os
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl


class CalendarError(Exception):
    """The table of lunar years is missing, or does not reach a date."""


@cache
def _months(folder: Path) -> pl.DataFrame:
    """``start, year, month, leap, length``: every lunar month, sorted."""
    file = folder / "lunar_years.csv"
    if not file.exists():
        message = f"lunar_years.csv not found in {folder}: run data/reference/update_lunar_years.py, or set CHEZHU_REFERENCE"
        raise CalendarError(message)
    years = pl.read_csv(file, schema={"year": pl.Int64(), "new_year": pl.Date(), "leap": pl.Int64(), "lengths": pl.String()})
    months = years.with_columns(pl.col("lengths").str.split("|")).explode("lengths").with_columns(length=pl.col("lengths").cast(pl.Int64))
    place = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("year")
    before = pl.col("length").cum_sum().over("year") - pl.col("length")
    months = months.with_columns(place=place, start=pl.col("new_year") + pl.duration(days=before))
    after = (pl.col("place") > pl.col("leap")).fill_null(value=False)
    return months.select(
        pl.col("start").cast(pl.Date),
        "year",
        month=pl.col("place") - after.cast(pl.Int64),
        leap=after & (pl.col("place") == pl.col("leap") + 1),
        length="length",
    ).sort("start")


def months() -> pl.DataFrame:
    """The months of the calendar (``start, year, month, leap, length``), from the folder that ``CHEZHU_REFERENCE`` names.

    Raises:
        CalendarError: the file is not there.
    """
    named = os.environ.get("CHEZHU_REFERENCE")
    return _months(Path(named) if named else Path(__file__).resolve().parents[2] / "data" / "reference")


def lunar_dates(dates: pl.Series) -> pl.DataFrame:
    """``year, month, day, leap`` of each date, in order; nulls where a date is null or outside the table."""
    table = months()
    last = table["start"][-1] + pl.duration(days=table["length"][-1])
    asked = pl.DataFrame({"date": dates.cast(pl.Date)}).with_row_index("place").sort("date", nulls_last=True)
    met = asked.join_asof(table, left_on="date", right_on="start").sort("place")
    inside = (pl.col("date") < last) & pl.col("start").is_not_null()
    day = (pl.col("date") - pl.col("start")).dt.total_days() + 1
    return met.select(
        pl.when(inside).then(each).alias(name) for name, each in (("year", "year"), ("month", "month"), ("day", day), ("leap", "leap"))
    )


def next_lunar(days: pl.DataFrame, *, on_or_after: date) -> pl.Series:
    """The first date from ``on_or_after`` on that is the ``month`` and ``day`` of each row, in order; null where they are null."""
    near = months().filter(~pl.col("leap"), pl.col("start") >= pl.lit(on_or_after).dt.offset_by("-31d")).filter(
        pl.col("start") <= pl.lit(on_or_after).dt.offset_by("400d")
    )  # fmt: skip
    kinds = days.select("month", "day").unique().drop_nulls()
    dates = kinds.join(near, on="month").select(
        "month", "day", date=pl.col("start") + pl.duration(days=pl.min_horizontal("day", "length") - 1)
    )
    first = dates.filter(pl.col("date") >= on_or_after).group_by("month", "day").agg(pl.col("date").min().cast(pl.Date))
    return days.select("month", "day").join(first, on=["month", "day"], how="left", maintain_order="left")["date"]
