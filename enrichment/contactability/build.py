"""The table ``customer_reach``."""

from __future__ import annotations

from datetime import date

import polars as pl

from engine.contract import Engine, Table
from enrichment.contactability.allowed import refusals
from enrichment.contactability.answers import answered, days_of_visits
from enrichment.contactability.settings import ReachSettings
from enrichment.contactability.ways import CHANNELS, ways


def reach(  # noqa: PLR0913  # eight tables, and a table stays a keyword
    engine: Engine,
    *,
    members: Table,
    customers: Table,
    values: Table,
    records: Table,
    clean_records: Table,
    timeline: Table,
    conversations: Table,
    profile: Table,
    as_of: date,
    version: str,
    settings: ReachSettings,
) -> Table:
    """Table ``customer_reach``: one row per customer.

    The best channel is the one that the customer has answered most, if it is sure enough; else the surest by weight; null where the
    contact is not allowed or no way is sure enough.
    """
    quiet = settings.quiet
    asked: dict[str, object] = {
        "as_of": as_of, "version": version, "least": settings.least, "work_from": quiet.workdays[0], "work_until": quiet.workdays[1],
        "free_from": quiet.weekends[0], "free_until": quiet.weekends[1],
        **{f"weight_{channel}": float(getattr(settings.weight, channel)) for channel in CHANNELS},
    }  # fmt: skip
    return engine.sql(
        _REACH,
        customers=customers,
        w=ways(engine, values=values, profile=profile, as_of=as_of, settings=settings),
        r=refusals(
            engine,
            members=members,
            customers=customers,
            records=records,
            clean_records=clean_records,
            conversations=conversations,
            profile=profile,
            as_of=as_of,
            settings=settings,
        ),
        a=answered(engine, records=records, conversations=conversations, as_of=as_of, settings=settings),
        d=days_of_visits(engine, timeline=timeline, as_of=as_of, settings=settings),
        asked=engine.from_frame(pl.DataFrame([asked])),
    )


_REACH = """
select customer_id, phone, phone_confidence, phone_proof, sms, sms_confidence, sms_proof, email, email_confidence, email_proof, post,
    post_confidence, post_proof, contact_reason is null as contact_allowed, contact_reason, blocked_until,
    best_channel,
    case
        when contact_reason is not null then 'not_allowed'
        when best_channel is null then 'no_sure_way'
        when best_channel = answered then 'answered'
        else 'surest'
    end as best_channel_reason,
    case best_channel
        when 'phone' then phone_confidence when 'sms' then sms_confidence when 'email' then email_confidence when 'post' then post_confidence
    end as best_confidence,
    best_days, case when best_days is null then 'too_few_visits' end as best_days_reason,
    case when best_days = 'weekends' then free_from else work_from end as call_from,
    case when best_days = 'weekends' then free_until else work_until end as call_until, 'no_time_of_day' as call_reason, as_of, version
from (
    select t.*,
        case
            when contact_reason is not null then null
            when answered = 'phone' and phone_confidence >= least then 'phone'
            when answered = 'sms' and sms_confidence >= least then 'sms'
            when answered = 'email' and email_confidence >= least then 'email'
            when answered = 'post' and post_confidence >= least then 'post'
            when best_score = 0.0 then null
            when sms_score = best_score then 'sms'
            when phone_score = best_score then 'phone'
            when email_score = best_score then 'email'
            else 'post'
        end as best_channel
    from (
        select s.*, greatest(sms_score, phone_score, email_score, post_score) as best_score
        from (
            select c.customer_id, w.phone, w.phone_confidence, w.phone_proof, w.sms, w.sms_confidence, w.sms_proof, w.email,
                w.email_confidence, w.email_proof, w.post, w.post_confidence, w.post_proof, r.contact_reason, r.blocked_until,
                a.channel as answered, d.best_days, asked.*,
                case when w.sms_confidence >= asked.least then w.sms_confidence * asked.weight_sms else 0.0 end as sms_score,
                case when w.phone_confidence >= asked.least then w.phone_confidence * asked.weight_phone else 0.0 end as phone_score,
                case when w.email_confidence >= asked.least then w.email_confidence * asked.weight_email else 0.0 end as email_score,
                case when w.post_confidence >= asked.least then w.post_confidence * asked.weight_post else 0.0 end as post_score
            from customers c
            left join w on c.customer_id = w.customer_id
            left join r on c.customer_id = r.customer_id
            left join a on c.customer_id = a.customer_id
            left join d on c.customer_id = d.customer_id
            cross join asked
        ) s
    ) t
) told
"""
