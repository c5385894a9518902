"""When a car is due for its next maintenance: by kilometres or by months, whichever comes first.

The first maintenance counts from the sale, each later one from the latest maintenance. Kilometres a day come from the car's
mileage readings at whatever dealer, by Theil and Sen: the median slope of all pairs of readings, which one wrong reading does not
move. Before that, a reading that contradicts more than half of the others (it goes down, or faster than a car can) is left
out. Where nothing is known the reason says what is missing: no_car, or no_visit (neither sale nor maintenance is dated).

A car belongs to the customer whom a record in an owner's role named last; to a driver or sender only where no such record is.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from engine.contract import Engine, Table
from enrichment.settings import CareSettings, Interval, Readings

CAR_SCHEMA = {
    "vin": pl.String(),
    "last_service": pl.Date(),
    "km_per_day": pl.Float64(),
    "next_service": pl.Date(),
    "reason": pl.String(),
}


def first_due(engine: Engine, *, cars: Table) -> Table:
    """Cars and next maintenance of each customer who has a car.

    Args:
        engine: runs the steps.
        cars: table ``cars``.

    Returns:
        ``customer_id, cars, last_service, km_per_day, next_service, next_service_vin, next_service_reason``: of all the customer's cars
        the one that is due first.
    """
    return engine.sql(_FIRST_DUE, cars=cars)


def cars_of(engine: Engine, *, named: Table, numbers: Table, as_of: date, settings: CareSettings) -> Table:
    """``car, vin, customer_id, model``: each car once, with its number, the customer it belongs to now and the model named last."""
    asked = engine.from_frame(pl.DataFrame({"as_of": [as_of]}))
    owners = engine.from_frame(pl.DataFrame({"role": settings.owner_roles}, schema={"role": pl.String()}))
    others = engine.from_frame(pl.DataFrame({"source": settings.cars_not_from}, schema={"source": pl.String()}))
    seen = engine.materialize(engine.sql(_SEEN, named=named, owners=owners, others=others, asked=asked))
    return engine.materialize(engine.sql(_CARS, seen=seen, numbers=numbers))


_SEEN = """
select r.vin, r.customer, r.model, max(case when o.role is not null then 1 else 0 end) as owner,
    max(case when o.role is not null and r.event_date <= asked.as_of then r.event_date end) as seen_as_owner,
    max(case when r.event_date <= asked.as_of then r.event_date end) as seen
from named r
left join owners o on r.role = o.role
left join others x on r.source = x.source
cross join asked
where r.vin is not null and x.source is null
group by r.vin, r.customer, r.model
"""

_CARS = """
select row_number() over (order by h.vin) as car, h.vin, c.customer_id, n.model
from (
    select vin, customer, row_number() over (partition by vin order by owner desc, seen desc nulls last, customer) as place
    from (
        select vin, customer, max(owner) as owner, case when max(owner) = 1 then max(seen_as_owner) else max(seen) end as seen
        from seen
        group by vin, customer
    ) holders
) h
join numbers c on h.customer = c.customer
left join (
    select vin, model, row_number() over (partition by vin order by seen desc nulls last, model) as place
    from (select vin, model, max(seen) as seen from seen where model is not null group by vin, model) named
) n on h.vin = n.vin and n.place = 1
where h.place = 1
"""

_FIRST_DUE = """
select customer_id, cars, last_service, km_per_day, next_service, case when next_service is not null then vin end as next_service_vin,
    next_service_reason
