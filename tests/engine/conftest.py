"""Every engine in turn: the tests here speak to the Protocol only."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.contract import Engine
from engine.duckdb import DuckDBEngine

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture(scope="session")
def spark_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A real master with two worker processes."""
    pytest.importorskip("pyspark", reason="pyspark is not installed: the Spark engine is not tested (pip install -e '.[spark]')")
    if shutil.which("java") is None:
        pytest.skip("there is no Java: the Spark engine is not tested")
    from engine.spark_session import start_session

    session = start_session(master="local-cluster[2,1,1024]", scratch=tmp_path_factory.mktemp("spark"), partitions=3)
    yield session
    session.stop()


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=pytest.mark.xdist_group("spark"))])
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
