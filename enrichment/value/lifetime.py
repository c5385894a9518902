"""Whether a customer still comes, and how often: BG/NBD with calendar effects, fitted over counts of equal histories.

BG/NBD (Fader, Hardie, Lee 2005): while active a customer buys at a rate of its own (gamma with ``r``, ``alpha``), and after each purchase
leaves for good with a chance of its own (beta with ``a``, ``b``). Its likelihood needs three numbers a customer: ``x`` repeat purchases, when the
last was, how long it has been watched. Plain BG/NBD takes a slack season, or the wearing off of a launch, for customers that left, and then
forecasts too little. Here time runs at a speed of its own in each stretch of the calendar: a rate is ``lambda * g(t)``, and as leaving does
not depend on time, the same likelihood holds with ``G(t) = integral of g`` in place of time, plus ``log g`` for each purchase. What comes is forecast at the mean
speed of the last year (of the whole history where that is shorter), so seasons cancel out. Whether the calendar is worth its parameters
is decided by BIC on the histories alone.

Equal histories are counted once. Days are first put together into longer units where there are too many different ones. The gradient is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import betaln, digamma, gammaln, hyp2f1

Reals = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

YEAR_DAYS = 364
_BOUNDS = ((-7.0, 5.0), (-12.0, 12.0), (-7.0, 3.0), (-7.0, 5.5))
"""Of the logarithms of r, alpha, a, b. Beyond a = 20, b = 245 all customers leave at one chance, and the forecast's series loses digits."""
_FASTEST = 4.0
_SHORT_STRETCH = 28
_LONG_STRETCH = 91
_MOST_SHORT = 26


class NotFittedError(Exception):
    """The histories do not determine the model; the message says why."""


@dataclass(frozen=True)
class Histories:
    """Distinct purchase histories and how many customers have each; days count from the first purchase of all.

    ``x``: repeat purchases; ``first``, ``last``: day of the first and the latest purchase; ``customers``: number with this history; ``until``:
    the day up to which all were watched; ``day``, ``repeats``: how many repeat purchases were made on each day.
    """

    x: Ints
    first: Ints
    last: Ints
    customers: Ints
    until: int
    day: Ints
    repeats: Ints


@dataclass(frozen=True)
class Calendar:
    """Speed of time: ``speed[i]`` between day ``edges[i]`` and ``edges[i + 1]``; 1 on average over the last year."""

    edges: Reals
    speed: Reals

    def clock(self, day: Ints | Reals) -> Reals:
        """Days of mean speed that have passed on a day."""
        passed = np.concatenate([[0.0], np.cumsum(self.speed * np.diff(self.edges))])
        return np.asarray(np.interp(day, self.edges, passed), dtype=np.float64)


@dataclass(frozen=True)
class Lifetime:
    """A fitted model: parameters (``alpha`` in days), calendar, and the log-likelihood that it reached."""

    r: float
    alpha: float
    a: float
    b: float
    calendar: Calendar
    log_likelihood: float

    def alive(self, x: Ints, first: Ints, last: Ints, until: int) -> Reals:
        """Probability that a customer with this history still comes."""
        parts = _parts((self.r, self.alpha, self.a, self.b), x, *self._times(first, last, until))
        return np.asarray(np.exp(parts.active - parts.total), dtype=np.float64)

    def purchases(self, x: Ints, first: Ints, last: Ints, until: int, *, days: float) -> Reals:
        """Expected number of purchases in the coming ``days``."""
        watched, _ = self._times(first, last, until)
        a, b = self.a if abs(self.a - 1) > 1e-6 else self.a + 1e-6, self.b  # the expression has a removable pole at a = 1
        share = days / (self.alpha + watched + days)
        # Euler's transformation of the published form: small parameters whatever x, so the series is short and stable
        stays = np.exp((a - 1) * np.log1p(-share)) * hyp2f1(a + b - 1 - self.r, a - 1, a + b + x - 1, share)
        return np.asarray(self.alive(x, first, last, until) * np.maximum((a + b + x - 1) / (a - 1) * (1 - stays), 0), dtype=np.float64)

    def _times(self, first: Ints, last: Ints, until: int) -> tuple[Reals, Reals]:
        begin = self.calendar.clock(first)
        return self.calendar.clock(np.array([until]))[0] - begin, self.calendar.clock(last) - begin


@dataclass(frozen=True)
class _Parts:
    """Log-likelihood of each history: still active, left after the last purchase, either."""

    active: Reals
    left: Reals
    total: Reals


