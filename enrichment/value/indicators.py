"""The value model of many indicators: each measured, put on a scale from 0 to 1, weighed and added to a score from 0 to 100 with a grade.

Scales are absolute (a range, a logarithmic range, limits): a customer's grade does not move because others came or went. An indicator whose
exports nobody sends is idle: its weight goes to the others, and ``value_idle`` names it. One that is unknown of a single customer (a
satisfaction, a lifetime value) is left out of that customer's score; money and visits that did not happen are 0.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

import numpy as np
import polars as pl

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


def graded(frame: pl.DataFrame, *, models: Sequence[ValueModel], sent: Collection[str], as_of: date) -> pl.DataFrame:
    """Kernel: adds the columns of ``SCHEMA`` to customers, each by the model that is for it.

    Args:
        frame: ``customer_id``, ``owner``, ``satisfaction``, ``lifetime_value``, and the indicators' columns (``enrichment.value.measures``).
        models: indicators, weights, scales, grades.
        sent: kinds of exports that there are.
        as_of: date of the computation.
    """
    parts = []
    for model in models:
        theirs = frame.filter(pl.col("owner") == (model.of == "owners"))
        named = {f"i{place}": f"{model.name}_{place}" for place, each in enumerate(model.indicators) if each.sources}
        unsent = tuple(each.name for each in model.indicators if each.sources and not set(each.sources) & set(sent))
        scored = score(theirs.with_columns(**named), model=model, idle=unsent, as_of=as_of)
        parts.append(theirs.hstack(scored.drop("customer_id").get_columns()))
    return pl.concat(parts)


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
