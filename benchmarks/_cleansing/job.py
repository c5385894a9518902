"""What a job of the benchmark is: a column to time a kernel on, and shares of right answers, ours beside a peer's.

A module of this folder offers ``jobs() -> list[Job]``; `benchmarks/cleansing.py` lists the modules.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import polars as pl

Column = pl.Series | pl.DataFrame


@dataclass(frozen=True)
class Share:
    """A share of right answers (0 to 1) and over how many it was measured."""

    share: float
    of: int

    @classmethod
    def count(cls, right: int, of: int) -> Share:
        """``right`` of ``of`` answers."""
        return cls(right / of if of else 0.0, of)


@dataclass(frozen=True)
class Measure:
    """Something beside speed.

    Attributes:
        what: in a few words ("hard cases", "districts, elements_dev").
        ours: the share, or None where the data is not there.
        peer: the same of the peer (it may raise ImportError), None where the peer cannot do it.
        goal: the least share; None where it is told for information.
    """

    what: str
    ours: Callable[[], Share | None]
    peer: Callable[[], Share | None] | None = None
    goal: float | None = None


@dataclass(frozen=True)
class Peer:
    """The best other library: its name, and how it does the job over a column. ``run`` raises ImportError where it is not installed.

    ``most_rows``: more values than this would take too long.
    """

    name: str
    run: Callable[[pl.Series], object]
    most_rows: int | None = None


@dataclass(frozen=True)
class Job:
    """One row of the table.

    Attributes:
        name: as `--job` takes it.
        make: a column of about so many values by a seed (the same for the same number and seed; another seed gives other values of the
            same kind), or None where what it needs is not there.
        run: the job over such a column.
        goal: values a second on one core; None where there is none.
        measures: shares of right answers.
        peer: the best other library.
        most_rows: more values than this are never made.
    """

    name: str
    make: Callable[[int, int], Column | None]
    run: Callable[[Any], object]
    goal: float | None = None
    measures: tuple[Measure, ...] = field(default=())
    peer: Peer | None = None
    most_rows: int | None = None
