"""What came of campaigns: reach, responses, cost, and the uplift against the hold-out group.

Uplift is the share of the contact group (all that were listed, reached or not) with the outcome within the window, less that of the
hold-out group, with Newcombe's interval of 95 % (R. G. Newcombe, Statistics in Medicine 17, 1998, method 10): Wilson's score intervals of both
shares, put together. A campaign that only dealers report has no hold-out group: no uplift, reason ``no_hold_out``. One whose list is there but
that the settings no longer name has no goal, so no outcomes and no uplift (``not_in_settings``); what else came of it is told, within ``window_days``.

A contact costs what exports tell; of a listed customer of whom none tells it, what the list plans. Null where nobody knows any cost.
"""

from __future__ import annotations

from datetime import date
from functools import partial

import polars as pl

from engine.contract import Engine, Table
from enrichment.campaigns.settings import CampaignSettings

_Z = 1.959963984540054
_ANSWERS = {"customer_id": pl.String(), "campaign": pl.String(), "event_date": pl.Date(), "cents": pl.Int64(), "yes": pl.Int64()}
SCHEMA = {
    "campaign": pl.String(), "origin": pl.String(), "goal": pl.String(), "from_date": pl.Date(), "listed": pl.Int64(), "held_out": pl.Int64(),
    "reached": pl.Int64(), "responded": pl.Int64(), "outcomes": pl.Int64(), "held_out_outcomes": pl.Int64(), "uplift": pl.Float64(),
    "uplift_low": pl.Float64(), "uplift_high": pl.Float64(), "uplift_reason": pl.String(), "cost": pl.Float64(), "test_drives": pl.Int64(),
    "sales": pl.Int64(), "cost_per_response": pl.Float64(), "cost_per_test_drive": pl.Float64(), "cost_per_sale": pl.Float64(),
}  # fmt: skip


def campaign_results(
    engine: Engine, *, lists: Table, timeline: Table, conversations: Table, as_of: date, settings: CampaignSettings
) -> Table:
    """Table ``campaign_results``: one row per campaign that has a list or that an export reports.

    Args:
        engine: runs the steps.
        lists: table ``campaign_lists``.
        timeline: table ``timeline``.
        conversations: ``enrichment.conversations.conversations``, for what contacts cost.
        as_of: date of the computation.
        settings: see ``CampaignSettings``.
    """
    rows = engine.sql(_CONTACTS, conversations=conversations)
    contacts = engine.map_batches(rows, partial(_answers, as_of=as_of, settings=settings), _ANSWERS)
    own = pl.DataFrame(
        [(each.name, each.goal, each.window_days, each.start) for each in settings.lists],
        schema={"campaign": pl.String(), "goal": pl.String(), "days": pl.Int64(), "start": pl.Date()},
        orient="row",
    )
    asked = engine.from_frame(pl.DataFrame({"as_of": [as_of], "days": [settings.window_days]}))
    counted = engine.sql(
        _COUNTED, lists=lists, timeline=timeline, contacts=engine.materialize(contacts), own=engine.from_frame(own), asked=asked
    )
    return engine.map_batches(counted, results, SCHEMA)


_CONTACTS = """
select customer_id, campaign, event_date, cost, response
from conversations
where source = 'campaign' and campaign is not null and event_date is not null
"""

