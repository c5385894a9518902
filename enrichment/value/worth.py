"""Table ``customer_value``: RFM, lifetime value, the model of many indicators and acquisition, one row per customer; and the same by group."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial

import polars as pl

from engine.contract import Engine, Table
from engine.tables import schema
from enrichment.settings import EnrichmentSettings
from enrichment.value.acquisition import acquisition
from enrichment.value.forecast import Fitted, forecast
from enrichment.value.indicators import graded
from enrichment.value.rfm import rfm
from enrichment.value.visits import by_source


@dataclass(frozen=True)
class Worth:
    """CUSTOMER_VALUE, VALUE_GROUPS, and the models behind the forecast."""

    customers: Table
    groups: Table
    fitted: Fitted


def worth(
    engine: Engine, *, customers: Table, members: Table, events: Table, visits: Table, as_of: date, settings: EnrichmentSettings
) -> Worth:
    """What each customer is worth.

    Args:
        engine: runs the steps.
        customers: table ``customers``.
        members: ``record_id``, ``customer_id`` that hold now.
        events: table ``events``.
        visits: ``enrichment.value.visits.visits``.
        as_of: date of the computation.
        settings: see ``enrichment.settings.load``.
    """
    rules = settings.value
    months = [rules.months, *(each.months for model in rules.models for each in model.indicators if each.months is not None)]
    spent = by_source(engine, visits=visits, as_of=as_of, months=months)
    scored = engine.materialize(rfm(engine, spent=spent, as_of=as_of, settings=rules))
    expected, fitted = forecast(engine, visits=visits, settings=rules.lifetime)
    asked = engine.from_frame(pl.DataFrame({"as_of": [as_of], "version": [settings.version]}))
    opinions = engine.map_batches(engine.sql(_OPINIONS, events=events, members=members, asked=asked), _mean, _SATISFACTION)
    known = engine.materialize(engine.sql(_KNOWN, customers=customers, opinions=opinions, expected=expected))
    owners = engine.from_frame(pl.DataFrame({"source": rules.owners_from}, schema={"source": pl.String()}))
    marked = engine.materialize(engine.sql(_WHO, customers=customers, spent=spent, owners=owners))
    grades = None
    for model in rules.models:
        who = engine.sql(f"select customer_id from marked where owner = {str(model.of == 'owners').lower()}", marked=marked)
        part = graded(engine, model=model, who=who, spent=spent, known=known, as_of=as_of)
        grades = part if grades is None else engine.sql("select * from g union all select * from p", g=grades, p=part)
    won = acquisition(engine, spent=spent, members=members, events=events, as_of=as_of, settings=rules.acquisition)
    whole = engine.materialize(
        engine.sql(_WORTH, customers=customers, scored=scored, expected=expected, grades=grades or marked, won=won, asked=asked)
    )
    return Worth(whole, groups(engine, customers=customers, worth=whole, visits=visits, as_of=as_of, settings=settings), fitted)


def groups(engine: Engine, *, customers: Table, worth: Table, visits: Table, as_of: date, settings: EnrichmentSettings) -> Table:
    """VALUE_GROUPS: customers and their value by channel, dealer and RFM segment. Money is added in cents.

    A dealer has the customers whose home dealer it is; the money is what was spent at that dealer, by whomever.
    """
    sources = engine.from_frame(pl.DataFrame({"source": settings.value.sources}, schema={"source": pl.String()}))
    window = engine.map_batches(
        engine.sql(_RECENT, visits=visits, sources=sources), partial(_recent, as_of=as_of, months=settings.value.months), _PAID
    )
    at_dealers = engine.sql("select dealer_id, cast(sum(cents) as bigint) as cents from recent group by dealer_id", recent=window)
    rows = engine.sql(_BY_CUSTOMER, customers=customers, worth=worth)
    cents = engine.map_batches(rows, _in_cents, _CENTS)
    asked = engine.from_frame(pl.DataFrame({"as_of": [as_of], "version": [settings.version]}))
    added = engine.sql(_GROUPS, cents=cents, at_dealers=at_dealers, asked=asked)
    return engine.materialize(engine.map_batches(added, _yuan, schema("value_groups")))


_SATISFACTION = {"customer_id": pl.String(), "satisfaction": pl.Float64()}
_PAID = {"dealer_id": pl.String(), "cents": pl.Int64()}
_CENTS = {
    "dimension": pl.String(),
    "name": pl.String(),
    **dict.fromkeys(("monetary", "lifetime_value", "acquisition_cost"), pl.Int64()),
    "expected": pl.Boolean(),
    "costed": pl.Boolean(),
}

_OPINIONS = """
select m.customer_id, cast(sum(cast(round(e.satisfaction * 100) as bigint)) as bigint) as hundredths, count(*) as answers
from events e
join members m on e.record_id = m.record_id
cross join asked a
where e.satisfaction is not null and e.event_date <= a.as_of
group by m.customer_id
"""

_KNOWN = """
select c.customer_id, o.satisfaction, x.lifetime_value
from customers c
left join opinions o on c.customer_id = o.customer_id
left join expected x on c.customer_id = x.customer_id
"""

_WHO = """
select c.customer_id, o.customer_id is not null as owner
from customers c
left join (
    select distinct s.customer_id
    from spent s
    join owners w on s.source = w.source
) o on c.customer_id = o.customer_id
"""

_WORTH = """
select c.customer_id, w.recency_days, w.frequency, w.monetary, w.rfm_recency, w.rfm_frequency, w.rfm_monetary, w.value_segment,
    case when w.customer_id is null then 'no_purchase' end as value_reason, x.alive, x.expected_visits, x.expected_spend, x.lifetime_value,
    case when x.customer_id is null then 'no_visit' else x.lifetime_reason end as lifetime_reason, g.value_model, g.value_score, g.value_grade,
    g.value_parts, g.value_idle, a.channel, a.acquisition_cost, coalesce(a.acquisition_reason, 'no_event') as acquisition_reason, d.as_of, d.version
