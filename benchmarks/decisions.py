"""What steward decisions cost a run: matching, resolving and golden records with and without them, on generated exports.

    python -m benchmarks.decisions [--rows 200000] [--decisions N] [--repeats 3] [--generated DIR] [--table FILE]
    python -m benchmarks.decisions --rows 700000 --keep DIR; python -m benchmarks.decisions --prepared DIR

One model is trained first and then applied; the crosswalk of a run before is there, as every night, but all decisions are new to it. N defaults
to one for each hundred customers (10,000 of a million): a third of pairs that are the same or not, a third of values corrected or preferred, a
third of locks. Reading them from the store is timed as well. Runs without and with decisions take turns; told are the medians and their ratio
(goal: 1.10). ``--keep`` makes all that comes before the runs and leaves it in a folder, from which ``--prepared`` only measures.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import linkage
from benchmarks._exports import AS_OF

if TYPE_CHECKING:
    from engine.contract import Engine, Table
    from matching.model import Model
    from pipelines.store.decisions import Decisions

GOAL = 1.10
PHONES = "+861391785{:04}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000, help="rows of the generated exports")
    parser.add_argument("--decisions", type=int, help="how many; default: one for each hundred customers")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--generated", type=Path, help="generated exports that are there already")
    parser.add_argument("--table", type=Path, help="clean records (Parquet) that are there already, as --keep leaves them")
    parser.add_argument("--keep", type=Path, help="only make what comes before the runs, and leave it in this folder")
    parser.add_argument("--prepared", type=Path, help="a folder that --keep has made")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="decisions-") as scratch:
        folder = options.prepared or options.keep or Path(scratch)
        if options.prepared is None:
            folder.mkdir(parents=True, exist_ok=True)
            table = options.table
            if table is None:
                table, _ = linkage.files("dealers", Path(scratch), rows=options.rows, generated=options.generated)
            shutil.copy(table, folder / "clean.parquet")
            prepare(folder, Path(scratch), decisions=options.decisions)
        if options.keep is None:
            measure(folder, Path(scratch), repeats=options.repeats)


@dataclass(frozen=True)
class Bench:
    """What all runs share."""

    engine: Engine
    clean: Table
    model: Model | None
    previous: Table | None


def prepare(folder: Path, scratch: Path, *, decisions: int | None) -> None:
    """The run before, and decisions about what it found; ``folder`` has clean.parquet."""
    from engine.duckdb import DuckDBEngine

    with DuckDBEngine(memory_limit="4GB", scratch=scratch) as engine:
        first = run(Bench(engine, engine.read(folder / "clean.parquet"), None, None), store(folder, "without"))
        customers = engine.count(first.customers)
        enter(engine, first, store(folder, "with"), decisions if decisions is not None else customers // 100)
        engine.write(first.crosswalk, folder / "crosswalk.parquet")
        first.model.dump(folder / "model.yaml")


def store(folder: Path, name: str) -> Decisions:
    from pipelines.store.decisions import Decisions
    from pipelines.store.home import Home

    home = Home(folder / name)
    home.prepare()
    return Decisions(home)


def measure(folder: Path, scratch: Path, *, repeats: int) -> None:
    from engine.duckdb import DuckDBEngine
    from matching.model import load_model
    from pipelines.stages import steward

    with DuckDBEngine(memory_limit="4GB", scratch=scratch) as engine:
        clean, crosswalk = (engine.read(folder / f"{name}.parquet") for name in ("clean", "crosswalk"))
        bench = Bench(engine, clean, load_model(folder / "model.yaml"), crosswalk)
        stores = {name: store(folder, name) for name in ("without", "with")}
        # values are cleansed as records are: in a run the stage before has loaded what that needs
        steward.standardized("phone", PHONES.format(1_000), as_of=AS_OF)
        seconds: dict[str, list[dict[str, float]]] = {name: [] for name in stores}
        for turn in range(repeats):
            for name in sorted(stores, reverse=turn % 2 == 0):  # who comes first takes turns as well
                seconds[name].append(run(bench, stores[name]).seconds)
        counted = engine.sql("select count(distinct customer_id) as n from c where valid_to is null", c=crosswalk)
        entered = [each.kind for each in stores["with"].in_force()]
        print(
            f"{engine.count(clean):,} records, {engine.collect(counted).item():,} customers, {len(entered):,} decisions ({told(entered)})"
        )
        show(seconds)


@dataclass(frozen=True)
class Done:
    """One run's results."""

    edges: Table
    crosswalk: Table
    customers: Table
    model: Model
    seconds: dict[str, float]


