"""Table ``customer_churn``: who is active, who is lost, and how likely the active ones are to be lost; and the model behind it.

A customer who is active on a cut counts as lost where, a horizon later, no visit has come and the allowance of the own rhythm is used up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

import numpy as np
import polars as pl

from engine.contract import Engine, Table
from engine.tables import schema
from enrichment.churn.features import FEATURES, SCHEMA, features
from enrichment.churn.model import ChurnModel, train
from enrichment.churn.settings import ChurnSettings


@dataclass(frozen=True)
class Warned:
    """CUSTOMER_CHURN without date and version, the model's measures, and why there is no model."""

    customers: Table
    measures: dict[str, float]
    reason: str | None


def early_warning(engine: Engine, *, customers: Table, visits: Table, as_of: date, settings: ChurnSettings, version: str) -> Warned:
    """CUSTOMER_CHURN as of a date.

    Args:
        engine: runs the steps.
        customers: ``enrichment.members.numbered``.
        visits: ``enrichment.value.visits.visits``.
        as_of: date of the computation.
        settings: definition of lost, horizon, sizes.
        version: of the definitions.
    """
    rows = histories(engine, customers=customers, visits=visits, settings=settings)
    until = latest(engine, rows=rows, settings=settings)
    model, reason = None, "no_visit"
    if until is not None:
        model, reason = learn(engine, rows=rows, until=until, settings=settings)
    here = engine.map_groups(rows, "customer", partial(features, cut=as_of, settings=settings), SCHEMA)
    told = engine.map_batches(here, partial(warn, model=model, settings=settings), _WARNED)
    asked = engine.from_frame(pl.DataFrame({"as_of": [as_of], "version": [version]}))
    whole = engine.materialize(engine.sql(_ALL, customers=customers, told=told, asked=asked))
    return Warned(whole, {} if model is None else model.measures, None if model is not None else reason)


def histories(engine: Engine, *, customers: Table, visits: Table, settings: ChurnSettings) -> Table:
    """The rows that features are made of: of customers with a workshop visit, with ``away``: they live in another city than most of the dealer's."""
    wanted = engine.from_frame(pl.DataFrame({"source": settings.sources}, schema={"source": pl.String()}))
    asked = (*settings.sources, *settings.complaints, *settings.sales, *settings.opinions)
    used = engine.from_frame(pl.DataFrame({"source": sorted(set(asked))}, schema={"source": pl.String()}))
    cities = engine.materialize(engine.sql(_CITIES, customers=customers))
    return engine.materialize(engine.sql(_HISTORIES, visits=visits, wanted=wanted, used=used, customers=customers, cities=cities))


def latest(engine: Engine, *, rows: Table, settings: ChurnSettings) -> date | None:
    """Day of the latest workshop visit of all: up to there the outcome is known. Exports that are late do not make customers lost."""
    wanted = engine.from_frame(pl.DataFrame({"source": settings.sources}, schema={"source": pl.String()}))
    found = engine.collect(
        engine.sql("select max(r.event_date) as day from rows r join wanted w on r.source = w.source", rows=rows, wanted=wanted)
    )
    day: date | None = found["day"][0]
    return day


def learn(engine: Engine, *, rows: Table, until: date, settings: ChurnSettings) -> tuple[ChurnModel | None, str]:
    """A model, or why none: too_few_customers, too_few_lost, at any cut."""
    few = engine.materialize(_sample(engine, rows, settings.most_customers))
    validation = until - timedelta(days=settings.horizon_days)
    first = validation - timedelta(days=settings.horizon_days)
    cuts = [first - timedelta(days=settings.cut_every_days * n) for n in range(settings.training_cuts)]
    labelled = [labels(engine, rows=few, cut=cut, settings=settings) for cut in (validation, *cuts)]
    validating, training = labelled[0], pl.concat(labelled[1:])
    for part in (training, validating):
        if part.height < settings.fewest_customers:
            return None, "too_few_customers"
        if min(part["lost"].sum(), (~part["lost"]).sum()) < settings.fewest_lost:
            return None, "too_few_lost"
    return train(training, validating), ""


def labels(engine: Engine, *, rows: Table, cut: date, settings: ChurnSettings) -> pl.DataFrame:
    """Columns ``FEATURES`` of the customers who are active on ``cut``, from nothing later, and ``lost``: what became of them; by customer."""
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
        lost_on=pl.col("last_visit").dt.offset_by(pl.format("{}d", pl.col("allowance").ceil().cast(pl.Int64) + 1)),
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
        risk = model.risk(inside) if inside.height else np.zeros(0)
        scored = inside.select("customer", churn_risk=pl.Series(risk, dtype=pl.Float64).round(4))
        shown = inside.filter(scored["churn_risk"] >= low)
        reasons = shown.select(
            "customer", churn_reasons=pl.Series(model.reasons(shown) if shown.height else [], dtype=pl.List(pl.String()))
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


def _sample(engine: Engine, rows: Table, most: int) -> Table:
    """All rows of every n-th customer, so that at most ``most`` customers remain."""
    who = engine.materialize(engine.sql("select distinct customer from rows", rows=rows))
    step = max(-(-engine.count(who) // most), 1)
    if step == 1:
        return rows
    asked = engine.from_frame(pl.DataFrame({"step": [step]}))
    return engine.sql(_EVERY_NTH, who=who, rows=rows, asked=asked)


_WARNED = {
    "customer": pl.Int64(),
    **{name: dtype for name, dtype in schema("customer_churn").items() if name not in {"customer_id", "as_of", "version", "churn_reason"}},
}

_CITIES = """
select dealer_id, city
from (
    select home_dealer_id as dealer_id, city, row_number() over (partition by home_dealer_id order by count(*) desc, city) as place
    from customers
    where city is not null
    group by home_dealer_id, city
) counted
where place = 1
"""

_HISTORIES = """
select v.customer, v.source, v.dealer_id, v.event_date, v.cents, v.mileage, v.satisfaction,
    case when c.city is not null and d.city is not null then case when c.city <> d.city then 1 else 0 end end as away
from visits v
join used u on v.source = u.source
join (
    select distinct i.customer
    from visits i
    join wanted w on i.source = w.source
) k on v.customer = k.customer
join customers c on v.customer = c.customer
left join cities d on v.dealer_id = d.dealer_id
"""

_CAME = """
select distinct r.customer
from rows r
join wanted w on r.source = w.source
cross join asked a
where r.event_date > a.cut and r.event_date <= a.until
"""

_EVERY_NTH = """
select r.*
from rows r
join (
    select customer, row_number() over (order by customer) as place
    from who
) p on r.customer = p.customer
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
__all__ = ["FEATURES", "Warned", "early_warning", "histories", "labels", "latest", "learn", "warn"]
