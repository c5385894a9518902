"""Each car with all that is due: maintenance, insurance, inspection, end of warranty, when to think of another car.

A car counts as in use from its first sale, where that sold it new: with few kilometres on it, and nobody serviced or insured it before.
Otherwise nothing that depends on the age is told: reason ``no_sale`` or ``used_when_sold``. A VIN tells the model year only, which is no date.

Inspection of small passenger cars that carry nobody for money (rules of 2022-10-01): until the tenth year a new mark every two years, the car
itself on the line in the sixth and tenth, every year from then on; due at the end of the month of registration, at the earliest three months
before. Minibuses and cars for hire have other rules, which no export tells apart.
"""

from __future__ import annotations

from datetime import date
from functools import partial

import polars as pl

from engine.contract import Engine, Table
from enrichment import care
from enrichment.calendar.settings import CalendarSettings, Warranty
from enrichment.settings import CareSettings

_TOLD = {
    "car": pl.Int64(), "last_service": pl.Date(), "km_per_day": pl.Float64(), "next_service": pl.Date(), "reason": pl.String(),
    "sold": pl.Date(), "sold_km": pl.Int64(), "seen": pl.Date(), "insured": pl.Date(), "inspected": pl.Date(),
}  # fmt: skip

CAR_SCHEMA = {
    "vin": pl.String(), "customer_id": pl.String(), "model": pl.String(), "in_use_from": pl.Date(), "in_use_reason": pl.String(),
    "last_service": pl.Date(), "km_per_day": pl.Float64(), "next_service": pl.Date(), "next_service_reason": pl.String(),
    "insurance_due": pl.Date(), "inspection_due": pl.Date(), "inspection_kind": pl.String(), "warranty_end": pl.Date(),
    "warranty_reason": pl.String(), "replacement_from": pl.Date(),
}  # fmt: skip


def cars(
    engine: Engine, *, named: Table, numbers: Table, events: Table, as_of: date, upkeep: CareSettings, settings: CalendarSettings
) -> Table:
    """Table ``cars``: each car that somebody has, once, with the customer whom it belongs to now."""
    known = care.cars_of(engine, named=named, numbers=numbers, as_of=as_of, settings=upkeep)
    asked = engine.from_frame(pl.DataFrame({"as_of": [as_of]}))
    happened = engine.sql(_HAPPENED, known=known, events=events, asked=asked)
    told = engine.map_groups(happened, "car", partial(history, upkeep=upkeep, settings=settings), _TOLD)
    gathered = engine.sql(_CARS, known=known, told=told)
    return engine.map_batches(gathered, partial(car_dates, as_of=as_of, settings=settings), CAR_SCHEMA)


_HAPPENED = """
select k.car, k.model, e.event_date, e.source, e.kind, e.mileage
from events e
join known k on e.vin = k.vin
cross join asked
where e.event_date <= asked.as_of
"""

_CARS = """
select k.vin, k.customer_id, k.model, t.last_service, t.km_per_day, t.next_service, t.reason as next_service_reason, t.sold, t.sold_km, t.seen,
    t.insured, t.inspected
from known k
left join told t on k.car = t.car
"""


def history(frame: pl.DataFrame, *, upkeep: CareSettings, settings: CalendarSettings) -> pl.DataFrame:
    """Kernel: all that happened with any number of cars to one row each: the next service, and the dates that others are counted from.

    Args:
        frame: ``car, model, event_date, source, kind, mileage`` (kilometres).
        upkeep: see ``enrichment.care.next_service``.
        settings: which kinds are a sale.

    Returns:
        ``car``, the other columns of ``enrichment.care.CAR_SCHEMA``, ``sold, sold_km, seen, insured, inspected``.
    """
    day, kind, source = pl.col("event_date"), pl.col("kind"), pl.col("source")
    sold = kind.is_in(settings.sale_kinds)
    dates = frame.select(
        vin="car",
        sold=pl.when(sold).then(day),
        sold_km=pl.when(sold).then("mileage"),
        seen=pl.when(source.is_in(["service", "insurance", "parts"])).then(day),
        insured=pl.when((source == "insurance").fill_null(value=False) | (kind == "insurance").fill_null(value=False)).then(day),
        inspected=pl.when(kind == "inspection").then(day),
    )
    of_cars = dates.group_by("vin").agg(pl.col("sold", "sold_km", "seen").min(), pl.col("insured", "inspected").max())
    due = care.next_service(frame.rename({"car": "vin"}), settings=upkeep)
    return due.join(of_cars, on="vin", how="left", maintain_order="left").rename({"vin": "car"}).select(*_TOLD)


