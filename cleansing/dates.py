"""Dates as dealers and spreadsheets write them, to days that exist.

Read: ``2023-5-3``, ``2023/05/03 10:20``, ``2023.5.3``, ``20230503``, ``20230503102030``, ``2023年5月3日``, ``二〇二三年五月三日``, ``23-5-3`` (two
digits: the latest such year not after ``as_of``), ``5/3/2023`` (month first, unless the first is above 12 or the day then after ``as_of``), ``3.5.2023`` (day first,
with the same exceptions), ``03-May-2023``, ``May 3, 2023``, ``民国112年5月3日`` and ``112/5/3`` (year + 1911), spreadsheet serials (45049, days since 1899-12-30), seconds and
milliseconds since 1970; :mod:`cleansing.date_shapes` has them all. A time behind the day is cut.

Not a date: a day that does not exist (impossible), after ``as_of`` (in_future), before ``earliest`` (too_old), what
systems write for "none" (placeholder: 1900-01-01, 1970-01-01, 9999-12-31, 0000-00-00), anything else (unreadable: also a month
without a day, two days, a day of the moon's calendar). A day that can be read in two ways is kept and said so (ambiguous).

>>> cells = pl.Series(["2023年5月3日", "45049", "民国112年5月3日", "5/3/2023", "2023-02-30", "1900-01-01", "2031-01-01"])
>>> clean(cells, as_of=dt.date(2026, 1, 1)).select("date", "reason").rows()[3:]
[(datetime.date(2023, 5, 3), 'ambiguous'), (None, 'impossible'), (None, 'placeholder'), (None, 'in_future')]
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from cleansing import date_shapes, text

SCHEMA = {"status": pl.String(), "date": pl.Date(), "reason": pl.String(), "reasons": pl.List(pl.String())}
EARLIEST = dt.date(1900, 1, 2)
EARLIEST_EVENT = dt.date(1980, 1, 1)
"""No dealer has customer data from before."""
_PLACEHOLDERS = (
    dt.date(1900, 1, 1),
    dt.date(1899, 12, 30),
    dt.date(1899, 12, 31),
    dt.date(1970, 1, 1),
    dt.date(1, 1, 1),
)
_NONE_LIKE = "^(?:0+[-/.年]?0+[-/.月]?0+日?|1900[-/.]0?1[-/.]0+|0?1/0/1900|0?0-jan-(?:19)?00|9999[-/.]?12[-/.]?31|2999[-/.]?12[-/.]?31|2099[-/.]?12[-/.]?31|0001[-/.]0?1[-/.]0?1|0)(?:[ t].*|[0-9]{6})?$"
_FAST = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


def clean(values: pl.Series, *, as_of: dt.date, earliest: dt.date = EARLIEST) -> pl.DataFrame:
    """Status (valid, placeholder, invalid, empty), date and reason of each cell: ``SCHEMA``, same height and order.

    Args:
        values: cells as written; null where nothing was.
        as_of: a later day is in the future; two-digit years are the latest that are not after it.
        earliest: an earlier day is too old.
    """
    written = values.cast(pl.String).alias("written")
    judged = _judge(written.drop_nulls().unique(), as_of=as_of, earliest=earliest)
    frame = written.to_frame().join(judged, on="written", how="left", maintain_order="left")
    reasons = pl.concat_list(pl.concat_str(pl.lit("date_"), "reason")).list.drop_nulls()
    return frame.select(pl.col("status").fill_null("empty"), "date", "reason", reasons=reasons)


def _judge(distinct: pl.Series, *, as_of: dt.date, earliest: dt.date) -> pl.DataFrame:
    """Judged distinct cells: those of ISO form at once, the others by shape after shape."""
    iso = distinct.str.contains(_FAST)
    easy = distinct.filter(iso).to_frame("written").select(
        "written", flat="written", y=pl.col("written").str.slice(0, 4).cast(pl.Int32), m=pl.col("written").str.slice(5, 2).cast(pl.Int32),
        d=pl.col("written").str.slice(8, 2).cast(pl.Int32), days=pl.lit(None, dtype=pl.Int32), doubtful=pl.lit(value=False),
    )  # fmt: skip
    frame = pl.concat([easy, date_shapes.read(distinct.filter(~iso), as_of=as_of)])
    y, m, d = pl.col("y"), pl.col("m"), pl.col("d")
    leap = (y % 4 == 0) & ((y % 100 != 0) | (y % 400 == 0))
    last = pl.when(m.is_in([4, 6, 9, 11])).then(30).when(m != 2).then(31).when(leap).then(29).otherwise(28)
    real = (y.is_between(1, 9999) & m.is_between(1, 12) & (d >= 1) & (d <= last)).fill_null(value=False)
    day = pl.when(real).then(
        pl.date(pl.when(real).then(y).otherwise(2000), pl.when(real).then(m).otherwise(1), pl.when(real).then(d).otherwise(1))
    )
    frame = frame.with_columns(date=pl.coalesce(day, pl.lit(dt.date(1899, 12, 30)) + pl.duration(days=pl.col("days"))))
    date = pl.col("date")
    reason = (
        pl.when(pl.col("flat") == "").then(None)
        .when(date.is_in(list(_PLACEHOLDERS)) | pl.col("flat").str.contains(_NONE_LIKE)).then(pl.lit("placeholder"))
        .when(date.is_null() & y.is_not_null()).then(pl.lit("impossible"))
        .when(date.is_null() & text.is_junk(pl.col("flat"))).then(pl.lit("placeholder"))
        .when(date.is_null()).then(pl.lit("unreadable"))
        .when(date > as_of).then(pl.lit("in_future"))
        .when(date < earliest).then(pl.lit("too_old"))
        .when(pl.col("doubtful")).then(pl.lit("ambiguous"))
    )  # fmt: skip
    status = (
        pl.when(pl.col("flat") == "").then(pl.lit("empty"))
        .when(pl.col("reason").is_null() | (pl.col("reason") == "ambiguous")).then(pl.lit("valid"))
        .when(pl.col("reason") == "placeholder").then(pl.lit("placeholder"))
        .otherwise(pl.lit("invalid"))
    )  # fmt: skip
    judged = frame.with_columns(reason=reason).with_columns(status=status)
    return judged.select("written", "status", pl.when(pl.col("status") == "valid").then("date"), "reason")
