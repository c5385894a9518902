"""The whole work: a world, what happens in it, and the files and the truth on disk, some dealers at a time."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from generator import activity as act
from generator.activity import ROLES, Activity
from generator.arrays import Ints, rng_of
from generator.dealers import SOURCES, Network, build_network
from generator.errors import ERRORS, Breaker, habits
from generator.files import Sheet, write_export
from generator.layout import Export, lay_out
from generator.render import Chunk, render
from generator.world import World, build_world

CHUNK_ROWS = 250_000


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


def rows_per_customer(days: int) -> float:
    """Rows that one customer leaves in ``days`` days, on average over many dealers (measured on 2,000 dealers; ±10 % with few)."""
    years = days / 365.25
    return 1.74 + 0.74 * years


def generate(plan: Plan, *, force: bool = False, progress: Callable[[str], None] = lambda _line: None) -> Summary:
    """Writes ``plan.out``/inbox and /truth.

    Raises:
        OutputNotEmptyError: the folder holds something and ``force`` is not set.
    """
    _prepare(plan.out, force=force)
    network = build_network(dealers=plan.dealers, workbooks=plan.workbooks, seed=plan.seed)
    world, activity = simulate(plan, network)
    progress(f"{len(activity):,} rows of {world.people:,} people from {plan.dealers} dealers")
    written = _Written(plan, network, world)
    with _Parquet(plan.out / "truth" / "records.parquet") as truth, _Parquet(plan.out / "truth" / "errors.parquet") as broken:
        for number, part in enumerate(chunks(activity)):
            chunk = render(world, network, part, level=plan.errors, seed=plan.seed, number=number)
            records, errors = written.write(chunk, number)
            truth.write(records)
            broken.write(errors)
            progress(f"{written.rows:,} rows written")
    return Summary(written.files, written.rows, written.records, world.people, written.expected)


def simulate(plan: Plan, network: Network) -> tuple[World, Activity]:
    """The world and its rows; with ``plan.rows`` as many customers as it takes."""
    customers = plan.customers
    for _ in range(4):
        if plan.rows:
            customers = customers if _ else max(50, int(plan.rows / rows_per_customer(plan.days) * 1.05))
        world = build_world(customers=customers, days=plan.days, start=plan.start, sites=network.sites, seed=plan.seed)
        rows = act.simulate(world, network, days=plan.days, seed=plan.seed)
        if not plan.rows:
            return world, rows
        if len(rows) >= plan.rows:
            break
        customers = int(customers * plan.rows / max(len(rows), 1) * 1.03) + 10
    return world, act.trim(rows, size=plan.rows, seed=plan.seed)


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
    """A Parquet file that grows chunk by chunk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> _Parquet:
        return self

    def write(self, frame: pl.DataFrame) -> None:
        table = frame.to_arrow()
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema, compression="zstd")
        self._writer.write_table(table.cast(self._writer.schema))

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()


