"""Fixtures that all rooms share: an engine, and where the public data lies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.contract import Engine
from engine.duckdb import DuckDBEngine

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """The embedded engine; tests/engine puts every engine in its place."""
    with DuckDBEngine(memory_limit="1GB", threads=2, scratch=tmp_path / "scratch") as duck:
        yield duck


@pytest.fixture(scope="session")
def public_data() -> Path:
    """The folder of public data beside the checkout."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the public data for measuring is not beside this checkout (../shared/data)")
    return folder
