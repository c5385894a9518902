"""Table ``customer_churn``: who is active, who is lost, and how likely the active ones are to be lost; and the model behind it.

A customer who is active on a cut counts as lost where, a horizon later, no visit has come and the allowance of the own rhythm is used up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

import numpy as np
import polars as pl

from engine.contract import Engine, Table
from engine.tables import schema
from enrichment.churn.features import HISTORY, SCHEMA, features, history
from enrichment.churn.model import ChurnModel, train
from enrichment.churn.settings import ChurnSettings
from enrichment.value.visits import BATCH_CUSTOMERS, unfolded


@dataclass(frozen=True)
class Warned:
    """CUSTOMER_CHURN without date and version, the model's measures, and why there is no model."""

    customers: Table
    measures: dict[str, float]
    reason: str | None


def early_warning(
    engine: Engine, *, customers: Table, visits: Table, seen: Mapping[str, date], as_of: date, settings: ChurnSettings, version: str
) -> Warned:
    """CUSTOMER_CHURN as of a date.

    Args:
        engine: runs the steps.
        customers: ``enrichment.members.numbered``.
        visits: ``enrichment.value.visits.visits``.
        seen: kinds of exports with the day of their latest visit, ``enrichment.value.visits.sources_seen``.
        as_of: date of the computation.
        settings: definition of lost, horizon, sizes.
        version: of the definitions.
    """
    cities = cities_of_dealers(engine, customers)
    until = latest(seen, settings)
    model, reason = None, "no_visit"
    if until is not None:
        few = sampled(engine, visits, settings)
        rows = histories(engine, customers=customers, visits=few, cities=cities, settings=settings)
        model, reason = learn(engine, rows=rows, until=until, settings=settings)
    whole = partial(_warned, cities=cities, cut=as_of, model=model, settings=settings)
    told = engine.map_batches(engine.sql(_LIVING, visits=visits, customers=customers), whole, _WARNED, batch_rows=BATCH_CUSTOMERS)
    asked = engine.from_frame(pl.DataFrame({"as_of": [as_of], "version": [version]}))
    table = engine.sql(_ALL, customers=customers, told=told, asked=asked)
    return Warned(table, {} if model is None else model.measures, None if model is not None else reason)


def cities_of_dealers(engine: Engine, customers: Table) -> pl.DataFrame:
    """``dealer_id, dealer_city``: the city in which most of a dealer's customers live."""
    return engine.collect(engine.sql(_CITIES, customers=customers))


def histories(engine: Engine, *, customers: Table, visits: Table, cities: pl.DataFrame, settings: ChurnSettings) -> Table:
    """The rows that features are made of, ``HISTORY``, of customers with a workshop visit.

    Args:
        engine: runs the steps.
        customers: ``enrichment.members.numbered``.
        visits: ``enrichment.value.visits.visits``.
        cities: see ``cities_of_dealers``.
        settings: which exports count.
    """
    kernel = partial(history, cities=cities, settings=settings)
    return engine.map_batches(engine.sql(_LIVING, visits=visits, customers=customers), kernel, HISTORY, batch_rows=BATCH_CUSTOMERS)


def latest(seen: Mapping[str, date], settings: ChurnSettings) -> date | None:
    """Day of the latest workshop visit of all: up to there the outcome is known. Exports that are late do not make customers lost."""
    return max((day for source, day in seen.items() if source in settings.sources), default=None)


def learn(engine: Engine, *, rows: Table, until: date, settings: ChurnSettings) -> tuple[ChurnModel | None, str]:
    """A model from ``histories``, or why none: too_few_customers, too_few_lost, at any cut."""
    validation = until - timedelta(days=settings.horizon_days)
    first = validation - timedelta(days=settings.horizon_days)
    cuts = [first - timedelta(days=settings.cut_every_days * n) for n in range(settings.training_cuts)]
    labelled = [labels(engine, rows=rows, cut=cut, settings=settings) for cut in (validation, *cuts)]
    validating, training = labelled[0], pl.concat(labelled[1:])
    for part in (training, validating):
        if part.height < settings.fewest_customers:
            return None, "too_few_customers"
        if min(part["lost"].sum(), (~part["lost"]).sum()) < settings.fewest_lost:
            return None, "too_few_lost"
    return train(training, validating), ""


def labels(engine: Engine, *, rows: Table, cut: date, settings: ChurnSettings) -> pl.DataFrame:
    """Columns ``enrichment.churn.features.SCHEMA`` of the customers who are active on ``cut``, from nothing later, and ``lost``: what became of them; by customer."""
    asked = engine.from_frame(pl.DataFrame({"cut": [cut], "until": [cut + timedelta(days=settings.horizon_days)]}))
    wanted = engine.from_frame(pl.DataFrame({"source": settings.sources}, schema={"source": pl.String()}))
    before = engine.sql("select r.* from rows r cross join asked a where r.event_date <= a.cut", rows=rows, asked=asked)
    known = engine.map_groups(before, "customer", partial(features, cut=cut, settings=settings), SCHEMA)
    came = engine.collect(engine.sql(_CAME, rows=rows, wanted=wanted, asked=asked))
    frame = engine.collect(known, max_rows=4 * settings.most_customers).sort("customer")
    active = frame.filter(pl.col("days_since_last") <= pl.col("allowance"))
    over = pl.col("days_since_last") + settings.horizon_days > pl.col("allowance")
    return active.with_columns(lost=~pl.col("customer").is_in(came["customer"].implode()) & over)


