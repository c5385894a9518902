"""A dealer's layout laid over the rows: the dealer's columns, headers, date and amount formats, files by day, week or month."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from generator.activity import ROLES
from generator.arrays import Ints
from generator.dealers import Dealer, Layout
from generator.errors import Breaker

_GROUPS = {"person": "客户信息", "row": "业务信息"}
_NUMBERS = ("amount", "amount_wan", "mileage", "satisfaction", "cost")


@dataclass(frozen=True)
class Export:
    """One dealer's rows of one source, ready to be cut into files.

    ``table``: the dealer's columns as text, blank rows included. ``row``: each line's row in the chunk, -1 for blank lines. ``file``: each line's file name.
    """

    table: pl.DataFrame
    row: Ints
    file: pl.Series
    groups: tuple[str, ...]
    date_column: str
    number_columns: tuple[str, ...]


def lay_out(rows: pl.DataFrame, people: pl.DataFrame, dealer: Dealer, layout: Layout, *, first: int, start: dt.date, breaker: Breaker) -> Export:
    """The export of ``rows`` (one dealer, one source, positions from ``first``) and the people they name."""
    source = rows.select(_date(dealer, start), _amount(), _wan(), pl.exclude("amount", "day"), pl.col("day"))
    columns: dict[str, pl.Series] = {}
    for role in layout.roles:
        part = people.filter(pl.col("role") == ROLES.index(role))
        part = _address(part, breaker)
        place = (part["row"] - first).to_numpy()
        back = np.full(rows.height, part.height, dtype=np.int64)
        back[place] = np.arange(part.height)
        index = pl.Series(back, dtype=pl.UInt32)
        for column in layout.columns:
            owner, _, field = column.partition(".")
            if field and owner == role:
                values = part[field] if field != "birth_date" else part[field].dt.strftime("%Y-%m-%d")
                columns[column] = pl.concat([values, pl.Series([None], dtype=pl.String)]).gather(index)
    table = pl.DataFrame([(columns[c] if c in columns else source[c]).alias(t) for c, t in zip(layout.columns, layout.titles, strict=True)])
    order = _order(breaker, rows.height)
    lines = pl.concat([table, table.clear(1)]).select(pl.all().gather(pl.Series(np.where(order < 0, rows.height, order), dtype=pl.UInt32)))
    days = rows["day"].to_numpy()[_filled(order)]
    return Export(
        lines, np.where(order < 0, -1, first + order), _files(days, dealer, layout, start),
        tuple(_GROUPS["person" if "." in c else "row"] for c in layout.columns),
        layout.titles[layout.columns.index("date")],
        tuple(t for c, t in zip(layout.columns, layout.titles, strict=True) if c in _NUMBERS),
    )  # fmt: skip


def _filled(order: Ints) -> Ints:
    """Blank lines take the place of the row before them."""
    return np.maximum.accumulate(np.maximum(order, 0))


def _order(breaker: Breaker, height: int) -> Ints:
    """Positions of rows in the file: most once, some twice in a row, -1 for blank lines."""
    everyone = np.ones(height, dtype=np.bool_)
    twice = breaker.draw("row_twice", everyone)
    blank = breaker.draw("empty_row", everyone)
    breaker.note("row_twice", twice)
    breaker.note("empty_row", blank)
    order = np.r_[np.arange(height), twice]
    order = np.sort(order)
    after = np.searchsorted(order, blank, side="right")
    return np.insert(order, after, -1)


def _date(dealer: Dealer, start: dt.date) -> pl.Expr:
    day = pl.lit(start) + pl.duration(days=pl.col("day"))
    style = dealer.date_format
    if "%H" in style:
        text = (day.cast(pl.Datetime) + pl.duration(seconds=pl.col("key").str.slice(-5).cast(pl.Int64) * 7919 % 36_000 + 30_000)).dt.strftime(style)
    else:
        text = day.dt.strftime(style)
    wrong = pl.col("date_wrong")
    return (
        pl.when(wrong == 0).then(text).when(wrong == 1).then(pl.lit("1900-01-00"))
        .when(wrong == 2).then((day.dt.offset_by("100y")).dt.strftime("%Y-%m-%d")).when(wrong == 3).then(pl.lit("不详")).otherwise(pl.lit("0000-00-00"))
        .alias("date")
    )  # fmt: skip


def _amount() -> pl.Expr:
    plain = pl.col("amount").cast(pl.String)
    wrong = pl.col("amount_text")
    whole = pl.col("amount").cast(pl.Int64)
    grouped = pl.when(whole >= 1000).then((whole // 1000).cast(pl.String) + "," + (whole % 1000).cast(pl.String).str.zfill(3)).otherwise(whole.cast(pl.String))
    return (
        pl.when(wrong == 0).then(plain).when(wrong == 1).then(grouped + "元").when(wrong == 2).then("￥" + plain).otherwise(plain + "元").alias("amount")
    )


def _wan() -> pl.Expr:
    return (pl.col("amount") / 10_000).round(4).cast(pl.String).alias("amount_wan")


def _address(people: pl.DataFrame, breaker: Breaker) -> pl.DataFrame:
    """The address in one cell; a few from small to large."""
    parts = [pl.col(c).fill_null("") for c in ("province", "city", "district", "detail")]
    merged = pl.col("province") == pl.col("city")  # 上海市上海市 is written once
    head = pl.when(merged.fill_null(value=False)).then(pl.lit("")).otherwise(parts[0]) + parts[1] + parts[2]
    usual = head + parts[3]
    present = people["detail"].is_not_null()
    struck = breaker.draw("address_reordered", present.to_numpy())
    breaker.note("address_reordered", struck)
    turned = np.zeros(people.height, dtype=np.bool_)
    turned[struck] = True
    return people.with_columns(
        address=pl.when(pl.lit(pl.Series(turned))).then(parts[3] + "," + parts[2] + "," + parts[1]).when(present).then(usual),
    )


def _files(days: Ints, dealer: Dealer, layout: Layout, start: dt.date) -> pl.Series:
    """Each line's file: one for all, or one a month; of late one a week or a day where the dealer's feed is new."""
    word = layout.file_word
    if layout.cadence == "once":
        return pl.Series([word + dealer.suffix]).new_from_index(0, days.size)
    date = pl.Series(np.datetime64(start) + days).cast(pl.Date)
    if layout.cadence == "yearly":
        return word + "_" + date.dt.strftime("%Y") + dealer.suffix
    if layout.cadence == "monthly":
        return word + "_" + date.dt.strftime("%Y%m") + dealer.suffix
    quarter = word + "_" + date.dt.year().cast(pl.String) + "Q" + date.dt.quarter().cast(pl.String) + dealer.suffix
    if layout.cadence == "quarterly" or not days.size:
        return quarter
    last = int(days.max())
    if layout.cadence == "daily":
        return (word + "_" + date.dt.strftime("%Y%m%d") + dealer.suffix).zip_with(pl.Series(days > last - 30), quarter)
    end_of_week = date.dt.truncate("1w") + dt.timedelta(days=6)
    return (word + "_" + end_of_week.dt.strftime("%Y%m%d") + dealer.suffix).zip_with(pl.Series(days > last - 56), quarter)
