"""The daily list of calls per dealer: open complaints, leads that wait, visits of the last days, tasks of the care calendar.

Each customer stands on it once, with what is most urgent, and at most ``most_a_day`` per dealer. Who must not be contacted is not on it; an
open complaint bars offers, not the call about it. Only who has a number is called, and no test of a system.
"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from engine.contract import Engine, Table
from enrichment.leads.settings import LeadSettings


def call_list(
    engine: Engine,
    *,
    customers: Table,
    leads: Table,
    care_tasks: Table,
    timeline: Table,
    complaints: Table,
    reach: Table,
    as_of: date,
    version: str,
    settings: LeadSettings,
) -> Table:
    """Table ``call_list``: whom each dealer calls on ``as_of``.

    Args:
        engine: runs the steps.
        customers: table ``customers``.
        leads: table ``leads``.
        care_tasks: table ``care_tasks``.
        timeline: table ``timeline``.
        complaints: ``customer_id, dealer_id, event_date`` of those that are open.
        reach: table ``customer_reach``.
        as_of: date of the computation.
        version: of the definitions.
        settings: see ``LeadSettings``.
    """
    first, last = (as_of - timedelta(days=days) for days in reversed(settings.calls.after_visit_days))
    asked: dict[str, object] = {
        "as_of": as_of, "version": version, "visited_from": first, "visited_until": last, "most": settings.calls.most_a_day,
    }  # fmt: skip
    ranks = pl.DataFrame(list(settings.calls.priorities.items()), schema={"reason": pl.String(), "priority": pl.Int64()}, orient="row")
    return engine.sql(
        _CALLS, customers=customers, leads=leads, care_tasks=care_tasks, timeline=timeline, complaints=complaints, reach=reach,
        ranks=engine.from_frame(ranks), asked=engine.from_frame(pl.DataFrame([asked])),
    )  # fmt: skip


_CALLS = """
select dealer_id, customer_id, as_of as call_date, cast(place as bigint) as place, reason, since, vin, phone, version
from (
    select u.*, row_number() over (partition by dealer_id order by priority, since, customer_id) as place
    from (
        select w.dealer_id, w.customer_id, w.reason, w.since, w.vin, k.priority, r.phone, asked.as_of, asked.version, asked.most,
            row_number() over (partition by w.customer_id order by k.priority, w.since, w.dealer_id, w.vin nulls last) as of_customer
        from (
            select dealer_id, customer_id, 'complaint' as reason, event_date as since, cast(null as string) as vin from complaints
            union all
            select dealer_id, customer_id, case answer when 'waiting' then 'lead_waiting' else 'lead_overdue' end as reason,
                lead_date as since, cast(null as string) as vin
            from leads
            where answer in ('waiting', 'overdue') and stage = 'new'
            union all
            select t.dealer_id, t.customer_id, 'after_visit' as reason, t.event_date as since, t.vin
            from timeline t
            cross join asked
            where t.source = 'service' and t.role in ('owner', 'customer', 'sender', 'driver')
                and t.event_date >= asked.visited_from and t.event_date <= asked.visited_until
            union all
            select c.dealer_id, c.customer_id, c.task as reason, c.do_date as since, c.vin
            from care_tasks c
            cross join asked
            where c.status = 'planned' and c.do_date <= asked.as_of and c.do_date > asked.visited_from
        ) w
        join ranks k on w.reason = k.reason
        join reach r on w.customer_id = r.customer_id
        join customers c on w.customer_id = c.customer_id
        cross join asked
        where r.phone is not null and w.dealer_id is not null and (c.party is null or c.party <> 'test')
            and (r.contact_allowed or (w.reason = 'complaint' and r.contact_reason = 'complaint'))
    ) u
    where of_customer = 1
) ranked
where place <= most
"""
