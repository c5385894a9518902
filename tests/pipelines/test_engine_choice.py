"""`--engine spark`: what is missing is told in one line that says what to do, exit code 1."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from engine.contract import EngineError
from engine.opening import open_engine
from pipelines import settings
from pipelines.resources import Workshop
from pipelines.settings import SettingsError
from tests.conftest import ROOT


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """`chezhu match` on Spark, of a table of two."""
    (tmp_path / "people.csv").write_text("id,tel\n1,13917852046\n2,13917852046\n")
    (tmp_path / "model.yaml").write_text("record_id: id\ncolumns:\n  tel: {kind: phone}\n")
    names = {"--model": "model.yaml", "--out": "out"}
    return [
        "match",
        str(tmp_path / "people.csv"),
        *(word for key, name in names.items() for word in (key, str(tmp_path / name))),
        "--engine",
        "spark",
    ]


def chezhu(*words: str, first: str = "", **environment: str) -> str:
    """Runs the command, which fails; the one line that it says."""
    code = f"{first}; import sys; sys.argv = {['chezhu', *words]!r}; from pipelines.cli.main import main; main()"
    found = subprocess.run(
        [sys.executable, "-c", code.removeprefix("; ")],
        capture_output=True, text=True, check=False, cwd=ROOT, env={**os.environ, **environment},
    )  # fmt: skip
    assert found.returncode == 1, found.stderr
    assert found.stdout == ""
    (line,) = found.stderr.splitlines()
    return line


def java(folder: Path, said: str) -> str:
    """JAVA_HOME of a Java that only tells its version."""
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "java").write_text(f"#!/bin/sh\necho '{said}' >&2\n")
    (folder / "bin" / "java").chmod(0o700)
    return str(folder)


def test_without_pyspark_the_extra_is_named(words: list[str]) -> None:
    assert "install the extra [spark]" in chezhu(*words, first="import sys; sys.modules['pyspark'] = None")


def test_without_java_it_is_said_which_one(words: list[str], tmp_path: Path) -> None:
    pytest.importorskip("pyspark")
    assert "there is none: install Java 17 or newer" in chezhu(*words, PATH=str(tmp_path), JAVA_HOME="")
    assert f"there is none in JAVA_HOME={tmp_path}" in chezhu(*words, JAVA_HOME=str(tmp_path))


@pytest.mark.parametrize(
    ("said", "told"), [('openjdk version "11.0.2" 2019-01-15', "Java 11"), ('java version "1.8.0_292"', "Java 8"), ("?", "none that runs")]
)
def test_an_old_java_is_named(words: list[str], tmp_path: Path, said: str, told: str) -> None:
    pytest.importorskip("pyspark")
    home = java(tmp_path / "old", said)
    assert f"Spark needs Java 17 or newer, and {home}/bin/java is {told}: install Java 17" in chezhu(*words, JAVA_HOME=home)


def test_a_master_that_is_none_is_named_with_what_spark_says(words: list[str]) -> None:
    pytest.importorskip("pyspark")
    if shutil.which("java") is None:
        pytest.skip("there is no Java")
    said = chezhu(*words, CHEZHU_SPARK_MASTER="sparkle")
    assert re.search("Spark did not start on sparkle: .*Master", said), said


@pytest.mark.parametrize("chosen", ["option", "environment"])
def test_the_whole_pipeline_on_spark_is_not_there_yet(tmp_path: Path, chosen: str) -> None:
    given, environment = (["--engine", "spark"], {}) if chosen == "option" else ([], {"CHEZHU_ENGINE": "spark"})
    line = chezhu("run", "--home", str(tmp_path), *given, **environment)
    assert "the whole pipeline cannot run on spark yet: run it with --engine duckdb" in line


def test_nor_is_it_when_dagster_starts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHEZHU_ENGINE", "spark")
    workshop = Workshop(home=str(tmp_path))
    with pytest.raises(SettingsError, match="cannot run on spark yet"), workshop.yield_for_execution(dg.build_init_resource_context()):
        pass


def test_engines_are_a_closed_list() -> None:
    with pytest.raises(SettingsError, match="environment variable CHEZHU_ENGINE"):
        settings.load(environment={"CHEZHU_ENGINE": "dask"})
    with pytest.raises(EngineError, match="engines are: duckdb, spark"), open_engine("dask"):
        pass


def test_a_memory_limit_that_java_does_not_know_is_refused() -> None:
    pytest.importorskip("pyspark")
    with pytest.raises(EngineError, match="not '80%'"), open_engine("spark", memory_limit="80%"):
        pass


def test_a_session_does_not_share_its_process_with_another(spark_session: object, tmp_path: Path) -> None:
    assert spark_session is not None
    with pytest.raises(EngineError, match="this process has a Spark session already"), open_engine("spark", scratch=tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []
