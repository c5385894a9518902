"""What a home has published, in a form that two homes can be compared by: run ids and clock times apart (law 2)."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from engine.duckdb import DuckDBEngine
from pipelines.cli.main import call
from pipelines.store import versions
from pipelines.store.home import Home

CLOCK = {"run_id", "event_id", "started_at", "finished_at"}
AS_OF = "2026-06-30"


def chezhu(*words: str, kill_at: str | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Calls the command: in this process, where Dagster and its like are imported already; one that is to be killed in its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHEZHU_SETTLE_SECONDS", "0")
        patch.setenv("CHEZHU_THREADS", "1")
        if kill_at is None:
            done = _here(words)
        else:
            patch.setenv("CHEZHU_KILL_AT", kill_at)
            command = [sys.executable, "-m", "pipelines.cli", *words]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if check and done.returncode != 0:
        message = f"chezhu {' '.join(words)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        raise AssertionError(message)
    return done


def _here(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    said, complained = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(complained), warnings.catch_warnings():
        patch.setenv("DAGSTER_HOME", "")  # as it is now, it is again afterwards
        warnings.simplefilter("ignore")  # of Dagster and others; a user does not see them either
        code = call(words)
    return subprocess.CompletedProcess(words, code, said.getvalue(), complained.getvalue())


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


def run_on(inbox: Path, home: Path, *, days: int, increments: bool) -> None:
    """`chezhu run` so many days after ``AS_OF``, by change or over everything, whatever the publish gate thinks of it."""
    day = date.fromisoformat(AS_OF) + timedelta(days=days)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHEZHU_INCREMENTS", str(increments).lower())
        patch.setenv("CHEZHU_GATE_FROM", "1000000")
        chezhu("run", "--inbox", str(inbox), "--home", str(home), "--as-of", day.isoformat())


def send(files: Iterable[Path], inbox: Path, folder: Path) -> None:
    """Copies some of the files that `chezhu generate` made in ``folder`` to where they belong in an inbox."""
    for path in files:
        target = inbox / path.relative_to(folder / "made" / "inbox")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
