"""How counts become rows: summed for each dealer and for all, put in order, and told in percent only where there are enough."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from quality_reports.numbers import share

FEWEST = 5
"""With fewer in the denominator a share is not told (as in ``loop_measures``)."""

Rows = dict[str, list[dict[str, Any]]]
"""By dealer; '' is all dealers."""

N = pl.col("n")


def summed(frame: pl.DataFrame, keys: Iterable[str], **sums: pl.Expr) -> pl.DataFrame:
    """One row a dealer and key, and a key for all dealers (''), whatever the order of the rows.

    Rows with a null key are left out; rows without a dealer count for all only.
    """
    keys = list(keys)
    known = frame.lazy().drop_nulls(keys)
    named = known.filter(pl.col("dealer_id").fill_null("") != "")
    added = {name: each.sum() for name, each in sums.items()}
    groups = [
        named.group_by("dealer_id", *keys).agg(**added),
        known.with_columns(dealer_id=pl.lit("")).group_by("dealer_id", *keys).agg(**added),
    ]
    return pl.concat(groups).sort("dealer_id", *keys).collect()


def by_dealer(frame: pl.DataFrame, *, key: str = "", order: Sequence[str] = (), most: str = "") -> Rows:
    """Rows by dealer: in the order of codes of ``key``, or the largest ``most`` first, else as they come."""
    found: Rows = {}
    for row in frame.iter_rows(named=True):
        found.setdefault(row.pop("dealer_id"), []).append(row)
    places = {code: place for place, code in enumerate(order)}
    for rows in found.values():
        if order:
            rows.sort(key=lambda row: places.get(row[key], len(places)))
        elif most:
            rows.sort(key=lambda row: -(row[most] or 0))
    return found


def where(condition: pl.Expr) -> pl.Expr:
    """Those of ``n`` of whom it is true."""
    return pl.when(condition.fill_null(value=False)).then(N).otherwise(0)


def yuan(name: str) -> pl.Expr:
    """Whole yuan of a column of cents."""
    return (pl.col(name) / 100).round(0).cast(pl.Int64)


def percent(part: int, whole: int) -> float | None:
    """Percent, where there are enough to tell.

    >>> percent(1, 4), percent(2, 8)
    (None, 25.0)
    """
    found = share(part, whole) if whole >= FEWEST else None
    return None if found is None else round(found, 2)


def ratios(loop: pl.DataFrame, measure: str) -> dict[str, float | None]:
    """Percent by dealer of a measure of ``loop_measures``, its months added up."""
    rows = loop.filter(pl.col("measure") == measure).group_by("dealer_id").agg(pl.col("numerator", "denominator").sum())
    return {row["dealer_id"]: percent(row["numerator"], row["denominator"]) for row in rows.iter_rows(named=True)}
