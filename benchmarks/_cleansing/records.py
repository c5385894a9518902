"""A whole record: all fields, cross checks, score, on generated dealers' exports with typical errors."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from benchmarks._cleansing import cases
from benchmarks._cleansing.job import Job
from cleansing import records

BATCH = 131_072
"""Rows of a batch, as the engine hands them to the kernel."""


def column(rows: int, seed: int) -> pl.DataFrame:
    """At most ``BATCH`` records of exports that `chezhu generate` makes (about 1.5 records a row), taken in as a run does."""
    wanted = min(rows, BATCH)
    with tempfile.TemporaryDirectory(prefix="chezhu-bench-") as folder:
        out = Path(folder) / "exports"
        words = ["generate", "--out", out, "--rows", max(wanted * 4 // 5, 1_000), "--dealers", 10, "--workbooks", 0, "--seed", seed]
        subprocess.run([sys.executable, "-m", "pipelines.cli", *map(str, words)], check=True, capture_output=True, env=_environment())
        return _taken_in(out / "inbox", Path(folder)).head(wanted)


def _taken_in(inbox_dir: Path, folder: Path) -> pl.DataFrame:
    from pipelines.ingest import batch, contracts, inbox
    from pipelines.ingest.limits import Limits
    from pipelines.settings import Settings

    settings = Settings(inbox=inbox_dir, home=folder / "home")
    found = sorted(inbox.scan(inbox_dir, settle_seconds=0, now=time.time()), key=lambda file: (file.dealer_id, file.file_name))
    limits = Limits(
        max_file_bytes=settings.max_file_bytes, max_unpacked_bytes=settings.max_unpacked_bytes, max_row_bytes=settings.max_row_bytes
    )
    staged = folder / "staged"
    staged.mkdir()
    results = [
        result for result in batch.ingest_all(found, contracts.load(settings.contracts), limits, staged, workers=1) if result is not None
    ]
    return pl.concat([pl.read_parquet(result.records) for result in results if result.records.exists()])


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key != "POLARS_MAX_THREADS"}


def jobs() -> list[Job]:
    return [Job("records", column, lambda frame: records.clean(frame, as_of=cases.AS_OF), goal=40_000, most_rows=BATCH)]
