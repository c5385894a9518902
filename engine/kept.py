"""Where the embedded engine keeps what it has computed: DuckDB's own memory up to a number of bytes, Parquet files above.

A table in memory costs a quarter of what a file costs to write and to read. It lives as long as somebody holds its ``Kept``; where
DuckDB needs the memory for other work, it spills.

>>> with duckdb.connect() as connection:
...     kept = Shelf(connection, Path("unused"), memory_bytes=2**20).query("select 1 as n")
...     connection.sql(kept.query).fetchall()
[(1,)]
"""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from engine.contract import EngineError
from engine.query import literal

ROW_GROUP_ROWS = 122_880
ASK_AFTER = 64 * 1024**2
"""Bytes after which a table that grows asks again whether there is room in memory."""

NOTE = "the query: "
"""How the note of an error that holds a query's text begins."""
_EXCERPT = "\nLINE "
"""How DuckDB begins the part of a query that it complains about."""

_WRITTEN_ONCE: dict[str, Any] = {"compression": "lz4", "use_dictionary": False, "write_statistics": False}
"""What is kept is read whole, a few times: dictionaries and statistics cost two thirds of the writing, and would save a quarter of the bytes."""


@dataclass(frozen=True, eq=False)
class Kept:
    """A query over rows that are kept as long as this is held; ``parts`` are held with it."""

    query: str
    parts: tuple[Kept, ...] = ()


class Shelf:
    """Tables that were computed once and are read again."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path, *, memory_bytes: int) -> None:
        """``memory_bytes``: as soon as tables in memory need so much, what comes next is a Parquet file in ``folder``."""
        self._connection = connection
        self._folder = folder
        self._memory_bytes = memory_bytes
        self._names = count()
        self._asked = Lock()
        # told by the garbage collector, which may run at any moment and in any thread; dropped before there is a new one
        self._unused: deque[str] = deque()

    def query(self, query: str) -> Kept:
        """The rows of a query, computed now."""
        if not self._has_room():
            path = self._new_file()
            copy_to_parquet(self._connection, query, path, codec="lz4")
            return parquet(path)
        kept = self._in_memory()
        try:
            self._connection.cursor().execute(f"create table {_name(kept)} as {query}")
        except duckdb.Error as error:
            what = "DuckDB could not compute a table"
            raise refused(what, error, query) from error
        return kept

    def batches(self, rows: Iterator[pa.Table], schema: pa.Schema) -> Kept:
        """Batches of rows of one schema: those that find no room in memory any more stand in a file."""
        kept = self._in_memory()
        first = next(rows, None) if self._has_room() else None
        with self._connection.cursor() as cursor, ExitStack() as stack:
            cursor.register("batch", pa.Table.from_batches([], schema))
            cursor.execute(f"create table {_name(kept)} as select * from batch")
            waiting = ASK_AFTER if first is None else 0
            writer = None
            for batch in row_groups(rows if first is None else chain([first], rows)):
                if writer is None and waiting >= ASK_AFTER:
                    waiting = 0
                    if not self._has_room():
                        path = self._new_file()
                        writer = stack.enter_context(pq.ParquetWriter(path, schema, **_WRITTEN_ONCE))
                        kept = Kept(f"{kept.query} union all {parquet(path).query}", (kept,))
                if writer is not None:
                    writer.write_table(batch, row_group_size=ROW_GROUP_ROWS)
                else:
                    cursor.register("batch", batch)
                    cursor.execute(f"insert into {_name(kept)} select * from batch")
                    waiting += batch.nbytes
        return kept

    def _has_room(self) -> bool:
        with self._asked, self._connection.cursor() as cursor:
            while self._unused:
                cursor.execute(f"drop table {self._unused.popleft()}")
            used = "select sum(memory_usage_bytes + temporary_storage_bytes) from duckdb_memory() where tag = 'IN_MEMORY_TABLE'"
            found = cursor.execute(used).fetchone()
        return found is None or int(found[0] or 0) < self._memory_bytes

    def _in_memory(self) -> Kept:
        """What a table in memory is going to be called."""
        name = f"kept_{next(self._names)}"
        kept = Kept(f"select * from {name}")
        weakref.finalize(kept, self._unused.append, name).atexit = False
        return kept

    def _new_file(self) -> Path:
        return self._folder / f"kept_{next(self._names)}.parquet"


def row_groups(rows: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in tables of ``ROW_GROUP_ROWS``, and the rest in one of fewer.

    DuckDB takes whole row groups as they are. What it gets in smaller pieces it puts together and compresses, which costs ten times as much.
    """
    held: list[pa.Table] = []
    waiting = 0
    for batch in rows:
        held.append(batch)
        waiting += batch.num_rows
        if waiting >= ROW_GROUP_ROWS:
            together = pa.concat_tables(held)
            whole = waiting - waiting % ROW_GROUP_ROWS
            for start in range(0, whole, ROW_GROUP_ROWS):
                yield together.slice(start, ROW_GROUP_ROWS)
            held, waiting = [together.slice(whole)], waiting - whole
    if waiting:
        yield pa.concat_tables(held)


def parquet(path: Path) -> Kept:
    """The rows of a Parquet file."""
    return Kept(f"select * from read_parquet([{literal(str(path))}])")


_OPTIONS = {"zstd": "compression_level 1, dictionary_size_limit 5000", "lz4": "dictionary_size_limit 1"}
"""What stays is written with zstd's lowest level, and gives up dictionaries of many values soon: half the time, and files no larger. What is
read again in this run has no dictionaries at all."""


def refused(what: str, error: duckdb.Error, query: str) -> EngineError:
    r"""What DuckDB says against a query, without the query's text, which nobody who only calls a command can read; that is a note of the error.

    >>> refused("no", duckdb.Error("no such column\n\nLINE 1: select x"), "select x").args
    ('no: no such column',)
    """
    told = EngineError(f"{what}: {str(error).partition(_EXCERPT)[0].strip()}")
    told.add_note(f"{NOTE}{query[:2000]}")
    return told


def copy_to_parquet(connection: duckdb.DuckDBPyConnection, query: str, path: Path, *, codec: str) -> int:
    """Writes the rows of a query; returns their number. ``codec``: zstd for what stays, lz4 for what is read again in this run."""
    options = f"format parquet, compression {codec}, row_group_size {ROW_GROUP_ROWS}, {_OPTIONS[codec]}"
    try:
        result = connection.cursor().execute(f"copy ({query}) to {literal(str(path))} ({options})").fetchall()
    except duckdb.Error as error:
        what = f"DuckDB could not make {path.name}"
        raise refused(what, error, query) from error
    return int(result[0][0])


def _name(kept: Kept) -> str:
    return kept.query.rpartition(" ")[2]
