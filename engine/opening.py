"""Opens an engine by its name. What only one of them needs is looked for when that one is asked for.

>>> with open_engine("duckdb") as engine:
...     engine.count(engine.sql("select 1 as n"))
1
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from engine.contract import Engine, EngineError
from engine.duckdb import DuckDBEngine, default_threads

SHUFFLE_PARTITIONS = 32
"""Parts that a shuffle on Spark makes; Spark itself joins those that are small."""


@contextmanager
def open_engine(
    name: str, *, memory_limit: str = "4GB", threads: int = 0, scratch: Path | None = None, spark_master: str = ""
) -> Iterator[Engine]:
    """An engine for as long as a block of code lasts.

    Args:
        name: ``duckdb`` or ``spark``.
        memory_limit: bounds DuckDB's own memory, or the heap of Spark's driver and of each of its executors.
        threads: how many at once on this machine; 0 = all cores this process may use.
        scratch: a folder for what does not fit in memory; Spark's executors must reach it under the same path.
        spark_master: address of a Spark master; empty: Spark on this machine.

    Raises:
        EngineError: there is no such engine, or something that it needs is not installed; the message says what to do.
    """
    threads = threads or default_threads()
    if name == "duckdb":
        with DuckDBEngine(memory_limit=memory_limit, threads=threads, scratch=scratch) as duck:
            yield duck
        return
    if name != "spark":
        message = f"there is no engine {name!r}; engines are: duckdb, spark"
        raise EngineError(message)
    if find_spec("pyspark") is None:
        message = "the Spark engine needs pyspark, which is not installed: install the extra [spark], for example pip install -e '.[spark]'"
        raise EngineError(message)
    from engine.spark import SparkEngine  # noqa: PLC0415 - an optional extra
    from engine.spark_session import spark_session  # noqa: PLC0415

    master = spark_master or f"local[{threads}]"
    with (
        spark_session(master=master, scratch=scratch, partitions=SHUFFLE_PARTITIONS, memory=_heap(memory_limit)) as session,
        SparkEngine(session, scratch=scratch) as spark,
    ):
        yield spark


def _heap(memory_limit: str) -> str:
    """A memory limit as Java writes it.

    >>> _heap("4GB"), _heap("1.5 GiB"), _heap("800MB")
    ('4096m', '1536m', '800m')
    """
    found = re.fullmatch(r"([0-9.]+) *([MGT])i?B", memory_limit.strip(), flags=re.IGNORECASE)
    if found is None:
        message = f"Spark takes a memory limit as in 4GB or 800MB, not {memory_limit!r}"
        raise EngineError(message)
    megabytes = float(found[1]) * {"M": 1, "G": 1024, "T": 1024**2}[found[2].upper()]
    return f"{megabytes:.0f}m"
