"""Parts of the rows become files and truth, in two processes: the work is many small calls that hold the interpreter.

The processes are spawned (Polars' threads do not survive a fork) while the world is still simulated, and read the world from a
file. A part depends on nothing but its rows and the seed, and results come back in order: one process gives the same bytes.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from generator.activity import Activity
from generator.dealers import SOURCES, Network
from generator.facts import Facts
from generator.files import write_export
from generator.layout import Layer
from generator.plan import Plan
from generator.render import render
from generator.truth import Places, errors_table, truth_table
from generator.world import World

if TYPE_CHECKING:
    import pyarrow as pa

PROCESSES = 2
WORTH_ROWS = 150_000
"""Below, starting processes costs more than they save."""


@dataclass(frozen=True)
class Made:
    """What one chunk came to: its part of the truth and of the errors, and counts."""

    records: pa.Table
    errors: pa.Table
    rows: int
    files: int
    expected: dict[str, float]


class Maker:
    """Renders and writes chunks."""

    def __init__(self, plan: Plan, network: Network, world: World) -> None:
        self._plan = plan
        self._network = network
        self._world = world
        self._facts = Facts.of(network)
        self._dealer_ids = [dealer.dealer_id for dealer in network.dealers]
        for dealer in network.dealers:
            (plan.out / "inbox" / dealer.dealer_id).mkdir()

    def make(self, number: int, part: Activity) -> Made:
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
        return Made(truth, errors_table(chunk, self._dealer_ids, places, keyed=keyed), len(part), places.written, chunk.expected)


class Workers:
    """Processes that make parts; none for few rows.

    >>> with Workers(1_000) as workers:
    ...     workers.processes
    0
    """

    def __init__(self, rows: int) -> None:
        self.processes = PROCESSES if rows >= WORTH_ROWS else 0
        self._pool = ProcessPoolExecutor(self.processes, mp_context=get_context("spawn")) if self.processes else None

    def __enter__(self) -> Self:
        if self._pool is not None:
            for _ in range(self.processes):
                self._pool.submit(_awake)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def each(self, maker: Maker, parts: Sequence[Activity]) -> Iterator[Made]:
        """What each part comes to, in their order."""
        if self._pool is None:
            yield from (maker.make(number, part) for number, part in enumerate(parts))
            return
        with tempfile.NamedTemporaryFile(prefix="chezhu-world-") as file:
            pickle.dump(maker, file, protocol=pickle.HIGHEST_PROTOCOL)
            file.flush()
            yield from self._pool.map(_make, [file.name] * len(parts), range(len(parts)), parts)


def _awake() -> None:
    """Importing this module is what takes its time."""


def _make(world: str, number: int, part: Activity) -> Made:
    return _maker(world).make(number, part)


@cache
def _maker(world: str) -> Maker:
    with Path(world).open("rb") as file:
        maker: Maker = pickle.load(file)  # noqa: S301 - this process's parent wrote it
    return maker
