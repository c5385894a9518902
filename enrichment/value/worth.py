"""Table ``customer_value``: RFM, lifetime value, the model of many indicators and acquisition, one row per customer; and the same by group."""

from __future__ import annotations

from collections.abc import Collection
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
from enrichment.value.measures import counted, measured_schema, measures
from enrichment.value.rfm import rfm
from enrichment.value.settings import ValueSettings
from enrichment.value.visits import BATCH_CUSTOMERS, months_before, unfolded


@dataclass(frozen=True)
class Worth:
    """CUSTOMER_VALUE, VALUE_GROUPS, and the models behind the forecast."""

    customers: Table
    groups: Table
    fitted: Fitted


def worth(
    engine: Engine,
    *,
    customers: Table,
    conversations: Table,
    visits: Table,
    seen: Collection[str],
    as_of: date,
    settings: EnrichmentSettings,
) -> Worth:
    """What each customer is worth.

    Args:
        engine: runs the steps.
        customers: ``enrichment.members.numbered``.
        conversations: ``enrichment.conversations.conversations``.
        visits: ``enrichment.value.visits.visits``.
        seen: kinds of exports that tell of visits, ``enrichment.value.visits.sources_seen``.
        as_of: date of the computation.
        settings: see ``enrichment.settings.load``.
    """
    rules = settings.value
    measured = engine.map_batches(
        visits, partial(measures, as_of=as_of, settings=rules), measured_schema(rules), batch_rows=BATCH_CUSTOMERS
    )
    scored = rfm(engine, measured=measured, as_of=as_of, settings=rules)
    expected, fitted = forecast(engine, measured=measured, visits=visits, settings=rules.lifetime)
    won = acquisition(engine, measured=measured, conversations=conversations, as_of=as_of, settings=rules.acquisition)
    asked = engine.from_frame(pl.DataFrame({"as_of": [as_of], "version": [settings.version]}))
    indicators = "".join(f", m.{name}" for model in rules.models for name, _ in counted(model))
    query = _TOLD.format(indicators=indicators)
    told = engine.sql(query, customers=customers, measured=measured, scored=scored, expected=expected, won=won, asked=asked)
    whole = engine.map_batches(told, partial(_told, settings=rules, sent=list(seen), as_of=as_of), schema("customer_value"))
    return Worth(whole, groups(engine, customers=customers, worth=whole, visits=visits, as_of=as_of, settings=settings), fitted)


def groups(engine: Engine, *, customers: Table, worth: Table, visits: Table, as_of: date, settings: EnrichmentSettings) -> Table:
    """VALUE_GROUPS: customers and their value by channel, dealer and RFM segment. Money is added in cents.

    A dealer has the customers whose home dealer it is; the money is what was spent at that dealer, by whomever.
    """
    spent = engine.sql("select customer, source, dealer_id, event_date, cents from visits", visits=visits)
    since = months_before(as_of, settings.value.months)
    kernel = partial(_at_dealers, sources=settings.value.sources, since=since)
    parts = engine.map_batches(spent, kernel, _SPENT, batch_rows=BATCH_CUSTOMERS)
    at_dealers = engine.sql("select dealer_id, cast(sum(cents) as bigint) as cents from p group by dealer_id", p=parts)
    rows = engine.sql(_BY_CUSTOMER, customers=customers, worth=worth)
    cents = engine.map_batches(rows, _in_cents, _CENTS)  # a row for each group of a batch
    asked = engine.from_frame(pl.DataFrame({"as_of": [as_of], "version": [settings.version]}))
    added = engine.sql(_GROUPS, cents=cents, at_dealers=at_dealers, asked=asked)
    return engine.materialize(engine.map_batches(added, _yuan, schema("value_groups")))


_CENTS = {
    "dimension": pl.String(),
    "name": pl.String(),
    **dict.fromkeys(("customers", "monetary", "lifetime_value", "expected", "acquisition_cost", "costed"), pl.Int64()),
}

