"""What value is told from, measured in one pass over each customer's visits: counts, sums and dates, one row a customer.

Filters become columns before the groups are made: that costs many times less than filters inside groups, and so do running sums.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from engine.contract import Schema
from enrichment.value.settings import Indicator, ValueModel, ValueSettings
from enrichment.value.visits import months_before, unfolded

_ALWAYS = {
    "customer": pl.Int64(),
    "last_date": pl.Date(),
    "frequency": pl.Int64(),
    "cents": pl.Int64(),
    "earliest_purchase": pl.Date(),
    "channel": pl.String(),
    "owner": pl.Boolean(),
    "hundredths": pl.Int64(),
    "answers": pl.Int64(),
    "first_day": pl.Date(),
    "last_day": pl.Date(),
    "purchases": pl.Int64(),
    "paid": pl.Int64(),
    "paid_cents": pl.Int64(),
}


def counted(model: ValueModel) -> list[tuple[str, Indicator]]:
    """The indicators that are measured on visits, with the column that has them."""
    return [(f"{model.name}_{place}", each) for place, each in enumerate(model.indicators) if each.sources]


def measured_schema(settings: ValueSettings) -> Schema:
    """Columns of ``measures``.

    ``last_date`` (null: no purchase), ``frequency`` and ``cents`` (both of the last ``settings.months``) are RFM's; ``first_day``, ``last_day``,
    ``purchases``, ``paid`` and ``paid_cents`` count days with a visit for the lifetime value; then one column an indicator.
    """
    own = {name: pl.Date() if each.measure == "recency" else pl.Int64() for model in settings.models for name, each in counted(model)}
    return {**_ALWAYS, **own}


def measures(customers: pl.DataFrame, *, as_of: date, settings: ValueSettings) -> pl.DataFrame:
    """Kernel: customers with their visits (``enrichment.value.visits.LISTED``) to columns ``measured_schema``."""
    frame = unfolded(customers)
    day, cents = pl.col("event_date"), pl.col("cents").fill_null(0)

    def of(sources: tuple[str, ...], months: int | None = None) -> pl.Expr:
        inside = pl.col("source").is_in(list(sources)).fill_null(value=False)
        return inside if months is None else inside & (day > months_before(as_of, months))

    columns = {
        "last_date": pl.when(of(settings.sources)).then(day),
        "frequency": of(settings.sources, settings.months),
        "cents": pl.when(of(settings.sources, settings.months)).then(cents).otherwise(0),
        "earliest_purchase": pl.when(of(settings.acquisition.purchases)).then(day),
        "owner": of(settings.owners_from),
        "hundredths": pl.col("hundredths"),
        "answers": pl.col("answers"),
    }
    for model in settings.models:
        for name, each in counted(model):
            kept = of(each.sources, each.months)
            values = {"money": pl.when(kept).then(cents).otherwise(0), "visits": kept, "recency": pl.when(kept).then(day)}
            columns[name] = values[each.measure]
    rows = frame.select(pl.col("customer").rle_id().set_sorted().alias("place"), "customer", **columns)
    dates = [name for name, dtype in rows.schema.items() if dtype == pl.Date]
    added = _added(rows.drop("place", *dates))
    latest = rows.select("place", *dates).group_by("place", maintain_order=True)
    of_dates = latest.agg(pl.col(name).min() if name == "earliest_purchase" else pl.col(name).max() for name in dates)
    added = added.with_columns(pl.col("owner") > 0).hstack(of_dates.drop("place").get_columns())
    known = added.join(_days(frame.filter(of(settings.lifetime.sources))), on="customer", how="left", maintain_order="left")
    channels = _channels(frame.filter(~of(settings.acquisition.no_channel)))
    return known.join(channels, on="customer", how="left", maintain_order="left").select(
        pl.col(name).cast(dtype) for name, dtype in measured_schema(settings).items()
    )


def _added(rows: pl.DataFrame) -> pl.DataFrame:
    """Sums of numbers (and of true) by customer, whose rows stand together: running sums at each customer's last row, less those before."""
    numbers = pl.all().exclude("customer")
    running = rows.with_columns(numbers.cast(pl.Int64).fill_null(0).cum_sum())
    last = (rows["customer"] != rows["customer"].shift(-1)).fill_null(value=True)
    return running.filter(last).with_columns(numbers - numbers.shift(1, fill_value=0))


def _days(visits: pl.DataFrame) -> pl.DataFrame:
    """``customer, first_day, last_day, purchases, paid, paid_cents``: a purchase is a day with a visit, paid where money was named."""
    days = visits.group_by("customer", "event_date").agg(cents=pl.col("cents").fill_null(0).sum())
    return days.with_columns(paid=pl.col("cents").clip(0)).group_by("customer").agg(
        first_day=pl.col("event_date").min(), last_day=pl.col("event_date").max(), purchases=pl.len(), paid=(pl.col("paid") > 0).sum(),
        paid_cents=pl.col("paid").sum(),
    )  # fmt: skip


def _channels(visits: pl.DataFrame) -> pl.DataFrame:
    """``customer, channel``: the export that named the customer first; of several on a day the first by name."""
    first = visits.filter(pl.col("event_date") == pl.col("event_date").min().over("customer"))
    return first.group_by("customer").agg(channel=pl.col("source").min())