from (
    select customer_id, vin, km_per_day, next_service, next_service_reason, count(*) over (partition by customer_id) as cars,
        max(last_service) over (partition by customer_id) as last_service,
        row_number() over (partition by customer_id order by next_service nulls last, vin) as place
    from cars
) ranked
where place = 1
"""


def next_service(frame: pl.DataFrame, *, settings: CareSettings) -> pl.DataFrame:
    """Kernel: whole histories of any number of cars to one row each.

    Args:
        frame: ``vin`` (or what stands for it), ``model, event_date, kind, mileage`` (kilometres).
        settings: intervals and what counts.

    Returns:
        Columns ``CAR_SCHEMA``, sorted by vin.
    """
    sold = pl.col("kind").is_in(settings.sale_kinds).fill_null(value=False)
    served = pl.col("kind").is_in(settings.maintenance_kinds).fill_null(value=False)
    cars = (
        frame.select("vin", "model", sale=pl.when(sold).then("event_date"), last_service=pl.when(served).then("event_date"))
        .group_by("vin")
        .agg(pl.col("model").first(), pl.col("sale").min(), pl.col("last_service").max())
        .join(km_per_day(_readings(frame, sold, settings.readings.most_km), settings.readings), on="vin", how="left")
    )
    first = pl.col("last_service").is_null()
    start = pl.coalesce("last_service", "sale")
    km, months = (_interval(settings, part, first) for part in ("km", "months"))
    cars = cars.with_columns(
        by_km=start + pl.duration(days=(km / pl.col("km_per_day")).ceil().cast(pl.Int64)),
        by_months=start.dt.offset_by(pl.format("{}mo", months)),
    )
    reason = (
        pl.when(start.is_null()).then(pl.lit("no_visit"))
        .when(first).then(pl.lit("first_service"))
        .when(pl.col("by_km") <= pl.col("by_months")).then(pl.lit("mileage"))
        .otherwise(pl.lit("months"))
    )  # fmt: skip
    return cars.with_columns(next_service=pl.min_horizontal("by_km", "by_months"), reason=reason).select(*CAR_SCHEMA).sort("vin")


def km_per_day(readings: pl.DataFrame, settings: Readings) -> pl.DataFrame:
    """Kernel: kilometres a day of each car.

    Args:
        readings: ``vin``, ``day`` (days since 1970), ``km``; one reading a car and day.
        settings: which readings count.

    Returns:
        ``vin``, ``km_per_day`` (two decimals), only of cars whose readings say it.
    """
    # readings by number: which are a car's latest, and how each is voted on, is told without looking for a car and a day again
    numbered = readings.sort("vin", "day").with_columns(reading=pl.int_range(pl.len()))
    begins = pl.col("vin").ne_missing(pl.col("vin").shift(1))
    end = pl.when(begins).then("reading").shift(-1, fill_value=readings.height).backward_fill()
    latest = numbered.filter(end - pl.col("reading") <= settings.latest)
    pairs = latest.join(latest, on="vin", suffix="_later").filter(pl.col("day") < pl.col("day_later")).with_columns(
        days=pl.col("day_later") - pl.col("day"), driven=pl.col("km_later") - pl.col("km")
    ).with_columns(agrees=pl.col("driven").is_between(0, pl.col("days") * settings.most_km_per_day))  # fmt: skip
    votes = pl.concat([pairs.select("reading", "agrees"), pairs.select(pl.col("reading_later").alias("reading"), "agrees")])
    counted = votes.group_by("reading").agg(votes=pl.col("agrees").sum(), others=pl.len())
    sound = counted.filter(2 * pl.col("votes") >= pl.col("others"))
    return (
        pairs.filter("agrees", pl.col("days") >= settings.apart_days)
        .join(sound, on="reading", how="semi")
        .join(sound, left_on="reading_later", right_on="reading", how="semi")
        .group_by("vin")
        .agg(km_per_day=(pl.col("driven") / pl.col("days")).median().round(2), span=pl.col("days").max())
        .filter(pl.col("span") >= settings.span_days, pl.col("km_per_day") > 0)
        .select("vin", "km_per_day")
    )


def _readings(frame: pl.DataFrame, sold: pl.Expr, most_km: int) -> pl.DataFrame:
    """One reading a car and day (the highest); a sale without a reading is one of 0 km."""
    km = pl.when(sold).then(pl.col("mileage").fill_null(0)).otherwise("mileage")
    return (
        frame.filter(pl.col("event_date").is_not_null())
        .select("vin", day=pl.col("event_date").to_physical().cast(pl.Int64), km=km)
        .filter(pl.col("km").is_between(0, most_km))
        .group_by("vin", "day")
        .agg(pl.col("km").max())
    )


def _interval(settings: CareSettings, part: str, first: pl.Expr) -> pl.Expr:
    """Kilometres or months that apply to each car: its model's, else the general ones."""

    def by_model(general: Interval, own: dict[str, Interval]) -> pl.Expr:
        if not own:
            return pl.lit(getattr(general, part), pl.Int64())
        values = [getattr(interval, part) for interval in own.values()]
        return pl.col("model").replace_strict(list(own), values, default=getattr(general, part), return_dtype=pl.Int64())

    firsts = by_model(settings.first, {name: schedule.first for name, schedule in settings.models.items()})
    later = by_model(settings.then, {name: schedule.then for name, schedule in settings.models.items()})
    return pl.when(first).then(firsts).otherwise(later)
