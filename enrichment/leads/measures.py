"""The measures of the loop by dealer, channel and month: a numerator, a denominator, their share.

- ``lead_conversion``: leads that ended in a sale; only those older than ``sale_days``, whose time is over. By dealer, channel, month.
- ``lead_answered``: leads answered in time, of those whose answer is dated or missing. By dealer.
- ``lead_lost``: lost leads by reason (``channel`` holds the reason), of all lost. By dealer.
- ``csat``: surveys at or above ``content`` points; ``nps``: promoters less detractors (from -1 to 1). By dealer and month.
- ``satisfaction_fell``: customers whose last survey is ``fall`` points below the one before, of those with two. By dealer of the last.
- ``service_retention``: customers serviced one to two years ago who came in the last year. By dealer.
- ``repurchase``: buyers with a sale of another car on a later day, of all buyers. By dealer of the first sale.
- ``complaints_open``: complaints of the last year that no response closes, of all of them. By dealer.
- ``complaints_repeated``: customers with another complaint within ``repeated_days``, of those who complained. By dealer.

A row with dealer_id '' is all dealers. Fewer than ``fewest`` in the denominator: value null.
"""

from __future__ import annotations

from datetime import date
from functools import partial

import polars as pl

from engine.contract import Engine, Table
from enrichment.contactability.allowed import closed
from enrichment.contactability.settings import ReachSettings
from enrichment.leads.settings import LeadSettings

SCHEMA = {
    "measure": pl.String(), "dealer_id": pl.String(), "channel": pl.String(), "month": pl.String(), "numerator": pl.Int64(),
    "denominator": pl.Int64(), "value": pl.Float64(),
}  # fmt: skip
_COUNTED = {"measure": pl.String(), "dealer_id": pl.String(), "channel": pl.String(), "month": pl.String(), "yes": pl.Int64()}


def loop_measures(engine: Engine, *, leads: Table, timeline: Table, as_of: date, settings: LeadSettings, reach: ReachSettings) -> Table:
    """Table ``loop_measures``; ``reach`` says which responses close a complaint."""
    of_leads = engine.map_batches(leads, partial(of_lead, as_of=as_of, settings=settings), _COUNTED)
    since = pl.Series([as_of]).dt.offset_by("-24mo").item()
    listened = engine.sql(_LISTENED.format(since=since), timeline=timeline)
    of_customers = engine.map_groups(listened, "customer_id", partial(of_customer, as_of=as_of, settings=settings), _COUNTED, together=True)
    complaints = engine.sql("select dealer_id, event_date, response from timeline where source = 'complaint'", timeline=timeline)
    of_complaints = engine.map_batches(complaints, partial(of_complaint, as_of=as_of, settings=reach), _COUNTED)
    counted = engine.materialize(engine.sql(_COUNTS, of_leads=of_leads, of_customers=of_customers, of_complaints=of_complaints))
    return engine.map_batches(counted, partial(_valued, settings=settings), SCHEMA)


# most of a timeline is service, of which the last two years count
_LISTENED = """
select t.customer_id, t.dealer_id, t.source, t.event_date, t.vin, t.satisfaction
from timeline t
where t.source = 'complaint' or (t.source = 'survey' and t.satisfaction is not null)
    or (t.role in ('owner', 'buyer', 'customer') and (t.source = 'sale' or (t.source = 'service' and t.event_date > date '{since}')))
"""

_COUNTS = """
select measure, dealer_id, channel, month, cast(sum(yes) as bigint) as numerator, count(*) as denominator
from (select * from of_leads union all select * from of_customers union all select * from of_complaints) each_one
group by measure, dealer_id, channel, month
union all
select measure, '' as dealer_id, channel, month, cast(sum(yes) as bigint) as numerator, count(*) as denominator
from (select * from of_leads union all select * from of_customers union all select * from of_complaints) every_one
group by measure, channel, month
"""


def _valued(frame: pl.DataFrame, *, settings: LeadSettings) -> pl.DataFrame:
    """``lead_lost`` is counted by reason: its denominator is all lost leads, so no share by itself."""
    enough = (pl.col("denominator") >= settings.fewest) & (pl.col("measure") != "lead_lost")
    return frame.with_columns(value=pl.when(enough).then((pl.col("numerator") / pl.col("denominator")).round(4))).select(*SCHEMA)


