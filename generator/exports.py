"""The whole work: a world, what happens in it, and the files and the truth on disk, some dealers at a time."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from generator import activity as act
from generator.activity import ROLES, Activity
from generator.arrays import Ints, take
from generator.dealers import SOURCES, Network, build_network
from generator.errors import ERRORS
from generator.files import write_export
from generator.layout import Layer
from generator.render import Chunk, render
from generator.world import World, build_world

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
    truth_file = _Parquet(plan.out / "truth" / "records.parquet", repeating=["dealer_id", "source", "role", "file"])
    errors_file = _Parquet(plan.out / "truth" / "errors.parquet", repeating=["dealer_id", "source", "role", "field", "error"])
    files = rows = records = 0
    expected: dict[str, float] = {}
    # a chunk depends on nothing but its rows and the seed; results come back in order
    with truth_file as truth, errors_file as broken, ThreadPoolExecutor(WORKERS) as pool:
        for made in pool.map(maker.make, *zip(*enumerate(chunks(activity)), strict=True)):
            truth.write(made.records)
            broken.write(made.errors)
            files, rows, records = files + made.files, rows + made.rows, records + made.records.height
            for name, count in made.expected.items():
                expected[name] = expected.get(name, 0.0) + count
            progress(f"{rows:,} rows written")
    return Summary(files, rows, records, world.people, expected)


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
    if len(rows) < plan.rows:
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


class _Parquet:
    """A Parquet file that grows chunk by chunk; ``repeating`` columns hold few different values."""

    def __init__(self, path: Path, *, repeating: list[str]) -> None:
        self._path = path
        self._repeating = repeating
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        return self

    def write(self, frame: pl.DataFrame) -> None:
        table = frame.to_arrow()
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema, compression="snappy", use_dictionary=self._repeating)
        self._writer.write_table(table.cast(self._writer.schema))

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()


@dataclass(frozen=True)
class _Made:
    """What one chunk came to: its part of the truth and of the errors, and counts."""

    records: pl.DataFrame
    errors: pl.DataFrame
    rows: int
    files: int
    expected: dict[str, float]


class _Maker:
    """Renders and writes chunks."""

    def __init__(self, plan: Plan, network: Network, world: World) -> None:
        self._plan = plan
        self._network = network
        self._world = world
        for dealer in network.dealers:
            (plan.out / "inbox" / dealer.dealer_id).mkdir()

    def make(self, number: int, part: Activity) -> _Made:
        """Writes the files of one chunk."""
        plan = self._plan
        chunk = render(self._world, self._network, part, level=plan.errors, seed=plan.seed, number=number, start=plan.start)
        layer = Layer(chunk, start=plan.start)
        places = _Places.empty(len(part))
        for first, end in part.groups():
            group = int(part.dealer[first]), int(part.source[first])
            dealer = self._network.dealers[group[0]]
            export = layer.export(dealer, dealer.layouts[SOURCES[group[1]]], group=group, first=first, end=end)
            for name, low, high, above in write_export(export, dealer, plan.out / "inbox" / dealer.dealer_id):
                places.add(export.row[low:high], name=name, above=above)
        return _Made(self._truth(chunk, places), self._errors(chunk), len(part), len(places.table), chunk.expected)

    def _truth(self, chunk: Chunk, places: _Places) -> pl.DataFrame:
        row, entity = chunk.who.row, chunk.people["entity"].to_numpy()
        house = self._world.household[np.maximum(entity, 0)]
        e, key = pl.col("entity"), pl.col("source_key")
        frame = pl.DataFrame(
            {
                "dealer": chunk.people["dealer"], "source": chunk.people["source"], "source_key": take(chunk.rows["key"], row),
                "role": chunk.people["role"], "entity": entity, "house": house,
                "file": take(places.names(), row), "row_number": places.numbers[row],
            }
        )  # fmt: skip
        test = pl.format("t-{}-{}-{}", "dealer", key, "role")  # every test person is one of a kind
        return frame.select(
            _named("dealer", self._dealer_ids).alias("dealer_id"), _named("source", SOURCES), "source_key", _named("role", ROLES),
            person_id=pl.when(e < 0).then(test).when(e < self._world.people).then(pl.format("p{}", e)).otherwise(pl.format("c{}", e - self._world.people)),
            household_id=pl.when(e < 0).then(test).otherwise(pl.format("h{}", "house")),
            file="file", row_number="row_number",
        )  # fmt: skip

    def _errors(self, chunk: Chunk) -> pl.DataFrame:
        at = chunk.errors["row"].to_numpy()
        return chunk.errors.with_columns(dealer=take(chunk.rows["dealer"], at), source=take(chunk.rows["source"], at), source_key=take(chunk.rows["key"], at)).select(
            _named("dealer", self._dealer_ids).alias("dealer_id"), _named("source", SOURCES), "source_key", _named("role", ROLES),
            _named("error", [error.field for error in ERRORS]).alias("field"), _named("error", [error.name for error in ERRORS]),
        )  # fmt: skip

    @property
    def _dealer_ids(self) -> list[str]:
        return [dealer.dealer_id for dealer in self._network.dealers]


def _named(column: str, names: Sequence[str]) -> pl.Expr:
    """Numbers as names; a number without one (-1) as null."""
    return pl.col(column).replace_strict(list(range(len(names))), list(names), default=None, return_dtype=pl.String)


@dataclass
class _Places:
    """The file and line of each row of a chunk (the first one, where it is written twice)."""

    numbers: Ints
    file_of: Ints
    table: list[str]

    @classmethod
    def empty(cls, rows: int) -> _Places:
        return cls(np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64), [])

    def add(self, rows: Ints, *, name: str, above: int) -> None:
        """One file: the row of each of its lines (-1: blank), and how many lines stand above them."""
        line = np.flatnonzero(rows >= 0)[::-1]
        self.numbers[rows[line]] = above + 1 + line
        self.file_of[rows[line]] = len(self.table)
        self.table.append(name)

    def names(self) -> pl.Series:
        """The file of each row."""
        return take(pl.Series(self.table, dtype=pl.String), self.file_of)
