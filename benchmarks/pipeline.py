"""The whole pipeline on generated exports: seconds by stage, peak memory, precision and recall against the truth.

python -m benchmarks.pipeline [--rows 200000] [--dealers 30] [--errors typical]
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from engine.duckdb import DuckDBEngine
from generator.answers import entities
from matching.evaluate import Evaluation, evaluate
from pipelines.store import versions
from pipelines.store.home import Home


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--dealers", type=int, default=30)
    parser.add_argument("--errors", default="typical")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--exports", type=Path, help="exports made before, instead of new ones")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="chezhu-bench-") as folder:
        exports = options.exports or Path(folder) / "exports"
        if options.exports is None:
            words = ["--rows", options.rows, "--dealers", options.dealers, "--errors", options.errors, "--seed", options.seed]
            command("generate", "--out", exports, *words)
        seconds, said = command("run", "--inbox", exports / "inbox", "--home", Path(folder) / "home", "--as-of", "2026-06-30")
        print_stages(said)
        gib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
        found = held_against_truth(Path(folder) / "home", exports)
        summary = json.loads(command("runs", "--home", Path(folder) / "home", "--json")[1])[-1]["detail"]
        print(f"\n{summary['rows_in']:,} rows, {summary['records']:,} records, {summary['customers']:,} customers")
        print(f"pipeline {seconds:.1f} s, peak memory {gib:.2f} GiB")
        print(
            f"pairwise precision {found.precision:.4f} recall {found.recall:.4f} F1 {found.f1:.4f} ({found.records:,} records with truth)"
        )


def command(*words: object) -> tuple[float, str]:
    """Runs `chezhu` in a process of its own; seconds and what it said."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *map(str, words)], capture_output=True, text=True, check=False, env=environment()
    )
    if done.returncode:
        sys.exit(done.stderr)
    return time.perf_counter() - start, done.stdout if words[0] != "run" else done.stderr


def environment() -> dict[str, str]:
    import os

    return {**os.environ, "CHEZHU_SETTLE_SECONDS": "0"}


def print_stages(said: str) -> None:
    """The progress lines, with the seconds since the line before."""
    before = 0.0
    print(f"{'stage':<60} {'s':>6}")
    for line in said.splitlines():
        found = re.match(r"\s*(\d+(?:\.\d+)?) s  (.*)", line)
        if found and not found[2].startswith("file "):
            print(f"{found[2]:<60} {float(found[1]) - before:>6.1f}")
            before = float(found[1])


def held_against_truth(home: Path, exports: Path) -> Evaluation:
    """Pairwise quality of the published crosswalk."""
    place = Home(home)
    manifest = versions.current(place)
    if manifest is None:
        sys.exit("nothing was published")
    with DuckDBEngine() as engine:
        names = ("crosswalk", "records", "files")
        read = {name: engine.collect(versions.read(place, engine, manifest, name), max_rows=sys.maxsize) for name in names}
    truth = pl.read_parquet(exports / "truth" / "records.parquet")
    right = entities(read["records"], files=read["files"], truth=truth)
    guessed = read["crosswalk"].filter(pl.col("valid_to").is_null()).select("record_id", cluster_id="customer_id")
    return evaluate(guessed.join(right, on="record_id", how="semi"), right)


if __name__ == "__main__":
    main()
