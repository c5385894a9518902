"""The CRM import: a full file and a delta file against the version before, each as CSV and Parquet, with a manifest.

A delta row's ``operation`` is ``insert``, ``update``, ``merge`` (``customer_id`` ended, ``surviving_customer_id`` goes on) or
``delete``. Applying the delta to the version before gives the full file. Tests of dealers' systems are not delivered.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from engine.changes import Change, applied, within
from engine.contract import Engine, Table
from engine.tables import CUSTOMERS
from pipelines.sinks.flat import COLUMNS, FLAT_SCHEMA, flatten
from pipelines.store.home import remove, write_whole

FULL = "customers_full.parquet"
"""The file of a delivery that has every customer of the version."""
_FULL = FULL.removesuffix(".parquet")


@dataclass(frozen=True)
class DeliveredFile:
    """One file of a delivery, so that a receiver can tell whether it has it whole."""

    name: str
    rows: int
    bytes: int
    sha256: str


def deliver(
    engine: Engine,
    *,
    now: Table,
    before: Table | None,
    heirs: Table,
    folder: Path,
    header: dict[str, object],
    change: Change | None = None,
    delivered: Path | None = None,
) -> dict[str, int]:
    """Writes a delivery below ``folder``; the manifest last.

    Args:
        engine: moves the data.
        now: CUSTOMERS of this version.
        before: CUSTOMERS of the version delivered before; None makes every customer an insert.
        heirs: customer_id, surviving_customer_id of ids that ended in a merge.
        folder: made anew.
        header: what the manifest says beside the files (run, version, as-of date).
        change: what changed in CUSTOMERS between the two, where that is known.
        delivered: the folder of the delivery before; with it and ``change`` its full file is brought up to date, which gives the same.

    Returns:
        Number of delta rows by operation.
    """
    remove(folder)
    folder.mkdir(parents=True, mode=0o700)
    kept = None if delivered is None else delivered / f"{_FULL}.parquet"
    if change is not None and kept is not None and kept.exists() and pl.read_parquet_schema(kept) == FLAT_SCHEMA:
        old = engine.read(kept)
        new = Change(engine.map_batches(_customers(engine, change.rows), flatten, FLAT_SCHEMA), engine.materialize(change.gone))
        full = engine.materialize(applied(engine, old, new))
        changes = engine.materialize(_delta(engine, new.rows, engine.materialize(within(engine, old, new.gone)), heirs, there=full))
    else:
        full = engine.map_batches(_customers(engine, now), flatten, FLAT_SCHEMA)
        nothing = engine.from_frame(pl.DataFrame(schema=FLAT_SCHEMA))
        old = nothing if before is None else engine.map_batches(_customers(engine, before), flatten, FLAT_SCHEMA)
        changes = engine.materialize(_delta(engine, full, old, heirs, there=full))
    files = [*_write(engine, full, folder, _FULL, ["customer_id"])]
    files += _write(engine, changes, folder, "customers_delta", ["operation", "customer_id"])
    counts = engine.collect(engine.sql("select operation, count(*) as n from d group by operation order by operation", d=changes))
    operations = dict(counts.iter_rows())
    content = {**header, "format": 1, "encoding": "UTF-8", "list_separator": "|", "operations": operations}
    content["columns"] = {column.name: column.meaning for column in CUSTOMERS.columns if column.name in COLUMNS}
    content["files"] = [asdict(file) for file in files]
    write_whole(folder / "manifest.json", json.dumps(content, ensure_ascii=False, indent=1))
    return operations


def _customers(engine: Engine, customers: Table) -> Table:
    return engine.sql("select * from c where party is null or party <> 'test'", c=customers)


def _delta(engine: Engine, full: Table, old: Table, heirs: Table, *, there: Table) -> Table:
    """Rows of the delta between two full files, or between those of their rows that may differ. ``there``: all that is delivered now."""
    columns = ", ".join(f"f.{name}" for name in COLUMNS)
    nothing = ", ".join(f"cast(null as string) as {name}" for name in COLUMNS if name != "customer_id")
    changed = " or ".join(f"f.{name} is distinct from o.{name}" for name in COLUMNS if name != "customer_id")
    query = f"""
        select 'insert' as operation, cast(null as string) as surviving_customer_id, {columns}
        from f left join o on o.customer_id = f.customer_id where o.customer_id is null
        union all
        select 'update', cast(null as string), {columns} from f join o on o.customer_id = f.customer_id where {changed}
        union all
        select case when s.customer_id is null then 'delete' else 'merge' end, s.customer_id, o.customer_id, {nothing}
        from o left join f on f.customer_id = o.customer_id left join h on h.customer_id = o.customer_id
        left join t s on s.customer_id = h.surviving_customer_id
        where f.customer_id is null
    """
    return engine.sql(query, f=full, o=old, h=heirs, t=there)


def _write(engine: Engine, table: Table, folder: Path, name: str, order_by: list[str]) -> list[DeliveredFile]:
    parquet, csv = folder / f"{name}.parquet", folder / f"{name}.csv"
    rows = engine.write(table, parquet, order_by=order_by)
    pl.scan_parquet(parquet).sink_csv(csv, quote_style="necessary")
    csv.chmod(0o600)
    return [DeliveredFile(**described(path, rows)) for path in (parquet, csv)]


def described(path: Path, rows: int) -> dict[str, Any]:
    """What a manifest says of a file: name, rows, bytes, sha256."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"name": path.name, "rows": rows, "bytes": path.stat().st_size, "sha256": digest}
