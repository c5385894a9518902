"""The cluster engine: Spark over Parquet files; kernels run on the executors through Arrow.

A table is a Spark DataFrame that reads files. What has to be kept is Parquet below ``scratch``, which every executor must
reach under the same path (a shared folder; on one machine any folder). SQL runs in ANSI mode with double-quoted names, so
that it means what it means on DuckDB. pyspark is the optional extra ``[spark]`` and needs Java 17 or newer.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast
from urllib.parse import unquote

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException, PythonException
from pyspark.sql import Column, DataFrame, functions
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

from engine.batches import keeps_promise, whole_groups
from engine.contract import (
    DEFAULT_BATCH_ROWS,
    DEFAULT_COLLECT_ROWS,
    BucketFile,
    EngineError,
    Kernel,
    KernelSchemaError,
    Schema,
    Table,
    TooManyRowsError,
)
from engine.lookup import both_ends
from engine.query import named

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class SparkTable:
    """A Spark DataFrame as a table."""

    frame: DataFrame

    @cached_property
    def schema(self) -> Schema:
        """Names and types of the columns."""
        empty = to_arrow_schema(self.frame.schema, timezone="UTC").empty_table()
        return cast("pl.DataFrame", pl.from_arrow(empty)).schema


class SparkEngine:
    """Implements ``engine.contract.Engine`` on a Spark session made by ``engine.spark_session.spark_session``."""

    def __init__(self, session: SparkSession, *, scratch: Path | None = None) -> None:
        """``scratch``: a folder that driver and executors reach under the same path (default: a temporary one)."""
        if scratch is not None:
            scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._session = session
        self._scratch = Path(tempfile.mkdtemp(prefix="engine-", dir=scratch))
        self._names = count()
        self._views: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def read(self, paths: Path | Sequence[Path]) -> SparkTable:
        """See ``Engine.read``."""
        files = [paths] if isinstance(paths, Path) else list(paths)
        if not files:
            message = "read needs at least one Parquet file; an empty table is from_frame(pl.DataFrame(schema=...))"
            raise EngineError(message)
        with _told():
            return SparkTable(self._session.read.parquet(*(_uri(file) for file in files)))

    def from_frame(self, frame: pl.DataFrame) -> SparkTable:
        """See ``Engine.from_frame``."""
        path = self._new_path()
        frame.write_parquet(path, compression="lz4")
        return self.read(path)

    def sql(self, query: str, **tables: Table) -> SparkTable:
        """See ``Engine.sql``."""
        views = {name: f"select * from {self._view(_spark(table))}" for name, table in tables.items()}
        with _told():
            return SparkTable(self._session.sql(named(views, query)))

    def map_batches(self, table: Table, kernel: Kernel, schema: Schema, *, batch_rows: int = DEFAULT_BATCH_ROWS) -> SparkTable:
        """See ``Engine.map_batches``."""
        return self._run_kernel(_spark(table).frame, kernel, schema, batch_rows=batch_rows)

    def map_groups(
        self,
        table: Table,
        key: str | Sequence[str],
        kernel: Kernel,
        schema: Schema,
        *,
        together: bool = False,  # noqa: ARG002
        batch_rows: int = DEFAULT_BATCH_ROWS,
    ) -> SparkTable:
        """See ``Engine.map_groups``. Rows of one key meet in one partition, and a kernel gets many groups at once.

        ``together`` changes nothing: files are read in pieces that any partition may get.
        """
        keys = [key] if isinstance(key, str) else list(key)
        frame = _spark(table).frame
        met = frame.repartition(*map(_column, keys)).sortWithinPartitions(*_ordering(keys))
        return self._run_kernel(met, kernel, schema, batch_rows=batch_rows, keys=keys)

    def map_pairs(
        self, pairs: Table, rows: Table, kernel: Kernel, schema: Schema, *, key: str = "rid", batch_rows: int = DEFAULT_BATCH_ROWS
    ) -> SparkTable:
        """See ``Engine.map_pairs``. Two joins."""
        joined = self.sql(both_ends(key, list(rows.schema)), pairs=pairs, one=rows, other=rows)
        return self.map_batches(joined, kernel, schema, batch_rows=batch_rows)

    def materialize(self, table: Table) -> SparkTable:
        """See ``Engine.materialize``."""
        path = self._new_path()
        with _told():
            _spark(table).frame.write.parquet(_uri(path))
        return SparkTable(self._session.read.schema(_spark(table).frame.schema).parquet(_uri(path)))

    def write(self, table: Table, path: Path, *, order_by: Sequence[str] = (), passing: bool = False) -> int:
        """See ``Engine.write``. The file appears whole or not at all."""
        frame = _spark(table).frame.repartition(1)
        if order_by:
            frame = frame.sortWithinPartitions(*_ordering(order_by))
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = self._new_path()
        with _told():
            frame.write.parquet(_uri(folder), compression="lz4" if passing else None)
        part = path.with_name(path.name + ".part")
        shutil.move(_only_file(folder), part)
        part.chmod(0o600)
        part.replace(path)
        return int(pq.read_metadata(path).num_rows)

    def write_buckets(self, table: Table, bucket: str, folder: Path, *, order_by: Sequence[str] = ()) -> list[BucketFile]:
        """See ``Engine.write_buckets``. Rows of a bucket meet in one partition."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        frame = _spark(table).frame
        together = frame.repartition(_column(bucket)).sortWithinPartitions(*_ordering((bucket, *order_by)))
        spread = self._new_path()
        with _told():
            together.write.partitionBy(bucket).parquet(_uri(spread))
        files: list[BucketFile] = []
        for part in sorted(spread.glob(f"{bucket}=*")):
            path = folder / f"{next(self._names)}-{os.getpid()}.part"
            shutil.move(_only_file(part), path)
            files.append(BucketFile(unquote(part.name.partition("=")[2]), path, int(pq.read_metadata(path).num_rows)))
        if not files:
            path = folder / f"{next(self._names)}-{os.getpid()}.part"
            pl.DataFrame(schema={name: dtype for name, dtype in table.schema.items() if name != bucket}).write_parquet(path)
            files.append(BucketFile("all", path, 0))
        return files

    def count(self, table: Table) -> int:
        """See ``Engine.count``."""
        with _told():
            return int(_spark(table).frame.count())

    def collect(self, table: Table, *, max_rows: int = DEFAULT_COLLECT_ROWS) -> pl.DataFrame:
        """See ``Engine.collect``."""
        with _told():
            found = cast("pl.DataFrame", pl.from_arrow(_spark(table).frame.limit(max_rows + 1).toArrow()))
        if found.height > max_rows:
            message = f"the result has more than {max_rows:,} rows; write it to a file, or raise max_rows if it is bounded"
            raise TooManyRowsError(message)
        return found.cast(dict(table.schema))  # type: ignore[arg-type] # a mapping of names to types is what it takes

    def close(self) -> None:
        """See ``Engine.close``. The session is its maker's to stop."""
        with suppress(Py4JError, ConnectionError):  # Spark's Java process may be gone
            for view in self._views:
                self._session.catalog.dropTempView(view)
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _view(self, table: SparkTable) -> str:
        view = f"{self._scratch.name.replace('-', '_')}_{next(self._names)}"
        table.frame.createOrReplaceTempView(view)
        self._views.append(view)
        return view

    def _run_kernel(self, frame: DataFrame, kernel: Kernel, schema: Schema, *, batch_rows: int, keys: Sequence[str] = ()) -> SparkTable:
        """The kernel over the batches of every partition, on the executors; the result is kept on disk."""
        promised, names = dict(schema), frame.columns
        spark_schema = from_arrow_schema(_plain(pl.DataFrame(schema=promised).to_arrow().schema))
        arrow_schema = to_arrow_schema(spark_schema, timezone="UTC")

        def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            frames = _gathered((batch.rename_columns(names) for batch in batches), batch_rows)
            for rows in whole_groups(frames, keys) if keys else frames:
                result = keeps_promise(kernel(rows), promised, kernel)
                yield from result.to_arrow().cast(arrow_schema).to_batches()

        # pyspark would take a column's name for an expression
        numbered = frame.toDF(*(f"c{place}" for place in range(len(names))))
        return self.materialize(SparkTable(numbered.mapInArrow(run, spark_schema)))

    def _new_path(self) -> Path:
        return self._scratch / f"{next(self._names)}.parquet"


