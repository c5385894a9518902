"""Opens the engine that works on a home, with scratch files below it. It is DuckDB: a version's files lie on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.duckdb import DuckDBEngine, default_threads
from engine.memory import memory_bytes
from pipelines.settings import Settings, SettingsError, bytes_of
from pipelines.store.home import Home, remove

LEAST_MEMORY = 4 * 10**9


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


def engine_memory(settings: Settings) -> int:
    """Bytes that DuckDB may use: what the settings say, else a quarter of this machine's memory and at least 4 GB.

    Steps in processes of their own (setting ``executor``) run side by side, so each of them has 4 GB.
    """
    machine = memory_bytes() or LEAST_MEMORY  # where the system does not tell
    if settings.memory_limit:
        return bytes_of(settings.memory_limit, whole=machine)
    return LEAST_MEMORY if settings.executor == "multiprocess" else max(machine // 4, LEAST_MEMORY)


def engine_of(settings: Settings, *, scratch: Path | None = None) -> DuckDBEngine:
    """DuckDB as a run has it. Half of its memory may hold computed tables, which else go through files."""
    memory = engine_memory(settings)
    return DuckDBEngine(memory_limit=f"{memory}B", threads=settings.threads or default_threads(), scratch=scratch, table_bytes=memory // 2)


@contextmanager
def open_engine(settings: Settings, home: Home) -> Iterator[DuckDBEngine]:
    """The engine. Its scratch folder carries the process's number and goes with the last engine that uses it, however the work ends."""
    scratch = home.scratch / str(os.getpid())
    try:
        with engine_of(settings, scratch=scratch) as engine:
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
