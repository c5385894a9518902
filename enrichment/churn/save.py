"""Whom to save first: value times risk, with the offer that fits the strongest reason.

On the list are active customers at medium or high level who may be contacted, no tests of a system. With a model they stand by what is at stake (risk times lifetime
value; unknown values last); by rules alone there is no risk in numbers, so they stand by level and then by value.
"""

from __future__ import annotations

from datetime import date
from functools import partial

import polars as pl

from engine.contract import Engine, Table
from engine.tables import schema
from enrichment.churn.settings import ChurnSettings


def save_list(
    engine: Engine, *, customers: Table, customer_profile: Table, customer_churn: Table, as_of: date, settings: ChurnSettings, version: str
) -> Table:
    """SAVE_LIST: one row a customer, ``rank`` from 1 within the dealer."""
    asked = engine.from_frame(pl.DataFrame({"as_of": [as_of], "version": [version]}))
    listed = engine.sql(_LISTED, customers=customers, profile=customer_profile, churn=customer_churn, asked=asked)
    offered = engine.map_batches(listed, partial(_offer, settings=settings), {**schema("save_list"), "level": pl.Int64()})
    return engine.materialize(engine.sql(_RANKED, offered=offered))


_LISTED = """
select h.customer_id, c.home_dealer_id as dealer_id, h.churn_risk, h.churn_level, h.churn_reasons, p.lifetime_value, p.value_grade, a.as_of, a.version
from churn h
join profile p on h.customer_id = p.customer_id
join customers c on h.customer_id = c.customer_id
cross join asked a
where h.churn_level in ('medium', 'high') and p.contact_allowed and (c.party is null or c.party <> 'test')
"""

_RANKED = """
select customer_id, dealer_id, row_number() over (
        partition by dealer_id order by at_stake desc nulls last, level desc, lifetime_value desc nulls last, customer_id
    ) as rank, at_stake, churn_risk, churn_level, lifetime_value, value_grade, churn_reasons, offer, as_of, version
from offered
"""


def _offer(frame: pl.DataFrame, *, settings: ChurnSettings) -> pl.DataFrame:
    reason = pl.col("churn_reasons").list.first()
    offer = reason.replace_strict(list(settings.offers), list(settings.offers.values()), default=settings.offer, return_dtype=pl.String())
    return frame.with_columns(
        rank=pl.lit(0, pl.Int64()),
        at_stake=(pl.col("churn_risk") * pl.col("lifetime_value")).round(2),
        offer=offer,
        level=pl.when(pl.col("churn_level") == "high").then(2).otherwise(1).cast(pl.Int64),
    ).select(*schema("save_list"), "level")
