"""What every engine offers, and no more.

A *table* is a handle: an engine's own relation, with names and Polars types of its columns, and nothing computed until
it is written, materialized or counted. A *kernel* is a pure function of one Polars frame. A *step* is SQL in the small
ANSI subset that DuckDB and Spark share: no floating-point sums, no ``log``, no regular expression, no engine's own
``hash()``, and an ``ORDER BY`` says where nulls sort.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import polars as pl

Kernel = Callable[[pl.DataFrame], pl.DataFrame]
"""A pure function of a frame: no reading, no writing, no clock, no randomness without a seed. Several batches may run at once."""

Schema = Mapping[str, pl.DataType]
"""Names and types of a table's columns, in order."""

DEFAULT_BATCH_ROWS = 131_072
DEFAULT_COLLECT_ROWS = 1_000_000


class EngineError(Exception):
    """An engine could not do what it was asked; the message says what, and what to do."""


class TooManyRowsError(EngineError):
    """A result was asked for in memory and is larger than its caller allowed."""


class KernelSchemaError(EngineError):
    """A kernel gave back other columns or types than it promised."""


@runtime_checkable
class Table(Protocol):
    """A relation of an engine: lazy, immutable, usable more than once."""

    @property
    def schema(self) -> Schema:
        """Names and Polars types of the columns, in order."""
        ...


@dataclass(frozen=True)
class BucketFile:
    """One file of a table spread over buckets."""

    bucket: str
    path: Path
    rows: int


class Engine(Protocol):
    """Reads, joins, maps and writes tables without holding a whole one in memory. Several threads may use one at once."""

    def read(self, paths: Path | Sequence[Path]) -> Table:
        """The rows of one or more Parquet files of one schema (at least one file)."""
        ...

    def from_frame(self, frame: pl.DataFrame) -> Table:
        """A small frame (settings, lookups) as a table."""
        ...

    def sql(self, query: str, **tables: Table) -> Table:
        """The relation that ``query`` describes; each keyword is a table's name in it."""
        ...

    def map_batches(self, table: Table, kernel: Kernel, schema: Schema, *, batch_rows: int = DEFAULT_BATCH_ROWS) -> Table:
        """``kernel`` applied to batches of rows in any split; the result has exactly ``schema``.

        The kernel must not depend on how rows are split into batches. It is run once, now; the result is kept on disk.
        """
        ...

    def map_groups(
        self,
        table: Table,
        key: str | Sequence[str],
        kernel: Kernel,
        schema: Schema,
        *,
        together: bool = False,
        batch_rows: int = DEFAULT_BATCH_ROWS,
    ) -> Table:
        """``kernel`` applied to frames that hold whole groups of equal ``key``, sorted by it, often many groups at once.

        The kernel must treat each group by itself (``over`` or ``group_by`` the key). ``together``: the table only chooses rows and columns
        of one that was read, in whose files the rows of a group stand together (``write`` and ``write_buckets`` left it so): they come
        in the files' order, and nothing is sorted.

        Raises:
            EngineError: rows that were said to stand together do not.
        """
        ...

    def map_pairs(
        self, pairs: Table, rows: Table, kernel: Kernel, schema: Schema, *, key: str = "rid", batch_rows: int = DEFAULT_BATCH_ROWS
    ) -> Table:
        """``kernel`` applied to batches of ``pairs`` (``<key>_l``, ``<key>_r`` and what else they bring) with the columns of both ends.

        The ends' rows are found in ``rows`` by ``key``, an integer that is unique there; a column comes as ``<column>_l`` and
        ``<column>_r``. Pairs of which an end is not there are left out. As in ``map_batches``, the split into batches is any.
        """
        ...

    def materialize(self, table: Table) -> Table:
        """The same rows, computed now and kept on disk: for a relation that is used more than once."""
        ...

    def write(self, table: Table, path: Path, *, order_by: Sequence[str] = (), passing: bool = False) -> int:
        """Writes one Parquet file (0600), rows sorted by ``order_by`` (nulls last); returns the number of rows.

        ``passing``: of a run only, so it is written fast rather than small.
        """
        ...

    def write_buckets(self, table: Table, bucket: str, folder: Path, *, order_by: Sequence[str] = ()) -> list[BucketFile]:
        """Writes one Parquet file for each value of the text column ``bucket`` (which is left out of the files).

        Rows are sorted by ``order_by`` (nulls last). The files end in ``.part``: the caller names them. An empty table
        gives one file without rows, its bucket ``all``.
        """
        ...

    def count(self, table: Table) -> int:
        """Number of rows."""
        ...

    def collect(self, table: Table, *, max_rows: int = DEFAULT_COLLECT_ROWS) -> pl.DataFrame:
        """A small result in memory.

        Raises:
            TooManyRowsError: the table has more than ``max_rows`` rows.
        """
        ...

    def close(self) -> None:
        """Gives back memory and scratch files. Tables of this engine are of no use afterwards."""
        ...
