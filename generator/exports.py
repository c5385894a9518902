"""The whole work: a world, what happens in it, and the files and the truth on disk, some dealers at a time."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from generator import activity as act
from generator.activity import Activity
from generator.dealers import Network, build_network, dealers_table
from generator.plan import Plan
from generator.relations import cars_tables, people_tables
from generator.truth import Growing
from generator.workers import Maker, Workers
from generator.world import World, build_world

CHUNK_ROWS = 100_000
ROWS_A_CUSTOMER = 10
"""About; decides whether it is worth starting workers."""
PILOT_CUSTOMERS = 3_000
_TRIES = 5


@dataclass(frozen=True)
class Summary:
    """What was made."""

    files: int
    rows: int
    records: int
    people: int
    expected: dict[str, float]


class OutputNotEmptyError(Exception):
    """The folder to write to holds something already."""


def generate(plan: Plan, *, force: bool = False, progress: Callable[[str], None] = lambda _line: None) -> Summary:
    """Writes ``plan.out``/inbox and /truth.

    Raises:
        OutputNotEmptyError: the folder holds something and ``force`` is not set.
    """
    _prepare(plan.out, force=force)
    with Workers(plan.rows or plan.customers * ROWS_A_CUSTOMER) as workers:
        network = build_network(dealers=plan.dealers, workbooks=plan.workbooks, seed=plan.seed)
        dealers_table(network).write_csv(plan.out / "truth" / "dealers.csv")
        world, activity = simulate(plan, network)
        progress(f"{len(activity):,} rows of {world.people:,} people from {plan.dealers} dealers")
        truth_file, errors_file = Growing(plan.out / "truth" / "records.parquet"), Growing(plan.out / "truth" / "errors.parquet")
        files = rows = records = 0
        expected: dict[str, float] = {}
        with truth_file as truth, errors_file as broken, ThreadPoolExecutor(1) as beside:
            relations = beside.submit(_write_relations, plan, world)
            for made in workers.each(Maker(plan, network, world), list(chunks(activity))):
                truth.write(made.records)
                broken.write(made.errors)
                files, rows, records = files + made.files, rows + made.rows, records + made.records.num_rows
                for name, count in made.expected.items():
                    expected[name] = expected.get(name, 0.0) + count
                progress(f"{rows:,} rows written")
            relations.result()
    return Summary(files, rows, records, world.people, expected)


def _write_relations(plan: Plan, world: World) -> None:
    for name, tables in (("people", people_tables(world)), ("cars", cars_tables(world, start=plan.start))):
        with Growing(plan.out / "truth" / f"{name}.parquet") as file:
            for table in tables:
                file.write(table)


def simulate(plan: Plan, network: Network) -> tuple[World, Activity]:
    """The world and its rows; with ``plan.rows`` as many customers as it takes."""
    if not plan.rows:
        return _simulated(plan, network, plan.customers)
    customers = PILOT_CUSTOMERS
    for _ in range(_TRIES):
        world, rows = _simulated(plan, network, customers)
        if plan.rows <= len(rows) <= plan.rows * 1.08:
            break  # few rows are dropped: more would leave people with fewer records than they should have
        customers = max(20, int(customers * plan.rows / max(len(rows), 1) * 1.03))
        del world, rows  # before the next world is made
    else:
        world, rows = _simulated(plan, network, int(customers * 1.2) + 50)
    return world, act.trim(rows, size=plan.rows, seed=plan.seed)


def _simulated(plan: Plan, network: Network, customers: int) -> tuple[World, Activity]:
    world = build_world(customers=customers, days=plan.days, start=plan.start, sites=network.sites, seed=plan.seed)
    return world, act.simulate(world, network, days=plan.days, seed=plan.seed)


def chunks(activity: Activity) -> Iterator[Activity]:
    """Whole dealers, together up to ``CHUNK_ROWS`` rows where a dealer has not more."""
    ends = np.r_[np.flatnonzero(np.diff(activity.dealer)) + 1, len(activity)]
    start = 0
    for place, end in enumerate(ends):
        last = place + 1 == ends.size
        if last or ends[place + 1] - start > CHUNK_ROWS:
            yield activity.at(slice(start, int(end)))
            start = int(end)


def _prepare(out: Path, *, force: bool) -> None:
    if out.exists() and any(out.iterdir()):
        if not force:
            msg = f"{out} is not empty: choose another folder, or --force to replace its inbox and truth"
            raise OutputNotEmptyError(msg)
        for name in ("inbox", "truth"):
            shutil.rmtree(out / name, ignore_errors=True)
    (out / "inbox").mkdir(parents=True)
    (out / "truth").mkdir()
