"""The tables of every version without a person: files that hold nothing of theirs stay, the others are written anew.

Whatever table a version has: a row goes where one of its columns that name a record, a row or a customer names what goes. Besides:

- ``files``: file ids, sizes and counts of inbox files that were written anew, in every table that names a file;
- ``crosswalk``: rows stay, so that the id resolves forever, but closed, without the source's key, and with a keyed hash for the record id;
- ``identity_events`` stay: ids and counts; ``clusters`` keep their smallest record as name;
- ``customers`` of others who lost records are made anew by the rules; whoever has none left ends too;
- ``customer_profile``: households are counted anew; a next service for a car that others no longer have goes;
- what else enrichment tells (``DERIVED``) goes of others who lost records as well, until the next run makes it anew; its histories
  (``HISTORIES``) go of those who have no record left;
- ``quarantine``: rows of the person go by what they hold; in free text of others' ``records`` three stars stand for a value of the person.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial

import polars as pl

from engine.contract import Table
from engine.tables import schema
from pipelines.erasure import kernels
from pipelines.erasure.naming import FOR_THE_NEXT_RUN, KEPT, NAMING
from pipelines.erasure.others import Others
from pipelines.erasure.person import FREE, Person, Values
from pipelines.erasure.table_files import TableFiles, has
from pipelines.erasure.tombstones import Tombstones
from pipelines.store import versions
from pipelines.store.versions import FileEntry, Manifest


@dataclass
class Eraser:
    """Makes the tables of versions without a person. ``files``: dealer_id, old, and the FILES row of inbox files written anew."""

    tables: TableFiles
    person: Person
    values: Values
    stones: Tombstones
    files: pl.DataFrame
    others: Others
    _made: dict[tuple[str, str], FileEntry] = field(default_factory=dict)

    def version(self, manifest: Manifest) -> Manifest:
        """The manifest of a version without the person; its new files are there."""
        manifest = self._whole(manifest)
        kept = {name: entries for name, entries in manifest.tables.items() if name not in KEPT and not name.startswith(FOR_THE_NEXT_RUN)}
        tables = {name: [self._entry(name, entry) for entry in entries] for name, entries in kept.items()}
        tables = {name: [each for each in entries if each.rows or len(entries) == 1] or entries[:1] for name, entries in tables.items()}
        crosswalk = partial(kernels.closed, stones=self.stones, person=self.person, as_of=manifest.as_of)
        tables["crosswalk"] = [
            self.tables.mapped("crosswalk", entry, crosswalk, {"record_id": set(self.person.records)})
            for entry in manifest.tables["crosswalk"]
        ]
        tables["identity_events"] = manifest.tables["identity_events"]
        made = replace(manifest, tables=tables)
        return self.others.profiles(manifest, self.others.left(manifest, made))

    def _whole(self, manifest: Manifest) -> Manifest:
        """The manifest with each table in buckets: what changed since they were written stands in them."""
        beside = {versions.CAME, versions.WENT}
        anew = {
            name: versions.write_table(
                self.tables.home, self.tables.engine, name, versions.read(self.tables.home, self.tables.engine, manifest, name)
            )
            for name, entries in manifest.tables.items()
            if not name.startswith(FOR_THE_NEXT_RUN) and any(entry.bucket in beside for entry in entries)
        }
        return replace(manifest, tables={**manifest.tables, **anew})

    def _entry(self, name: str, entry: FileEntry) -> FileEntry:
        """One file of a table, the same for all versions."""
        key = (name, entry.path)
        if key not in self._made:
            self._made[key] = self._without(name, entry)
        return self._made[key]

    def _without(self, name: str, entry: FileEntry) -> FileEntry:
        if not self._concerned(name, entry):
            return entry
        table = self.tables.engine.read(self.tables.home.tables / entry.path)
        names_files = not self.files.is_empty() and {"file_id", "dealer_id"} <= table.schema.keys()
        kernel = partial(self._rows, name=name)
        plain = self.tables.engine.map_batches(table, kernel, table.schema)
        if not self.files.is_empty() and name == "files":
            plain = self._new_files(plain)
        elif names_files:
            renamed = ", ".join(
                "coalesce(n.file_id, t.file_id) as file_id" if column == "file_id" else f't."{column}"' for column in table.schema
            )
            names = self.tables.engine.from_frame(self.files.select("dealer_id", "old", "file_id"))
            plain = self.tables.engine.sql(
                f"select {renamed} from t left join n on n.dealer_id = t.dealer_id and n.old = t.file_id", t=plain, n=names
            )
        if name == "clusters":
            plain = self.tables.engine.sql("select record_id, min(record_id) over (partition by cluster_id) as cluster_id from t", t=plain)
        return self.tables.written(name, entry, table, plain)

    def _sets(self) -> dict[str, frozenset[str]]:
        return {"records": self.person.records, "rows": self.person.rows, "ids": self.person.ids}

    def _concerned(self, name: str, entry: FileEntry) -> bool:
        """Whether a file names anything of the person: most do not, and are only looked at by the columns that name."""
        if name == "quarantine":
            return True
        path, sets = self.tables.home.tables / entry.path, self._sets()
        columns = set(pl.read_parquet_schema(path))
        named = {column: set(sets[kind]) for column, kind in NAMING.items() if column in columns}
        if name == "records":
            named["record_id"] |= self.values.mentions.keys()
        if {"file_id", "dealer_id"} <= columns:
            named["file_id"] = set(self.files["old"])
        return has(path, named)

    def _rows(self, frame: pl.DataFrame, *, name: str) -> pl.DataFrame:
        """Kernel: rows that name nothing of the person."""
        sets = self._sets()
        gone = pl.Series([False] * frame.height, dtype=pl.Boolean)
        for column, kind in NAMING.items():
            if column in frame.columns:
                gone = gone | frame[column].is_in(list(sets[kind])).fill_null(value=False)
        if name == "quarantine":
            gone = gone | self.values.within(frame["text"])
        left = frame.filter(~gone)
        return left.with_columns(map(self.values.without_any, FREE)) if name == "records" else left

    def _new_files(self, files: Table) -> Table:
        """FILES, those that were written anew as they are now."""
        taken = {"file_id", "size", "status", "reason", "records", *(name for name in schema("files") if name.startswith("rows_"))}
        columns = ", ".join(
            f"case when n.old is null then t.{name} else n.{name} end as {name}" if name in taken else f"t.{name}"
            for name in schema("files")
        )
        query = f"select {columns} from t left join n on n.dealer_id = t.dealer_id and n.old = t.file_id"
        return self.tables.engine.sql(query, t=files, n=self.tables.engine.from_frame(self.files))
