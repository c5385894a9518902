"""The embedded engine: DuckDB over Parquet files, with a memory limit and spilling.

A table is a query over Parquet files and over what is kept (``engine.kept``: the results of ``map_batches``, ``materialize``,
``from_frame``), so it can be used from any cursor, any number of times. What is kept stands in memory up to ``table_bytes``, above that in the engine's
scratch folder, which ``close`` removes.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import chain, count
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self, cast

import duckdb
import polars as pl
import pyarrow as pa

from engine import heap
from engine.batches import unbroken, whole_groups
from engine.bucket_files import write_frames
from engine.contract import (
    DEFAULT_BATCH_ROWS,
    DEFAULT_COLLECT_ROWS,
    BucketFile,
    EngineError,
    Kernel,
    Schema,
    Table,
    TooManyRowsError,
)
from engine.kept import Kept, Shelf, copy_to_parquet, refused
from engine.kernel_pool import KernelPool, arrow_schema
from engine.lookup import Lookup, both_ends, bytes_needed
from engine.query import literal, named

DEFAULT_LOOKUP_BYTES = 4 * 1024**3
DEFAULT_TABLE_BYTES = 480 * 2**20


@dataclass(frozen=True)
class DuckTable:
    """A query and, when somebody asks, the columns it gives."""

    query: str
    columns: Callable[[], Schema] = field(repr=False, compare=False)
    holds: tuple[Kept, ...] = field(default=(), repr=False, compare=False)
    """What the query reads, kept for as long as there is this table."""
    stored: bool = field(default=False, compare=False)
    """Whether the rows stand in files or in memory, so that they are only read."""

    @cached_property
    def schema(self) -> Schema:
        """Names and types of the columns."""
        return self.columns()


class DuckDBEngine:
    """Implements ``engine.contract.Engine``.

    >>> with DuckDBEngine() as engine:
    ...     numbers = engine.from_frame(pl.DataFrame({"n": [1, 2, 3]}))
    ...     doubled = engine.map_batches(numbers, lambda frame: frame.with_columns(pl.col("n") * 2), {"n": pl.Int64()})
    ...     engine.collect(engine.sql("select max(n) as top from doubled", doubled=doubled)).item()
    6
    """

    def __init__(
        self,
        *,
        memory_limit: str = "4GB",
        threads: int = 2,
        scratch: Path | None = None,
        lookup_bytes: int = DEFAULT_LOOKUP_BYTES,
        table_bytes: int = DEFAULT_TABLE_BYTES,
    ) -> None:
        """``memory_limit`` bounds DuckDB's own memory; above it, it spills below ``scratch`` (default: a temporary folder).

        ``table_bytes``: up to what size computed tables are kept in that memory. ``lookup_bytes`` bounds the rows that ``map_pairs``
        keeps in memory beside it.
        """
        heap.give_back()
        if scratch is not None:
            scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._scratch = Path(tempfile.mkdtemp(prefix="engine-", dir=scratch))
        self._names = count()
        self._kernels = KernelPool(threads)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._schemas: dict[str, Schema] = {}
        self._understood: set[int] = set()
        self._lookup_bytes = lookup_bytes
        self._held: tuple[tuple[str, str], Lookup | None] | None = None
        self._looking_up, self._ordering = Lock(), Lock()
        self._connection = duckdb.connect(
            config={
                "memory_limit": memory_limit,
                "threads": threads,
                "temp_directory": str(self._scratch / "spill"),
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "TimeZone": "UTC",
                "parquet_metadata_cache": True,  # a home's files never change, and are read many times in a run
            }
        )
        self._shelf = Shelf(self._connection, self._scratch, memory_bytes=table_bytes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def read(self, paths: Path | Sequence[Path]) -> DuckTable:
        """See ``Engine.read``."""
        files = [paths] if isinstance(paths, Path) else list(paths)
        if not files:
            message = "read needs at least one Parquet file; an empty table is from_frame(pl.DataFrame(schema=...))"
            raise EngineError(message)
        listed = ", ".join(literal(str(file)) for file in files)
        return self._table(f"select * from read_parquet([{listed}])", stored=True)

    def from_frame(self, frame: pl.DataFrame) -> DuckTable:
        """See ``Engine.from_frame``."""
        columns, rows = frame.schema, frame.to_arrow()
        return _kept(self._shelf.batches(iter([rows]), rows.schema), lambda: columns)

    def sql(self, query: str, **tables: Table) -> DuckTable:
        """See ``Engine.sql``.

        What is only read is read wherever the query names it, with the columns and rows that are needed there; DuckDB would copy all of it first
        where it is named twice. What has to be computed, it computes once.
        """
        given = {name: _duck(table) for name, table in tables.items()}
        held = dict.fromkeys(kept for table in given.values() for kept in table.holds)
        stored = [name for name, table in given.items() if table.stored]
        return self._table(named({name: table.query for name, table in given.items()}, query, inline=stored), tuple(held))

    def map_batches(self, table: Table, kernel: Kernel, schema: Schema, *, batch_rows: int = DEFAULT_BATCH_ROWS) -> DuckTable:
        """See ``Engine.map_batches``."""
        return self._run_kernel(self._frames(_duck(table).query, batch_rows), kernel, schema)

    def map_groups(
        self,
        table: Table,
        key: str | Sequence[str],
        kernel: Kernel,
        schema: Schema,
        *,
        together: bool = False,
        batch_rows: int = DEFAULT_BATCH_ROWS,
    ) -> DuckTable:
        """See ``Engine.map_groups``."""
        keys = [key] if isinstance(key, str) else list(key)
        query = _duck(table).query
        if together:
            frames = unbroken(self._frames(query, batch_rows, in_order=True), keys)
        else:
            order = ", ".join(f'"{name}" nulls last' for name in keys)
            frames = self._frames(f"select * from ({query}) order by {order}", batch_rows)
        return self._run_kernel(whole_groups(frames, keys), kernel, schema)

    def map_pairs(
        self, pairs: Table, rows: Table, kernel: Kernel, schema: Schema, *, key: str = "rid", batch_rows: int = DEFAULT_BATCH_ROWS
    ) -> DuckTable:
        """See ``Engine.map_pairs``. Rows of up to ``lookup_bytes`` are looked up in memory, more are joined."""
        lookup = self._lookup(_duck(rows), key)
        if lookup is None:
            return self.map_batches(
                self.sql(both_ends(key, list(rows.schema)), pairs=pairs, one=rows, other=rows), kernel, schema, batch_rows=batch_rows
            )
        return self._run_kernel(self._frames(_duck(pairs).query, batch_rows), lambda frame: kernel(lookup.beside(frame)), schema)

    def materialize(self, table: Table) -> DuckTable:
        """See ``Engine.materialize``."""
        kept = self._shelf.query(_duck(table).query)
        return _kept(kept, partial(self._columns, kept.query))

    def write(self, table: Table, path: Path, *, order_by: Sequence[str] = (), passing: bool = False) -> int:
        """See ``Engine.write``. The file appears whole or not at all."""
        query = _duck(table).query
        if order_by:
            query = f"select * from ({query}) order by " + ", ".join(f'"{name}" nulls last' for name in order_by)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_name(path.name + ".part")
        rows = copy_to_parquet(self._connection, query, part, codec="lz4" if passing else "zstd")
        part.chmod(0o600)
        part.replace(path)
        self._understood.clear()  # a file that was read before may have other columns now
        self._schemas.clear()
        return rows

    def write_buckets(self, table: Table, bucket: str, folder: Path, *, order_by: Sequence[str] = ()) -> list[BucketFile]:
        """See ``Engine.write_buckets``. One pass: rows come sorted by bucket, and are compressed while the next are sorted."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        order = ", ".join(f'"{name}" nulls last' for name in (bucket, *order_by))
        columns = {name: dtype for name, dtype in table.schema.items() if name != bucket}
        frames = self._frames(f"select * from ({_duck(table).query}) order by {order}", DEFAULT_BATCH_ROWS)
        paths = (folder / f"{number}-{os.getpid()}.part" for number in self._names)
        files = write_frames(frames, bucket, columns, paths, self._writer)
        if not files:
            path = next(paths)
            pl.DataFrame(schema=columns).write_parquet(path)
            files.append(BucketFile("all", path, 0))
        return files

    def count(self, table: Table) -> int:
        """See ``Engine.count``."""
        return cast("int", self._rows(f"select count(*) from ({_duck(table).query})")[0][0])

    def collect(self, table: Table, *, max_rows: int = DEFAULT_COLLECT_ROWS) -> pl.DataFrame:
        """See ``Engine.collect``."""
        frames = []
        rows = 0
        for frame in self._frames(_duck(table).query, DEFAULT_BATCH_ROWS):
            rows += frame.height
            if rows > max_rows:
                message = f"the result has more than {max_rows:,} rows; write it to a file, or raise max_rows if it is bounded"
                raise TooManyRowsError(message)
            frames.append(frame)
        return pl.concat(frames) if frames else pl.DataFrame(schema=dict(table.schema))

    def close(self) -> None:
        """See ``Engine.close``."""
        self._held = None
        self._kernels.close()
        self._writer.shutdown()
        self._connection.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _lookup(self, rows: DuckTable, key: str) -> Lookup | None:
        """The rows in memory, None where they need too much of it. Kept, for the next call mostly asks for the same."""
        with self._looking_up:
            if self._held is None or self._held[0] != (rows.query, key):
                self._held = None  # gives back the old rows before there are new ones
                numbers = [name for name, dtype in rows.schema.items() if dtype == pl.Int64]
                counts = ", ".join(f'count("{name}")' for name in numbers)
                count, *there = cast("tuple[int, ...]", self._rows(f"select count(*), {counts} from ({rows.query})")[0])
                whole = [name for name, number in zip(numbers, there, strict=True) if number == count]
                fits = bytes_needed(count, rows.schema) <= self._lookup_bytes
                frames = chain(self._frames(rows.query, DEFAULT_BATCH_ROWS), [pl.DataFrame(schema=dict(rows.schema))])
                self._held = (rows.query, key), Lookup(frames, key, rows=count, whole=whole) if fits else None
            return self._held[1]

    def _table(self, query: str, holds: tuple[Kept, ...] = (), *, stored: bool = False) -> DuckTable:
        """A table whose query DuckDB has understood; its columns are asked for only when needed (most never are).

        To understand a query opens all files that it reads, and a version's tables are named anew by every step: what was understood once is not
        asked again, until this engine writes over a file.
        """
        if (text := hash(query)) not in self._understood:
            self._cursor_sql(query)
            self._understood.add(text)
        return DuckTable(query, partial(self._columns, query), holds, stored)

    def _columns(self, query: str) -> Schema:
        if query not in self._schemas:
            arrow = self._cursor_sql(f"select * from ({query}) limit 0").to_arrow_table()
            self._schemas[query] = cast("pl.DataFrame", pl.from_arrow(arrow)).schema
        return self._schemas[query]

    def _cursor_sql(self, query: str) -> duckdb.DuckDBPyRelation:
        try:
            return self._connection.cursor().sql(query)
        except duckdb.Error as error:
            what = "DuckDB refused a query"
            raise refused(what, error, query) from error

    def _rows(self, query: str) -> list[tuple[object, ...]]:
        return self._cursor_sql(query).fetchall()

    def _frames(self, query: str, batch_rows: int, *, in_order: bool = False) -> Iterator[pl.DataFrame]:
        """Batches of the query's rows, at least ``batch_rows`` each but the last, without holding more than one.

        ``in_order``: as they stand in the files.
        """
        relation = self._cursor_sql(query)
        if in_order:
            with (
                self._ordering
            ):  # a setting of all cursors, asked for where a query is planned; others that plan meanwhile keep theirs, too
                self._connection.execute("set preserve_insertion_order = true")
                try:
                    reader = relation.to_arrow_reader(batch_rows)
                finally:
                    self._connection.execute("set preserve_insertion_order = false")
        else:
            reader = relation.to_arrow_reader(batch_rows)
        held: list[pa.RecordBatch] = []
        rows = 0
        for batch in reader:
            held.append(batch)
            rows += batch.num_rows
            if rows >= batch_rows:
                yield cast("pl.DataFrame", pl.from_arrow(pa.Table.from_batches(held)))
                held, rows = [], 0
        if rows:
            yield cast("pl.DataFrame", pl.from_arrow(pa.Table.from_batches(held)))

    def _run_kernel(self, frames: Iterator[pl.DataFrame], kernel: Kernel, schema: Schema) -> DuckTable:
        """The kernel over batches; what it gives is kept."""
        return _kept(self._shelf.batches(self._kernels.run(frames, kernel, schema), arrow_schema(schema)), lambda: dict(schema))


def _kept(kept: Kept, columns: Callable[[], Schema]) -> DuckTable:
    return DuckTable(kept.query, columns, (kept,), stored=True)


def _duck(table: Table) -> DuckTable:
    if not isinstance(table, DuckTable):
        message = f"a table of another engine was given to DuckDB: {type(table).__name__}"
        raise EngineError(message)
    return table


def default_threads() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
