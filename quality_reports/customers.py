"""Measures of the golden customers: filled fields, records behind each, and who can be reached, before and after.

Before means: with what some record of the customer said, exactly as it was written (per dealer: a record of that dealer).
After means: with the golden record. Both count the same customers, so the difference is customers won. A dealer's
customers are those it has a record of.
"""

from __future__ import annotations

import polars as pl

from engine.contract import Engine, Table
from quality_reports.fields import CHANNELS, CUSTOMER_FIELDS
from quality_reports.kernels import CELL, SCORE_SCALE

BUCKETS: tuple[tuple[str, int, int], ...] = (
    ("1", 1, 1),
    ("2", 2, 2),
    ("3", 3, 3),
    ("4", 4, 4),
    ("5", 5, 5),
    ("6-10", 6, 10),
    ("11+", 11, 1 << 40),
)
"""Records per customer: name of the bucket, from, to."""

PROFILE_FIELDS: tuple[str, ...] = ("household_id", "value_segment", "next_service")
OF_PROFILES: tuple[str, ...] = (*(f"{field} is not null" for field in PROFILE_FIELDS), "contact_allowed", "monetary", "reach_post")
"""All that is measured of a customer profile, in SQL; what else is in it may change from day to day though nothing happened."""


def customer_cells(engine: Engine, *, written: Table, customers: Table, customer_profile: Table) -> pl.DataFrame:
    """Counts over customers, overall and per dealer, as rows of ``CELL`` (source is always '')."""
    known = engine.materialize(_known(engine, written, customers, customer_profile))
    counts = _counts()
    sums = ", ".join(
        f'cast(coalesce(sum({expression}), 0) as bigint) as "{place}"' for place, (_, _, _, _, expression) in enumerate(counts)
    )
    counted = engine.collect(
        engine.sql(
            f"""
            select '' as dealer_id, {sums} from (
                select *, records as held, mobile_any as mobile_before, post_any as post_before, email_any as email_before
                from known where place = 1
            ) k
            union all
            select dealer_id, {sums} from (
                select *, dealer_records as held, mobile as mobile_before, post as post_before, email as email_before
                from known where dealer_id is not null
            ) k group by dealer_id
            """,
            known=known,
        )
    )
    names = pl.DataFrame(
        [(str(place), table, field, dimension, name) for place, (table, field, dimension, name, _) in enumerate(counts)],
        schema=["place", "table", "field", "dimension", "measure"],
        orient="row",
    )
    return (
        counted.unpivot(index="dealer_id", variable_name="place", value_name="total")
        .join(names, on="place", how="inner")
        .with_columns(source=pl.lit(""))
        .select(list(CELL))
        .filter((pl.col("total") != 0) | (pl.col("measure") == "rows"))
    )


def _known(engine: Engine, written: Table, customers: Table, customer_profile: Table) -> Table:
    """One row per customer and dealer; ``place`` 1 once per customer."""
    filled = ", ".join(f"case when u.{field} is not null then 1 else 0 end as has_{field}" for field in CUSTOMER_FIELDS)
    profile = ", ".join(f"case when p.{field} is not null then 1 else 0 end as has_{field}" for field in PROFILE_FIELDS)
    return engine.sql(
        f"""
        select u.customer_id, h.dealer_id, coalesce(h.place, 1) as place, u.records, u.dealers, h.dealer_records, u.score, {filled}, {profile},
               case when p.customer_id is not null then 1 else 0 end as in_profile,
               case when coalesce(p.contact_allowed, true) then 1 else 0 end as allowed,
               cast(round(coalesce(p.monetary, 0)) as bigint) as value,
               case when u.mobile is not null then 1 else 0 end as mobile_after,
               case when coalesce(p.reach_post, false) then 1 else 0 end as post_after,
               case when u.email is not null then 1 else 0 end as email_after,
               coalesce(h.mobile_any, 0) as mobile_any, coalesce(h.post_any, 0) as post_any, coalesce(h.email_any, 0) as email_any,
               h.mobile, h.post, h.email
        from customers u
        left join (
            select *, row_number() over (partition by customer_id order by dealer_id nulls last) as place,
                   max(mobile) over (partition by customer_id) as mobile_any,
                   max(post) over (partition by customer_id) as post_any,
                   max(email) over (partition by customer_id) as email_any
            from (
                select dealer_id, customer_id, count(*) as dealer_records, max(mobile) as mobile, max(post) as post, max(email) as email
                from written group by dealer_id, customer_id
            ) w
        ) h on h.customer_id = u.customer_id
        left join customer_profile p on p.customer_id = u.customer_id
        """,
        written=written,
        customers=customers,
        customer_profile=customer_profile,
    )


def _counts() -> list[tuple[str, str, str, str, str]]:
    """Table, field, dimension, measure, and the SQL of what is added up."""
    counts = [
        ("customers", "", "", "rows", "1"),
        ("customers", "", "", "score_sum", f"cast(round(score * {SCORE_SCALE}) as bigint)"),
        ("customers", "", "", "score_count", "case when score is not null then 1 else 0 end"),
        ("customers", "", "uniqueness", "records", "held"),
        ("customers", "", "uniqueness", "merged", "held - 1"),
        ("customers", "", "uniqueness", "counted_twice", "case when held > 1 then 1 else 0 end"),
        ("customers", "", "uniqueness", "several_dealers", "case when dealers > 1 then 1 else 0 end"),
        ("customer_profile", "", "", "rows", "in_profile"),
        ("customer_profile", "", "business", "opted_out", "1 - allowed"),
        ("customer_profile", "", "business", "value", "value"),
        ("customer_profile", "", "business", "value_at_risk_before", f"value * {_unreachable('before')}"),
        ("customer_profile", "", "business", "value_at_risk", f"value * {_unreachable('after')}"),
        ("customers", "", "business", "unreachable_before", _unreachable("before")),
        ("customers", "", "business", "unreachable", _unreachable("after")),
    ]
    counts += [
        ("customers", "", "uniqueness", f"records_per_customer:{name}", f"case when held between {low} and {high} then 1 else 0 end")
        for name, low, high in BUCKETS
    ]
    counts += [("customers", field, "completeness", "filled", f"has_{field}") for field in CUSTOMER_FIELDS]
    counts += [("customer_profile", field, "completeness", "filled", f"has_{field}") for field in PROFILE_FIELDS]
    for channel in CHANNELS:
        column, condition = ("mobile", " * allowed") if channel == "sms" else (channel, "")
        counts.append(("customers", "", "business", f"reach_{channel}_before", f"{column}_before{condition}"))
        counts.append(("customers", "", "business", f"reach_{channel}", f"{column}_after{condition}"))
    return counts


def _unreachable(when: str) -> str:
    """1 where neither mobile nor post nor e-mail reaches the customer."""
    return f"(case when mobile_{when} = 0 and post_{when} = 0 and email_{when} = 0 then 1 else 0 end)"