_COUNTED = """
with touched as (
    select campaign, customer_id, min(event_date) as event_date, sum(cents) as cents, max(yes) as yes from contacts group by campaign, customer_id
),
done as (
    select customer_id, source, event_date from timeline where source in ('test_drive', 'sale', 'service')
),
listed as (
    select l.campaign, l.customer_id, l.side, l.listed_on, l.goal,
        case when l.goal is not null then max(case when d.source = l.goal then 1 else 0 end) end as outcome,
        max(case when d.source = 'test_drive' then 1 else 0 end) as drove,
        max(case when d.source = 'sale' then 1 else 0 end) as bought, max(cast(round(l.cost * 100) as bigint)) as cents,
        max(case when l.last_day <= asked.as_of then 1 else 0 end) as is_over
    from (
        select i.campaign, i.customer_id, i.side, i.cost, i.listed_on, o.goal, i.listed_on + cast(coalesce(o.days, asked.days) as int) as last_day
        from lists i
        cross join asked
        left join own o on i.campaign = o.campaign
    ) l
    cross join asked
    left join done d on l.customer_id = d.customer_id and d.event_date > l.listed_on and d.event_date <= l.last_day
    group by l.campaign, l.customer_id, l.side, l.listed_on, l.goal
),
reported as (
    select t.campaign, t.customer_id, t.event_date, t.cents, t.yes, max(case when d.source = 'test_drive' then 1 else 0 end) as drove,
        max(case when d.source = 'sale' then 1 else 0 end) as bought
    from touched t
    cross join asked
    left join lists l on t.campaign = l.campaign
    left join done d on t.customer_id = d.customer_id and d.event_date >= t.event_date and d.event_date <= t.event_date + cast(asked.days as int)
    where l.campaign is null
    group by t.campaign, t.customer_id, t.event_date, t.cents, t.yes
)
select l.campaign, 'list' as origin, max(l.goal) as goal, min(l.listed_on) as from_date,
    cast(sum(case when l.side = 'contact' then 1 else 0 end) as bigint) as listed,
    cast(sum(case when l.side = 'hold_out' then 1 else 0 end) as bigint) as held_out,
    cast(sum(case when l.side = 'contact' and t.customer_id is not null then 1 else 0 end) as bigint) as reached,
    cast(sum(case when l.side = 'contact' then coalesce(t.yes, 0) else 0 end) as bigint) as responded,
    case when max(l.goal) is not null then cast(sum(case when l.side = 'contact' then l.outcome else 0 end) as bigint) end as outcomes,
    case when max(l.goal) is not null then cast(sum(case when l.side = 'hold_out' then l.outcome else 0 end) as bigint) end as held_out_outcomes,
    cast(sum(case when l.side = 'contact' then coalesce(t.cents, l.cents) else 0 end) as bigint) as cents,
    cast(sum(case when l.side = 'contact' then l.drove else 0 end) as bigint) as test_drives,
    cast(sum(case when l.side = 'contact' then l.bought else 0 end) as bigint) as sales, min(l.is_over) as is_over
from listed l
left join touched t on l.campaign = t.campaign and l.customer_id = t.customer_id
group by l.campaign
union all
select campaign, 'export' as origin, cast(null as string) as goal, min(event_date) as from_date, count(*) as listed, cast(0 as bigint) as held_out,
    count(*) as reached, cast(sum(yes) as bigint) as responded, cast(null as bigint) as outcomes, cast(null as bigint) as held_out_outcomes,
    cast(sum(cents) as bigint) as cents, cast(sum(drove) as bigint) as test_drives, cast(sum(bought) as bigint) as sales, 1 as is_over
from reported
group by campaign
"""


def _answers(frame: pl.DataFrame, *, as_of: date, settings: CampaignSettings) -> pl.DataFrame:
    yes = pl.col("response").str.strip_chars().str.to_lowercase().is_in(list(settings.answered)).fill_null(value=False)
    return frame.filter(pl.col("event_date") <= as_of).select(
        "customer_id", "campaign", "event_date", cents=(pl.col("cost") * 100).round().cast(pl.Int64), yes=yes.cast(pl.Int64)
    )


def results(frame: pl.DataFrame) -> pl.DataFrame:
    """Kernel: counts per campaign (``_COUNTED``) to columns ``SCHEMA``."""
    yuan = pl.col("cents") / 100
    reason = (
        pl.when(pl.col("held_out") == 0).then(pl.lit("no_hold_out"))
        .when(pl.col("goal").is_null()).then(pl.lit("not_in_settings"))
        .when(pl.col("listed") == 0).then(pl.lit("nobody_listed"))
        .when(pl.col("is_over") == 0).then(pl.lit("running"))
    )  # fmt: skip
    known = reason.is_null()
    return frame.with_columns(
        uplift_interval(pl.col("outcomes"), pl.col("listed"), pl.col("held_out_outcomes"), pl.col("held_out"))
    ).with_columns(
        *(pl.when(known).then(pl.col(name).round(6)).alias(name) for name in ("uplift", "uplift_low", "uplift_high")),
        uplift_reason=reason,
        cost=yuan,
        **{
            f"cost_per_{one}": pl.when(pl.col(many) > 0).then((yuan / pl.col(many)).round(2))
            for one, many in (("response", "responded"), ("test_drive", "test_drives"), ("sale", "sales"))
        },
    ).select(*SCHEMA)  # fmt: skip


def uplift_interval(yes: pl.Expr, of: pl.Expr, held_yes: pl.Expr, held_of: pl.Expr) -> list[pl.Expr]:
    """``uplift, uplift_low, uplift_high``: the difference of two shares with its interval of 95 % by Newcombe's method 10.

    >>> found = pl.select(*uplift_interval(*(pl.lit(n) for n in (56, 70, 48, 80))))  # the example of the paper
    >>> [round(value, 4) for value in found.row(0)]
    [0.2, 0.0524, 0.3339]
    """
    share, low, high = _wilson(yes, of)
    held, held_low, held_high = _wilson(held_yes, held_of)
    difference = share - held
    return [
        difference.alias("uplift"),
        (difference - ((share - low) ** 2 + (held_high - held) ** 2).sqrt()).alias("uplift_low"),
        (difference + ((high - share) ** 2 + (held - held_low) ** 2).sqrt()).alias("uplift_high"),
    ]


def _wilson(yes: pl.Expr, of: pl.Expr) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """A share and its score interval."""
    share = yes / of
    middle = (2 * yes + _Z**2) / (2 * (of + _Z**2))
    half = _Z * (_Z**2 + 4 * yes * (1 - share)).sqrt() / (2 * (of + _Z**2))
    return share, middle - half, middle + half
