"""What a customer is worth: recency, frequency, money (RFM).

A score is 1 (worst) to 5: the fifth of all customers with a purchase in which the share of *worse* customers ends, so
equal values get equal scores, whatever the order of input; or by the settings' own limits. Who never bought has no score, and the
reason says so.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from itertools import product

import polars as pl

from engine.contract import Engine, Table
from enrichment.value.settings import GRADES, ValueSettings

SCHEMA = {
    "customer": pl.Int64(),
    "recency_days": pl.Int64(),
    "frequency": pl.Int64(),
    "monetary": pl.Float64(),
    "rfm_recency": pl.Int64(),
    "rfm_frequency": pl.Int64(),
    "rfm_monetary": pl.Int64(),
    "value_segment": pl.String(),
}
_MEASURED = {"customer": pl.Int64(), "recency": pl.Int64(), "frequency": pl.Int64(), "cents": pl.Int64()}


def rfm(engine: Engine, *, measured: Table, as_of: date, settings: ValueSettings) -> Table:
    """Recency, frequency, money, scores and segment of each customer with a purchase.

    Args:
        engine: runs the steps.
        measured: columns ``enrichment.value.measures.measured_schema``.
        as_of: date of the computation.
        settings: what counts, and how it is graded.

    Returns:
        Columns ``SCHEMA``.
    """
    bought = engine.sql("select customer, last_date, frequency, cents from measured where last_date is not null", measured=measured)
    scores = engine.map_batches(bought, partial(_measure, as_of=as_of), _MEASURED)
    ranks = engine.materialize(engine.sql(_RANKS, measured=scores))
    ranked = engine.sql(_RANKED, measured=scores, ranks=ranks)
    return engine.map_batches(ranked, partial(_grade, settings=settings), SCHEMA)


# for each distinct value: how many customers are worse, and how many there are
_RANKS = """
select measure, score, sum(customers) over (partition by measure order by score rows between unbounded preceding and current row) - customers as worse,
    sum(customers) over (partition by measure) as customers
from (
    select measure, score, count(*) as customers
    from (
        select 'recency' as measure, recency as score from measured
        union all
        select 'frequency' as measure, frequency as score from measured
        union all
        select 'cents' as measure, cents as score from measured
    ) three
    group by measure, score
) counted
"""

_RANKED = """
select v.customer, v.recency, v.frequency, v.cents, cast(r.worse as bigint) as worse_recency, cast(f.worse as bigint) as worse_frequency,
    cast(c.worse as bigint) as worse_cents, cast(r.customers as bigint) as customers
from measured v
join ranks r on r.measure = 'recency' and r.score = v.recency
join ranks f on f.measure = 'frequency' and f.score = v.frequency
join ranks c on c.measure = 'cents' and c.score = v.cents
"""


def _measure(frame: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    """Recency becomes minus the days, so that more is better for all three."""
    days = (pl.lit(as_of) - pl.col("last_date")).dt.total_days()
    return frame.select("customer", recency=-days, frequency="frequency", cents="cents")


def _grade(frame: pl.DataFrame, *, settings: ValueSettings) -> pl.DataFrame:
    limits = settings.limits
    scored = frame.select(
        "customer",
        recency_days=-pl.col("recency"),
        frequency="frequency",
        monetary=(pl.col("cents") / 100).round(2),  # Polars multiplies by 0.01, which is not exact
        rfm_recency=_fifth("worse_recency")
        if limits.recency_days is None
        else 6 - _above(-pl.col("recency"), limits.recency_days, strictly=True),
        rfm_frequency=_fifth("worse_frequency")
        if limits.frequency is None
        else _above(pl.col("frequency"), limits.frequency, strictly=False),
        rfm_monetary=_fifth("worse_cents")
        if limits.monetary is None
        else _above((pl.col("cents") / 100).round(2), limits.monetary, strictly=False),
    )
    scores = [(r, f, m, settings.segment(r, f, m)) for r, f, m in product(GRADES, repeat=3)]
    keys = ["rfm_recency", "rfm_frequency", "rfm_monetary"]
    names = pl.DataFrame(scores, schema={**dict.fromkeys(keys, pl.Int64()), "value_segment": pl.String()}, orient="row")
    return scored.join(names, on=keys, how="left", maintain_order="left").select(*SCHEMA)


def _fifth(worse: str) -> pl.Expr:
    return 1 + 5 * pl.col(worse) // pl.col("customers")


def _above(measure: pl.Expr, limits: tuple[float, ...], *, strictly: bool) -> pl.Expr:
    """1 plus the number of limits that ``measure`` reaches (or, strictly, exceeds)."""
    passed = [measure > limit if strictly else measure >= limit for limit in limits]
    return pl.sum_horizontal(pl.lit(1, pl.Int64()), *(step.cast(pl.Int64) for step in passed))
