"""Opens the engine that works on a home, with scratch files below it. It is DuckDB: a version's files lie on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.duckdb import DuckDBEngine, default_threads
from pipelines.settings import Settings, SettingsError
from pipelines.store.home import Home, remove


def require_duckdb(settings: Settings) -> None:
    """Says that a run is possible with DuckDB only.

    Raises:
        SettingsError: the settings want Spark.
    """
    if settings.engine != "duckdb":
        message = (
            f"the whole pipeline cannot run on {settings.engine} yet: run it with --engine duckdb (setting 'engine'); "
            f"`chezhu match` takes --engine {settings.engine}"
        )
        raise SettingsError(message)


@contextmanager
def open_engine(settings: Settings, home: Home) -> Iterator[DuckDBEngine]:
    """The engine. Its scratch folder carries the process's number and goes with the last engine that uses it, however the work ends."""
    scratch = home.scratch / str(os.getpid())
    try:
        with DuckDBEngine(memory_limit=settings.memory_limit, threads=settings.threads or default_threads(), scratch=scratch) as engine:
            yield engine
    finally:
        with suppress(OSError):  # another engine of this process still has its folder there
            scratch.rmdir()


def remove_dead_scratch(home: Home) -> None:
    """Removes what processes that are no more have left behind."""
    for folder in dead_scratch(home):
        remove(folder)


def dead_scratch(home: Home) -> list[Path]:
    """Folders of processes that are no more."""
    return [folder for folder in sorted(home.scratch.iterdir()) if not folder.name.isdigit() or not _lives(int(folder.name))]


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
