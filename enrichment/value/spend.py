"""What a customer spends a visit: Gamma-Gamma (Fader, Hardie 2013), fitted over counts of visits and means of money.

A customer's visits vary around a mean of its own (gamma with shape ``p``), and means differ between customers (inverse gamma with ``q``,
``v``). The forecast of a customer with few visits leans to what all spend, with many to its own mean. It assumes that who comes often does not
spend more or less a visit; ``dependence`` says how far that holds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import digamma, gammaln

from enrichment.value.lifetime import Ints, NotFittedError, Reals

STEP = 0.01
"""Means are told apart by 1 %: ``level`` is the mean's logarithm in such steps, rounded down, and stands for the middle of its step."""

_LONGEST = 15.0


@dataclass(frozen=True)
class Spend:
    """A fitted model; ``v`` in yuan. ``dependence``: correlation of the number of visits with the logarithm of the mean, 0 at best."""

    p: float
    q: float
    v: float
    dependence: float

    def mean(self, visits: Ints, yuan: Reals) -> Reals:
        """Expected yuan of a coming visit.

        Args:
            visits: number of visits with money.
            yuan: their mean.
        """
        weight = self.p * visits
        return np.asarray(self.p * (self.v + visits * yuan) / (weight + self.q - 1), dtype=np.float64)


def level(yuan: Reals) -> Ints:
    """Step of a mean that is above 0."""
    return np.asarray(np.floor(np.log(yuan) / STEP), dtype=np.int64)


def fit(visits: Ints, levels: Ints, customers: Ints) -> Spend:
    """The most likely model with a finite mean (q above 1).

    Args:
        visits: number of visits with money.
        levels: ``level`` of their mean.
        customers: how many customers have both.

    Raises:
        NotFittedError: nobody has two visits with money, or the search ended without an answer.
    """
    if not (visits > 1).any():
        message = "no customer has two visits with money: nothing tells how much they vary"
        raise NotFittedError(message)
    n_of, n_at = np.unique(visits, return_inverse=True)
    log_mean: Reals = (levels.astype(np.float64) + 0.5) * STEP
    middle = float(np.average(log_mean, weights=customers))
    log_mean = np.asarray(log_mean - middle, dtype=np.float64)
    mean = np.exp(log_mean)  # in the unit of what is spent, so that the search starts near
    weight: Reals = np.asarray(customers / customers.sum(), dtype=np.float64)
    of_n = np.bincount(n_at, weights=weight, minlength=n_of.size)
    total = visits * mean

    def cost(point: Reals) -> tuple[float, Reals]:
        p, q_over, v = np.exp(point)
        q = q_over + 1
        shape = p * n_of + q
        logs = np.log(v + total)
        per_n = gammaln(shape) - gammaln(p * n_of) - gammaln(q) + q * np.log(v) + p * n_of * np.log(n_of)
        value = (of_n * per_n).sum() + (weight * ((p * visits - 1) * log_mean - shape[n_at] * logs)).sum()
        slope = digamma(shape)
        by_p = (of_n * n_of * (slope - digamma(p * n_of) + np.log(n_of))).sum() + (weight * visits * (log_mean - logs)).sum()
        by_q = (of_n * (slope - digamma(q) + np.log(v))).sum() - (weight * logs).sum()
        by_v = q / v - (weight * shape[n_at] / (v + total)).sum()
        return float(-value), -np.array([p * by_p, q_over * by_q, v * by_v])

    begin = np.log([2.0, 2.0, 2.0])
    found = minimize(cost, begin, jac=True, method="L-BFGS-B", bounds=[(-_LONGEST, _LONGEST)] * 3, options={"maxiter": 500, "ftol": 1e-12})
    if not np.isfinite(found.fun):
        message = f"the search ended without an answer: {found.message}"
        raise NotFittedError(message)
    p, q_over, v = np.exp(found.x)
    return Spend(float(p), float(q_over + 1), float(v * np.exp(middle)), _correlation(visits, log_mean, weight))


def _correlation(left: Ints, right: Reals, weight: Reals) -> float:
    x, y = left - (weight * left).sum(), right - (weight * right).sum()
    spread = (weight * x * x).sum() * (weight * y * y).sum()
    return float((weight * x * y).sum() / np.sqrt(spread)) if spread > 0 else 0.0
