"""The whole enrichment on many customers: seconds and memory of each part, beside the goal.

python benchmarks/enrichment.py [--customers 1000000] [--events-per-customer 10] [--engine-memory 3GB] [--seed 1]

Customers, records, crosswalk and events are drawn (skewed rates, cars, mileage, money, surveys, complaints, leads, campaigns); they are written as Parquet
first, as the tables of a version are. A part ends when its tables are written.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

ROOT = Path(__file__).resolve().parents[1]
# The script's own folder stands first otherwise, and there enrichment.py is a benchmark.
sys.path[:] = [str(ROOT), *(place for place in sys.path if Path(place).resolve() != ROOT / "benchmarks")]

from engine.contract import Engine, Table  # noqa: E402
from engine.duckdb import DuckDBEngine  # noqa: E402
from engine.tables import schema  # noqa: E402
from enrichment import profile as profiles  # noqa: E402
from enrichment.calendar.cars import cars as cars_of  # noqa: E402
from enrichment.churn.save import save_list  # noqa: E402
from enrichment.churn.warning import early_warning  # noqa: E402
from enrichment.history import carried  # noqa: E402
from enrichment.segments import segmented  # noqa: E402
from enrichment.settings import load  # noqa: E402
from enrichment.value.visits import visits  # noqa: E402
from enrichment.value.worth import worth  # noqa: E402

AS_OF = date(2026, 6, 30)
DAYS = 2190
DEALERS = 60
GOAL_SECONDS, GOAL_GB = 90, 8
SOURCES = ("service", "sale", "parts", "insurance", "lead", "test_drive", "call_center", "web", "survey", "complaint", "campaign")
SHARES = (0.45, 0.08, 0.06, 0.10, 0.07, 0.03, 0.05, 0.03, 0.06, 0.02, 0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--events-per-customer", type=int, default=10)
    parser.add_argument("--engine-memory", default="3GB")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keeps what is drawn here, and takes what is there already")
    options = parser.parse_args()
    kept: AbstractContextManager[str] = (
        nullcontext(str(options.folder)) if options.folder else tempfile.TemporaryDirectory(prefix="chezhu-bench-")
    )
    with kept as place:
        folder = Path(place)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "events.parquet").exists():
            draw(folder, customers=options.customers, events=options.customers * options.events_per_customer, seed=options.seed)
        with DuckDBEngine(memory_limit=options.engine_memory) as engine:
            enrich(engine, folder)


def enrich(engine: Engine, folder: Path) -> None:
    """All parts, one after the other."""
    rules = load()
    given = {name: engine.read(folder / f"{name}.parquet") for name in ("customers", "crosswalk", "events", "clean_records")}
    people = {name: given[name] for name in ("customers", "events")}
    spent: dict[str, float] = {}

    def part(name: str, work: Callable[[], dict[str, Table]]) -> dict[str, Table]:
        start, worked = time.perf_counter(), time.process_time()
        found = work()
        for table, rows in found.items():
            engine.write(rows, folder / f"out_{table}.parquet", order_by=["customer_id"] if "customer_id" in rows.schema else [])
        spent[name] = time.perf_counter() - start
        print(f"{name},{spent[name]:.1f},{time.process_time() - worked:.1f}", flush=True)
        return found

    print("part,seconds,seconds of all cores")
    members = engine.materialize(engine.sql("select record_id, customer_id from c where valid_to is null", c=given["crosswalk"]))
    came: dict[str, Table] = {}

    def visited() -> dict[str, Table]:
        came["visits"] = visits(engine, members=members, events=given["events"], as_of=AS_OF)
        return {}

    def valued() -> dict[str, Table]:
        made = worth(engine, **people, members=members, visits=came["visits"], as_of=AS_OF, settings=rules)
        grades = engine.sql(
            "select customer_id, value_model, value_grade, value_score from v where value_grade is not null", v=made.customers
        )
        history = carried(engine, before=None, now=grades, key=("customer_id",), told=("value_model", "value_grade"), as_of=AS_OF)
        return {"customer_value": made.customers, "value_groups": made.groups, "value_grades": history}

    def warned() -> dict[str, Table]:
        told = early_warning(
            engine, customers=given["customers"], visits=came["visits"], as_of=AS_OF, settings=rules.churn, version=rules.version
        )
        return {"customer_churn": told.customers}

    part("visits", visited)
    found = {**part("value", valued), **part("churn", warned)}
    told = {name: found[name] for name in ("customer_value", "customer_churn")}

    def owned() -> dict[str, Table]:
        tables = {name: given[name] for name in ("events", "clean_records")}
        return {"cars": cars_of(engine, members=members, **tables, as_of=AS_OF, upkeep=rules.care, settings=rules.calendar)}

    found |= part("cars", owned)
    known = {name: given[name] for name in ("customers", "crosswalk", "clean_records")}
    told["cars"] = found["cars"]
    found |= part("profile", lambda: {"customer_profile": profiles.profile(engine, **known, **told, as_of=AS_OF, settings=rules)})

    def listed() -> dict[str, Table]:
        made = segmented(
            engine, customer_profile=found["customer_profile"], before=None, rules=rules.segments, as_of=AS_OF, version=rules.version
        )
        tables = {name: found[name] for name in ("customer_profile", "customer_churn")}
        saved = save_list(engine, customers=given["customers"], **tables, as_of=AS_OF, settings=rules.churn, version=rules.version)
        return {"segments": made.segments, "segment_sizes": made.segment_sizes, "save_list": saved}

    part("segments and save list", listed)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"whole,{sum(spent.values()):.1f}\ngoal,{GOAL_SECONDS}\npeak memory GB,{peak:.1f}\ngoal GB,{GOAL_GB}")


def draw(folder: Path, *, customers: int, events: int, seed: int) -> None:
    """The four tables. One record a customer and one more for every third; a car for six in ten."""
    rng = np.random.default_rng(seed)
    records = customers + customers // 3
    owner = np.r_[np.arange(customers), rng.integers(0, customers, records - customers)]
    names = _names("K", customers)
    record = _names("r", records)
    dealer = rng.integers(0, DEALERS, customers)
    dealers = _names("D", DEALERS)
    has_car = rng.random(customers) < 0.6
    vins = _names("V", customers)
    city = pl.Series([f"城{n % 30}" for n in range(DEALERS)]).gather(
        np.where(rng.random(customers) < 0.8, dealer, rng.integers(0, DEALERS, customers))
    )
    phone = pl.Series((13_000_000_000 + rng.permutation(customers)).astype(str)).str.replace("^", "+86")
    frame = pl.DataFrame(
        {"customer_id": names, "party": "person", "surname": "王", "mobile": phone, "city": city, "home_dealer_id": dealers.gather(dealer)}
    )
    whose = frame.with_columns(phones=pl.concat_list("mobile"))
    _write(folder, "customers", whose)
    _write(
        folder, "crosswalk", pl.DataFrame({"record_id": record, "customer_id": names.gather(owner)}).with_columns(valid_from=pl.lit(AS_OF))
    )
    cars = pl.Series(vins.gather(owner)).zip_with(
        pl.Series(has_car[owner]), pl.Series([None], dtype=pl.String).gather(np.zeros(records, dtype=np.int64))
    )
    seen = _dates(rng.integers(0, DAYS, records))
    _write(
        folder,
        "clean_records",
        pl.DataFrame({"record_id": record, "source": "customer", "role": "owner", "event_date": seen, "vin": cars, "model": "朗逸"}),
    )
    rate = rng.gamma(1.2, 1.0, records)
    at = np.searchsorted(np.cumsum(rate) / rate.sum(), rng.random(events)).clip(0, records - 1)
    source = rng.choice(len(SOURCES), events, p=SHARES)
    day = rng.integers(0, DAYS, events)
    named = pl.Series(SOURCES).gather(source)
    paid = np.isin(source, [SOURCES.index(name) for name in ("service", "sale", "parts", "insurance")])
    amount = np.where(source == SOURCES.index("sale"), rng.normal(180_000, 40_000, events), np.exp(rng.normal(6.6, 0.7, events))).round(2)
    service = source == SOURCES.index("service")
    kind = pl.Series(["repair", "maintenance"]).gather((service & (rng.random(events) < 0.7)).astype(np.int64))
    survey, campaign = source == SOURCES.index("survey"), source == SOURCES.index("campaign")
    frame = pl.DataFrame(
        {
            "row_id": _names("e", events), "record_id": record.gather(at), "dealer_id": dealers.gather(dealer[owner[at]]), "source": named, "kind": kind,
            "event_date": _dates(day), "vin": cars.gather(at), "amount": amount, "mileage": (day * 35 + rng.integers(0, 2000, events)).astype(np.int64),
            "satisfaction": np.clip(rng.normal(80, 15, events), 0, 100).round(0), "cost": np.full(events, 3.5),
        }
    )  # fmt: skip
    only = {"amount": paid, "mileage": service, "satisfaction": survey, "cost": campaign}
    frame = frame.with_columns(pl.when(pl.Series(keep)).then(pl.col(name)).alias(name) for name, keep in only.items())
    number = pl.Series(rng.integers(0, 6, events))
    _write(folder, "events", frame.with_columns(campaign=pl.when(pl.Series(campaign)).then(pl.format("活动{}期", number))))


def _names(prefix: str, count: int) -> pl.Series:
    return pl.select(pl.lit(prefix) + pl.int_range(count).cast(pl.String).str.zfill(9)).to_series()


def _dates(day: np.ndarray) -> pl.Series:
    return pl.Series(np.datetime64(AS_OF) - (DAYS - 1 - day).astype("timedelta64[D]")).cast(pl.Date)


def _write(folder: Path, table: str, frame: pl.DataFrame) -> None:
    whole = {
        name: pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in schema(table).items()
    }
    frame.select(**whole).write_parquet(folder / f"{table}.parquet")


if __name__ == "__main__":
    main()
