"""Churn early warning on generated drivers whose process is known (see _drivers.py), beside the oracle of that process.

python -m benchmarks.churn [--customers 60000] [--seed 1] [--base-rate 0.15]

The model sees what the product sees up to the cut; it is measured on customers whose outcome it has not been shown, a horizon after all that it was trained on.
"""

from __future__ import annotations

import argparse
import time
from datetime import timedelta

import polars as pl

from benchmarks._drivers import Drivers, drivers
from engine.contract import Table
from engine.duckdb import DuckDBEngine
from enrichment.churn.model import measured
from enrichment.churn.settings import ChurnSettings
from enrichment.churn.warning import cities_of_dealers, histories, labels, latest, learn, sampled
from enrichment.settings import load
from enrichment.value.visits import listed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=60_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--base-rate", type=float, default=0.15)
    options = parser.parse_args()
    rules = load().churn
    base = base_for(options.base_rate, rules, seed=options.seed + 1000)
    made = drivers(options.customers, seed=options.seed, base=base)
    with DuckDBEngine(memory_limit="2GB") as engine:
        start = time.perf_counter()
        customers, visits = _tables(engine, made)
        end = latest(dict(made.visits.group_by("source").agg(pl.col("event_date").max()).rows()), rules)
        assert end is not None
        # the model ends one horizon earlier, so that what it is measured on comes after all that it knows
        until = end - timedelta(days=rules.horizon_days)
        known = engine.sql(
            "select r.* from rows r cross join a where r.event_date <= a.until",
            rows=_rows(engine, customers, sampled(engine, visits, rules), rules),
            a=engine.from_frame(pl.DataFrame({"until": [until]})),
        )
        model, reason = learn(engine, rows=engine.materialize(known), until=until, settings=rules)
        seconds = time.perf_counter() - start
        assert model is not None, reason
        told = labels(engine, rows=_rows(engine, customers, visits, rules), cut=until, settings=rules)
    told = told.with_columns(risk=model.risk(told), order=model.score(told)).join(made.oracle(until, rules.horizon_days), on="customer")
    over = pl.col("days_since_last") + rules.horizon_days > pl.col("allowance")
    told = told.with_columns(oracle=pl.when(over).then("oracle").otherwise(0.0))
    ours = measured(told["lost"], told["risk"].to_numpy(), order=told["order"].to_numpy())
    best = measured(told["lost"], told["oracle"].to_numpy())
    print("model,customers,base rate,auc,share of oracle,ece,lift of top decile,seconds")
    for name, found in (("ours", ours), ("oracle", best)):
        share = found["auc"] / best["auc"]
        print(
            f"{name},{told.height},{found['base_rate']:.3f},{found['auc']:.4f},{share:.3f},{found['ece']:.4f},{found['lift_top_decile']:.2f},{seconds:.1f}"
        )
    undecided = told.filter(over)  # of the others everybody can tell that they will not be lost by then
    print(f"of {undecided.height} of whom it is open,auc {_area(undecided, 'order'):.4f},oracle {_area(undecided, 'oracle'):.4f}")
    print("goal,,0.15,,>= 0.95,<= 0.03,>= 3,")


def _area(rows: pl.DataFrame, score: str) -> float:
    return measured(rows["lost"], rows[score].to_numpy())["auc"]


def base_for(rate: float, rules: ChurnSettings, *, seed: int) -> float:
    """The process' base at which about ``rate`` of the active are lost, from other customers than the measured ones."""
    low, high = -6.0, 1.0
    for _ in range(7):
        middle = (low + high) / 2
        low, high = (low, middle) if _share_lost(drivers(4_000, seed=seed, base=middle), rules) > rate else (middle, high)
    return (low + high) / 2


def _share_lost(made: Drivers, rules: ChurnSettings) -> float:
    with DuckDBEngine(memory_limit="1GB") as engine:
        customers, visits = _tables(engine, made)
        end = latest(dict(made.visits.group_by("source").agg(pl.col("event_date").max()).rows()), rules)
        assert end is not None
        told = labels(engine, rows=_rows(engine, customers, visits, rules), cut=end - timedelta(days=rules.horizon_days), settings=rules)
    return float(told["lost"].cast(pl.Float64).mean() or 0.0)  # type: ignore[arg-type]


def _tables(engine: DuckDBEngine, made: Drivers) -> tuple[Table, Table]:
    """Customers by number, and their visits as lists."""
    return engine.from_frame(made.customers), engine.from_frame(listed(made.visits.sort("customer", "event_date")))


def _rows(engine: DuckDBEngine, customers: Table, visits: Table, rules: ChurnSettings) -> Table:
    """What features are made of."""
    return histories(engine, customers=customers, visits=visits, cities=cities_of_dealers(engine, customers), settings=rules)


if __name__ == "__main__":
    main()
