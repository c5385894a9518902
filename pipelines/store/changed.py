"""A table of a version from that of the version before and what changed: the files stand, beside them come two small ones.

One holds the rows that came since the files were written, one the keys of their rows that hold no longer (``versions.CAME``, ``versions.WENT``). When the
first grows beyond a share of the others, the table is written anew, in buckets.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.changes import Change, applied, within
from engine.contract import Engine, Table
from engine.tables import TABLES
from pipelines.store import versions
from pipelines.store.home import Home
from pipelines.store.versions import CAME, WENT, FileEntry

SHARE = 0.25
"""Of the rows in a table's other files: from so many rows that came on it is written anew."""


def write_change(home: Home, engine: Engine, name: str, before: Sequence[FileEntry], change: Change) -> list[FileEntry]:
    """The files of a table after a change of the one that has the files ``before``."""
    came, went = engine.materialize(change.rows), engine.materialize(change.gone)
    if engine.count(came) == 0 and engine.count(went) == 0:
        return list(before)
    standing = [entry for entry in before if entry.bucket not in {CAME, WENT}]
    beside = {bucket: [home.tables / entry.path for entry in before if entry.bucket == bucket] for bucket in (CAME, WENT)}
    if beside[CAME]:
        came = engine.materialize(applied(engine, engine.read(beside[CAME]), Change(came, went)))
        listed = ", ".join(f'"{column}"' for column in went.schema)
        both = f"select {listed} from o union select {listed} from w"
        went = engine.materialize(engine.sql(both, o=engine.read(beside[WENT]), w=went))
    if engine.count(came) > SHARE * sum(entry.rows for entry in standing):
        whole = applied(engine, engine.read([home.tables / entry.path for entry in standing]), Change(came, went))
        return versions.write_table(home, engine, name, whole)
    hidden = engine.materialize(within(engine, _keys(engine, home, standing, went), went))
    went = engine.sql("select distinct * from h", h=hidden)
    entries = [*standing, _file(home, engine, name, CAME, came, TABLES[name].key), _file(home, engine, name, WENT, went, list(went.schema))]
    return [*entries[:-1], FileEntry(WENT, entries[-1].path, -engine.count(hidden))]


def _keys(engine: Engine, home: Home, standing: Sequence[FileEntry], went: Table) -> Table:
    listed = ", ".join(f'"{column}"' for column in went.schema)
    return engine.sql(f"select {listed} from s", s=engine.read([home.tables / entry.path for entry in standing]))


def _file(home: Home, engine: Engine, name: str, bucket: str, table: Table, order_by: Sequence[str]) -> FileEntry:
    path = home.tables / name / f"{bucket}.part"
    rows = engine.write(table, path, order_by=order_by)
    return FileEntry(bucket, versions.named_by_content(path, name), rows)