def car_dates(frame: pl.DataFrame, *, as_of: date, settings: CalendarSettings) -> pl.DataFrame:
    """Kernel: one row per car, as ``_CARS`` gathers them (dates, ``sold_km`` kilometres), to columns ``CAR_SCHEMA``."""
    used = (pl.col("sold_km") > settings.new_car_km) | (pl.col("seen") < pl.col("sold") - pl.duration(days=settings.used_before_days))
    reason = (
        pl.when(pl.col("sold").is_null()).then(pl.lit("no_sale"))
        .when(used.fill_null(value=False)).then(pl.lit("used_when_sold"))
        .otherwise(pl.lit("first_sale"))
    )  # fmt: skip
    known = frame.with_columns(in_use_reason=reason).with_columns(in_use_from=pl.when(pl.col("in_use_reason") == "first_sale").then("sold"))
    start = pl.col("in_use_from")
    by_months = start.dt.offset_by(pl.format("{}mo", _warranty(settings, "months")))
    by_km = start + pl.duration(days=(_warranty(settings, "km") / pl.col("km_per_day")).ceil().cast(pl.Int64))
    due, kind = inspection(as_of=as_of, settings=settings)
    insured = pl.col("insured").dt.offset_by(f"{settings.insurance_months}mo")
    return known.with_columns(
        insurance_due=insured,
        inspection_due=due,
        inspection_kind=kind,
        warranty_end=pl.min_horizontal(by_months, by_km),
        warranty_reason=pl.when(start.is_null())
        .then("in_use_reason")
        .when(by_km < by_months)
        .then(pl.lit("mileage"))
        .otherwise(pl.lit("months")),
        replacement_from=start.dt.offset_by(f"{settings.replacement_months}mo"),
        next_service_reason=pl.col("next_service_reason").fill_null("no_visit"),
    ).select(*CAR_SCHEMA)


def inspection(*, as_of: date, settings: CalendarSettings) -> tuple[pl.Expr, pl.Expr]:
    """When the next inspection is due (``in_use_from``, ``inspected``) and its kind: label | test.

    The first due date that is not past, or past and not done: an inspection recorded after the one before was due counts for the next.
    """
    rules = settings.inspection
    listed = sorted({*rules.labels, *rules.tests})
    years = [*listed, *range(listed[-1] + 1, 41)]
    start, done = pl.col("in_use_from"), pl.col("inspected")
    stale = pl.lit(as_of).dt.offset_by(f"-{settings.overdue_days}d")
    due, kind = pl.lit(None, pl.Date()), pl.lit(None, pl.String())
    for year in reversed(years):
        when = start.dt.offset_by(f"{year}y").dt.month_end()
        open_ = ((when >= stale) & (done.is_null() | (done < when.dt.offset_by(f"-{rules.done_before_days}d")))).fill_null(value=False)
        due = pl.when(open_).then(when).otherwise(due)
        kind = pl.when(open_).then(pl.lit("label" if year in rules.labels else "test")).otherwise(kind)
    return due, kind


def _warranty(settings: CalendarSettings, part: str) -> pl.Expr:
    general: int = getattr(settings.warranty, part)
    own: dict[str, Warranty] = settings.warranties
    if not own:
        return pl.lit(general, pl.Int64())
    values = [getattr(each, part) for each in own.values()]
    return pl.col("model").replace_strict(list(own), values, default=general, return_dtype=pl.Int64())