class _Written:
    """Writes chunk after chunk and counts."""

    def __init__(self, plan: Plan, network: Network, world: World) -> None:
        self._plan = plan
        self._network = network
        self._world = world
        self._habits = habits(rng_of(plan.seed, 7), len(network.dealers))
        self.files = self.rows = self.records = 0
        self.expected: dict[str, float] = {}

    def write(self, chunk: Chunk, number: int) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Writes the chunk's files; returns its part of the truth and of the errors."""
        where = _Places.empty(chunk.rows.height)
        extra: list[pl.DataFrame] = [chunk.errors]
        code = (chunk.rows["dealer"] * len(SOURCES) + chunk.rows["source"]).to_numpy()
        bounds = np.r_[np.flatnonzero(np.r_[True, np.diff(code) != 0]), code.size]
        person_code = (chunk.people["dealer"] * len(SOURCES) + chunk.people["source"]).to_numpy()
        for first, end in zip(bounds[:-1], bounds[1:], strict=True):
            dealer_number, source = divmod(int(code[first]), len(SOURCES))
            dealer = self._network.dealers[dealer_number]
            layout = dealer.layouts[SOURCES[source]]
            low, high = np.searchsorted(person_code, [code[first], code[first] + 1])
            breaker = Breaker(rng_of(self._plan.seed, 8, number, int(first)), self._plan.errors, self._habits, np.full(int(max(end - first, high - low)), dealer_number))
            people = chunk.people.slice(int(low), int(high - low))
            export = lay_out(chunk.rows.slice(int(first), int(end - first)), people, dealer, layout, first=int(first), start=self._plan.start, breaker=breaker)
            extra.append(_late_errors(breaker, int(first)))
            self._merge(breaker.expected)
            self._write_files(export, dealer_number, SOURCES[source], where)
        self._merge(chunk.expected)
        self.rows += chunk.rows.height
        self.records += chunk.people.height
        return self._truth(chunk, where), self._errors(chunk, pl.concat(extra))

    def _merge(self, expected: dict[str, float]) -> None:
        for name, value in expected.items():
            self.expected[name] = self.expected.get(name, 0.0) + value

    def _write_files(self, export: Export, dealer_number: int, source: str, where: _Places) -> None:
        dealer = self._network.dealers[dealer_number]
        files = export.file
        change = np.flatnonzero(np.r_[True, (files != files.shift(1)).fill_null(value=True).to_numpy()[1:]])
        for first, end in zip(change, np.r_[change[1:], len(files)], strict=True):
            name = files[int(first)]
            title = f"{dealer.name} {name.rsplit('.', 1)[0]}"
            sheet = Sheet(export.table.slice(int(first), int(end - first)), title, export.groups, export.date_column, export.number_columns)
            above = write_export(sheet, dealer, self._plan.out / "inbox" / dealer.dealer_id / name)
            lines = np.arange(first, end)
            rows = export.row[first:end]
            filled = rows >= 0
            where.add(rows[filled], name=name, numbers=above + 1 + (lines - first)[filled])
            self.files += 1

    def _truth(self, chunk: Chunk, where: _Places) -> pl.DataFrame:
        entity = chunk.people["entity"]
        people = self._world.people
        houses = self._world.household[np.maximum(entity.to_numpy(), 0)]
        rows = pl.DataFrame({"row": np.arange(chunk.rows.height), "source_key": chunk.rows["key"], "file": where.names(), "row_number": where.numbers})
        e = pl.col("entity")
        return chunk.people.select("row", "role", "dealer", "source", "entity").with_columns(house=pl.Series(houses)).join(rows, on="row", maintain_order="left").select(
            dealer_id=_named(pl.col("dealer"), [d.dealer_id for d in self._network.dealers]),
            source=_named(pl.col("source"), SOURCES), source_key="source_key", role=_named(pl.col("role"), ROLES),
            person_id=pl.when(e < 0).then(pl.format("t{}-{}", pl.col("dealer"), pl.col("source_key")) + pl.col("role").cast(pl.String))
            .when(e < people).then(pl.format("p{}", e)).otherwise(pl.format("c{}", e - people)),
            household_id=pl.when(e < 0).then(pl.format("t{}-{}", pl.col("dealer"), pl.col("source_key"))).otherwise(pl.format("h{}", pl.col("house"))),
            file="file", row_number="row_number",
        )  # fmt: skip

    def _errors(self, chunk: Chunk, errors: pl.DataFrame) -> pl.DataFrame:
        rows = chunk.rows.select("dealer", "source", source_key="key").with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
        return errors.join(rows, on="row", maintain_order="left").select(
            dealer_id=_named(pl.col("dealer"), [d.dealer_id for d in self._network.dealers]),
            source=_named(pl.col("source"), SOURCES), source_key="source_key",
            role=pl.when(pl.col("role") >= 0).then(_named(pl.col("role"), ROLES)),
            field=_named(pl.col("error"), [e.field for e in ERRORS]), error=_named(pl.col("error"), [e.name for e in ERRORS]),
        )  # fmt: skip


def _late_errors(breaker: Breaker, first: int) -> pl.DataFrame:
    """Errors made while a layout was laid: those of rows keep their row; those of people are counted without their role."""
    frames = [
        pl.DataFrame({"row": first + where, "role": np.full(where.size, -1), "error": np.full(where.size, number)}, schema={"row": pl.Int64, "role": pl.Int64, "error": pl.Int64})
        for number, where in breaker.log
        if ERRORS[number].field == "row"
    ]
    return pl.concat(frames)


def _named(code: pl.Expr, names: tuple[str, ...] | list[str]) -> pl.Expr:
    return code.replace_strict(list(range(len(names))), list(names), default=None, return_dtype=pl.String)


@dataclass
class _Places:
    """The file and line of each row of a chunk (the last one, where it is written twice)."""

    numbers: Ints
    file_of: Ints
    table: list[str]

    @classmethod
    def empty(cls, rows: int) -> _Places:
        return cls(np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64), [])

    def add(self, rows: Ints, *, name: str, numbers: Ints) -> None:
        self.numbers[rows] = numbers
        self.file_of[rows] = len(self.table)
        self.table.append(name)

    def names(self) -> pl.Series:
        return pl.Series(self.table, dtype=pl.String).gather(pl.Series(self.file_of, dtype=pl.UInt32))
