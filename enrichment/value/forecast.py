"""Lifetime value: histories out of visits, the two models fitted, and what each customer is expected to bring.

A purchase is a day with a visit, so three cars served on one day are one. What is watched ends with the latest purchase of all, not with the
as-of date: exports that are late must not look like customers who left.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import polars as pl

from engine.contract import Engine, Table
from enrichment.value import lifetime, spend
from enrichment.value.lifetime import Histories, Lifetime, NotFittedError
from enrichment.value.settings import LifetimeSettings
from enrichment.value.spend import Spend
from enrichment.value.visits import BATCH_CUSTOMERS, unfolded

SCHEMA = {
    "customer": pl.Int64(),
    "alive": pl.Float64(),
    "expected_visits": pl.Float64(),
    "expected_spend": pl.Float64(),
    "lifetime_value": pl.Float64(),
    "lifetime_reason": pl.String(),
}
_NUMBERED = {"customer": pl.Int64(), **dict.fromkeys(("first", "last", "purchases", "paid", "cents"), pl.Int64())}
_A_DAY = {"event_date": pl.Date(), "customers": pl.Int64()}
_UNITS = dict.fromkeys(("x", "first", "last"), pl.Int64())
MOST_HISTORIES = 120_000
"""Different histories that a fit looks at; with more, days are put together into weeks, then into four weeks."""

_YEAR = 365.25


@dataclass(frozen=True)
class Fitted:
    """Both models, from which day on and to which they were fitted (days since 1970), or why not."""

    purchases: Lifetime | None
    spend: Spend | None
    origin: int
    until: int
    reason: str | None

    def measures(self) -> dict[tuple[str, str], float]:
        """Parameters by model and name, for the table ``value_models``."""
        if self.purchases is None or self.spend is None:
            return {("lifetime", f"idle:{self.reason}"): 1.0}
        lasting = {name: getattr(self.purchases, name) for name in ("r", "alpha", "a", "b", "log_likelihood")}
        speeds = {
            f"speed_until_{int(end)}": float(speed)
            for end, speed in zip(self.purchases.calendar.edges[1:], self.purchases.calendar.speed, strict=True)
        }
        paying = {name: getattr(self.spend, name) for name in ("p", "q", "v", "dependence")}
        return {**{("lifetime", k): v for k, v in {**lasting, **speeds}.items()}, **{("spend", k): v for k, v in paying.items()}}


def forecast(engine: Engine, *, measured: Table, visits: Table, settings: LifetimeSettings) -> tuple[Table, Fitted]:
    """Columns ``SCHEMA`` of each customer with a purchase, and the models behind them.

    Args:
        engine: runs the steps.
        measured: columns ``enrichment.value.measures.measured_schema``.
        visits: ``enrichment.value.visits.visits``.
        settings: which exports count, horizon, margin, discount, and how many customers a fit needs.
    """
    histories = engine.map_batches(engine.sql(_HISTORIES, measured=measured), _numbered, _NUMBERED)
    came = engine.sql("select customer, source, event_date from visits", visits=visits)
    counted = engine.map_batches(came, partial(_customers_a_day, sources=settings.sources), _A_DAY, batch_rows=BATCH_CUSTOMERS)
    days = engine.sql(_DAYS_COUNTED, counted=counted, measured=measured)
    fitted = fit(engine, histories=histories, days=days, settings=settings)
    return engine.map_batches(histories, partial(expected, fitted=fitted, settings=settings), SCHEMA), fitted


def fit(engine: Engine, *, histories: Table, days: Table, settings: LifetimeSettings) -> Fitted:
    """Both models from ``histories`` (``first, last, purchases, paid, cents``) and ``days`` (``day, purchases`` of all, ``firsts`` among them)."""
    span = engine.collect(engine.sql(_SPAN, histories=histories)).row(0, named=True)
    if span["repeaters"] < settings.fewest_customers:
        return Fitted(None, None, 0, 0, "too_few_histories")
    origin, until = span["origin"], span["until"]
    try:
        purchases = lifetime.fit(_counted(engine, histories, days, origin=origin, until=until))
        paid = engine.map_batches(engine.sql(_PAID, histories=histories), _levels, {"paid": pl.Int64(), "level": pl.Int64()})
        money = engine.collect(engine.sql(_LEVELS, paid=paid))
        paying = spend.fit(*(money[name].to_numpy() for name in ("paid", "level", "customers")))
    except NotFittedError:
        return Fitted(None, None, origin, until, "not_fitted")
    return Fitted(purchases, paying, origin, until, None)


def expected(frame: pl.DataFrame, *, fitted: Fitted, settings: LifetimeSettings) -> pl.DataFrame:
    """Kernel: histories to columns ``SCHEMA``."""
    if fitted.purchases is None or fitted.spend is None:
        reason = frame.select("customer", lifetime_reason=pl.lit(fitted.reason, pl.String()))
        return reason.select((pl.col(n) if n in reason.columns else pl.lit(None, t)).cast(t).alias(n) for n, t in SCHEMA.items())
    keys = ["purchases", "first", "last"]
    distinct = frame.select(keys).unique().sort(keys)
    x, first, last = (distinct["purchases"].to_numpy() - 1, *(distinct[name].to_numpy() - fitted.origin for name in keys[1:]))
    until = fitted.until - fitted.origin
    model = fitted.purchases
    years = [min(year, settings.months / 12) for year in range(1, int(np.ceil(settings.months / 12)) + 1)]
    totals = [np.zeros(distinct.height), *(model.purchases(x, first, last, until, days=_YEAR * year) for year in years)]
    worth = sum((after - before) / (1 + settings.discount) ** (n + 0.5) for n, (before, after) in enumerate(pairwise(totals)))
    told = distinct.with_columns(alive=model.alive(x, first, last, until), expected_visits=totals[1], discounted=np.asarray(worth))
    mean = fitted.spend.mean(frame["paid"].to_numpy(), (frame["cents"] / 100 / frame["paid"].clip(1)).to_numpy())
    rows = frame.with_columns(expected_spend=mean).join(told, on=keys, how="left", maintain_order="left")
    return rows.select(
        "customer",
        pl.col("alive", "expected_visits").round(4),
        pl.col("expected_spend").round(2),
        lifetime_value=(pl.col("discounted") * pl.col("expected_spend") * settings.margin).round(2),
        lifetime_reason=pl.lit(None, pl.String()),
    )


def _customers_a_day(frame: pl.DataFrame, *, sources: tuple[str, ...]) -> pl.DataFrame:
    """Kernel: customers with their visits to ``_A_DAY``: how many of them came on each day."""
    rows = unfolded(frame).filter(pl.col("source").is_in(list(sources))).unique(["customer", "event_date"])
    return rows.group_by("event_date").agg(customers=pl.len().cast(pl.Int64))


def _numbered(frame: pl.DataFrame) -> pl.DataFrame:
    """Kernel: dates to days since 1970, which all engines subtract alike."""
    return frame.with_columns(pl.col("first", "last").to_physical().cast(pl.Int64))


def _counted(engine: Engine, histories: Table, days: Table, *, origin: int, until: int) -> Histories:
    """Equal histories counted, in days, or in the shortest unit that leaves few enough; all in days from ``origin``."""
    for unit in (1, 7, 28):
        in_units = engine.map_batches(histories, partial(_in_units, origin=origin, unit=unit), _UNITS)
        equal = engine.materialize(engine.sql(_EQUAL, in_units=in_units))
        if engine.count(equal) <= MOST_HISTORIES:
            break
    found = engine.collect(equal, max_rows=20 * MOST_HISTORIES).sort("x", "first", "last")
    daily = engine.collect(days).sort("day").with_columns(pl.col("day").to_physical().cast(pl.Int64))
    repeats = (daily["purchases"] - daily["firsts"]).to_numpy()
    x, first, last, customers = (found[name].to_numpy() for name in ("x", "first", "last", "customers"))
    return Histories(x, first, last, customers, until - origin, daily["day"].to_numpy() - origin, repeats)


def _in_units(frame: pl.DataFrame, *, origin: int, unit: int) -> pl.DataFrame:
    """Kernel: repeat purchases, and days rounded down to units, from ``origin``."""
    return frame.select(x=pl.col("purchases") - 1, **{name: (pl.col(name) - origin) // unit * unit for name in ("first", "last")})


def _levels(frame: pl.DataFrame) -> pl.DataFrame:
    """Kernel: the step of each mean."""
    return pl.DataFrame({"paid": frame["paid"], "level": spend.level((frame["cents"] / 100 / frame["paid"]).to_numpy())})


_HISTORIES = """
select customer, first_day as first, last_day as last, purchases, paid, paid_cents as cents
from measured
where first_day is not null
"""

_DAYS_COUNTED = """
select d.day, d.purchases, coalesce(f.firsts, 0) as firsts
from (
    select event_date as day, cast(sum(customers) as bigint) as purchases
    from counted
    group by event_date
) d
left join (select first_day, count(*) as firsts from measured where first_day is not null group by first_day) f on d.day = f.first_day
"""

_SPAN = """
select coalesce(min(first), 0) as origin, coalesce(max(last), 0) as until,
    cast(coalesce(sum(case when purchases > 1 then 1 else 0 end), 0) as bigint) as repeaters
from histories
"""

_EQUAL = "select x, first, last, count(*) as customers from in_units group by x, first, last"

_PAID = "select paid, cents from histories where paid > 0"

_LEVELS = "select paid, level, count(*) as customers from paid group by paid, level order by paid, level"