def _gathered(batches: Iterator[pa.RecordBatch], batch_rows: int) -> Iterator[pl.DataFrame]:
    """Frames of at least ``batch_rows`` rows but the last, whatever Spark's own batches hold; none is empty."""
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        if batch.num_rows == 0:
            continue
        held.append(batch)
        rows += batch.num_rows
        if rows >= batch_rows:
            yield cast("pl.DataFrame", pl.from_arrow(pa.Table.from_batches(held)))
            held, rows = [], 0
    if held:
        yield cast("pl.DataFrame", pl.from_arrow(pa.Table.from_batches(held)))


def _spark(table: Table) -> SparkTable:
    if not isinstance(table, SparkTable):
        message = f"a table of another engine was given to Spark: {type(table).__name__}"
        raise EngineError(message)
    return table


def _column(name: str) -> Column:
    """A column by its name, whatever characters are in it."""
    return functions.col("`" + name.replace("`", "``") + "`")


def _ordering(names: Sequence[str]) -> list[Column]:
    return [_column(name).asc_nulls_last() for name in names]


def _uri(path: Path) -> str:
    """A path for Spark, which would read ``*?[]{}`` in one as a pattern."""
    return path.absolute().as_uri()


def _only_file(folder: Path) -> Path:
    (file,) = folder.glob("part-*.parquet")
    return file


def _plain(schema: pa.Schema) -> pa.Schema:
    """Arrow's types as Spark knows them: text is ``string``, a list is ``list``."""
    return pa.schema([pa.field(field.name, _plain_type(field.type)) for field in schema])


def _plain_type(dtype: pa.DataType) -> pa.DataType:
    if pa.types.is_large_string(dtype) or pa.types.is_string_view(dtype):
        return pa.string()
    if pa.types.is_large_list(dtype):
        return pa.list_(_plain_type(dtype.value_type))
    if pa.types.is_struct(dtype):
        return pa.struct([pa.field(field.name, _plain_type(field.type)) for field in dtype])
    return dtype


@contextmanager
def _told() -> Iterator[None]:
    """Spark's errors as ours; what a kernel raised on an executor in one line, a broken promise by its own name."""
    try:
        yield
    except PySparkException as error:
        text = str(error).strip()
        mark = f"{KernelSchemaError.__name__}: "
        if mark in text:
            raise KernelSchemaError(text.partition(mark)[2].splitlines()[0]) from error
        if isinstance(error, PythonException):
            raised = re.sub(r"(?s)^.*\n[ ][^\n]*\n", "", text)  # behind the last line of the traceback, which is indented
            message = f"a kernel failed on an executor: {raised}"
            raise EngineError(message) from error
        message = f"Spark refused a query: {text[:2000]}"
        raise EngineError(message) from error
    except (Py4JError, ConnectionError) as error:
        message = f"Spark does not answer; its Java process has ended, perhaps for want of memory: {error}"
        raise EngineError(message) from error