def run(bench: Bench, store: Decisions) -> Done:
    """One run through the stages, with what the store has."""
    from matching import customers as customer_matching
    from matching import identity
    from matching.survivorship import load_rules
    from pipelines.stages import resolve

    seconds, start = {}, time.perf_counter()

    def lap(name: str) -> None:
        nonlocal start
        now = time.perf_counter()
        seconds[name], start = now - start, now

    in_force = store.in_force()
    decided = resolve.decided(bench.engine, bench.clean, in_force)
    lap("read")
    found = customer_matching.match_customers(bench.engine, bench.clean, model=bench.model, labels=decided.labels, closed=decided.closed)
    edges, clusters = bench.engine.materialize(found.edges), bench.engine.materialize(found.clusters)
    lap("match")
    walk = identity.resolve(
        bench.engine, clusters=clusters, records=bench.clean, previous=bench.previous, run_id="bench", as_of=AS_OF
    ).crosswalk
    lap("resolve")
    survived = resolve.golden(bench.engine, crosswalk=walk, clean_records=bench.clean, as_of=AS_OF, rules=load_rules(), decisions=in_force)
    customers = bench.engine.materialize(survived.customers)
    bench.engine.count(survived.values)
    lap("golden")
    return Done(edges, walk, customers, found.model, seconds)


def enter(engine: Engine, first: Done, store: Decisions, wanted: int) -> None:
    """Decisions spread over the customers that a run without any found."""
    from pipelines.store.decision import Decision
    from pipelines.store.decision_groups import Groups
    from pipelines.store.decisions import Wanted, WantedLock

    members = engine.collect(
        engine.sql("select customer_id, record_id from c where valid_to is null order by md5(customer_id), record_id", c=first.crosswalk),
        max_rows=100_000_000,
    )
    each = members.group_by("customer_id", maintain_order=True).agg("record_id")["record_id"].to_list()
    third = wanted // 3
    groups, rows = Groups([]), []

    def add(kind: str, **values: object) -> None:
        decision = Decision(
            len(rows) + 1, kind, **{"left_id": None, "right_id": None, "undoes": None, "who": "b", "why": "b", "at": "2026-01-01", **values}
        )  # type: ignore[arg-type]
        groups.add(decision)
        rows.append(decision)

    pairs, locks, values = each[: 2 * third], each[2 * third : 3 * third], each[3 * third : wanted + 2 * third]
    for number, (one, two) in enumerate(zip(pairs[::2], pairs[1::2], strict=True)):
        if number % 2:
            add("same", left_id=one[0], right_id=two[0])
        elif len(one) > 1 and groups.judge(Wanted(one[0], one[1], same=False)) == (False, None):
            add("not_same", left_id=one[0], right_id=one[1])
        else:
            add("not_same", left_id=one[0], right_id=two[0])
    for records in locks:
        if groups.judge_lock(WantedLock(tuple(records))) == (False, None):
            add("lock", records=tuple(records))
    for number, records in enumerate(values):
        add("correct" if number % 2 else "prefer", left_id=records[0], field="phone", value=PHONES.format(1_000 + number % 9_000))
    _insert(store, rows)


def _insert(store: Decisions, rows: Sequence[object]) -> None:
    import json
    from dataclasses import asdict

    with store._engine.begin() as connection:  # noqa: SLF001 - all at once: entering one takes a transaction
        for row in rows:
            values = asdict(row)  # type: ignore[call-overload]
            kept = {name: values[name] for name in ("left_id", "right_id", "field", "value") if values[name] is not None}
            more = {"records": json.dumps(values["records"])} if values["records"] else {}
            store._add(connection, "bench", "bench", kind=values["kind"], **kept, **more)  # noqa: SLF001


def told(kinds: list[str]) -> str:
    return ", ".join(f"{kinds.count(kind):,} {kind}" for kind in dict.fromkeys(kinds))


def show(seconds: dict[str, list[dict[str, float]]]) -> None:
    print(f"{'stage':<12}{'without':>10}{'with':>10}{'ratio':>8}")
    medians = {}
    for stage in (*seconds["with"][0], "all"):
        for name, laps in seconds.items():
            medians[name] = statistics.median(sum(lap.values()) if stage == "all" else lap[stage] for lap in laps)
        ratio = medians["with"] / medians["without"]
        print(f"{stage:<12}{medians['without']:>10.2f}{medians['with']:>10.2f}{ratio:>8.3f}")
    print(f"decisions add {100 * (ratio - 1):.1f} % (goal: at most {100 * (GOAL - 1):.0f} %)")


if __name__ == "__main__":
    main()
