"""A PostgreSQL target: the published customers, crosswalk and profiles as tables, all of a version or nothing of it.

One transaction: the rows go into temporary tables (COPY, by ADBC), then what is no longer there is deleted, and what is new or other is written.
So readers see the version before until the moment of the commit, then this one; rights, indexes and views of the tables stay; and what did not
change is not written. The table ``published`` says which version stands there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from engine.tables import TABLES
from pipelines import faults
from pipelines.store import versions
from pipelines.store.home import Home
from pipelines.store.versions import FileEntry, Manifest

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMES = ("postgresql://", "postgres://")
SCHEMA = "chezhu"
SENT = ("customers", "crosswalk", "customer_profile")
LEFT_OUT = frozenset({"provenance"})
"""Nested columns, which stay in the home."""
_TYPES = {
    "String": "text",
    "Int64": "bigint",
    "Float64": "double precision",
    "Boolean": "boolean",
    "Date": "date",
    "List(String)": "text[]",
}
_BATCH_ROWS = 65_536


class TargetError(Exception):
    """A target cannot be delivered to; nothing was changed there, and the message says why."""


@dataclass(frozen=True)
class Sent:
    """What a delivery did: rows by table, and how many of them were new or other than before."""

    rows: dict[str, int]
    changed: dict[str, int]
    deleted: dict[str, int]


def deliver(url: str, home: Home, manifest: Manifest, *, back: bool) -> Sent:
    """Brings a PostgreSQL database to a version.

    Args:
        url: ``postgresql://user@host/database``; libpq's own variables and password file apply.
        home: where the version's files are.
        manifest: the version.
        back: also where a later version stands there.

    Raises:
        TargetError: no driver, no connection, or a later version stands there.
    """
    try:
        from adbc_driver_manager import Error  # noqa: PLC0415 - only where a database is a target
        from adbc_driver_postgresql import dbapi  # noqa: PLC0415
    except ImportError as error:
        message = "PostgreSQL as a target needs the extra [postgres]: pip install 'chezhu[postgres]'"
        raise TargetError(message) from error
    try:
        with dbapi.connect(url) as connection, connection.cursor() as cursor:
            _prepare(cursor)
            _require_earlier(cursor, manifest, back=back)
            sent = Sent({}, {}, {})
            for name in SENT:
                _bring(cursor, name, home, manifest, sent)
            faults.reach("send.postgres")
            cursor.execute(
                f"insert into {SCHEMA}.published (version, run_id, as_of) values ({manifest.version}, '{_word(manifest.run_id)}', '{_word(manifest.as_of)}')"
            )
            connection.commit()
    except Error as error:
        message = f"the database did not take version {manifest.version}, and stays as it was: {str(error).splitlines()[0]}"
        raise TargetError(message) from error
    return sent


def _prepare(cursor: Any) -> None:  # noqa: ANN401 - the driver's cursor has no public type
    cursor.execute(f"create schema if not exists {SCHEMA}")
    cursor.execute(f"select pg_advisory_xact_lock(hashtext('{SCHEMA}'))")  # two deliveries at once come one after the other
    cursor.fetchall()
    cursor.execute(
        f"create table if not exists {SCHEMA}.published "
        "(version bigint not null, run_id text not null, as_of date not null, at timestamptz not null default now())"
    )
    for name in SENT:
        key = ", ".join(TABLES[name].key)
        cursor.execute(f"create table if not exists {SCHEMA}.{name} ({_definition(name)}, primary key ({key}))")


def _require_earlier(cursor: Any, manifest: Manifest, *, back: bool) -> None:  # noqa: ANN401
    cursor.execute(f"select version from {SCHEMA}.published order by at desc, version desc limit 1")
    row = cursor.fetchone()
    if row is not None and row[0] > manifest.version and not back:
        message = f"version {row[0]} stands there, which is later than {manifest.version}; to go back name it: --version {manifest.version}"
        raise TargetError(message)


def _bring(cursor: Any, name: str, home: Home, manifest: Manifest, sent: Sent) -> None:  # noqa: ANN401
    spec = TABLES[name]
    columns = _columns(name)
    listed, key = ", ".join(columns), ", ".join(spec.key)
    cursor.execute(f"create temporary table new_{name} ({_definition(name)}) on commit drop")
    reader = _reader(home, manifest.tables[name], columns)
    sent.rows[name] = cursor.adbc_ingest(f"new_{name}", reader, mode="append", temporary=True)
    cursor.execute(f"analyze new_{name}")
    same = " and ".join(f"n.{column} = t.{column}" for column in spec.key)
    gone = f"with gone as (delete from {SCHEMA}.{name} t where not exists (select 1 from new_{name} n where {same}) returning 1) select count(*) from gone"
    sent.deleted[name] = _number(cursor, gone)
    others = [column for column in columns if column not in spec.key]
    values = ", ".join(f"{column} = excluded.{column}" for column in others)
    old, new = ", ".join(f"t.{column}" for column in others), ", ".join(f"excluded.{column}" for column in others)
    put = (
        f"with put as (insert into {SCHEMA}.{name} as t ({listed}) select {listed} from new_{name} on conflict ({key}) do update set {values} "
        f"where ({old}) is distinct from ({new}) returning 1) select count(*) from put"
    )
    sent.changed[name] = _number(cursor, put)


def _number(cursor: Any, query: str) -> int:  # noqa: ANN401
    cursor.execute(query)
    return int(cursor.fetchone()[0])


def _columns(name: str) -> list[str]:
    return [column.name for column in TABLES[name].columns if column.name not in LEFT_OUT]


def _definition(name: str) -> str:
    return ", ".join(f"{column.name} {_TYPES[str(column.dtype)]}" for column in TABLES[name].columns if column.name not in LEFT_OUT)


def _reader(home: Home, entries: Sequence[FileEntry], columns: list[str]) -> pa.RecordBatchReader:
    """The rows of a table's files, piece by piece, in types that the driver copies; those of rows that hold no longer left out."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    gone = [pl.read_parquet(home.tables / entry.path) for entry in entries if entry.bucket == versions.WENT]
    paths = {home.tables / entry.path: entry.bucket != versions.CAME for entry in entries if entry.bucket != versions.WENT}
    first = pq.read_schema(next(iter(paths)))
    schema = pa.schema([(name, _plain(first.field(name).type)) for name in columns])

    def batches() -> Iterator[pa.RecordBatch]:
        for path, standing in paths.items():
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=columns):
                    rows = pa.Table.from_batches([batch])
                    if standing and gone:
                        rows = pl.DataFrame(rows).join(gone[0], on=gone[0].columns, how="anti", maintain_order="left").to_arrow()
                    yield from rows.select(columns).cast(schema).to_batches()

    return pa.RecordBatchReader.from_batches(schema, batches())


def _plain(dtype: pa.DataType) -> pa.DataType:
    import pyarrow as pa  # noqa: PLC0415

    if pa.types.is_list(dtype) or pa.types.is_large_list(dtype):
        return pa.list_(pa.string())
    return pa.string() if pa.types.is_large_string(dtype) or pa.types.is_string_view(dtype) else dtype


def _word(text: str) -> str:
    """A run's id or a date inside quotes."""
    return text.replace("'", "''")
