"""Fixtures that all rooms share: an engine, and where the public data lies."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from engine.contract import Engine
from engine.duckdb import DuckDBEngine

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROOT = Path(__file__).resolve().parents[1]

settings.register_profile("chezhu", deadline=None)  # how fast something is, benchmarks say; a busy machine is no failure
settings.load_profile("chezhu")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Tests that look at what one fixture has made go to one worker."""
    from tests.scheduling import Together

    return Together(config, log)


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


SHORT_LIVED_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Compiles quickly and not well, and needs no threads for garbage: right for a minute of work on two cores."""


@pytest.fixture(scope="session")
def spark_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A real master with two worker processes. One worker runs all tests that use it (``tests.scheduling``), so that there is one."""
    pytest.importorskip("pyspark", reason="pyspark is not installed: the Spark engine is not tested (pip install -e '.[spark]')")
    if shutil.which("java") is None:
        pytest.skip("there is no Java: the Spark engine is not tested")
    from engine.spark_session import spark_session

    more = {f"spark.{process}.extraJavaOptions": SHORT_LIVED_JAVA for process in ("driver", "executor")}
    with spark_session(master="local-cluster[2,1,1024]", scratch=tmp_path_factory.mktemp("spark"), partitions=3, more=more) as session:
        yield session