_SPENT = {"dealer_id": pl.String(), "cents": pl.Int64()}

_TOLD = """
select c.customer_id, w.recency_days, w.frequency, w.monetary, w.rfm_recency, w.rfm_frequency, w.rfm_monetary, w.value_segment,
    case when w.customer is null then 'no_purchase' end as value_reason, x.alive, x.expected_visits, x.expected_spend, x.lifetime_value,
    case when x.customer is null then 'no_visit' else x.lifetime_reason end as lifetime_reason, a.channel, a.acquisition_cost,
    coalesce(a.acquisition_reason, 'no_event') as acquisition_reason, coalesce(m.owner, false) as owner, m.hundredths, m.answers,
    d.as_of, d.version{indicators}
from customers c
left join measured m on c.customer = m.customer
left join scored w on c.customer = w.customer
left join expected x on c.customer = x.customer
left join won a on c.customer = a.customer
cross join asked d
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
    select dimension, name, cast(sum(customers) as bigint) as customers, cast(sum(monetary) as bigint) as monetary,
        cast(sum(lifetime_value) as bigint) as lifetime_value, cast(sum(expected) as bigint) as expected,
        cast(sum(acquisition_cost) as bigint) as acquisition_cost, cast(sum(costed) as bigint) as costed
    from cents
    group by dimension, name
) g
left join at_dealers d on g.dimension = 'dealer' and g.name = d.dealer_id
cross join asked a
"""


def _told(frame: pl.DataFrame, *, settings: ValueSettings, sent: list[str], as_of: date) -> pl.DataFrame:
    """Kernel: all that is known of customers (``_TOLD``) to table ``customer_value``: scores come last, so that no join carries their lists."""
    mean = pl.when(pl.col("answers") > 0).then((pl.col("hundredths") / pl.col("answers") / 100).round(2))
    known = frame.with_columns(satisfaction=mean)
    return graded(known, models=settings.models, sent=sent, as_of=as_of).select(*schema("customer_value"))


def _at_dealers(frame: pl.DataFrame, *, sources: tuple[str, ...], since: date) -> pl.DataFrame:
    """Kernel: customers with their visits to ``_SPENT``: what they spent at each dealer after ``since``."""
    rows = unfolded(frame).filter(pl.col("source").is_in(list(sources)), pl.col("event_date") > since)
    return rows.group_by("dealer_id").agg(pl.col("cents").fill_null(0).sum())


def _in_cents(frame: pl.DataFrame) -> pl.DataFrame:
    """Kernel: customers with their value (``_BY_CUSTOMER``) to ``_CENTS``: a row for each group, with the sums of those who are in it."""
    money = {name: (pl.col(name) * 100).round(0).cast(pl.Int64) for name in ("monetary", "lifetime_value", "acquisition_cost")}
    counts = {"customers": pl.len(), "expected": pl.col("lifetime_value").count(), "costed": pl.col("acquisition_cost").count()}
    added = {name: value.cast(pl.Int64) for name, value in counts.items()} | {name: value.sum() for name, value in money.items()}
    named = (("channel", "channel"), ("dealer", "home_dealer_id"), ("segment", "value_segment"))
    return pl.concat(
        frame.filter(pl.col(column).is_not_null())
        .group_by(pl.col(column).alias("name"))
        .agg(**added)
        .select(pl.lit(dimension).alias("dimension"), *list(_CENTS)[1:])
        for dimension, column in named
    )


def _yuan(frame: pl.DataFrame) -> pl.DataFrame:
    def per(column: str, count: str) -> pl.Expr:
        return pl.when(pl.col(count) > 0).then((pl.col(column) / pl.col(count) / 100).round(2))

    return frame.select(
        "dimension", "name", "customers", (pl.col("monetary") / 100).round(2), per("lifetime_value", "expected"), per("acquisition_cost", "costed"),
        "as_of", "version",
    )  # fmt: skip
