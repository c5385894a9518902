"""The fitted models of lifetime value held against slow obvious ones, and against histories whose truth is known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import approx_fprime
from scipy.special import beta as beta_function
from scipy.special import gamma as gamma_function
from scipy.stats import beta as beta_law

from enrichment.value import spend
from enrichment.value.lifetime import Calendar, Histories, Lifetime, NotFittedError, _Problem, fit, fit_with, stretches

UNTIL = 700
TRUTH = (0.6, 90.0, 0.9, 3.0)


def simulated(
    customers: int, *, seed: int, speed: tuple[float, float] = (1.0, 1.0), days: int = UNTIL
) -> tuple[np.ndarray, list[np.ndarray]]:
    """First day of each customer and the days of its repeat purchases, as BG/NBD says; the second half at another speed."""
    rng = np.random.default_rng(seed)
    r, alpha, a, b = TRUTH
    clock = Calendar(np.array([0.0, UNTIL / 2, days]), np.array(speed))
    first = rng.integers(0, UNTIL // 2, customers)
    repeats = []
    for day, rate, leave in zip(first, rng.gamma(r, 1 / alpha, customers), rng.beta(a, b, customers), strict=True):
        now, end, bought = clock.clock(np.array([day]))[0], clock.clock(np.array([days]))[0], []
        while True:
            now += rng.exponential(1 / rate) if rate > 0 else np.inf
            if now >= end:
                break
            bought.append(now)
            if rng.random() < leave:
                break
        repeats.append(np.interp(bought, clock.clock(clock.edges), clock.edges).astype(np.int64))
    return first, repeats


def counted(first: np.ndarray, repeats: list[np.ndarray], *, until: int = UNTIL) -> Histories:
    seen = [days[days < until] for days in repeats]
    x = np.array([days.size for days in seen])
    last = np.array([days[-1] if days.size else begin for begin, days in zip(first, seen, strict=True)])
    rows, customers = np.unique(np.c_[x, first, last], axis=0, return_counts=True)
    day, count = np.unique(np.concatenate(seen), return_counts=True)
    return Histories(rows[:, 0], rows[:, 1], rows[:, 2], customers, until, day, count)


@pytest.fixture(scope="module")
def plain() -> Histories:
    return counted(*simulated(4000, seed=1))


def likelihood(model: Lifetime, x: int, seen: float, watched: float) -> float:
    """As published, without logarithms."""
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    head = gamma_function(r + x) * alpha**r / gamma_function(r) / beta_function(a, b)
    left = beta_function(a + 1, b + x - 1) / (alpha + seen) ** (r + x) if x else 0.0
    return float(head * (beta_function(a, b + x) / (alpha + watched) ** (r + x) + left))


def test_the_likelihood_is_the_published_one(plain: Histories) -> None:
    model = fit_with(plain, edges=np.array([0.0, UNTIL]))
    rows = zip(plain.x, plain.last - plain.first, UNTIL - plain.first, plain.customers, strict=True)
    slow = sum(n * np.log(likelihood(model, int(x), float(seen), float(watched))) for x, seen, watched, n in rows)
    assert model.log_likelihood == pytest.approx(slow, rel=1e-9)
    nearby = [model.__class__(*(v * f for v, f in zip((model.r, model.alpha, model.a, model.b), factors, strict=True)), model.calendar, 0.0)
              for factors in ((1.05, 1, 1, 1), (1, 1.05, 1, 1), (1, 1, 1.05, 1), (1, 1, 1, 0.95))]  # fmt: skip
    problem = _Problem(plain, np.array([0.0, UNTIL]))
    best = problem.cost(np.log([model.r, model.alpha, model.a, model.b]))[0]
    assert all(problem.cost(np.log([m.r, m.alpha, m.a, m.b]))[0] > best for m in nearby)


@settings(max_examples=15)
@given(point=st.lists(st.floats(-1.5, 1.5), min_size=8, max_size=8))
def test_the_gradient_is_that_of_the_cost(plain: Histories, point: list[float]) -> None:
    edges = np.array([0.0, 150, 300, 420, 500, UNTIL])
    problem = _Problem(plain, edges)
    here = np.array(point) + np.concatenate([np.log(TRUTH), np.zeros(4)])
    slow = approx_fprime(here, lambda p: problem.cost(p)[0], 1e-6)
    np.testing.assert_allclose(problem.cost(here)[1], slow, atol=2e-4)


def test_the_truth_is_found_and_no_calendar_where_there_is_none() -> None:
    first, repeats = simulated(12_000, seed=2, days=2 * UNTIL)
    known = counted(first, repeats)
    model = fit(known)
    assert model.calendar.speed.tolist() == [1.0], "BIC must not pay for effects that are not there"
    np.testing.assert_allclose((model.r, model.alpha), TRUTH[:2], rtol=0.15)
    assert model.a / (model.a + model.b) == pytest.approx(TRUTH[2] / (TRUTH[2] + TRUTH[3]), rel=0.15)
    came = sum(int((days >= UNTIL).sum()) for days in repeats)
    expected = (known.customers * model.purchases(known.x, known.first, known.last, UNTIL, days=UNTIL)).sum()
    assert expected == pytest.approx(came, rel=0.08)


def test_a_slack_season_is_not_taken_for_leaving() -> None:
    slack = counted(*simulated(10_000, seed=3, speed=(1.0, 0.5)))
    edges = stretches(UNTIL)
    model = fit(slack)
    assert model.calendar.edges.tolist() == edges.tolist()
    halves = model.calendar.speed[edges[1:] <= UNTIL / 2].mean(), model.calendar.speed[edges[:-1] >= UNTIL / 2].mean()
    assert halves[1] / halves[0] == pytest.approx(0.5, rel=0.15)
    plain_one = fit_with(slack, edges=edges[[0, -1]])
    truth = TRUTH[2] / (TRUTH[2] + TRUTH[3])
    assert abs(model.a / (model.a + model.b) - truth) < abs(plain_one.a / (plain_one.a + plain_one.b) - truth)


@settings(max_examples=12)
@given(x=st.integers(0, 60), a=st.floats(0.2, 20.0), b=st.floats(0.3, 245.0), days=st.floats(5.0, 900.0))
def test_expected_purchases_equal_the_integral(x: int, a: float, b: float, days: float) -> None:
    """E[N] given alive with leaving chance p and rate l is (1 - exp(-l p t)) / p; averaged over both posteriors, one integral by hand."""
    model = Lifetime(0.7, 80.0, a, b, Calendar(np.array([0.0, UNTIL]), np.array([1.0])), 0.0)
    r, alpha, bb = model.r + x, model.alpha + 500.0, b + x
    scale = a * beta_function(a, bb)

    def of(s: float) -> float:  # p = s ** (1 / a): no pole at 0
        p = s ** (1 / a)
        return float((1 - (alpha / (alpha + p * days)) ** r) / p * (1 - p) ** (bb - 1) / scale) if p > 1e-12 else r * days / alpha / scale

    edges = [float(beta_law.ppf(q, a, bb)) ** a for q in (1e-6, 0.01, 0.2, 0.5, 0.8, 0.99, 1 - 1e-9)]
    slow = sum(quad(of, low, high, limit=200, full_output=1, epsabs=0, epsrel=1e-9)[0] for low, high in pairwise([0.0, *edges, 1.0]))
    args = (np.array([x]), np.array([200]), np.array([690]), UNTIL)
    assert model.purchases(*args, days=days)[0] == pytest.approx(slow * model.alive(*args)[0], rel=1e-4)


def test_without_a_second_purchase_nothing_is_fitted() -> None:
    none = np.array([], dtype=np.int64)
    with pytest.raises(NotFittedError, match="second purchase"):
        fit(Histories(np.array([0]), np.array([3]), np.array([3]), np.array([9]), 50, none, none))


def test_spend_finds_its_truth_and_draws_few_visits_to_the_mean_of_all() -> None:
    rng = np.random.default_rng(4)
    p, q, v = 4.0, 3.0, 600.0
    n = rng.integers(1, 9, 30_000)
    mean = rng.gamma(p * n, 1 / rng.gamma(q, 1 / v, n.size)) / n
    pairs = pl.DataFrame({"n": n, "level": spend.level(mean)}).group_by("n", "level").len().sort("n", "level")
    model = spend.fit(*(pairs[name].to_numpy().astype(np.int64) for name in ("n", "level", "len")))
    np.testing.assert_allclose((model.p, model.q, model.v), (p, q, v), rtol=0.1)
    assert abs(model.dependence) < 0.06, "a little is there always: the logarithm of a mean of few visits is lower"
    overall = model.p * model.v / (model.q - 1)
    few, many = (model.mean(np.array([count]), np.array([10 * overall]))[0] for count in (1, 30))
    assert overall < few < many < 10 * overall
