"""Workshop histories of drivers who may leave, and what an oracle that knows the process would say.

The process, per customer, all of it drawn from ``seed``:

1. A rhythm: mean days between visits, lognormal around 210 (spread 0.35); the days between two visits are gamma with shape 6 around it. Mileage grows with
   it: 7,500 km a rhythm, read with an error of 3 %.
2. A price level (lognormal, spread 0.4) and a home: one in five lives in another city than the dealer's. A car bought at the first visit less one rhythm.
3. At each visit: satisfaction ~ normal(80, 12) cut to 0 to 100; with chance 0.06, or 0.35 where satisfaction is below 60, a complaint some days later (1 to 20, before anything
   else); the amount is the price level times a lognormal noise (0.3), and with chance 0.15 a bill half as high again.
4. After each visit (complaint included) the customer leaves for good with chance logistic(base + 2.2 complaint + 1.6 dissatisfied (below 60)
   + 1.1 away + 1.0 out of warranty (three years) + 0.7 dear bill + noise), noise ~ normal(0, 0.5) that nobody sees; else the next visit comes.

``base`` is set by bisection (of the expectation that the oracle has, not of any model) so that the share of active customers who are lost comes near the asked base rate.

The oracle knows the equations, each customer's rhythm, and what happened up to the cut; not the noise, not who has left already. With e days
since the last visit and S the survival of the gamma: P(left | e) = p / (p + (1 - p) S(e)), and no visit comes within h days with
P(left) + (1 - P(left)) S(e + h) / S(e). p is averaged over the noise (Gauss-Hermite). Whether the allowance is used up by then it sees as the model does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.stats import gamma as gamma_law

from enrichment.value.visits import SCHEMA

Reals = npt.NDArray[np.float64]
SHAPE = 6.0
NOISE = 0.5
EFFECTS = {"complaint": 2.2, "dissatisfied": 1.6, "away": 1.1, "out_of_warranty": 1.0, "dear": 0.7}
WARRANTY = 1095
DEALERS = 20


@dataclass(frozen=True)
class Drivers:
    """``customers`` (customer, city, home_dealer_id), ``visits`` (columns of ``enrichment.value.visits``), and what only the oracle knows."""

    customers: pl.DataFrame
    visits: pl.DataFrame
    secret: pl.DataFrame
    begin: date

    def oracle(self, cut: date, horizon: int) -> pl.DataFrame:
        """``customer, oracle``: chance that no visit comes in the ``horizon`` days after ``cut``."""
        day = (cut - self.begin).days
        last = self.secret.filter(pl.col("day") <= day).group_by("customer").last().sort("customer")
        gone = day - last["day"].to_numpy().astype(np.float64)
        told = last["odds"].to_numpy() - np.where(
            last["complaint_day"].fill_null(10**6).to_numpy() > day, EFFECTS["complaint"] * last["complaint"].to_numpy(), 0
        )
        leave = _averaged(told)
        scale = last["rhythm"].to_numpy() / SHAPE
        here, there = (gamma_law.sf(days, SHAPE, scale=scale) for days in (gone, gone + horizon))
        left = leave / (leave + (1 - leave) * here)
        stays_away = left + (1 - left) * np.where(here > 0, there / np.maximum(here, 1e-300), 1.0)
        return last.select("customer", oracle=pl.Series(stays_away))


def drivers(count: int, *, seed: int, base: float, days: int = 2190, begin: date = date(2020, 1, 1)) -> Drivers:
    """Histories of ``count`` customers over ``days``; ``base`` as in the process."""
    rng = np.random.default_rng(seed)
    rhythm = 210 * np.exp(rng.normal(0, 0.35, count))
    price = 900 * np.exp(rng.normal(0, 0.4, count))
    away = rng.random(count) < 0.2
    start = rng.uniform(0, days - 300, count)
    dealer = rng.integers(0, DEALERS, count)
    at, active = start.copy(), np.arange(count)
    bought = start - rhythm
    rows: list[pl.DataFrame] = []
    while active.size:
        n = active.size
        day = at[active].astype(np.int64)
        satisfaction = np.clip(rng.normal(80, 12, n), 0, 100).round(0)
        low = satisfaction < 60
        complaint = rng.random(n) < np.where(low, 0.35, 0.06)
        dear = rng.random(n) < 0.15
        amount = price[active] * np.exp(rng.normal(0, 0.3, n)) * np.where(dear, 1.5, 1.0)
        old = at[active] - bought[active] > WARRANTY
        parts = {"complaint": complaint, "dissatisfied": low, "away": away[active], "out_of_warranty": old, "dear": dear}
        odds = base + sum(EFFECTS[name] * value for name, value in parts.items())
        leaves = rng.random(n) < 1 / (1 + np.exp(-(odds + rng.normal(0, NOISE, n))))
        rows.append(
            pl.DataFrame(
                {
                    "customer": active, "day": day, "odds": odds, "rhythm": rhythm[active], "complaint": complaint.astype(np.int64),
                    "complaint_day": np.where(complaint, day + rng.integers(1, 20, n), 10**6), "satisfaction": satisfaction,
                    "cents": (amount * 100).astype(np.int64),
                    "mileage": ((at[active] - bought[active]) / rhythm[active] * 7500 * (1 + rng.normal(0, 0.03, n))).clip(0).astype(np.int64),
                }
            )
        )  # fmt: skip
        at[active] += rng.gamma(SHAPE, rhythm[active] / SHAPE)
        active = active[~leaves & (at[active] < days)]
    secret = pl.concat(rows).sort("customer", "day")
    place = secret["customer"].to_numpy()
    whose = {
        "customer": secret["customer"],
        "dealer_id": pl.Series([f"D{n:02}" for n in dealer[place]]),
    }
    came = secret.select(
        **whose, event_date=_date(begin, "day"), source=pl.lit("service"), cents="cents", mileage="mileage", satisfaction="satisfaction"
    )
    angry = secret.with_columns(**whose).filter(pl.col("complaint") == 1, pl.col("complaint_day") < days)
    complaints = angry.select("customer", "dealer_id", event_date=_date(begin, "complaint_day"), source=pl.lit("complaint"))
    sales = pl.DataFrame({"customer": np.arange(count), "day": bought.astype(np.int64), "dealer_id": [f"D{n:02}" for n in dealer]}).select(
        "customer", "dealer_id", event_date=_date(begin, "day"), source=pl.lit("sale")
    )  # fmt: skip
    visits = pl.concat([came, complaints, sales], how="diagonal").with_columns(
        vin=pl.lit(None, pl.String()), hundredths=pl.lit(None, pl.Int64()), answers=pl.lit(0, pl.Int64())
    )
    city = [f"C{n % 10}" if not far else f"C{(n + 1) % 10}" for n, far in zip(dealer, away, strict=True)]
    customers = pl.DataFrame({"customer": np.arange(count), "city": city, "home_dealer_id": [f"D{n:02}" for n in dealer]})
    return Drivers(customers, visits.filter(pl.col("event_date") <= begin + timedelta(days=days)).select(*SCHEMA), secret, begin)


def _date(begin: date, column: str) -> pl.Expr:
    return pl.lit(begin) + pl.duration(days=pl.col(column))


def _averaged(odds: Reals) -> Reals:
    nodes, weights = np.polynomial.hermite.hermgauss(15)
    chances = 1 / (1 + np.exp(-(odds[:, None] + np.sqrt(2) * NOISE * nodes)))
    return np.asarray(chances @ weights / np.sqrt(np.pi), dtype=np.float64)
