"""The value model of many indicators: each measured, put on a scale from 0 to 1, weighed and added to a score from 0 to 100 with a grade.

Scales are absolute (a range, a logarithmic range, limits): a customer's grade does not move because others came or went. An indicator whose
exports nobody sends is idle: its weight goes to the others, and ``value_idle`` names it. One that is unknown of a single customer (a
satisfaction, a lifetime value) is left out of that customer's score; money and visits that did not happen are 0.
"""

from __future__ import annotations

from datetime import date
from functools import partial

import numpy as np
import polars as pl

from engine.contract import Engine, Table
from engine.tables import POINTS
from enrichment.value.settings import Indicator, ValueModel

SCHEMA = {
    "customer_id": pl.String(),
    "value_model": pl.String(),
    "value_score": pl.Float64(),
    "value_grade": pl.String(),
    "value_parts": POINTS,
    "value_idle": pl.List(pl.String()),
}
_AGGREGATES = {"money": "sum(case when w.number = {0} then p.cents end)", "visits": "sum(case when w.number = {0} then p.visits end)"}
_RECENCY = "max(case when w.number = {0} then p.last_date end)"


def graded(engine: Engine, *, model: ValueModel, who: Table, spent: Table, known: Table, as_of: date) -> Table:
    """Columns ``SCHEMA`` of the customers that a model is for.

    Args:
        engine: runs the steps.
        model: indicators, weights, scales, grades.
        who: ``customer_id`` of the customers that the model is for.
        spent: ``enrichment.value.visits.by_source`` with the windows of the indicators.
        known: ``customer_id, satisfaction, lifetime_value``; null where unknown.
        as_of: date of the computation.
    """
    seen = set(engine.collect(engine.sql("select distinct source from spent", spent=spent))["source"])
    counted = [(number, each) for number, each in enumerate(model.indicators) if each.sources]
    rows = [(number, source, each.months) for number, each in counted for source in each.sources]
    wanted = engine.from_frame(pl.DataFrame(rows, schema={"number": pl.Int64(), "source": pl.String(), "months": pl.Int64()}, orient="row"))
    columns = [
        f"cast({_AGGREGATES[each.measure].format(number)} as bigint) as i{number}"
        if each.measure in _AGGREGATES
        else f"{_RECENCY.format(number)} as i{number}"
        for number, each in counted
    ]
    listed = "".join(f", {column}" for column in columns)
    measured = engine.sql(
        f"""
        select p.customer_id{listed}
        from spent p
        join wanted w on p.source = w.source and (w.months is null or p.months <= w.months)
        group by p.customer_id
        """,
        spent=spent,
        wanted=wanted,
    )
    taken = "".join(f", m.i{number}" for number, _ in counted)
    joined = engine.sql(
        f"""
        select c.customer_id, k.satisfaction, k.lifetime_value{taken}
        from who c
        left join measured m on c.customer_id = m.customer_id
        left join known k on c.customer_id = k.customer_id
        """,
        who=who,
        measured=measured,
        known=known,
    )
    idle = tuple(each.name for each in model.indicators if each.sources and not seen & set(each.sources))
    return engine.map_batches(joined, partial(score, model=model, idle=idle, as_of=as_of), SCHEMA)


def score(frame: pl.DataFrame, *, model: ValueModel, idle: tuple[str, ...], as_of: date) -> pl.DataFrame:
    """Kernel: measures (``i0``, ``i1`` … by place in the model, or the column's own name) to columns ``SCHEMA``."""
    working = [(number, each) for number, each in enumerate(model.indicators) if each.name not in idle]
    raw = {each.name: _raw(each, number, as_of) for number, each in working}
    points = frame.select("customer_id", **raw).with_columns(
        **{f"points_{each.name}": each.scale.points(pl.col(each.name)) for _, each in working}
    )
    weights = {each.name: each.weight for _, each in working}
    total = pl.sum_horizontal(pl.lit(0.0), *(pl.col(f"points_{name}").fill_null(0) * weight for name, weight in weights.items()))
    weighed = pl.sum_horizontal(
        pl.lit(0.0),
        *(pl.when(pl.col(f"points_{name}").is_not_null()).then(float(weight)).otherwise(0.0) for name, weight in weights.items()),
    )
    scored = points.with_columns(value_score=pl.when(weighed > 0).then(100 * total / weighed).round(2))
    grade = pl.lit(None, pl.String())
    for each in sorted(model.grades, key=lambda each: each.least):
        grade = pl.when(pl.col("value_score") >= each.least).then(pl.lit(each.name)).otherwise(grade)
    return scored.select(
        "customer_id",
        "value_score",
        value_model=pl.lit(model.name),
        value_grade=grade,
        value_parts=_parts(points, weights),
        value_idle=pl.lit(list(idle), pl.List(pl.String())),
    ).select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())


def _parts(points: pl.DataFrame, weights: dict[str, float]) -> pl.Series:
    """Measures and points of each customer as a list: laid side by side as one column and cut into rows, many times faster than a list of structs."""
    if not weights or points.is_empty():
        return pl.Series([[]] * points.height, dtype=POINTS)
    columns = {
        "measure": points.select(pl.col(name).cast(pl.Float64).round(2) for name in weights),
        "points": points.select((100 * pl.col(f"points_{name}") * weight).round(2).alias(name) for name, weight in weights.items()),
    }
    count = points.height
    flat = {"indicator": pl.Series(list(weights) * count, dtype=pl.String)}
    order = np.arange(len(weights) * count).reshape(len(weights), count).T.ravel()
    flat |= {name: pl.concat(frame.get_columns()).gather(order) for name, frame in columns.items()}
    return pl.DataFrame(flat).to_struct().reshape((count, len(weights))).cast(POINTS)


def _raw(indicator: Indicator, number: int, as_of: date) -> pl.Expr:
    if indicator.measure == "money":
        return pl.col(f"i{number}").fill_null(0) / 100
    if indicator.measure == "visits":
        return pl.col(f"i{number}").fill_null(0).cast(pl.Float64)
    if indicator.measure == "recency":
        return (pl.lit(as_of) - pl.col(f"i{number}")).dt.total_days().cast(pl.Float64)
    return pl.col(indicator.measure).cast(pl.Float64)