from customers c
left join scored w on c.customer_id = w.customer_id
left join expected x on c.customer_id = x.customer_id
left join grades g on c.customer_id = g.customer_id
left join won a on c.customer_id = a.customer_id
cross join asked d
"""

_RECENT = """
select v.dealer_id, v.event_date, cast(sum(coalesce(v.cents, 0)) as bigint) as cents
from visits v
join sources s on v.source = s.source
group by v.dealer_id, v.event_date
"""

_BY_CUSTOMER = """
select c.home_dealer_id, w.channel, w.value_segment, w.monetary, w.lifetime_value, w.acquisition_cost
from worth w
join customers c on w.customer_id = c.customer_id
"""

_GROUPS = """
select g.dimension, g.name, g.customers, case when g.dimension = 'dealer' then coalesce(d.cents, 0) else g.monetary end as monetary, g.lifetime_value,
    g.expected, g.acquisition_cost, g.costed, a.as_of, a.version
from (
    select dimension, name, count(*) as customers, cast(sum(coalesce(monetary, 0)) as bigint) as monetary,
        cast(sum(coalesce(lifetime_value, 0)) as bigint) as lifetime_value, cast(sum(case when expected then 1 else 0 end) as bigint) as expected,
        cast(sum(coalesce(acquisition_cost, 0)) as bigint) as acquisition_cost, cast(sum(case when costed then 1 else 0 end) as bigint) as costed
    from cents
    group by dimension, name
) g
left join at_dealers d on g.dimension = 'dealer' and g.name = d.dealer_id
cross join asked a
"""


def _mean(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select("customer_id", satisfaction=(pl.col("hundredths") / pl.col("answers") / 100).round(2))


def _recent(frame: pl.DataFrame, *, as_of: date, months: int) -> pl.DataFrame:
    return frame.filter(pl.col("event_date") > pl.lit(as_of).dt.offset_by(f"-{months}mo")).select(*_PAID)


def _in_cents(frame: pl.DataFrame) -> pl.DataFrame:
    """Kernel: each customer once for each of its groups."""
    money = {name: (pl.col(name) * 100).round(0).cast(pl.Int64) for name in ("monetary", "lifetime_value", "acquisition_cost")}
    told = {"expected": pl.col("lifetime_value").is_not_null(), "costed": pl.col("acquisition_cost").is_not_null()}
    named = (("channel", "channel"), ("dealer", "home_dealer_id"), ("segment", "value_segment"))
    return pl.concat(
        frame.filter(pl.col(column).is_not_null()).select(dimension=pl.lit(dimension), name=column, **money, **told)
        for dimension, column in named
    )


def _yuan(frame: pl.DataFrame) -> pl.DataFrame:
    def per(column: str, count: str) -> pl.Expr:
        return pl.when(pl.col(count) > 0).then((pl.col(column) / pl.col(count) / 100).round(2))

    return frame.select(
        "dimension", "name", "customers", (pl.col("monetary") / 100).round(2), per("lifetime_value", "expected"), per("acquisition_cost", "costed"),
        "as_of", "version",
    )  # fmt: skip
