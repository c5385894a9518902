"""A Spark session with the settings that the Spark engine relies on, for as long as a block of code lasts.

The session has a Java process of its own, which ends with the block, and so do its workers and its folders. What Java has to
say goes to a file, for a command's own output is read by programs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from py4j.protocol import Py4JError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException
from pyspark.find_spark_home import _find_spark_home
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

import engine
from engine.contract import DEFAULT_BATCH_ROWS, EngineError

MINIMUM_JAVA = 17
JAVA_ENDS_WITHIN = 60.0
"""Seconds after which a Java process that was told to end is killed."""
_HERE = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
"""Where all of Spark is on this machine: nobody else can reach it."""


@contextmanager
def spark_session(
    *,
    master: str = "local[2]",
    scratch: Path | None = None,
    partitions: int = 8,
    memory: str = "1g",
    more: Mapping[str, str] | None = None,
) -> Iterator[SparkSession]:
    """A session with the settings this engine relies on.

    Args:
        master: a Spark master's address (``spark://…``, ``yarn``, ``local[2]``, ``local-cluster[2,1,1024]``).
        scratch: where Spark may spill; default: a temporary folder.
        partitions: how many parts a shuffle makes.
        memory: heap of the driver and of each executor.
        more: further Spark settings.

    Raises:
        EngineError: there is no Java that Spark could run on, or Spark did not start.
    """
    _require_java()
    if SparkSession.getActiveSession() is not None:
        message = "this process has a Spark session already, and can have one only: stop it first"
        raise EngineError(message)
    if scratch is not None:
        scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = Path(tempfile.mkdtemp(prefix="spark-", dir=scratch))
    try:
        settings = {
            **_settings(folder, partitions=partitions, memory=memory),
            **(_HERE if master.startswith("local") else {}),
            **(more or {}),
        }
        context = _started(SparkConf(loadDefaults=False).setMaster(master).setAppName("chezhu").setAll(list(settings.items())), folder)
        work = Path(_find_spark_home()) / "work" / context.applicationId  # where the workers of a local-cluster keep what they say
        session = SparkSession(context)
        try:
            yield session
        finally:
            with suppress(Py4JError, OSError):  # its Java process may be gone
                session.stop()
            _end_java()
            shutil.rmtree(work, ignore_errors=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _settings(folder: Path, *, partitions: int, memory: str) -> dict[str, str]:
    # what the workers import is what this process imports, from wherever it was started
    paths = [str(Path(next(iter(engine.__path__))).parent), *(os.path.abspath(path) for path in sys.path)]  # noqa: PTH100 - "" is this folder
    return {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.memory": memory,
        "spark.executor.memory": memory,
        "spark.executorEnv.PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
        "spark.executorEnv.POLARS_MAX_THREADS": "1",  # Spark runs as many kernels at once as there are cores
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.ansi.enabled": "true",
        "spark.sql.ansi.doubleQuotedIdentifiers": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(partitions),
        "spark.sql.parquet.compression.codec": "zstd",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.execution.arrow.maxRecordsPerBatch": str(DEFAULT_BATCH_ROWS),
    }


def _require_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin" if home else None)
    wanted = f"install Java {MINIMUM_JAVA} or newer (openjdk-{MINIMUM_JAVA}-jre-headless), or set JAVA_HOME to one"
    if java is None:
        message = f"Spark needs Java, and there is none{f' in JAVA_HOME={home}' if home else ''}: {wanted}"
        raise EngineError(message)
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603 - the Java that Spark would start
    version = re.search(r'version "(?:1\.)?([0-9]+)', said)
    if version is None or int(version[1]) < MINIMUM_JAVA:
        message = (
            f"Spark needs Java {MINIMUM_JAVA} or newer, and {java} is {f'Java {version[1]}' if version else 'none that runs'}: {wanted}"
        )
        raise EngineError(message)


def _started(conf: SparkConf, folder: Path) -> SparkContext:
    log = folder / "spark.log"
    try:
        with log.open("wb") as file:
            gateway = launch_gateway(conf, popen_kwargs={"stdout": file, "stderr": file})  # type: ignore[no-untyped-call] # pyspark's own
        context = SparkContext(gateway=gateway, conf=conf)
    except (PySparkException, Py4JError) as error:
        said = re.findall(r"(?:Error|Exception): *(.+)", log.read_text(encoding="utf-8", errors="replace"))
        message = f"Spark did not start on {conf.get('spark.master')}: {said[-1] if said else error}"
        _end_java()
        raise EngineError(message) from error
    context.setLogLevel("ERROR")
    context.pythonExec = os.environ.get("PYSPARK_PYTHON", sys.executable)
    return context


def _end_java() -> None:
    """Ends the Java process; pyspark itself would keep it until Python ends."""
    gateway = SparkContext._gateway  # noqa: SLF001 - pyspark has no other way to it
    SparkContext._gateway = SparkContext._jvm = None  # noqa: SLF001
    if gateway is not None:
        gateway.shutdown()
        gateway.proc.stdin.close()
        try:
            gateway.proc.wait(timeout=JAVA_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            gateway.proc.kill()
            gateway.proc.wait()
