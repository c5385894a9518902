"""What a home has published, in a form that two homes can be compared by: run ids and clock times apart (law 2)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl

from engine.duckdb import DuckDBEngine
from pipelines.store import versions
from pipelines.store.home import Home

CLOCK = {"run_id", "event_id", "started_at", "finished_at"}
AS_OF = "2026-06-30"


def chezhu(*words: str, kill_at: str | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Runs the command in a process of its own, as a user would."""
    import os

    environment = {**os.environ, "CHEZHU_SETTLE_SECONDS": "0", "CHEZHU_THREADS": "1"}
    if kill_at is not None:
        environment["CHEZHU_KILL_AT"] = kill_at
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *words], capture_output=True, text=True, env=environment, check=False, timeout=300
    )
    if check and done.returncode != 0:
        message = f"chezhu {' '.join(words)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        raise AssertionError(message)
    return done


def run(inbox: Path, home: Path, *words: str, kill_at: str | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
    """`chezhu run` with a fixed as-of date."""
    return chezhu("run", "--inbox", str(inbox), "--home", str(home), "--as-of", AS_OF, *words, kill_at=kill_at, check=check)


def tables(home: Path) -> dict[str, pl.DataFrame]:
    """Every published table, sorted, without what tells runs and clock times apart."""
    place = Home(home)
    manifest = versions.current(place)
    assert manifest is not None, f"nothing is published at {home}"
    found = {}
    with DuckDBEngine(threads=1) as engine:
        frames = {name: engine.collect(versions.read(place, engine, manifest, name)) for name in manifest.tables}
    for name, whole in frames.items():
        frame = whole.drop([column for column in whole.columns if column in CLOCK])
        plain = [column for column, dtype in frame.schema.items() if not dtype.is_nested()]
        found[name] = frame.sort(plain, nulls_last=True)
    return found
