"""Every engine in turn: the tests here speak to the Protocol only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.contract import Engine
from engine.duckdb import DuckDBEngine


@pytest.fixture(params=["duckdb", "spark"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Each engine there is."""
    if request.param == "duckdb":
        with DuckDBEngine(memory_limit="1GB", threads=2, scratch=tmp_path / "scratch") as duck:
            yield duck
    else:
        session = request.getfixturevalue("spark_session")
        from engine.spark import SparkEngine

        with SparkEngine(session, scratch=tmp_path / "scratch") as spark:
            yield spark
