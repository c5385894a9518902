"""Cleansing side by side with the best library of each job, in one run, on one core.

    POLARS_MAX_THREADS=1 python -m benchmarks.cleansing [--job NAME ...] [--rows N] [--peer-rows N] [--rounds N] [--clock wall|cpu]

Prints one table: the job, our values a second, our share of right answers, the best peer, its values a second, its share,
the goals, and whether they are held. A job's further measures stand on lines of their own below it. A peer is timed over fewer
values where it is slow; one that is not installed (`pip install -e '.[bench]'`) is left out and said so.

Every round times every job over two columns, one right after the other, and its peer after it; all columns differ: what was kept of one value helps no other.
The better of the two counts, for the first pays for the memory that the system took back since the round before. Each job has a process for all rounds, so that none
burdens another. A rate is the best of the rounds, for a machine that others share is slow for minutes and never too quick; ``times`` is
the median over the rounds of our rate divided by the peer's. Wall clock needs an idle machine; ``--clock cpu`` counts this process's
seconds of processor time.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from benchmarks._cleansing import addresses, identities, names, phones, records, vehicles

if TYPE_CHECKING:
    from benchmarks._cleansing.job import Column, Job, Measure, Share

MODULES = (phones, addresses, identities, vehicles, names, records)
CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": time.process_time}
_FEW = 100
_FORM = "{:<13}{:>11}  {:<66}{:>6}  {:<12}{:>8}{:>10}{:>8}  {:>15}  {}"


@dataclass
class Rates:
    """Values a second of each round, ours and the peer's (none where there is none, or it is not installed)."""

    ours: list[float] = field(default_factory=list)
    its: list[float] = field(default_factory=list)

    def add(self, ours: float | None, its: float | None) -> None:
        """One more round."""
        if ours is not None:
            self.ours.append(ours)
        if its is not None:
            self.its.append(its)


def main() -> None:
    known = jobs()
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--job", nargs="+", choices=known, default=list(known), metavar="NAME", help=", ".join(known))
    options.add_argument("--rows", type=int, default=1_000_000, help="values to time ours on (a million)")
    options.add_argument("--peer-rows", type=int, default=5_000, help="values to time a peer on (5,000)")
    options.add_argument("--rounds", type=int, default=5, help="so often is every job timed (5)")
    options.add_argument("--clock", choices=CLOCKS, default="wall")
    given = options.parse_args()
    if pl.thread_pool_size() != 1:
        options.exit(2, "one core for us, as for the peers: POLARS_MAX_THREADS=1 python -m benchmarks.cleansing\n")
    rates = {name: Rates() for name in given.job}
    for name, ours, its in rounds(given):
        rates[name].add(ours, its)
    print(
        f"one core ({pl.thread_pool_size()} thread of Polars {pl.__version__}, Python {sys.version.split()[0]}), {given.clock} clock, best of {given.rounds} rounds"
    )
    print(_FORM.format("job", "ours/s", "measure", "ours", "best peer", "its/s", "times", "its", "goal", "held"))
    for name in given.job:
        for line in table(known[name], rates[name]):
            print(line, flush=True)


def jobs() -> dict[str, Job]:
    """All jobs by name."""
    return {job.name: job for module in MODULES for job in module.jobs()}


def rounds(given: argparse.Namespace) -> Iterator[tuple[str, float | None, float | None]]:
    """What ``timed`` finds of each job in each round, with the job's name."""
    fresh = multiprocessing.get_context("spawn")
    with ExitStack() as stack:
        processes = {name: stack.enter_context(ProcessPoolExecutor(max_workers=1, mp_context=fresh)) for name in given.job}
        for number in range(1, given.rounds + 1):
            for name, process in processes.items():
                ours, its = process.submit(timed, name, given.rows, given.peer_rows, number, given.clock).result()
                of_ours, of_its = f"{ours or 0:,.0f}", "" if its is None else f", its peer {its:,.0f}"
                print(f"round {number} of {given.rounds}: {name} {of_ours} a second{of_its}", file=sys.stderr, flush=True)
                yield name, ours, its


def timed(name: str, rows: int, peer_rows: int, seed: int, clock: str) -> tuple[float | None, float | None]:
    """Values a second of a job and its peer over the columns of a seed; None where there is nothing to time, of a peer that is not installed too."""
    job, now = jobs()[name], CLOCKS[clock]
    ours = rate(job.run, job.make, rows=min(rows, job.most_rows or rows), seed=seed, clock=now)
    if job.peer is None or ours is None:
        return ours, None
    try:
        return ours, rate(job.peer.run, job.make, rows=min(peer_rows, job.peer.most_rows or peer_rows), seed=seed, clock=now)
    except ImportError:
        return ours, None


def table(job: Job, rates: Rates) -> list[str]:
    """The lines of a job: speed with the first measure, then the other measures."""
    speed, peer_speed = max(rates.ours, default=None), max(rates.its, default=None)
    times = statistics.median(ours / its for ours, its in zip(rates.ours, rates.its, strict=True)) if rates.its else None
    lines = []
    for number, measure in enumerate(job.measures or (None,)):
        first = number == 0
        what, ours, its, goal, held = judged(measure)
        if first and job.goal is not None:
            goal = f"{short(job.goal)}/s" + (f", {goal}" if goal else "")
            held = (speed is not None and speed >= job.goal) and held
        lines.append(
            _FORM.format(
                job.name if first else "", f"{speed:,.0f}" if first and speed else "", what, ours,
                job.peer.name if first and job.peer else "",
                (f"{peer_speed:,.0f}" if peer_speed else "missing") if first and job.peer else "",
                f"{times:,.1f}" if first and times else "", its, goal, {True: "yes", False: "NO", None: ""}[held if goal else None],
            ).rstrip()
        )  # fmt: skip
    return lines


def judged(measure: Measure | None) -> tuple[str, str, str, str, bool]:
    """What was measured, our share, the peer's, the goal, and whether it is held (true where there is none)."""
    if measure is None:
        return "", "", "", "", True
    ours = measure.ours()
    if ours is None:
        return measure.what, "no data", "", percent(measure.goal), measure.goal is None
    its: Share | None = None
    said = ""
    try:
        its = measure.peer() if measure.peer is not None else None
    except ImportError:
        said = "missing"
    held = measure.goal is None or ours.share >= measure.goal
    return f"{measure.what} ({ours.of:,})", percent(ours.share), percent(its.share) if its else said, percent(measure.goal), held


def rate(
    run: Callable[[Any], object], make: Callable[[int, int], Column | None], *, rows: int, seed: int, clock: Callable[[], float]
) -> float | None:
    """Values a second, the better of two columns; a few values go first, for the reference tables are loaded then.

    The columns are made while the clock stands. None where there is no data for them.
    """
    few, *columns = make(_FEW, 0), make(rows, 2 * seed - 1), make(rows, 2 * seed)
    if few is None:
        return None
    run(few)
    best = 0.0
    for column in columns:
        if column is None:
            return None
        start = clock()
        run(column)
        best = max(best, len(column) / (clock() - start))
    return best


def percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def short(number: float) -> str:
    return f"{number / 1e6:g} M" if number >= 1e6 else f"{number / 1e3:g} k"


if __name__ == "__main__":
    main()
