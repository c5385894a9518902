"""The model of churn: gradient boosting trained on earlier cuts, calibrated and measured on the latest whose outcome is known.

The outcome windows of the training cuts end before the validation cut begins. Of the customers of the validation cut one half (every second by
customer, in their order) calibrates (isotonic), the other measures: nothing is measured on what it was fitted to.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from enrichment.churn.features import FEATURES, GROUPS, auc, refuse_too_good

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

Reals = npt.NDArray[np.float64]
_BINS = 10
_MOST_REASONS = 3
_LEAST_EFFECT = 0.1
SEED = 7
SURE = (0.001, 0.999)


class _Trees(Protocol):
    def predict_proba(self, X: Reals, /) -> Reals: ...  # noqa: N803 - scikit-learn's name


class _Calibration(Protocol):
    def predict(self, T: Reals, /) -> Reals: ...  # noqa: N803


@dataclass(frozen=True)
class ChurnModel:
    """A trained classifier, its calibration, what is usual among those who stay, and the measures on customers it has not seen."""

    trees: _Trees
    calibration: _Calibration
    usual: dict[str, float | None]
    measures: dict[str, float]

    def risk(self, rows: pl.DataFrame) -> Reals:
        """Calibrated probability of being lost, for columns ``FEATURES``."""
        return self.calibrated(self.score(rows))

    def score(self, rows: pl.DataFrame) -> Reals:
        """Uncalibrated probability: the same order, without the steps of the calibration."""
        return _raw(self.trees, rows)

    def calibrated(self, score: Reals) -> Reals:
        """The risk that belongs to each ``score``: nobody is lost, or stays, for certain, whatever the few say whose step it is."""
        return np.clip(np.asarray(self.calibration.predict(score), dtype=np.float64), *SURE)

    def reasons(self, rows: pl.DataFrame, score: Reals) -> pl.Series:
        """For each row a list: the groups of features that raise the risk most, strongest first: by how much the log-odds fall with usual values instead.

        Args:
            rows: columns ``FEATURES``.
            score: what ``score`` says of them.
        """
        here = _log_odds(score)
        effect = {}
        for group, names in GROUPS.items():
            usual = {name: pl.lit(self.usual[name], pl.Float64()) for name in names}
            # whose values are the usual ones already, has nothing to fall; of some groups that is nearly everybody
            unusual = rows.select(pl.any_horizontal(pl.col(name).ne_missing(value) for name, value in usual.items())).to_series()
            effect[group] = np.zeros(rows.height)
            if unusual.any():
                changed = rows.filter(unusual).with_columns(**usual)
                effect[group][unusual.to_numpy()] = here[unusual.to_numpy()] - _log_odds(_raw(self.trees, changed))
        groups = pl.Series(list(effect), dtype=pl.String)
        effects = np.stack(list(effect.values()), axis=1)
        order = np.argsort(-effects, axis=1, kind="stable")[:, :_MOST_REASONS]
        strong = np.take_along_axis(effects, order, axis=1) > _LEAST_EFFECT
        # column by column and then laid side by side: a list a row built one by one costs as much as all the trees
        named = [
            pl.select(pl.when(pl.Series(strong[:, n])).then(groups.gather(order[:, n]))).to_series().rename(str(n))
            for n in range(_MOST_REASONS)
        ]
        return pl.DataFrame(named).select(pl.concat_list(pl.all()).list.drop_nulls()).to_series()


def train(earlier: pl.DataFrame, latest: pl.DataFrame) -> ChurnModel:
    """A model from labelled rows (columns ``FEATURES`` and ``lost``): ``earlier`` cuts train, the ``latest`` calibrates and measures.

    Raises:
        LeakError: a feature is too good to be true.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 - half a second
    from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415

    refuse_too_good(earlier.select(FEATURES), earlier["lost"])
    trees = HistGradientBoostingClassifier(
        learning_rate=0.15,
        max_iter=48,
        max_leaf_nodes=15,
        min_samples_leaf=60,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=SEED,
    )
    # one thread: it is a second's work, and threads that wait for each other beside other work cost ten times that
    # nor can it cut what is unknown of everybody (no surveys, no readings): a column that is the same for all is never asked
    unknown = [name for name in FEATURES if earlier[name].null_count() == earlier.height]
    with _one_thread():
        trees.fit(_matrix(earlier.with_columns(pl.lit(0.0).alias(name) for name in unknown)), earlier["lost"].to_numpy())
    every_second = np.arange(latest.height) % 2 == 0
    calibrating, measuring = latest.filter(every_second), latest.filter(~every_second)
    calibration = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    calibration.fit(_raw(trees, calibrating), calibrating["lost"].to_numpy().astype(np.float64))
    stayed = earlier.filter(~pl.col("lost"))
    usual = {name: _median(stayed[name]) for name in FEATURES}
    model = ChurnModel(trees, calibration, usual, {})
    told = measured(measuring["lost"], model.risk(measuring), order=_raw(trees, measuring))
    return ChurnModel(trees, calibration, usual, {**told, "trained_on": float(earlier.height), "calibrated_on": float(calibrating.height)})


def measured(lost: pl.Series, risk: Reals, *, order: Reals | None = None) -> dict[str, float]:
    """auc, ece (expected calibration error, ten bins of equal size), lift of the top decile, base rate, number of customers.

    ``order`` breaks ties of a calibration in steps; default ``risk``.
    """
    score = pl.Series(risk if order is None else order)
    count = lost.len()
    frame = pl.DataFrame({"lost": lost.cast(pl.Float64), "risk": risk, "order": score}).sort("order", descending=True, maintain_order=True)
    flags = lost.cast(pl.Float64).to_numpy()
    base = float(flags.mean()) if count else 0.0
    best = frame["lost"].to_numpy()[: max(count // 10, 1)]
    top = float(best.mean()) if count else 0.0
    bins = (
        frame.with_row_index("place")
        .group_by(pl.col("place") * _BINS // max(count, 1), maintain_order=True)
        .agg(pl.col("lost", "risk").mean(), pl.len())
    )
    error = float((bins["len"] * (bins["lost"] - bins["risk"]).abs()).sum()) / max(count, 1)
    return {
        "auc": auc(lost, score),
        "ece": error,
        "lift_top_decile": top / base if base else 0.0,
        "base_rate": base,
        "measured_on": float(count),
    }


def _matrix(rows: pl.DataFrame) -> Reals:
    """A customer's values side by side: trees go from one to the other, for one customer at a time."""
    return rows.select(pl.col(name).fill_null(float("nan")) for name in FEATURES).to_numpy(order="c")


def _raw(trees: _Trees, rows: pl.DataFrame) -> Reals:
    with _one_thread():  # several batches run at once
        return np.asarray(trees.predict_proba(_matrix(rows))[:, 1], dtype=np.float64)


def _one_thread() -> AbstractContextManager[object]:
    alone: AbstractContextManager[object] = _openmp().limit(limits=1, user_api="openmp")
    return alone


@cache
def _openmp() -> ThreadpoolController:
    """The libraries that scikit-learn works with, looked for once: it costs as much as to score a batch."""
    from threadpoolctl import ThreadpoolController  # noqa: PLC0415

    return ThreadpoolController()


def _log_odds(chance: Reals) -> Reals:
    kept = np.clip(chance, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(kept / (1 - kept)), dtype=np.float64)


def _median(column: pl.Series) -> float | None:
    middle = column.median()
    return float(middle) if isinstance(middle, int | float) else None
