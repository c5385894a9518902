"""Opens the engine that the settings name."""

from __future__ import annotations

from engine.duckdb import DuckDBEngine, default_threads
from pipelines.settings import Settings
from pipelines.store.home import Home


def open_engine(settings: Settings, home: Home) -> DuckDBEngine:
    """The engine, its scratch files below the home; use it as a context manager."""
    return DuckDBEngine(memory_limit=settings.memory_limit, threads=settings.threads or default_threads(), scratch=home.scratch)