def stretches(until: int, *, days: int | None = None) -> Reals:
    """Edges of the stretches of the calendar, whole ones counted back from ``until``; what is left over belongs to the first.

    Four weeks each, or a quarter where that would make more than two years of them.

    >>> stretches(100).tolist()
    [0.0, 44.0, 72.0, 100.0]
    """
    length = days or (_SHORT_STRETCH if until <= _SHORT_STRETCH * _MOST_SHORT else _LONG_STRETCH)
    count = max(until // length, 1)
    return np.concatenate([[0.0], until - length * np.arange(count - 1, -1, -1.0)])


def fit(histories: Histories) -> Lifetime:
    """The model with or without a calendar, whichever has the lower BIC.

    Raises:
        NotFittedError: as ``fit_with``.
    """
    edges = stretches(histories.until)
    plain = fit_with(histories, edges=edges[[0, -1]])
    if edges.size == 2:
        return plain
    rich = fit_with(histories, edges=edges)
    price = (edges.size - 2) * np.log(histories.customers.sum()) / 2
    return rich if rich.log_likelihood - price > plain.log_likelihood else plain


def fit_with(histories: Histories, *, edges: Reals, steps: int = 400) -> Lifetime:
    """The most likely model.

    Args:
        histories: of all customers, however few or many have each.
        edges: of the stretches with a speed of their own, from 0 to ``until``. Two edges: plain BG/NBD.
        steps: of the search at most.

    Raises:
        NotFittedError: nobody came twice, or the search ended without an answer.
    """
    if histories.until <= 0 or not (histories.x > 0).any():
        message = "no customer has a second purchase: nothing tells how often customers come"
        raise NotFittedError(message)
    problem = _Problem(histories, edges)
    rate = max(histories.until / 8.0, 1.0)
    begin = np.concatenate([np.log([0.25, rate, 0.7, 2.2]), np.zeros(edges.size - 2)])
    found = minimize(
        problem.cost, begin, jac=True, method="L-BFGS-B", bounds=[*_BOUNDS, *[(-_FASTEST, _FASTEST)] * (edges.size - 2)],
        options={"maxiter": steps, "maxfun": 2 * steps, "ftol": 1e-11},
    )  # fmt: skip
    if not np.isfinite(found.fun):
        message = f"the search ended without an answer: {found.message}"
        raise NotFittedError(message)
    r, alpha, a, b = np.exp(found.x[:4])
    speed = np.exp(np.concatenate([[0.0], found.x[4:]]))
    mean = _mean_of_last_year(edges, speed)
    calendar = Calendar(edges, speed / mean)
    return Lifetime(float(r), float(alpha / mean), float(a), float(b), calendar, float(-found.fun * histories.customers.sum()))


class _Problem:
    """Cost (minus the mean log-likelihood) and its gradient in the logarithms of the parameters and of the speeds but the first."""

    def __init__(self, histories: Histories, edges: Reals) -> None:
        self.x_of, self.x_at = np.unique(histories.x, return_inverse=True)
        self.weight = histories.customers / histories.customers.sum()
        days, at = np.unique(np.concatenate([histories.first, histories.last, [histories.until]]), return_inverse=True)
        size = histories.x.size
        self.first_at, self.last_at, self.until_at = at[:size], at[size : 2 * size], at[2 * size]
        lengths = np.diff(edges)
        self.passed = np.clip(days[:, None] - edges[:-1], 0, lengths)  # days x stretches: how much of each has passed
        stretch = np.clip(np.searchsorted(edges, histories.day, side="left") - 1, 0, lengths.size - 1)
        self.bought = np.bincount(stretch, weights=histories.repeats, minlength=lengths.size) / histories.customers.sum()

    def cost(self, point: Reals) -> tuple[float, Reals]:
        r, alpha, a, b = np.exp(point[:4])
        log_speed = np.concatenate([[0.0], point[4:]])
        speed = np.exp(log_speed)
        clock = self.passed @ speed
        begin = clock[self.first_at]
        watched, seen = clock[self.until_at] - begin, clock[self.last_at] - begin
        x, x_at, weight = self.x_of, self.x_at, self.weight
        parts = _parts((r, alpha, a, b), x, watched, seen, at=x_at)
        active = np.exp(parts.active - parts.total)
        left = 1 - active
        count = (r + x)[x_at]
        by_watched, by_seen = -count * active / (alpha + watched), -count * left / (alpha + seen)
        weigh = np.bincount(x_at, weights=weight * active, minlength=x.size), np.bincount(x_at, weights=weight * left, minlength=x.size)
        both = weigh[0] + weigh[1]
        whole, before = digamma(a + b + x), np.maximum(b + x - 1, 1e-300)
        by_r = (both * (digamma(r + x) - digamma(r) + np.log(alpha))).sum() - (
            weight * (active * np.log(alpha + watched) + left * np.log(alpha + seen))
        ).sum()
        by_alpha = r / alpha + (weight * (by_watched + by_seen)).sum()
        by_a = (both * (digamma(a + b) - whole)).sum() + weigh[1].sum() / a
        by_b = (both * (digamma(a + b) - digamma(b) - whole)).sum() + (weigh[0] * digamma(b + x)).sum()
        by_b += (weigh[1][x > 0] * digamma(before[x > 0])).sum()
        at_day = np.bincount(self.last_at, weights=weight * by_seen, minlength=clock.size)
        at_day -= np.bincount(self.first_at, weights=weight * (by_seen + by_watched), minlength=clock.size)
        at_day[self.until_at] += (weight * by_watched).sum()
        by_speed = speed * (at_day @ self.passed) + self.bought
        gradient = np.concatenate([[r * by_r, alpha * by_alpha, a * by_a, b * by_b], by_speed[1:]])
        return float(-(weight * parts.total).sum() - (self.bought * log_speed).sum()), -gradient


def _parts(parameters: tuple[float, float, float, float], x: Ints, watched: Reals, seen: Reals, *, at: Ints | None = None) -> _Parts:
    """Log-likelihoods; ``x`` may be the distinct counts and ``at`` which of them each history has: functions of x alone are the slow ones."""
    r, alpha, a, b = parameters
    base = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - betaln(a, b)
    stay = base + betaln(a, b + x)
    with np.errstate(invalid="ignore"):
        leave = np.where(x > 0, base + betaln(a + 1, np.maximum(b + x - 1, 1e-300)), -np.inf)
    count = r + x
    if at is not None:
        stay, leave, count = stay[at], leave[at], count[at]
    active = stay - count * np.log(alpha + watched)
    left = leave - count * np.log(alpha + seen)
    return _Parts(active, left, np.logaddexp(active, left))


def _mean_of_last_year(edges: Reals, speed: Reals) -> float:
    inside = np.clip(edges[1:] - np.maximum(edges[:-1], edges[-1] - YEAR_DAYS), 0, None)
    return float((speed * inside).sum() / inside.sum())
