"""A Spark session with the settings that the Spark engine relies on."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from pyspark.sql import SparkSession

from engine.contract import DEFAULT_BATCH_ROWS, EngineError

MINIMUM_JAVA = 17


def start_session(*, master: str = "local[2]", scratch: Path | None = None, partitions: int = 8, memory: str = "1g") -> SparkSession:
    """A session with the settings this engine relies on; the caller stops it.

    Args:
        master: a Spark master's address (``spark://…``, ``yarn``, ``local[2]``, ``local-cluster[2,1,1024]``).
        scratch: where Spark may spill; default: a temporary folder.
        partitions: how many parts a shuffle makes.
        memory: heap of the driver and of each executor.

    Raises:
        EngineError: there is no Java that Spark could run on.
    """
    java = shutil.which("java", path=f"{os.environ['JAVA_HOME']}/bin" if os.environ.get("JAVA_HOME") else None)
    if java is None:
        message = (
            f"Spark needs Java {MINIMUM_JAVA} or newer, and there is none: install openjdk-{MINIMUM_JAVA}-jre-headless, or set JAVA_HOME"
        )
        raise EngineError(message)
    spill = Path(tempfile.mkdtemp(prefix="spark-", dir=scratch))
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.memory": memory,
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.executor.memory": memory,
        "spark.executorEnv.PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "spark.local.dir": str(spill),
        "spark.sql.warehouse.dir": str(spill / "warehouse"),
        "spark.sql.ansi.enabled": "true",
        "spark.sql.ansi.doubleQuotedIdentifiers": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(partitions),
        "spark.sql.parquet.compression.codec": "zstd",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.execution.arrow.maxRecordsPerBatch": str(DEFAULT_BATCH_ROWS),
    }
    builder = SparkSession.builder.master(master).appName("chezhu")
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session
