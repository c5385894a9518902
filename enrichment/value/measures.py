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
    # a dozen rules ask for the source of each visit: numbers are compared many times faster than texts
    frame = unfolded(customers).with_columns(kind_of_export=pl.col("source").cast(pl.Categorical))
    day, cents = pl.col("event_date"), pl.col("cents").fill_null(0)

    def of(sources: tuple[str, ...], months: int | None = None) -> pl.Expr:
        inside = pl.col("kind_of_export").is_in(list(sources)).fill_null(value=False)
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
    added = _added(rows.drop("place", *dates), "customer")
    latest = rows.select("place", *dates).group_by("place", maintain_order=True)
    of_dates = latest.agg(pl.col(name).min() if name == "earliest_purchase" else pl.col(name).max() for name in dates)
    added = added.with_columns(pl.col("owner") > 0).hstack(of_dates.drop("place").get_columns())
    known = added.join(_days(frame.filter(of(settings.lifetime.sources))), on="customer", how="left", maintain_order="left")
    channels = _channels(frame.filter(~of(settings.acquisition.no_channel)))
    return known.join(channels, on="customer", how="left", maintain_order="left").select(
        pl.col(name).cast(dtype) for name, dtype in measured_schema(settings).items()
    )


def _added(rows: pl.DataFrame, *key: str) -> pl.DataFrame:
    """Sums of numbers (and of true) by ``key``, whose rows stand together: running sums at each group's last row, less those before."""
    numbers = pl.all().exclude(key)
    running = rows.with_columns(numbers.cast(pl.Int64).fill_null(0).cum_sum())
    last = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(-1)) for name in key)
    return running.filter(last).with_columns(numbers - numbers.shift(1, fill_value=0))


def _days(visits: pl.DataFrame) -> pl.DataFrame:
    """``customer, first_day, last_day, purchases, paid, paid_cents`` of visits by customer and date: a purchase is a day, paid where money was named."""
    days = _added(visits.select("customer", "event_date", "cents"), "customer", "event_date")
    counts = days.select("customer", purchases=1, paid=pl.col("cents") > 0, paid_cents=pl.col("cents").clip(0))
    first, last = (pl.col("customer").ne_missing(pl.col("customer").shift(step)) for step in (1, -1))
    span = {"first_day": days.filter(first)["event_date"], "last_day": days.filter(last)["event_date"]}
    return _added(counts, "customer").with_columns(**span)


def _channels(visits: pl.DataFrame) -> pl.DataFrame:
    """``customer, channel`` of visits by customer and date: the export that named the customer first; of several on a day the first by name."""
    begins = pl.col("customer").ne_missing(pl.col("customer").shift(1))
    first = visits.filter(pl.col("event_date") == pl.when(begins).then("event_date").forward_fill())
    return first.group_by("customer").agg(channel=pl.col("source").min())
