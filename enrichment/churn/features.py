"""What is known of a customer on a day: from rows of nothing later than that day, but for ``away``.

``away`` holds the city in which the customer lives today (of the golden record) against the city of most of the dealer's customers of today, at earlier
cuts too, for no table keeps where somebody lived then. So it changes with a later move, and whether it is known at all may be owed to a later visit.
``features`` refuses rows that are later than the cut, and ``refuse_too_good`` a feature that by itself tells the outcome as no honest one can:
both are how a leak looks. Unknown values are null, which the model takes as such.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from enrichment.churn.rhythm import allowed, days_before
from enrichment.churn.settings import ChurnSettings

GROUPS: dict[str, tuple[str, ...]] = {
    "overdue": ("days_since_last", "overdue", "rhythm", "last_gap", "gap_spread"),
    "few_visits": ("visits", "visits_year", "tenure"),
    "spend": ("spend_year", "spend_trend", "spend_visit", "spend_last", "spend_jump"),
    "complaint": ("complaints_year", "days_since_complaint", "complaint_open"),
    "dissatisfied": ("satisfaction_last", "satisfaction_mean"),
    "far_away": ("away",),
    "car_age": ("car_age", "warranty_left", "mileage", "km_per_day"),
    "dealer_switch": ("dealers", "switched"),
}
"""Features by the reason that they are evidence for."""
FEATURES = tuple(name for names in GROUPS.values() for name in names)
SCHEMA = {
    "customer": pl.Int64(),
    "last_visit": pl.Date(),
    "allowance": pl.Float64(),
    **dict.fromkeys(FEATURES, pl.Float64()),
}
HISTORY = {
    "customer": pl.Int64(),
    "source": pl.String(),
    "dealer_id": pl.String(),
    "event_date": pl.Date(),
    "cents": pl.Int64(),
    "mileage": pl.Int64(),
    "satisfaction": pl.Float64(),
    "away": pl.Int64(),
}
"""A visit as features take it; ``away``: 1 where the customer lives in another city than most of the dealer's, 0 in the same, null: unknown."""
_YEAR = 365
_TOO_GOOD = 0.97


class LeakError(Exception):
    """A feature knows what its day could not know; the message says which."""


def history(frame: pl.DataFrame, *, cities: pl.DataFrame, settings: ChurnSettings) -> pl.DataFrame:
    """Kernel: customers with their visits to ``HISTORY``, of those with a workshop visit.

    Args:
        frame: ``customer``, ``city``, and ``source, dealer_id, event_date, cents, mileage, satisfaction`` as lists, one row a customer.
        cities: ``dealer_id, dealer_city``: the city in which most of a dealer's customers live.
        settings: which exports count.
    """
    used = {*settings.sources, *settings.complaints, *settings.sales, *settings.opinions}
    listed = [name for name in frame.columns if name not in {"customer", "city"}]
    served = pl.col("source").list.eval(pl.element().is_in(settings.sources)).list.any()
    rows = frame.filter(served).explode(listed).filter(pl.col("source").is_in(sorted(used)))
    away = (pl.col("city") != pl.col("dealer_city")).cast(pl.Int64)  # null where either is
    return rows.join(cities, on="dealer_id", how="left", maintain_order="left").with_columns(away=away).select(*HISTORY)