def warn(frame: pl.DataFrame, *, model: ChurnModel | None, settings: ChurnSettings) -> pl.DataFrame:
    """Kernel: features as of the date to columns of CUSTOMER_CHURN."""
    lost = pl.col("days_since_last") > pl.col("allowance")
    rows = frame.with_columns(
        churn_status=pl.when(lost).then(pl.lit("lost")).otherwise(pl.lit("active")),
        lost_on=pl.col("last_visit") + pl.duration(days=pl.col("allowance").ceil().cast(pl.Int64) + 1),
        rhythm_days=pl.col("rhythm").round(0).cast(pl.Int64),
        allowance_days=pl.col("allowance").floor().cast(pl.Int64),
    )
    active = (rows["churn_status"] == "active").to_numpy()
    inside = rows.filter(active)
    low, high = settings.levels
    if model is None:
        used = pl.col("overdue")
        ruled = rows.with_columns(
            churn_risk=pl.lit(None, pl.Float64()),
            level=pl.when(used >= settings.rule_levels[1]).then(2).when(used >= settings.rule_levels[0]).then(1).otherwise(0),
            basis=pl.lit("rules"),
            churn_reasons=rule_reasons(settings),
        )
    else:
        score = model.score(inside) if inside.height else np.zeros(0)
        risk = pl.Series(model.calibrated(score) if inside.height else score, dtype=pl.Float64).round(4)
        scored = inside.select("customer", churn_risk=risk)
        showing = risk >= low
        shown, of_shown = inside.filter(showing), score[showing.to_numpy()]
        reasons = shown.select(
            "customer", churn_reasons=model.reasons(shown, of_shown) if shown.height else pl.Series([], dtype=pl.List(pl.String()))
        )
        ruled = (
            rows.join(scored, on="customer", how="left", maintain_order="left")
            .join(reasons, on="customer", how="left", maintain_order="left")
            .with_columns(
                level=pl.when(pl.col("churn_risk") >= high).then(2).when(pl.col("churn_risk") >= low).then(1).otherwise(0),
                basis=pl.lit("model"),
            )
        )
    names = pl.col("level").replace_strict([0, 1, 2], ["low", "medium", "high"], return_dtype=pl.String())
    going = pl.col("churn_status") == "active"
    told = ruled.with_columns(
        churn_level=pl.when(going).then(names), churn_basis=pl.when(going).then("basis"), churn_reasons=pl.when(going).then("churn_reasons")
    )
    return told.select(pl.col(name).cast(dtype) for name, dtype in _WARNED.items())


def rule_reasons(settings: ChurnSettings) -> pl.Expr:
    """What is to be seen without a model."""
    named = {
        "overdue": pl.col("overdue") >= settings.rule_levels[0],
        "complaint": pl.col("complaints_year") > 0,
        "dissatisfied": pl.col("satisfaction_last") < settings.rule_satisfaction,
        "dealer_switch": pl.col("switched") > 0,
        "far_away": pl.col("away") > 0,
    }
    return pl.concat_list(pl.when(holds).then(pl.lit(name)) for name, holds in named.items()).list.drop_nulls()


def sampled(engine: Engine, visits: Table, settings: ChurnSettings) -> Table:
    """The visits of every n-th customer with a workshop visit, so that at most ``settings.most_customers`` customers remain."""
    sources = engine.sql("select customer, source from v", v=visits)
    served = partial(_served, settings=settings)
    who = engine.map_batches(sources, served, {"customer": pl.Int64()}, batch_rows=BATCH_CUSTOMERS)
    step = max(-(-engine.count(who) // settings.most_customers), 1)
    asked = engine.from_frame(pl.DataFrame({"step": [step]}))
    return engine.sql(_EVERY_NTH, who=who, visits=visits, asked=asked)


def _served(frame: pl.DataFrame, *, settings: ChurnSettings) -> pl.DataFrame:
    """Kernel: customers with the ``source`` of each visit to those with a workshop visit."""
    return unfolded(frame).filter(pl.col("source").is_in(settings.sources)).select("customer").unique()


def _warned(frame: pl.DataFrame, *, cities: pl.DataFrame, cut: date, model: ChurnModel | None, settings: ChurnSettings) -> pl.DataFrame:
    """Kernel: customers with their visits and city to columns of CUSTOMER_CHURN."""
    rows = history(frame, cities=cities, settings=settings)
    return warn(features(rows, cut=cut, settings=settings), model=model, settings=settings)


_WARNED = {
    "customer": pl.Int64(),
    **{name: dtype for name, dtype in schema("customer_churn").items() if name not in {"customer_id", "as_of", "version", "churn_reason"}},
}

_CITIES = """
select dealer_id, city as dealer_city
from (
    select home_dealer_id as dealer_id, city, row_number() over (partition by home_dealer_id order by count(*) desc, city) as place
    from customers
    where city is not null
    group by home_dealer_id, city
) counted
where place = 1 and dealer_id is not null
"""

_LIVING = """
select v.customer, c.city, v.source, v.dealer_id, v.event_date, v.cents, v.mileage, v.satisfaction
from visits v
join customers c on v.customer = c.customer
"""

_CAME = """
select distinct r.customer
from rows r
join wanted w on r.source = w.source
cross join asked a
where r.event_date > a.cut and r.event_date <= a.until
"""

_EVERY_NTH = """
select v.*
from visits v
join (
    select customer, row_number() over (order by customer) as place
    from who
) p on v.customer = p.customer
cross join asked a
where p.place % a.step = 0
"""

_ALL = """
select c.customer_id, coalesce(t.churn_status, 'none') as churn_status, t.last_visit, t.rhythm_days, t.allowance_days, t.lost_on, t.churn_risk,
    t.churn_level, t.churn_reasons, t.churn_basis, case when t.customer is null then 'no_visit' end as churn_reason, a.as_of, a.version
from customers c
left join told t on c.customer = t.customer
cross join asked a
"""
