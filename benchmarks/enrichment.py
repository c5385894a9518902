"""The whole enrichment on many customers: seconds and memory of each part, beside the goal.

python -m benchmarks.enrichment [--customers 1000000] [--events-per-customer 10] [--engine-memory 4GB] [--seed 1]

Customers, their values, records, crosswalk and events are drawn (skewed rates, cars, mileage, money, surveys, complaints, leads, campaigns), and
written as Parquet first, as the tables of a version are. Parts are those of a run (``pipelines.stages``): each reads what the ones before have
written, and ends when its tables are written.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks import _enrichment_world as world
from engine.duckdb import DuckDBEngine, DuckTable
from engine.tables import TABLES, schema
from pipelines.draft import Draft, Selection
from pipelines.settings import Settings
from pipelines.stages import care, enrich
from pipelines.store.home import Home
from pipelines.workbench import engine_of

GOAL_SECONDS, GOAL_GB = 90, 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--events-per-customer", type=int, default=10)
    parser.add_argument("--engine-memory", default="", help="default: as a run has it")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keeps what is drawn here, and takes what is there already")
    parser.add_argument("--out", type=Path, help="keeps the tables that come out here")
    options = parser.parse_args()
    kept: AbstractContextManager[str] = (
        nullcontext(str(options.folder)) if options.folder else tempfile.TemporaryDirectory(prefix="chezhu-bench-")
    )
    with kept as place:
        folder = Path(place)
        if not (folder / "events").exists():
            world.draw(folder, customers=options.customers, events=options.customers * options.events_per_customer, seed=options.seed)
        with engine_of(Settings(memory_limit=options.engine_memory)) as engine:
            Parts(engine, folder, options.out or folder / "out").enrich()


class Parts:
    """The parts of enrichment, one after the other, and what they cost."""

    def __init__(self, engine: DuckDBEngine, folder: Path, out: Path) -> None:
        """``folder`` has the tables of ``_enrichment_world``; what is made goes to ``out``."""
        self.engine, self.out = engine, out
        self.tables: dict[str, DuckTable] = {name: engine.read(sorted((folder / name).glob("*.parquet"))) for name in world.TABLES}
        self.spent: dict[str, float] = {}

    def part(self, name: str, work: Callable[[], Any]) -> None:
        """``work`` gives one table named ``name``, or a dataclass of tables."""
        start, worked = time.perf_counter(), time.process_time()
        made = work()
        found = {each.name: getattr(made, each.name) for each in fields(made)} if not isinstance(made, DuckTable) else {name: made}
        rows = 0
        for table, relation in found.items():
            path = self.out / f"{table}.parquet"
            stays = table in TABLES  # the others only this run reads, as Draft.hand_on writes them
            rows += self.engine.write(relation, path, order_by=TABLES[table].key if stays else (), passing=not stays)
            self.tables[table] = self.engine.read(path)
        self.spent[name] = time.perf_counter() - start
        print(f"{name},{self.spent[name]:.1f},{time.process_time() - worked:.1f},{rows}", flush=True)

    def given(self, *names: str) -> dict[str, DuckTable]:
        """Tables by name."""
        return {name: self.tables[name] for name in names}

    def enrich(self) -> None:
        """All that a run tells about customers."""
        engine, as_of = self.engine, world.AS_OF
        draft = Draft(Home(self.out), "benchmark", as_of, as_of.isoformat(), Selection(), previous_version=None)
        print("part,seconds,seconds of all cores,rows written")
        happened = ("customers", "crosswalk", "clean_records", "events")
        self.part("customer file", lambda: enrich.customer_file(engine, **self.given(*happened), as_of=as_of))
        self.part("value", lambda: enrich.value(engine, draft, **self.given("customers", "timeline", "conversations")))
        told = ("customers", "crosswalk", "clean_records", "cars", "shared_cars", "customer_value", "customer_churn")
        self.part("customer_profile", lambda: enrich.profile(engine, **self.given(*told), as_of=as_of))
        self.tables["profile"] = self.tables["customer_profile"]
        self.part("segments", lambda: enrich.segments(engine, draft, **self.given("customer_profile")))
        saved = ("customers", "customer_profile", "customer_churn")
        self.part("save_list", lambda: enrich.to_save(engine, **self.given(*saved), as_of=as_of))
        related = ("customers", "crosswalk", "proofs", "seen_in_roles", "company_people", "records", "clean_records", "profile")
        self.part("relationships", lambda: enrich.relationships(engine, **self.given(*related)))
        reached = ("customers", "crosswalk", "customer_values", "records", "clean_records", "timeline", "conversations", "profile")
        self.part("customer_reach", lambda: care.reach(engine, **self.given(*reached), as_of=as_of))
        self.tables["reach"] = self.tables["customer_reach"]
        self.part("care_tasks", lambda: care.care_tasks(engine, **self.given("customers", "profile", "cars", "reach"), as_of=as_of))
        looped = ("customers", "conversations", "timeline", "care_tasks", "reach")
        self.part("lead_loop", lambda: care.lead_loop(engine, **self.given(*looped), as_of=as_of))
        best = ("leads", "customers", "timeline", "reach", "cars", "clean_records")
        self.part("prospects and model", lambda: care.prospects(engine, **self.given(*best), as_of=as_of))
        self.tables["lists"] = engine.from_frame(pl.DataFrame(schema=schema("campaign_lists")))
        run = ("conversations", "timeline", "lists")
        self.part("campaign_results", lambda: care.campaign_results(engine, **self.given(*run), as_of=as_of))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"whole,{sum(self.spent.values()):.1f}\ngoal,{GOAL_SECONDS}\npeak memory GB,{peak:.1f}\ngoal GB,{GOAL_GB}")


if __name__ == "__main__":
    main()