def features(frame: pl.DataFrame, *, cut: date, settings: ChurnSettings) -> pl.DataFrame:
    """Kernel: whole histories of any number of customers to one row each, of those with a workshop visit.

    Args:
        frame: ``customer, source, dealer_id, event_date, cents, mileage, satisfaction, away``; a customer's rows are together.
        cut: the day as of which all is known.
        settings: what a visit is and how rhythm and warranty count.

    Returns:
        Columns ``SCHEMA`` (days, yuan, kilometres), sorted by customer.

    Raises:
        LeakError: a row is later than ``cut``.
    """
    latest = frame["event_date"].max()
    if isinstance(latest, date) and latest > cut:
        message = f"features as of {cut} were given a row of {latest}: take rows up to the cut only"
        raise LeakError(message)
    days = _workshop_days(frame.filter(pl.col("source").is_in(settings.sources)), cut)
    recent, earlier = pl.col("ago") < _YEAR, pl.col("ago").is_between(_YEAR, 2 * _YEAR - 1)
    read = pl.col("mileage").is_not_null()
    days = days.with_columns(
        recent=recent.cast(pl.Float64),
        cents_year=pl.when(recent).then("cents").otherwise(0),
        cents_before=pl.when(earlier).then("cents").otherwise(0),
        read_ago=pl.when(read).then("ago"),
        at_dealer=pl.len().over("customer", "dealer_id"),
    )  # what a group would have to filter is a column before the groups are made: that is many times faster
    of_visits = days.group_by("customer", maintain_order=True).agg(
        pl.col("ago").first().alias("tenure"),
        pl.col("ago", "gap", "cents", "at_dealer", "away").last().name.prefix("last_"),
        pl.col("gap").mean().alias("mean_gap"),
        last_visit=pl.col("event_date").last(),
        visits=pl.len().cast(pl.Float64),
        visits_year=pl.col("recent").sum(),
        gaps=pl.col("gap").count(),
        median_gap=pl.col("gap").median(),
        std_gap=pl.col("gap").std(),
        spend_year=pl.col("cents_year").sum() / 100,
        spend_before=pl.col("cents_before").sum() / 100,
        spend_visit=pl.col("cents").mean() / 100,
        dealers=pl.col("dealer_id").n_unique().cast(pl.Float64),
        most_at_dealer=pl.col("at_dealer").max(),
        mileage=pl.col("mileage").max().cast(pl.Float64),
        driven=(pl.col("mileage").max() - pl.col("mileage").min()).cast(pl.Float64),
        read_for=(pl.col("read_ago").max() - pl.col("read_ago").min()).cast(pl.Float64),
    )
    complaint = pl.col("source").is_in(settings.complaints)
    others = (
        frame.with_columns(ago=days_before(cut))
        .with_columns(
            complained=pl.when(complaint).then("ago"),
            complaint_year=(complaint & recent).cast(pl.Float64),
            bought=pl.when(pl.col("source").is_in(settings.sales)).then("ago"),
        )
        .group_by("customer")
        .agg(
            complaints_year=pl.col("complaint_year").sum(),
            days_since_complaint=pl.col("complained").min(),
            satisfaction_mean=pl.col("satisfaction").mean(),
            car_age=pl.col("bought").min(),
        )
    )
    said = frame.filter(pl.col("satisfaction").is_not_null()).sort("customer", "event_date", "satisfaction")
    latest_said = said.group_by("customer", maintain_order=True).agg(satisfaction_last=pl.col("satisfaction").last())
    rhythm, allowance = allowed(pl.col("gaps"), pl.col("median_gap"), settings)
    joined = of_visits.join(others, on="customer", how="left", maintain_order="left")
    joined = joined.join(latest_said, on="customer", how="left", maintain_order="left").with_columns(
        rhythm=rhythm,
        allowance=allowance,
        days_since_last="last_ago",
        gap_spread=pl.col("std_gap") / pl.col("mean_gap"),
        spend_last=pl.col("last_cents") / 100,
        switched=(pl.col("last_at_dealer") < pl.col("most_at_dealer")).cast(pl.Float64),
        away="last_away",
        complaint_open=(pl.col("days_since_complaint") <= pl.col("last_ago")).cast(pl.Float64),
        spend_jump=_spent(pl.col("last_cents") / 100) / _spent(pl.col("spend_visit")),
        spend_trend=(_spent(pl.col("spend_year")) / _spent(pl.col("spend_before"))).log(),
        warranty_left=settings.warranty_months * 30.44 - pl.col("car_age"),
        km_per_day=pl.when(pl.col("read_for") > 0).then(pl.col("driven") / pl.col("read_for")),
    )
    return joined.with_columns(overdue=pl.col("days_since_last") / pl.col("allowance")).select(pl.col(n).cast(t) for n, t in SCHEMA.items())


def _spent(yuan: pl.Expr) -> pl.Expr:
    """What a ratio takes: above 0 also where more was given back than paid."""
    return 1 + yuan.clip(0)


def _workshop_days(visits: pl.DataFrame, cut: date) -> pl.DataFrame:
    """One row a customer and day, in order: money added, highest reading, the last dealer by name; ``ago`` and ``gap`` in days."""
    ordered = visits.sort("customer", "event_date", "dealer_id", nulls_last=True)
    begins = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in ("customer", "event_date"))
    days = (
        ordered.group_by(begins.cum_sum().set_sorted().alias("place"), maintain_order=True)  # several times as fast as by customer and date
        .agg(pl.col("customer", "event_date").first(), pl.col("cents").sum(), pl.col("mileage").max(), pl.col("dealer_id", "away").last())
        .drop("place")
        .with_columns(ago=days_before(cut))
    )
    before = pl.col("ago").shift(1) - pl.col("ago")
    same = pl.col("customer") == pl.col("customer").shift(1)
    return days.with_columns(gap=pl.when(same).then(before))


def refuse_too_good(rows: pl.DataFrame, lost: pl.Series) -> None:
    """Refuses features of which one alone parts the lost from the others.

    Args:
        rows: numeric columns.
        lost: boolean, one for each row.

    Raises:
        LeakError: a feature's area under the curve, in either direction, exceeds 0.97.
    """
    for name in rows.columns:
        known = rows[name].is_not_null()
        area = auc(lost.filter(known), rows[name].filter(known))
        if max(area, 1 - area) > _TOO_GOOD:
            message = f"feature {name!r} alone tells the outcome (area {max(area, 1 - area):.3f}): it knows what came after the cut"
            raise LeakError(message)


def auc(lost: pl.Series, score: pl.Series) -> float:
    """Area under the ROC curve: chance that a lost customer scores above one who stayed; one half where either is missing.

    >>> auc(pl.Series([False, True, True]), pl.Series([0.1, 0.1, 0.7]))
    0.75
    """
    positives = int(lost.sum())
    negatives = lost.len() - positives
    if positives == 0 or negatives == 0:
        return 0.5
    ranks = score.rank("average").to_numpy()
    return float((ranks[np.asarray(lost)].sum() - positives * (positives + 1) / 2) / (positives * negatives))
