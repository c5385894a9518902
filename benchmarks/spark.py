"""Cleansing and matching on DuckDB and on Spark: whether the tables are equal, value for value, and how long each took.

Spark runs on a real master with two worker processes; its records come shuffled, in as many files as a shuffle has partitions.

python -m benchmarks.spark [--rows 200000] [--partitions 8] [--errors typical]
"""

from __future__ import annotations

import argparse
import datetime as dt
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from engine.contract import Engine
from engine.duckdb import DuckDBEngine
from engine.spark import SparkEngine
from engine.spark_session import spark_session
from matching.customers import match_customers
from pipelines import draft as drafts
from pipelines import settings
from pipelines.draft import Draft, Selection
from pipelines.stages import cleanse, intake
from pipelines.store.home import Home

AS_OF = dt.date(2026, 6, 30)
APART = {
    "spark.sql.adaptive.coalescePartitions.enabled": "false",  # small partitions are not joined
    "spark.sql.files.openCostInBytes": str(2**30),  # each file a partition
}


@dataclass
class Made:
    """Where an engine's tables are, and the seconds of each stage."""

    folder: Path
    seconds: dict[str, float] = field(default_factory=dict)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--dealers", type=int, default=30)
    parser.add_argument("--errors", default="typical")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--memory", default="2g", help="heap of Spark's driver and of each of its two executors")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="chezhu-bench-") as name:
        folder = Path(name)
        words = ["--rows", options.rows, "--dealers", options.dealers, "--errors", options.errors, "--seed", options.seed]
        made = [sys.executable, "-m", "pipelines.cli", "generate", "--out", folder / "exports", *words]
        subprocess.run([str(word) for word in made], check=True, capture_output=True)
        draft = begun(folder)
        parts = shuffled_records(draft, folder, options.partitions)
        with DuckDBEngine(scratch=folder) as duck:
            on_duckdb = cleansed_and_matched(duck, draft, parts, folder / "duckdb")
        start = time.perf_counter()
        with (
            spark_session(
                master="local-cluster[2,1,3072]", scratch=folder, partitions=options.partitions, memory=options.memory, more=APART
            ) as session,
            SparkEngine(session, scratch=folder) as spark,
        ):
            ready = time.perf_counter() - start
            on_spark = cleansed_and_matched(spark, draft, parts, folder / "spark")
        equal = print_tables(on_duckdb, on_spark)
        print_seconds(on_duckdb, on_spark, ready)
    return 0 if equal else 1


def begun(folder: Path) -> Draft:
    """The first run of a home: nothing was cleansed before."""
    home = Home(folder / "home")
    home.prepare()
    return drafts.begin(home, run_id="benchmark", as_of=AS_OF, started_at=f"{AS_OF}T00:00:00", selection=Selection())


def shuffled_records(draft: Draft, folder: Path, files: int) -> list[Path]:
    """RECORDS of the exports in no order, in so many files."""
    options = {"home": draft.home.root, "inbox": folder / "exports" / "inbox", "settle_seconds": 0, "threads": 1}
    with DuckDBEngine(scratch=folder) as duck:
        duck.write(intake.take_in(duck, draft, settings.load(environment={}, options=options)).records, folder / "records.parquet")
    records = pl.read_parquet(folder / "records.parquet").sample(fraction=1, shuffle=True, seed=8)
    parts = [folder / f"records-{number}.parquet" for number in range(files)]
    for number, part in enumerate(parts):
        records.gather_every(files, number).write_parquet(part)
    print(f"{records.height:,} records in {files} shuffled files")
    return parts


def cleansed_and_matched(engine: Engine, draft: Draft, parts: list[Path], folder: Path) -> Made:
    """Every table between RECORDS and clusters, written as the engine writes it."""
    made = Made(folder)
    start = time.perf_counter()
    records = engine.read(parts)
    events = cleanse.events(engine, draft, records)
    clean_records = cleanse.clean_records(engine, draft, records, events)
    engine.write(events, folder / "events.parquet", order_by=["record_id"])
    engine.write(clean_records, folder / "clean_records.parquet", order_by=["record_id"])
    made.seconds["cleanse"] = time.perf_counter() - start
    print(f"{type(engine).__name__}: cleansed in {made.seconds['cleanse']:.1f} s", file=sys.stderr)
    matched = match_customers(engine, engine.read(folder / "clean_records.parquet"))
    engine.write(matched.edges, folder / "edges.parquet", order_by=["record_id_l", "record_id_r"])
    engine.write(matched.clusters, folder / "clusters.parquet", order_by=["record_id"])
    matched.model.dump(folder / "model.yaml")
    made.seconds["match"] = time.perf_counter() - start - made.seconds["cleanse"]
    print(f"{type(engine).__name__}: matched in {made.seconds['match']:.1f} s", file=sys.stderr)
    made.seconds |= {f"  {stage}": seconds for stage, seconds in matched.report.seconds.items()}
    return made


def print_tables(on_duckdb: Made, on_spark: Made) -> bool:
    """Table by table: rows on both, and whether every value is the same."""
    print(f"\n{'table':16}{'DuckDB':>12}{'Spark':>12}  equal")
    found = []
    for name in ("events", "clean_records", "edges", "clusters"):
        left, right = (pl.read_parquet(made.folder / f"{name}.parquet") for made in (on_duckdb, on_spark))
        found.append(left.schema == right.schema and left.equals(right))
        print(f"{name:16}{left.height:>12,}{right.height:>12,}  {'yes' if found[-1] else 'NO'}")
    models = [(made.folder / "model.yaml").read_text(encoding="utf-8") for made in (on_duckdb, on_spark)]
    found.append(models[0] == models[1])
    print(f"{'model.yaml':16}{'':>12}{'':>12}  {'yes' if found[-1] else 'NO'}")
    return all(found)


def print_seconds(on_duckdb: Made, on_spark: Made, ready: float) -> None:
    print(f"\n{'seconds':16}{'DuckDB':>12}{'Spark':>12}\n{'start':16}{0:>12.1f}{ready:>12.1f}")
    for stage, seconds in on_duckdb.seconds.items():
        print(f"{stage:16}{seconds:>12.1f}{on_spark.seconds[stage]:>12.1f}")


if __name__ == "__main__":
    sys.exit(main())
