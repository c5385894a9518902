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

SCHEMA = {"customer_id": pl.String(), "channel": pl.String(), "acquisition_cost": pl.Float64(), "acquisition_reason": pl.String()}
_TOUCHED = {
    "customer_id": pl.String(),
    "dealer_id": pl.String(),
    "campaign": pl.String(),
    "cents": pl.Int64(),
    "earliest_purchase": pl.Date(),
    "event_date": pl.Date(),
}


def acquisition(engine: Engine, *, spent: Table, members: Table, events: Table, as_of: date, settings: AcquisitionSettings) -> Table:
    """Columns ``SCHEMA`` of each customer with a dated event.

    ``acquisition_reason``: campaign (the cost is known) | no_purchase | no_campaign | no_cost.
    """
    bought = engine.from_frame(pl.DataFrame({"source": settings.purchases}, schema={"source": pl.String()}))
    asked = engine.from_frame(pl.DataFrame({"as_of": [as_of]}))
    buyers = engine.materialize(engine.sql(_BUYERS, spent=spent, bought=bought))
    dated = engine.sql(_CONTACTS, members=members, events=events, asked=asked)
    contacts = engine.map_batches(dated, _cents, _CONTACT)
    touched = engine.sql(_TOUCHES, contacts=contacts, buyers=buyers)
    winners = engine.materialize(engine.sql(_WINNERS, touched=engine.map_batches(touched, partial(_in_time, days=settings.days), _TOUCHED)))
    costs = engine.materialize(engine.sql(_COSTS, contacts=contacts, winners=winners))
    others = engine.from_frame(pl.DataFrame({"source": settings.no_channel}, schema={"source": pl.String()}))
    channels = engine.sql(_CHANNELS, spent=spent, others=others)
    return engine.map_batches(engine.sql(_ALL, channels=channels, buyers=buyers, winners=winners, costs=costs), _told, SCHEMA)


_CONTACT = {
    "customer_id": pl.String(),
    "dealer_id": pl.String(),
    "campaign": pl.String(),
    "event_date": pl.Date(),
    "cents": pl.Int64(),
}

_BUYERS = """
select s.customer_id, min(s.first_date) as earliest_purchase
from spent s
join bought b on s.source = b.source
group by s.customer_id
"""

_CONTACTS = """
select distinct m.customer_id, e.dealer_id, e.campaign, e.event_date, e.cost
from events e
join members m on e.record_id = m.record_id
cross join asked a
where e.source = 'campaign' and e.campaign is not null and e.event_date <= a.as_of
"""

_TOUCHES = """
select c.customer_id, c.dealer_id, c.campaign, c.cents, c.event_date, b.earliest_purchase
from contacts c
join buyers b on c.customer_id = b.customer_id
where c.event_date <= b.earliest_purchase
"""

_WINNERS = """
select customer_id, dealer_id, campaign
from (
    select customer_id, dealer_id, campaign,
        row_number() over (partition by customer_id order by event_date desc nulls last, dealer_id nulls last, campaign nulls last) as place
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

_CHANNELS = """
select customer_id, source as channel
from (
    select s.customer_id, s.source, row_number() over (partition by s.customer_id order by s.first_date nulls last, s.source nulls last) as place
    from spent s
    left join others o on s.source = o.source
    where o.source is null
) placed
where place = 1
"""

_ALL = """
select h.customer_id, h.channel, b.customer_id is not null as bought, w.campaign is not null as touched, c.cents, c.won
from channels h
left join buyers b on h.customer_id = b.customer_id
left join winners w on h.customer_id = w.customer_id
left join costs c on w.dealer_id = c.dealer_id and w.campaign = c.campaign
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
    return frame.select(
        "customer_id", "channel", acquisition_cost=(pl.col("cents") / pl.col("won") / 100).round(2), acquisition_reason=reason
    )
