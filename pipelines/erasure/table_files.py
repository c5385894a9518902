"""The files of tables, written anew where something of them goes; one that nothing changes stays as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import polars as pl

from engine.contract import Engine, Table
from engine.tables import TABLES
from pipelines.store import versions
from pipelines.store.home import Home
from pipelines.store.versions import FileEntry, Manifest


@dataclass
class Erased:
    """What was done: rows that went by table, over all versions; customers of others that ended, or were made anew; files of tables written anew."""

    rows: Counter[str] = field(default_factory=Counter)
    ended: set[str] = field(default_factory=set)
    remade: set[str] = field(default_factory=set)
    files: dict[str, str] = field(default_factory=dict)


@dataclass
class TableFiles:
    """Writes them, and keeps what was done."""

    engine: Engine
    home: Home
    done: Erased = field(default_factory=Erased)

    def mapped(self, name: str, entry: FileEntry, kernel: partial[pl.DataFrame], named: dict[str, set[str]]) -> FileEntry:
        """The entry of a file after ``kernel``, which changes only rows that have one of the values ``named`` by column."""
        if not has(self.home.tables / entry.path, named):
            return entry
        table = self.engine.read(self.home.tables / entry.path)
        return self.written(name, entry, table, self.engine.map_batches(table, kernel, table.schema))

    def written(self, name: str, entry: FileEntry, before: Table, after: Table) -> FileEntry:
        """The entry as it was where nothing changed; else that of a new file."""
        after = self.engine.materialize(after)
        columns = [column for column, dtype in before.schema.items() if not dtype.is_nested()]
        rows = self.engine.count(after)
        if rows == entry.rows:
            listed = ", ".join(f'"{column}"' for column in columns)
            changed = self.engine.sql(f"select {listed} from b except select {listed} from a", b=before, a=after)
            if self.engine.count(changed) == 0:
                return entry
        self.done.rows[name] += entry.rows - rows
        made = write(self.home, self.engine, name, after, entry.bucket)
        self.done.files[entry.path] = made.path
        return made

    def always(self, name: str, entry: FileEntry, after: Table, asked: Table) -> FileEntry:
        """A new file where the entry names one of ``asked``."""
        table = self.engine.read(self.home.tables / entry.path)
        if self.engine.count(self.engine.sql("select 1 from t join a on a.customer_id = t.customer_id", t=table, a=asked)) == 0:
            return entry
        made = write(self.home, self.engine, name, after, entry.bucket)
        self.done.files[entry.path] = made.path
        self.done.rows[name] += entry.rows - made.rows
        return made


def write(home: Home, engine: Engine, name: str, table: Table, bucket: str) -> FileEntry:
    """One bucket file of a table, named by its content."""
    folder = home.tables / name
    folder.mkdir(exist_ok=True, mode=0o700)
    part = folder / f"{bucket}.erasing.part"
    order = TABLES[name].key if name in TABLES else ()
    rows = engine.write(table, part, order_by=order)
    return FileEntry(bucket, versions.named_by_content(part, name), rows)


def used(home: Home, manifests: Sequence[Manifest]) -> set[Path]:
    """Files that versions need."""
    return {home.tables / entry.path for manifest in manifests for entries in manifest.tables.values() for entry in entries}


def has(path: Path, named: dict[str, set[str]]) -> bool:
    """Whether a file has a row with one of the values ``named`` by column."""
    tests = [pl.col(column).is_in(list(values)) for column, values in named.items() if values]
    return bool(tests) and not pl.scan_parquet(path).select(list(named)).filter(pl.any_horizontal(tests)).head(1).collect().is_empty()
