"""A logistic regression over traits with few values each, fitted by Newton's method with a ridge: plain weights that can be read.

Every trait is text; a value that fewer than twenty of those learned from have, and one that was not seen, count as ``other``; null is a value
of its own. The ridge holds the weights of rare values near nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

Reals = npt.NDArray[np.float64]
_FEWEST = 20
_ROUNDS = 30
_NONE, _OTHER = "none", "other"


@dataclass(frozen=True)
class Model:
    """``weights`` by trait and value (log odds), and the ``base``."""

    base: float
    weights: dict[str, dict[str, float]]

    def parts(self, traits: pl.DataFrame) -> pl.DataFrame:
        """The weight that each trait of each row has, in columns named as the traits."""
        return traits.select(_weighed(name, known) for name, known in self.weights.items())

    def probability(self, traits: pl.DataFrame) -> pl.Series:
        """How likely each row is to buy."""
        total = self.base + self.parts(traits).sum_horizontal()
        return (1 / (1 + (-total).exp())).alias("probability")


def fit(traits: pl.DataFrame, bought: pl.Series, *, most_values: int, ridge: float) -> Model:
    """Learns from rows of ``traits`` (text columns) and whether each ``bought`` (Boolean, same order, no null)."""
    values = {name: _values(traits[name], most_values) for name in traits.columns}
    columns = [
        (pl.col(name).fill_null(_NONE) == value) if value != _OTHER else ~pl.col(name).fill_null(_NONE).is_in(known)
        for name, known in values.items()
        for value in (*known, _OTHER)
    ]
    named = [(name, value) for name, known in values.items() for value in (*known, _OTHER)]
    ones = traits.select(column.cast(pl.Float64()).alias(str(place)) for place, column in enumerate(columns)).to_numpy()
    design = np.column_stack([np.ones(len(ones)), ones])
    beta = _newton(design, bought.cast(pl.Float64()).to_numpy(), ridge)
    weights: dict[str, dict[str, float]] = {name: {} for name in traits.columns}
    for (name, value), weight in zip(named, beta[1:], strict=True):
        weights[name][value] = float(weight)
    return Model(float(beta[0]), weights)


def _newton(design: Reals, target: Reals, ridge: float) -> Reals:
    penalty = np.full(design.shape[1], ridge)
    penalty[0] = 1e-9
    share = np.clip(target.mean(), 1e-6, 1 - 1e-6)
    beta = np.zeros(design.shape[1])
    beta[0] = np.log(share / (1 - share))
    for _ in range(_ROUNDS):
        likely = 1 / (1 + np.exp(-design @ beta))
        slope = design.T @ (target - likely) - penalty * beta
        curve = (design * (likely * (1 - likely))[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        beta = beta + step
        if np.abs(step).max() < 1e-8:
            break
    return np.asarray(beta, dtype=np.float64)


def _values(trait: pl.Series, most: int) -> list[str]:
    counted = trait.fill_null(_NONE).value_counts().filter(pl.col("count") >= _FEWEST)
    return [str(value) for value in counted.sort("count", trait.name, descending=[True, False])[trait.name].head(most)]


def _weighed(name: str, known: dict[str, float]) -> pl.Expr:
    return (
        pl.col(name)
        .fill_null(_NONE)
        .replace_strict(list(known), list(known.values()), default=known.get(_OTHER, 0.0), return_dtype=pl.Float64())
    )


def first_decile_lift(score: Sequence[float] | pl.Series, bought: pl.Series) -> float | None:
    """Share of buyers in the best tenth over their share in all; None without buyers. Equal scores count by their mean.

    >>> first_decile_lift([0.9] + [0.1] * 9, pl.Series([True] + [False] * 9))
    10.0
    """
    frame = pl.DataFrame({"score": score, "bought": bought.cast(pl.Float64())})
    base: float = frame.select(pl.col("bought").mean()).item()
    size = frame.height / 10
    if not base:
        return None
    tied = frame.group_by("score").agg(pl.len(), pl.col("bought").mean()).sort("score", descending=True)
    before = pl.col("len").cum_sum() - pl.col("len")
    taken = (pl.min_horizontal("len", size - before)).clip(0)
    hits: float = tied.select((taken * pl.col("bought")).sum()).item()
    return float(hits / size / base)
