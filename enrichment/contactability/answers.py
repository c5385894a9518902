"""Which channel a customer has answered, and on which days the customer comes.

The channel of a contact is what the campaign's export writes as its kind (短信, 电话 …). Exports give dates only, so no hour is known of
anybody: the hours are those in which people may be called at all, ``no_time_of_day`` being the reason.
"""

from __future__ import annotations

from datetime import date
from functools import partial

import polars as pl

from engine.contract import Engine, Table
from enrichment.contactability.settings import ReachSettings

_ANSWERS = {"customer_id": pl.String(), "channel": pl.String(), "yes": pl.Int64()}
_DAYS = {"customer_id": pl.String(), "best_days": pl.String()}


def answered(engine: Engine, *, records: Table, conversations: Table, as_of: date, settings: ReachSettings) -> Table:
    """``customer_id, channel`` of those who answered a campaign in the last ``answer_months``: the channel answered most."""
    since = pl.Series([as_of]).dt.offset_by(f"-{settings.answer_months}mo").item()
    asked = engine.from_frame(pl.DataFrame({"as_of": [as_of], "since": [since]}))
    contacts = engine.sql(_CONTACTS, records=records, conversations=conversations, asked=asked)
    told = engine.map_batches(contacts, partial(channel_and_answer, settings=settings), _ANSWERS)
    return engine.materialize(engine.sql(_ANSWERED, told=told))


_CONTACTS = """
select e.customer_id, r.event_kind, e.response
from conversations e
join records r on e.record_id = r.record_id
cross join asked
where e.source = 'campaign' and e.response is not null and e.event_date > asked.since and e.event_date <= asked.as_of
"""

_ANSWERED = """
select customer_id, channel
from (
    select customer_id, channel, row_number() over (partition by customer_id order by yes desc, asked, channel) as place
    from (
        select customer_id, channel, sum(yes) as yes, count(*) as asked
        from told
        group by customer_id, channel
    ) counted
    where yes > 0
) ranked
where place = 1
"""


def channel_and_answer(frame: pl.DataFrame, *, settings: ReachSettings) -> pl.DataFrame:
    """Kernel: ``customer_id, event_kind, response`` as written to ``customer_id, channel, yes`` (1 or 0); without a channel of ours, no row."""
    kind, channel = pl.col("event_kind").str.to_lowercase(), pl.lit(None, pl.String())
    for name, words in settings.channels.items():
        channel = pl.when(channel.is_null() & kind.str.contains_any(list(words))).then(pl.lit(name)).otherwise(channel)
    yes = pl.col("response").str.strip_chars().str.to_lowercase().is_in(list(settings.answered))
    return frame.select("customer_id", channel=channel, yes=yes.cast(pl.Int64)).drop_nulls("channel")


def days_of_visits(engine: Engine, *, timeline: Table, as_of: date, settings: ReachSettings) -> Table:
    """``customer_id, best_days`` (workdays | weekends) of those with enough visits of which three fifths fall on either."""
    since = pl.Series([as_of]).dt.offset_by(f"-{settings.answer_months}mo").item()
    visits = engine.sql(_VISITS.format(since=since, as_of=as_of), timeline=timeline)
    return engine.map_groups(visits, "customer_id", partial(best_days, visits=settings.visits), _DAYS, together=True)


_VISITS = """
select customer_id, event_date
from timeline
where main and source in ('service', 'sale', 'test_drive', 'parts') and event_date > date '{since}' and event_date <= date '{as_of}'
"""


def best_days(frame: pl.DataFrame, *, visits: int) -> pl.DataFrame:
    """Kernel: visits (``customer_id, event_date``) to ``customer_id, best_days``; several on a day are one."""
    counted = frame.unique().group_by("customer_id").agg(all=pl.len(), free=(pl.col("event_date").dt.weekday() >= 6).sum())
    enough = counted.filter(pl.col("all") >= visits)
    days = (
        pl.when(5 * pl.col("free") >= 3 * pl.col("all"))
        .then(pl.lit("weekends"))
        .when(5 * pl.col("free") <= 2 * pl.col("all"))
        .then(pl.lit("workdays"))
    )
    return enough.select("customer_id", best_days=days).drop_nulls().sort("customer_id")
