"""Leads: one row per customer and dealer who asked, with the stage that was reached and whether the dealer answered in time.

Rows of one customer at one dealer that follow each other within ``one_lead_days`` are one lead; a mere contact of somebody's lead asked for
nothing. What happened afterwards is read from
all sources: a call, a test drive or a sale at that dealer is an answer; a test drive or a sale anywhere counts within ``sale_days``, a sale as a
conversion. From the next lead of the customer at that dealer on, all is that lead's. Where only the lead's own status says that somebody dealt with
it, it was answered, on a day that nobody wrote down.

``answer``: in_time | late | undated (answered, no date) | waiting (within ``answer_days``) | overdue | escalate (after ``escalate_days``).
``stage``, the furthest: won > lost > visited > contacted > new.
"""

from __future__ import annotations

from datetime import date
from functools import partial

import polars as pl

from engine.contract import Engine, Table
from engine.query import literal
from enrichment.leads.settings import LeadSettings

_CODED = {
    "customer_id": pl.String(), "dealer_id": pl.String(), "source": pl.String(), "row_id": pl.String(), "event_date": pl.Date(),
    "channel": pl.String(), "status": pl.String(), "lost_reason": pl.String(),
}  # fmt: skip
_SPELLS = {
    "customer_id": pl.String(), "dealer_id": pl.String(), "lead_id": pl.String(), "source": pl.String(), "channel": pl.String(),
    "lead_date": pl.Date(), "last_date": pl.Date(), "until": pl.Date(), "rows": pl.Int64(), "status": pl.String(), "lost_reason": pl.String(),
}  # fmt: skip
_ANSWERED = {"answer": pl.String(), "answer_due": pl.Date(), "answer_days": pl.Int64(), "stage": pl.String()}


def leads(engine: Engine, *, timeline: Table, reach: Table, as_of: date, settings: LeadSettings) -> Table:
    """Table ``leads``.

    Args:
        engine: runs the steps.
        timeline: table ``timeline``: dated, nothing later than ``as_of``.
        reach: table ``customer_reach``.
        as_of: date of the computation.
        settings: see ``LeadSettings``.
    """
    sources = ", ".join(literal(name) for name in settings.sources) or "null"  # with no sources there are no leads
    rows = engine.sql(_ROWS.format(sources=sources), timeline=timeline)
    spells = engine.map_groups(rows, "customer_id", partial(_spells, settings=settings), _SPELLS, together=True)
    asked = engine.from_frame(pl.DataFrame({"days": [settings.sale_days]}))
    after = engine.sql(_AFTER, spells=spells, timeline=timeline, reach=reach, asked=asked)
    schema = {**after.schema, **_ANSWERED}
    judged = engine.map_batches(after, partial(judge, as_of=as_of, settings=settings), schema)
    return engine.materialize(engine.sql(_LEADS, judged=judged))


# no join: in the timeline the rows of a customer stand together, and what is only filtered keeps that
_ROWS = """
select t.customer_id, t.dealer_id, t.source, t.row_id, t.event_date, t.campaign as channel, t.response
from timeline t
where t.source in ({sources}) and t.role in ('customer', 'buyer', 'owner', 'driver')
"""

# day and dealer of the first sale are one text, so that both are of one sale;
# what happened afterwards is grouped by what names a lead, and the lead's own columns come back with a join: grouping by all of them costs twice as much
_AFTER = """
select s.customer_id, s.dealer_id, s.lead_id, s.source, s.channel, s.lead_date, s.last_date, s.rows, s.status, s.lost_reason, t.acted, t.drove,
    cast(substr(t.sale, 1, 10) as date) as sold, nullif(substr(t.sale, 11), '') as sold_by, case when r.phone is not null or r.email is not null then 1 else 0 end as verified, coalesce(o.owner, 0) as owner
from spells s
left join (
    select a.customer_id, a.lead_id, min(case when b.dealer_id = a.dealer_id then b.event_date end) as acted,
        min(case when b.source = 'test_drive' and b.event_date <= a.sale_until then b.event_date end) as drove,
        min(
            case when b.source = 'sale' and b.event_date <= a.sale_until then concat(cast(b.event_date as string), coalesce(b.dealer_id, '')) end
        ) as sale
    from (
        select customer_id, dealer_id, lead_id, lead_date, coalesce(until, date '9999-12-31') as until,
            lead_date + cast(asked.days as int) as sale_until
        from spells
        cross join asked
    ) a
    join (
        select customer_id, dealer_id, source, event_date from timeline
        where source in ('call_center', 'test_drive', 'sale') and role in ('owner', 'buyer', 'customer', 'driver')
    ) b on a.customer_id = b.customer_id and b.event_date >= a.lead_date and b.event_date < a.until
    group by a.customer_id, a.lead_id
) t on s.customer_id = t.customer_id and s.lead_id = t.lead_id
left join reach r on s.customer_id = r.customer_id
left join (
    select w.customer_id, min(w.event_date) as since, 1 as owner
    from timeline w
    join (select distinct customer_id from spells) k on w.customer_id = k.customer_id
    where w.source in ('sale', 'service', 'insurance') and w.role in ('owner', 'buyer')
    group by w.customer_id
) o on s.customer_id = o.customer_id and o.since < s.lead_date
"""

_LEADS = """
select lead_id, customer_id, dealer_id, source, channel, lead_date, rows, verified = 1 as verified, owner = 1 as owner_before, stage,
    case when stage = 'lost' then lost_reason end as lost_reason, answer, answer_due, answer_days, drove as drive_date, sold as sale_date,
    sold_by as sale_dealer_id
from judged
"""


