"""How sure each phone, e-mail and address of a customer is, and which channel is the best.

    confidence = 2 ** -(years since somebody last gave it / half-life of its kind)
                 x (one record: ``one_record``) x (never given without doubt: ``not_valid``) / (customers who have it)

An undated value has ``undated`` in place of the power. These are rules of experience, no probabilities: nothing is measured that
could calibrate them. An address counts where the post finds it.
"""

from __future__ import annotations

from datetime import date
from functools import partial

import polars as pl

from engine.contract import Engine, Table
from enrichment.contactability.settings import ReachSettings

CHANNELS = ("phone", "sms", "email", "post")
_SURE = {
    "customer_id": pl.String(), "field": pl.String(), "value": pl.String(), "primary": pl.Boolean(), "proof": pl.Date(),
    "confidence": pl.Float64(), "mobile": pl.Boolean(),
}  # fmt: skip


def ways(engine: Engine, *, values: Table, profile: Table, as_of: date, settings: ReachSettings) -> Table:
    """``customer_id``, and for each channel (phone, sms, email, post) the best value, ``<channel>_confidence`` and ``<channel>_proof``.

    Args:
        engine: runs the steps.
        values: table ``customer_values``.
        profile: table ``customer_profile``: whom the post finds.
        as_of: date of the computation.
        settings: see ``ReachSettings``.
    """
    shared = engine.sql(_SHARED, values=values, profile=profile)
    sure = engine.map_batches(shared, partial(confidence, as_of=as_of, settings=settings), _SURE)
    return engine.materialize(engine.sql(_BEST, sure=sure))


_SHARED = """
select v.customer_id, v.field, v.value, v."primary", v.valid, v.last_seen, v.records, coalesce(s.customers, 1) as customers
from values v
left join (
    select field, value, count(*) as customers from values where field in ('phone', 'email') group by field, value having count(*) > 1
) s on v.field = s.field and v.value = s.value
left join profile p on v.customer_id = p.customer_id and v.field = 'address'
where v.field in ('phone', 'email') or (v.field = 'address' and v."primary" and p.reach_post)
"""


def confidence(frame: pl.DataFrame, *, as_of: date, settings: ReachSettings) -> pl.DataFrame:
    """Kernel: see the module; ``proof`` is the date on which somebody last gave the value, none later than ``as_of``."""
    mobile = ((pl.col("field") == "phone") & pl.col("value").str.contains("^\\+861[3-9]")).fill_null(value=False)
    half = settings.half_life
    years = (
        pl.when(mobile).then(half.mobile)
        .when(pl.col("field") == "phone").then(half.landline)
        .when(pl.col("field") == "email").then(half.email)
        .otherwise(half.address)
    )  # fmt: skip
    seen = pl.when(pl.col("last_seen") > as_of).then(pl.lit(as_of)).otherwise("last_seen")
    age = (pl.lit(as_of) - seen).dt.total_days() / 365.25
    fresh = pl.when(seen.is_null()).then(settings.undated).otherwise((-age / years * 0.6931471805599453).exp())
    once = pl.when(pl.col("records") == 1).then(settings.one_record).otherwise(1.0)
    valid = pl.when(pl.col("valid").fill_null(value=False)).then(1.0).otherwise(settings.not_valid)
    return frame.with_columns(proof=seen, mobile=mobile, confidence=(fresh * once * valid / pl.col("customers")).round(3)).select(*_SURE)


_BEST = """
select customer_id,
    max(case when field = 'phone' and place = 1 then value end) as phone,
    max(case when field = 'phone' and place = 1 then confidence end) as phone_confidence,
    max(case when field = 'phone' and place = 1 then proof end) as phone_proof,
    max(case when mobile and place_of_mobile = 1 then value end) as sms,
    max(case when mobile and place_of_mobile = 1 then confidence end) as sms_confidence,
    max(case when mobile and place_of_mobile = 1 then proof end) as sms_proof,
    max(case when field = 'email' and place = 1 then value end) as email,
    max(case when field = 'email' and place = 1 then confidence end) as email_confidence,
    max(case when field = 'email' and place = 1 then proof end) as email_proof,
    max(case when field = 'address' and place = 1 then value end) as post,
    max(case when field = 'address' and place = 1 then confidence end) as post_confidence,
    max(case when field = 'address' and place = 1 then proof end) as post_proof
from (
    select s.*,
        row_number() over (partition by customer_id, field order by confidence desc, "primary" desc, value) as place,
        row_number() over (partition by customer_id, mobile order by confidence desc, "primary" desc, value) as place_of_mobile
    from sure s
) ranked
group by customer_id
"""
