"""The whole work: a world, what happens in it, and the files and the truth on disk, some dealers at a time."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from generator import activity as act
from generator.activity import Activity
from generator.dealers import SOURCES, Network, build_network
from generator.facts import Facts
from generator.files import write_export
from generator.layout import Layer
from generator.relations import cars_tables, people_tables
from generator.render import render
from generator.truth import Growing, Places, errors_table, truth_table
from generator.world import World, build_world

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK_ROWS = 100_000
WORKERS = 2
PILOT_CUSTOMERS = 3_000
_TRIES = 5


@dataclass(frozen=True)
class Plan:
    """What to make. ``rows`` (0: whatever the customers do) is met exactly, blank and repeated rows not counted."""

    out: Path
    customers: int = 20_000
    dealers: int = 12
    days: int = 730
    seed: int = 1
    errors: str = "typical"
    rows: int = 0
    start: dt.date = dt.date(2024, 7, 1)
    workbooks: float = 0.15


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
    network = build_network(dealers=plan.dealers, workbooks=plan.workbooks, seed=plan.seed)
    world, activity = simulate(plan, network)
    progress(f"{len(activity):,} rows of {world.people:,} people from {plan.dealers} dealers")
    maker = _Maker(plan, network, world)
    truth_file, errors_file = Growing(plan.out / "truth" / "records.parquet"), Growing(plan.out / "truth" / "errors.parquet")
    files = rows = records = 0
    expected: dict[str, float] = {}
    # a chunk depends on nothing but its rows and the seed; results come back in order
    with truth_file as truth, errors_file as broken, ThreadPoolExecutor(WORKERS) as pool:
        relations = pool.submit(_write_relations, plan, world)
        for made in pool.map(maker.make, *zip(*enumerate(chunks(activity)), strict=True)):
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


@dataclass(frozen=True)
class _Made:
    """What one chunk came to: its part of the truth and of the errors, and counts."""

    records: pa.Table
    errors: pa.Table
    rows: int
    files: int
    expected: dict[str, float]


class _Maker:
    """Renders and writes chunks."""

    def __init__(self, plan: Plan, network: Network, world: World) -> None:
        self._plan = plan
        self._network = network
        self._world = world
        self._facts = Facts.of(network)
        self._dealer_ids = [dealer.dealer_id for dealer in network.dealers]
        for dealer in network.dealers:
            (plan.out / "inbox" / dealer.dealer_id).mkdir()

    def make(self, number: int, part: Activity) -> _Made:
        """Writes the files of one chunk."""
        plan = self._plan
        chunk = render(self._world, self._network, self._facts, part, level=plan.errors, seed=plan.seed, number=number, start=plan.start)
        layer = Layer(chunk, start=plan.start)
        places = Places.empty(len(part))
        for first, end in part.groups():
            group = int(part.dealer[first]), int(part.source[first])
            dealer = self._network.dealers[group[0]]
            export = layer.export(dealer, dealer.layouts[SOURCES[group[1]]], group=group, first=first, end=end)
            for name, low, high, above in write_export(export, dealer, plan.out / "inbox" / dealer.dealer_id):
                places.add(export.row[low:high], name=name, above=above)
        keyed = self._facts.has["key"][part.dealer * len(SOURCES) + part.source]
        truth = truth_table(chunk, self._world, self._dealer_ids, places, keyed=keyed)
        return _Made(truth, errors_table(chunk, self._dealer_ids, places, keyed=keyed), len(part), places.written, chunk.expected)