def coded_status(frame: pl.DataFrame, *, settings: LeadSettings) -> pl.DataFrame:
    """Kernel: ``response`` as written to ``status`` (won | lost | visited | contacted; null: nobody dealt with it) and ``lost_reason``.

    ``lost_reason`` is not_given where a lost lead says no more than that. Each text is looked at once, however many rows say it.
    """
    texts = frame.select(pl.col("response").unique())
    return frame.join(_coded(texts, settings), on="response", how="left", nulls_equal=True, maintain_order="left").select(*_CODED)


def _coded(texts: pl.DataFrame, settings: LeadSettings) -> pl.DataFrame:
    """``response, status, lost_reason``, see ``coded_status``."""
    text = pl.col("response").str.strip_chars().str.to_lowercase()

    def says(words: tuple[str, ...]) -> pl.Expr:
        return text.str.contains_any(list(words)).fill_null(value=False)

    nothing = text.is_null() | (text == "") | text.is_in(list(settings.unanswered))
    lost = says(settings.lost)
    why = pl.lit(None, pl.String())
    for reason, words in settings.lost_reasons.items():
        why = pl.when(why.is_null() & says(words)).then(pl.lit(reason)).otherwise(why)
    status = (
        pl.when(nothing).then(None)
        .when(lost).then(pl.lit("lost"))
        .when(says(settings.won)).then(pl.lit("won"))
        .when(says(settings.visited)).then(pl.lit("visited"))
        .otherwise(pl.lit("contacted"))
    )  # fmt: skip
    return texts.with_columns(status=status, lost_reason=pl.when(lost & ~nothing).then(why.fill_null("not_given")))


def _spells(frame: pl.DataFrame, *, settings: LeadSettings) -> pl.DataFrame:
    """Kernel: rows of the timeline (``_ROWS``), whole customers at a time, to leads (``_SPELLS``)."""
    return one_lead(coded_status(frame, settings=settings), settings=settings)


def one_lead(frame: pl.DataFrame, *, settings: LeadSettings) -> pl.DataFrame:
    """Kernel: rows of leads (``_CODED``) to leads (``_SPELLS``), whole customers at a time.

    A lead is named by its first row, has the first channel that is written, and the status of its last row that has one; ``until`` is the day
    of the customer's next lead at the dealer.
    """
    rows = frame.sort("customer_id", "dealer_id", "event_date", "row_id")
    same = pl.struct("customer_id", "dealer_id").rle_id()
    late = (pl.col("event_date") - pl.col("event_date").shift(1)).dt.total_days() > settings.one_lead_days
    rows = rows.with_columns(begins=(same != same.shift(1)).fill_null(value=True) | late.fill_null(value=False))
    # rows of a lead stand together: where the first and the last that say something are, is numbers alone, which costs least by group
    place = pl.int_range(pl.len())
    spells = (
        rows.select(
            pl.col("begins").cum_sum().set_sorted().alias("spell"), "event_date", place=place,
            **{name: pl.when(pl.col(name).is_not_null()).then(place) for name in ("channel", "status", "lost_reason")},
        )
        .group_by("spell", maintain_order=True)
        .agg(
            pl.col("place").first(), pl.col("channel").min(), pl.col("status", "lost_reason").max(), rows=pl.len().cast(pl.Int64),
            lead_date=pl.col("event_date").min(), last_date=pl.col("event_date").max(),
        )
    )  # fmt: skip
    first = rows[spells["place"]].select("customer_id", "dealer_id", "source", lead_id="row_id")
    said = [rows[name].gather(spells[name]) for name in ("channel", "status", "lost_reason")]
    made = spells.select("rows", "lead_date", "last_date").hstack(first.get_columns()).hstack(said)
    goes_on = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift(-1)) for name in ("customer_id", "dealer_id"))
    return made.with_columns(until=pl.when(goes_on).then(pl.col("lead_date").shift(-1))).select(*_SPELLS)


def judge(frame: pl.DataFrame, *, as_of: date, settings: LeadSettings) -> pl.DataFrame:
    """Kernel: adds ``answer, answer_due, answer_days, stage`` (see the module) to leads with what happened after them."""
    days = (pl.col("acted") - pl.col("lead_date")).dt.total_days().cast(pl.Int64)
    waited = (pl.lit(as_of) - pl.col("lead_date")).dt.total_days()
    answer = (
        pl.when(days <= settings.answer_days).then(pl.lit("in_time"))
        .when(days.is_not_null()).then(pl.lit("late"))
        .when(pl.col("status").is_not_null()).then(pl.lit("undated"))
        .when(waited <= settings.answer_days).then(pl.lit("waiting"))
        .when(waited <= settings.escalate_days).then(pl.lit("overdue"))
        .otherwise(pl.lit("escalate"))
    )  # fmt: skip
    status = pl.col("status")
    stage = (
        pl.when(pl.col("sold").is_not_null() | (status == "won")).then(pl.lit("won"))
        .when(status == "lost").then(pl.lit("lost"))
        .when(pl.col("drove").is_not_null() | (status == "visited")).then(pl.lit("visited"))
        .when(status.is_not_null() | pl.col("acted").is_not_null()).then(pl.lit("contacted"))
        .otherwise(pl.lit("new"))
    )  # fmt: skip
    due = pl.col("lead_date") + pl.duration(days=settings.answer_days)
    return frame.with_columns(answer=answer, answer_due=due.cast(pl.Date), answer_days=days, stage=stage)
