"""What it cost to win a customer, and by which way the customer came.

The channel is the kind of export that named the customer first, but for ``settings.no_channel`` (a survey brings nobody). A buyer was won by the last campaign that touched the buyer within
``settings.days`` before the first purchase; a buyer's cost is what that campaign cost in all, the contacts of those who did not buy included,
divided by the buyers it won. Where no campaign touched the buyer, or none of its contacts says its cost, the reason stands there instead.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import polars as pl

from engine.contract import Engine, Table
from enrichment.value.settings import AcquisitionSettings

SCHEMA = {"customer": pl.Int64(), "channel": pl.String(), "acquisition_cost": pl.Float64(), "acquisition_reason": pl.String()}
_TOUCHED = {
    "customer": pl.Int64(),
    "dealer_id": pl.String(),
    "campaign": pl.String(),
    "cents": pl.Int64(),
    "earliest_purchase": pl.Date(),
    "event_date": pl.Date(),
}


def acquisition(engine: Engine, *, measured: Table, conversations: Table, as_of: date, settings: AcquisitionSettings) -> Table:
    """Columns ``SCHEMA`` of each customer with a dated event.

    ``acquisition_reason``: campaign (the cost is known) | no_purchase | no_campaign | no_cost.

    Args:
        engine: runs the steps.
        measured: columns ``enrichment.value.measures.measured_schema``.
        conversations: ``enrichment.conversations.conversations``.
        as_of: date of the computation.
        settings: how long a contact counts, and what is a purchase.
    """
    asked = engine.from_frame(pl.DataFrame({"as_of": [as_of]}))
    buyers = engine.sql("select customer, earliest_purchase from m where earliest_purchase is not null", m=measured)
    dated = engine.sql(_CONTACTS, conversations=conversations, asked=asked)
    contacts = engine.map_batches(dated, _cents, _CONTACT)
    touched = engine.sql(_TOUCHES, contacts=contacts, buyers=buyers)
    winners = engine.materialize(engine.sql(_WINNERS, touched=engine.map_batches(touched, partial(_in_time, days=settings.days), _TOUCHED)))
    costs = engine.materialize(engine.sql(_COSTS, contacts=contacts, winners=winners))
    return engine.map_batches(engine.sql(_ALL, measured=measured, winners=winners, costs=costs), _told, SCHEMA)


_CONTACT = {
    "customer": pl.Int64(),
    "dealer_id": pl.String(),
    "campaign": pl.String(),
    "event_date": pl.Date(),
    "cents": pl.Int64(),
}

_CONTACTS = """
select distinct e.customer, e.dealer_id, e.campaign, e.event_date, e.cost
from conversations e
cross join asked a
where e.source = 'campaign' and e.campaign is not null and e.event_date <= a.as_of
"""

_TOUCHES = """
select c.customer, c.dealer_id, c.campaign, c.cents, c.event_date, b.earliest_purchase
from contacts c
join buyers b on c.customer = b.customer
where c.event_date <= b.earliest_purchase
"""

_WINNERS = """
select customer, dealer_id, campaign
from (
    select customer, dealer_id, campaign,
        row_number() over (partition by customer order by event_date desc nulls last, dealer_id nulls last, campaign nulls last) as place
    from touched
) placed
where place = 1
"""

_COSTS = """
select w.dealer_id, w.campaign, w.won, c.cents
from (select dealer_id, campaign, count(*) as won from winners group by dealer_id, campaign) w
join (select dealer_id, campaign, cast(sum(cents) as bigint) as cents from contacts group by dealer_id, campaign) c
    on w.dealer_id = c.dealer_id and w.campaign = c.campaign
"""

_ALL = """
select m.customer, m.channel, m.earliest_purchase is not null as bought, w.campaign is not null as touched, c.cents, c.won
from measured m
left join winners w on m.customer = w.customer
left join costs c on w.dealer_id = c.dealer_id and w.campaign = c.campaign
where m.channel is not null
"""


def _cents(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(cents=(pl.col("cost") * 100).round(0).cast(pl.Int64)).select(*_CONTACT)


def _in_time(frame: pl.DataFrame, *, days: int) -> pl.DataFrame:
    return frame.filter(pl.col("earliest_purchase") - pl.col("event_date") <= timedelta(days=days)).select(*_TOUCHED)


def _told(frame: pl.DataFrame) -> pl.DataFrame:
    reason = (
        pl.when(~pl.col("bought")).then(pl.lit("no_purchase"))
        .when(~pl.col("touched")).then(pl.lit("no_campaign"))
        .when(pl.col("cents").is_null()).then(pl.lit("no_cost"))
        .otherwise(pl.lit("campaign"))
    )  # fmt: skip
    return frame.select("customer", "channel", acquisition_cost=(pl.col("cents") / pl.col("won") / 100).round(2), acquisition_reason=reason)
