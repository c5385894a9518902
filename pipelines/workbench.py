"""Opens the engine that the settings name, with scratch files below the home."""

from __future__ import annotations

import os

from engine.duckdb import DuckDBEngine, default_threads
from pipelines.settings import Settings
from pipelines.store.home import Home, remove


def open_engine(settings: Settings, home: Home) -> DuckDBEngine:
    """The engine; use it as a context manager. Its scratch folder carries the process's number."""
    scratch = home.scratch / str(os.getpid())
    return DuckDBEngine(memory_limit=settings.memory_limit, threads=settings.threads or default_threads(), scratch=scratch)


def remove_dead_scratch(home: Home) -> None:
    """Removes what processes that are no more have left behind."""
    for folder in home.scratch.iterdir():
        if not folder.name.isdigit() or not _lives(int(folder.name)):
            remove(folder)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
