"""Forecast of purchases on CDNOW beside other models, and how long a fit of many customers takes.

python -m benchmarks.value cdnow FILE            CDNOW_master.txt: customer, date, units, amount
python -m benchmarks.value speed [--customers 1000000]

Fitted on 39 weeks, the next 39 forecast; also from an earlier day, where the forecast of the summer that followed can be looked at. `lifetimes`
joins where it is installed (pip install lifetimes).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from enrichment.value import spend
from enrichment.value.lifetime import Histories, Lifetime, fit, fit_with, stretches

BEGIN = date(1997, 1, 1)
SPLITS = ((date(1997, 9, 30), date(1998, 6, 30)), (date(1997, 6, 30), date(1997, 9, 30)))
"""The measure's own split, and one inside its first half."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ways = parser.add_subparsers(dest="way", required=True)
    ways.add_parser("cdnow").add_argument("file", type=Path)
    speed = ways.add_parser("speed")
    speed.add_argument("--customers", type=int, default=1_000_000)
    speed.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.way == "cdnow":
        cdnow(options.file)
    else:
        fit_many(options.customers, options.seed)


def cdnow(file: Path) -> None:
    """Bias of the total and RMSE per customer of each model."""
    print("fitted to,until,model,seconds,log-likelihood,forecast,came,total off by,RMSE per customer,against lifetimes BG/NBD")
    for cut, end in SPLITS:
        customers, came, histories = split(file, cut, end)
        days = float((end - cut).days)
        found: list[tuple[str, float, float | None, np.ndarray]] = []
        args = tuple(customers[name].to_numpy() for name in ("x", "first", "last"))
        for name, make in _ours(histories).items():
            start = time.perf_counter()
            model = make()
            seconds = time.perf_counter() - start
            found.append((name, seconds, model.log_likelihood, model.purchases(*args, histories.until, days=days)))
        found += _peers(customers, days)
        peer = next((rmse(told, came) for name, _, _, told in found if name == "lifetimes BG/NBD"), None)
        for name, seconds, likelihood, told in found:
            off, error = told.sum() / came.sum() - 1, rmse(told, came)
            fits = "" if likelihood is None else f"{likelihood:.1f}"
            against = "" if peer is None else f"{error / peer:.4f}"
            print(f"{cut},{end},{name},{seconds:.2f},{fits},{told.sum():.0f},{came.sum()},{off:+.3f},{error:.4f},{against}")


def rmse(told: np.ndarray, came: np.ndarray) -> float:
    return float(np.sqrt(np.mean((told - came) ** 2)))


def _ours(histories: Histories) -> dict[str, Callable[[], Lifetime]]:
    whole = stretches(histories.until)
    return {"BG/NBD": lambda: fit_with(histories, edges=whole[[0, -1]]), "ours (calendar by BIC)": lambda: fit(histories)}


def _peers(customers: pl.DataFrame, days: float) -> list[tuple[str, float, float | None, np.ndarray]]:
    try:
        from lifetimes import BetaGeoFitter, ParetoNBDFitter
    except ImportError:
        return []
    week = 7.0
    x, seen, watched = (
        customers[name].to_numpy() / unit
        for name, unit in (("x", 1.0), ("seen", week), ("watched", week))
    )  # fmt: skip
    found = []
    for name, maker in (("lifetimes BG/NBD", BetaGeoFitter), ("lifetimes Pareto/NBD", ParetoNBDFitter)):
        start = time.perf_counter()
        model = maker()
        model.fit(x, seen, watched)
        seconds = time.perf_counter() - start
        told = np.asarray(model.conditional_expected_number_of_purchases_up_to_time(days / week, x, seen, watched))
        found.append((name, seconds, None, told))
    return found


def split(file: Path, cut: date, end: date) -> tuple[pl.DataFrame, np.ndarray, Histories]:
    """Each customer's history up to ``cut``, its purchases until ``end``, and the histories counted; a day's purchases are one."""
    lines = pl.Series("line", file.read_text().splitlines()).str.strip_chars()
    parts = lines.filter(lines.str.contains(r"^[0-9]+ ")).str.extract_all(r"\S+")
    bought = (
        pl.DataFrame({"customer": parts.list.get(0), "date": parts.list.get(1).str.to_date("%Y%m%d")}).unique().sort("customer", "date")
    )
    bought = bought.with_columns(day=(pl.col("date") - BEGIN).dt.total_days())
    until = (cut - BEGIN).days
    known = bought.filter(pl.col("date") <= cut).group_by("customer").agg(x=pl.len().cast(pl.Int64) - 1, first=pl.col("day").min(), last=pl.col("day").max())  # fmt: skip
    later = bought.filter(pl.col("date").is_between(cut + timedelta(days=1), end)).group_by("customer").agg(came=pl.len())
    rows = known.join(later, on="customer", how="left").sort("customer").with_columns(
        pl.col("came").fill_null(0), seen=pl.col("last") - pl.col("first"), watched=until - pl.col("first")
    )  # fmt: skip
    equal = rows.group_by("x", "first", "last").len().sort("x", "first", "last")
    again = bought.filter(pl.col("date") <= cut, pl.col("day") > pl.col("day").min().over("customer")).group_by("day").len().sort("day")
    numbers = [equal[name].cast(pl.Int64).to_numpy() for name in ("x", "first", "last", "len")]
    return rows, rows["came"].to_numpy(), Histories(*numbers, until, *(again[name].cast(pl.Int64).to_numpy() for name in ("day", "len")))


def fit_many(customers: int, seed: int) -> None:
    """A fit of both models on drawn histories of six years of workshop visits, in weeks."""
    rng = np.random.default_rng(seed)
    until = 312
    first = rng.integers(0, until - 1, customers)
    rate = rng.gamma(1.5, 1 / 60, customers)
    lives = rng.exponential(400, customers)
    x = rng.poisson(rate * np.minimum(lives, until - first))
    last = first + (np.minimum(lives, until - first) * np.where(x > 0, rng.random(customers) ** (1 / np.maximum(x, 1)), 0)).astype(np.int64)
    start = time.perf_counter()
    rows, count = np.unique(np.stack([x, first, last], axis=1), axis=0, return_counts=True)
    repeats = np.bincount(last[x > 0], weights=x[x > 0], minlength=until).astype(np.int64)
    histories = Histories(rows[:, 0], rows[:, 1] * 7, rows[:, 2] * 7, count, until * 7, np.arange(until) * 7, repeats)
    prepared = time.perf_counter()
    fit(histories)
    fitted = time.perf_counter()
    mean = rng.gamma(4.0 * (x + 1), 1 / rng.gamma(3.0, 1 / 600, customers)) / (x + 1)
    pairs = pl.DataFrame({"n": x + 1, "level": spend.level(mean)}).group_by("n", "level").len().sort("n", "level")
    spend.fit(*(pairs[name].cast(pl.Int64).to_numpy() for name in ("n", "level", "len")))
    ended = time.perf_counter()
    print("customers,different histories,counting s,purchases fitted s,spend fitted s,whole s,goal s")
    print(f"{customers},{count.size},{prepared - start:.1f},{fitted - prepared:.1f},{ended - fitted:.1f},{ended - start:.1f},30")


if __name__ == "__main__":
    main()
