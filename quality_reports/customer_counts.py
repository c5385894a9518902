"""What the customers report counts: a small query a table, grouped by dealer, so that no row tells of one customer.

Money is added in cents. A customer counts for the home dealer (``dealer_id`` null where there is none).
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import polars as pl

from engine.contract import Engine, Table
from engine.tables import TABLES

Counts = dict[str, pl.DataFrame]
"""Frames by the names of ``QUERIES``."""

CAMPAIGNS = 1_000
"""So many campaigns at most, the latest."""

_YUAN = "cast(coalesce(sum(cast(round({0} * 100) as bigint)), 0) as bigint) as {0}_cents"
_MONEY = ", ".join(_YUAN.format(name) for name in ("monetary", "lifetime_value"))
_MOST = 2_000_000
_AT_ONCE = 4
_DUE = {"next_service": True, "insurance_due": True, "inspection_due": True, "warranty_end": False, "replacement_from": False}
"""Dates of a car, and whether what has passed is still to be done."""


def _bucket(due: str, *, late: bool) -> str:
    """The month of a date among those shown: YYYYMM, 0 for the past, else null."""
    past = f"when k.{due} < date '{{as_of}}' then {0 if late else 'null'}"
    month = f"cast(extract(year from k.{due}) * 100 + extract(month from k.{due}) as bigint)"
    return f"case {past} when k.{due} < date '{{until}}' then {month} end as {due}"


QUERIES: dict[str, str] = {
    "reach": """
        select dealer_id, ways, contact_allowed, contact_reason, best_channel, count(*) as n
        from (
            select c.home_dealer_id as dealer_id, r.contact_allowed, r.contact_reason, r.best_channel, case when r.phone is null then 0 else 1 end
                + case when r.sms is null then 0 else 2 end + case when r.email is null then 0 else 4 end + case when r.post is null then 0 else 8 end as ways
            from customers c join customer_reach r on r.customer_id = c.customer_id
        ) t group by dealer_id, ways, contact_allowed, contact_reason, best_channel
    """,
    "file": """
        select 'household' as file, count(household_id) as n from customer_profile
        union all select 'transfers', count(*) from car_transfers
        union all select 'companies', count(*) from fleets
        union all select 'company_cars', cast(coalesce(sum(cars), 0) as bigint) from fleets
        union all select 'company_people', count(*) from company_people
        union all select 'referrals', count(*) from referrals
    """,
    "value": f"""
        select c.home_dealer_id as dealer_id, v.value_model, v.value_grade, v.value_segment, count(*) as n,
            count(v.lifetime_value) as valued, {_MONEY}
        from customers c join customer_value v on v.customer_id = c.customer_id
        group by c.home_dealer_id, v.value_model, v.value_grade, v.value_segment
    """,
    "groups": "select dimension, name, customers, monetary, lifetime_value, acquisition_cost from value_groups",
    "value_models": "select measure, value from value_models where measure like 'idle:%'",
    "churn": """
        select c.home_dealer_id as dealer_id, h.churn_status, h.churn_level, count(*) as n
        from customers c join customer_churn h on h.customer_id = c.customer_id
        group by c.home_dealer_id, h.churn_status, h.churn_level
    """,
    "churn_model": "select measure, value from churn_model",
    "save": f"""
        select dealer_id, offer, churn_level, count(*) as n, count(at_stake) as valued, {_YUAN.format("at_stake")}
        from save_list group by dealer_id, offer, churn_level
    """,
    "tasks": """
        select dealer_id, task, month, status, held_reason, count(*) as n
        from (
            select dealer_id, task, status, held_reason, cast(extract(year from do_date) * 100 + extract(month from do_date) as bigint) as month
            from care_tasks where do_date >= date '{as_of}'
        ) t group by dealer_id, task, month, status, held_reason
    """,
    "cars": f"""
        select dealer_id, next_service_reason, {", ".join(_DUE)}, count(*) as n, cast(grouping(next_service_reason) as bigint) as dated
        from (
            select c.home_dealer_id as dealer_id, k.next_service_reason, {", ".join(_bucket(due, late=late) for due, late in _DUE.items())}
            from customers c join cars k on k.customer_id = c.customer_id
        ) t group by grouping sets ((dealer_id, next_service_reason), {", ".join(f"(dealer_id, {due})" for due in _DUE)})
    """,
    "leads": "select dealer_id, stage, answer, lost_reason, count(*) as n from leads group by dealer_id, stage, answer, lost_reason",
    "calls": "select dealer_id, reason, count(*) as n from call_list group by dealer_id, reason",
    "loop": """
        select measure, dealer_id, channel, month, cast(sum(numerator) as bigint) as numerator, cast(sum(denominator) as bigint) as denominator
        from (
            select measure, dealer_id, channel, case when measure in ('csat', 'nps') then month else '' end as month, numerator, denominator
            from loop_measures where measure <> 'lead_lost'
        ) t group by measure, dealer_id, channel, month
    """,
    "campaigns": f"""
        select campaign, origin, from_date, listed, held_out, reached, responded, uplift, uplift_low, uplift_high, uplift_reason, cost, test_drives,
            sales, cost_per_response, cost_per_sale
        from campaign_results order by from_date desc nulls last, campaign nulls last, origin limit {CAMPAIGNS}
    """,
    "prospects": """
        select dealer_id, hand_over_to, hand_over_reason, grade, contact_allowed, owner_before, count(*) as n
        from prospects group by dealer_id, hand_over_to, hand_over_reason, grade, contact_allowed, owner_before
    """,
    "prospect_model": "select method, method_reason, learned_from, buyers, base_rate, lift from prospect_model",
    "segments": "select segment, other, customers, reason from segment_sizes",
}

TABLES_OF: dict[str, tuple[str, ...]] = {
    "reach": ("customers", "customer_reach"), "file": ("customer_profile", "car_transfers", "fleets", "company_people", "referrals"),
    "value": ("customers", "customer_value"), "groups": ("value_groups",), "value_models": ("value_models",),
    "churn": ("customers", "customer_churn"), "churn_model": ("churn_model",), "save": ("save_list",), "tasks": ("care_tasks",),
    "cars": ("customers", "cars"), "leads": ("leads",), "calls": ("call_list",), "loop": ("loop_measures",),
    "campaigns": ("campaign_results",), "prospects": ("prospects",), "prospect_model": ("prospect_model",), "segments": ("segment_sizes",),
}  # fmt: skip
"""The tables that each query reads."""

NEEDED: tuple[str, ...] = tuple(sorted({table for tables in TABLES_OF.values() for table in tables}))
"""All tables that the report is counted from."""


def count_customers(engine: Engine, tables: Mapping[str, Table], *, as_of: date) -> Counts:
    """The counts of the customers report.

    Args:
        engine: the engine of the tables.
        tables: those of ``NEEDED``; one that is missing counts as empty.
        as_of: the day from which months to come are counted; twelve of them are told.

    Returns:
        One frame a query, of at most some thousand rows a dealer.
    """
    said = {"as_of": as_of.isoformat(), "until": date(as_of.year + 1, as_of.month, 1).isoformat()}
    known = {name: tables[name] if name in tables else engine.from_frame(pl.DataFrame(schema=TABLES[name].schema)) for name in NEEDED}

    def counted(name: str) -> pl.DataFrame:
        query = engine.sql(_told(QUERIES[name], said), **{table: known[table] for table in TABLES_OF[name]})
        return engine.collect(query, max_rows=_MOST)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip(QUERIES, pool.map(counted, QUERIES), strict=True))


def month_text(month: pl.Expr) -> pl.Expr:
    """Months (yyyymm) as reports show them; 0 is what fell due before the as-of date.

    >>> pl.select(month_text(pl.lit(pl.Series([202602, 0])))).to_series().to_list()
    ['2026-02', 'past']
    """
    year, number = (month // 100).cast(pl.String), (month % 100).cast(pl.String).str.zfill(2)
    return pl.when(month == 0).then(pl.lit("past")).otherwise(pl.concat_str(year, pl.lit("-"), number))


def _told(query: str, said: Mapping[str, str]) -> str:
    for name, text in said.items():
        query = query.replace(f"{{{name}}}", text)
    return query
