"""Cleansing side by side with the best library of each job, in one run, on one core.

    POLARS_MAX_THREADS=1 python -m benchmarks.cleansing [--job NAME ...] [--rows N] [--peer-rows N] [--repeats N] [--clock wall|cpu]

Prints one table: the job, our values a second, our share of right answers, the best peer, its values a second, its share,
the goals, and whether they are held. A job's further measures stand on lines of their own below it. A peer is timed over fewer
values where it is slow; one that is not installed (`pip install -e '.[bench]'`) is left out and said so. Each rate, of a peer too, is
the best of some repeats, each over a column of its own: what was kept of one value helps no repeat that follows. Wall clock needs an idle machine; ``--clock cpu`` counts this process's seconds of processor time.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import polars as pl

from benchmarks._cleansing import addresses, identities, names, phones, records, vehicles

if TYPE_CHECKING:
    from benchmarks._cleansing.job import Column, Job, Measure, Share

MODULES = (phones, addresses, identities, vehicles, names, records)
CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": time.process_time}
_FEW = 100
_FORM = "{:<11}{:>12}  {:<45}{:>9}  {:<13}{:>10}{:>8}  {:>16}  {}"


def main() -> None:
    known = {job.name: job for module in MODULES for job in module.jobs()}
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--job", nargs="+", choices=known, default=list(known), metavar="NAME", help=", ".join(known))
    options.add_argument("--rows", type=int, default=1_000_000, help="values to time ours on (a million)")
    options.add_argument("--peer-rows", type=int, default=5_000, help="values to time a peer on (5,000)")
    options.add_argument("--repeats", type=int, default=3, help="the best of so many counts (3)")
    options.add_argument("--clock", choices=CLOCKS, default="wall")
    given = options.parse_args()
    if pl.thread_pool_size() != 1:
        options.exit(2, "one core for us, as for the peers: POLARS_MAX_THREADS=1 python -m benchmarks.cleansing\n")
    print(
        f"one core ({pl.thread_pool_size()} thread of Polars {pl.__version__}, Python {sys.version.split()[0]}), {given.clock} clock, best of {given.repeats}"
    )
    print(_FORM.format("job", "ours/s", "measure", "ours", "best peer", "its/s", "its", "goal", "held"))
    for name in given.job:
        for line in table(known[name], given):
            print(line, flush=True)


def table(job: Job, given: argparse.Namespace) -> list[str]:
    """The lines of a job: speed with the first measure, then the other measures."""
    clock = CLOCKS[given.clock]
    speed = rate(job.run, job.make, rows=min(given.rows, job.most_rows or given.rows), repeats=given.repeats, clock=clock)
    peer_speed = ""
    if job.peer is not None:
        few = min(given.peer_rows, job.peer.most_rows or given.peer_rows)
        try:
            peer_speed = f"{rate(job.peer.run, job.make, rows=few, repeats=given.repeats, clock=clock) or 0:,.0f}"
        except ImportError:
            peer_speed = "missing"
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
                job.peer.name if first and job.peer else "", peer_speed if first else "", its, goal, {True: "yes", False: "NO", None: ""}[held if goal else None],
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
    run: Callable[[Any], object], make: Callable[[int, int], Column | None], *, rows: int, repeats: int, clock: Callable[[], float]
) -> float | None:
    """Values a second, the best of some runs over a column each; a few values go first, for the reference tables are loaded then.

    The columns are made while the clock stands. None where there is no data for them.
    """
    few = make(_FEW, 0)
    if few is None:
        return None
    run(few)
    best = 0.0
    for seed in range(1, repeats + 1):
        column = make(rows, seed)
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