def _rows(frame: pl.DataFrame, measure: str, yes: pl.Expr, *, channel: pl.Expr | None = None, month: pl.Expr | None = None) -> pl.DataFrame:
    none = pl.lit("")
    return frame.select(
        measure=pl.lit(measure),
        dealer_id=pl.col("dealer_id").fill_null(""),
        channel=(none if channel is None else channel).fill_null("unknown"),
        month=(none if month is None else month),
        yes=yes.cast(pl.Int64),
    )


def of_lead(frame: pl.DataFrame, *, as_of: date, settings: LeadSettings) -> pl.DataFrame:
    """Kernel: ``leads`` to one row per lead and measure it counts in."""
    over = frame.filter(pl.col("lead_date") < pl.lit(as_of) - pl.duration(days=settings.sale_days))
    won = pl.col("stage") == "won"
    known = frame.filter(pl.col("answer").is_in(["in_time", "late", "overdue", "escalate"]))
    lost = frame.filter(pl.col("stage") == "lost")
    return pl.concat(
        [
            _rows(over, "lead_conversion", won, channel=pl.col("channel"), month=pl.col("lead_date").dt.strftime("%Y-%m")),
            _rows(known, "lead_answered", pl.col("answer") == "in_time"),
            _rows(lost, "lead_lost", pl.lit(1), channel=pl.col("lost_reason")),
        ]
    )


def of_complaint(frame: pl.DataFrame, *, as_of: date, settings: ReachSettings) -> pl.DataFrame:
    """Kernel: complaints (``dealer_id, event_date, response``) of the last year to one row each: open or not."""
    recent = frame.filter(pl.col("event_date") > pl.lit(as_of).dt.offset_by("-12mo"))
    return _rows(recent, "complaints_open", ~closed(settings))


def of_customer(frame: pl.DataFrame, *, as_of: date, settings: LeadSettings) -> pl.DataFrame:
    """Kernel: surveys, complaints, visits and sales of whole customers, sorted by them, to one row per measure that they count in."""
    levels, who = settings.satisfaction, "customer"
    frame = frame.select(
        pl.col("customer_id").rle_id().alias(who), pl.all().exclude("customer_id")
    )  # numbers: no text is sorted or grouped by
    surveys = frame.filter(pl.col("source") == "survey").unique().sort(who, "event_date", "dealer_id", "satisfaction")
    month, points = pl.col("event_date").dt.strftime("%Y-%m"), pl.col("satisfaction")
    nps = (points >= levels.promoter).cast(pl.Int64) - (points <= levels.detractor).cast(pl.Int64)
    twice = (
        surveys.with_columns(before=points.shift(1).over(who))
        .group_by(who, maintain_order=True)
        .last()
        .filter(pl.col("before").is_not_null())
    )
    last_year = pl.col("event_date") > pl.lit(as_of).dt.offset_by("-12mo")
    serviced = frame.filter(pl.col("source") == "service", pl.col("event_date") > pl.lit(as_of).dt.offset_by("-24mo"))
    kept = serviced.with_columns(came=last_year.any().over(who)).filter(~last_year).unique([who, "dealer_id"]).sort(who, "dealer_id")
    bought = frame.filter(pl.col("source") == "sale", pl.col("vin").is_not_null()).sort(who, "event_date", "vin", "dealer_id")
    firsts = bought.unique([who, "vin"], keep="first", maintain_order=True)  # each car on the day on which it was first sold to the buyer
    day = pl.col("event_date")
    buyers = firsts.group_by(who, maintain_order=True).agg(pl.col("dealer_id").first(), again=day.last() > day.first())
    complaints = (
        frame.filter(pl.col("source") == "complaint").select(who, "dealer_id", "event_date").unique().sort(who, "event_date", "dealer_id")
    )
    since = (pl.col("event_date") - pl.col("event_date").shift(1).over(who)).dt.total_days()
    again = complaints.with_columns(again=(since <= settings.repeated_days).fill_null(value=False))
    complained = again.group_by(who, maintain_order=True).agg(pl.col("dealer_id").last(), pl.col("again").any())
    return pl.concat(
        [
            _rows(surveys, "csat", points >= levels.content, month=month),
            _rows(surveys, "nps", nps, month=month),
            _rows(twice, "satisfaction_fell", pl.col("before") - points >= levels.fall),
            _rows(kept, "service_retention", pl.col("came")),
            _rows(buyers, "repurchase", pl.col("again")),
            _rows(complained, "complaints_repeated", pl.col("again")),
        ]
    )
