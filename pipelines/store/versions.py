"""Versions: a manifest lists immutable files; a small pointer file names the published manifest and is replaced last."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import polars as pl

from engine.changes import Change, applied
from engine.contract import Engine, Table
from engine.tables import TABLES
from pipelines import faults
from pipelines.store.home import Home, remove, sync, write_whole

BUCKETS = "substr(md5({column}), 1, 1)"
"""Sixteen buckets by the key's hash; md5 is the same on every engine."""


class VersionError(Exception):
    """A version or a table of it is not there."""


_PARQUET = b"PAR1"
CAME, WENT = "+", "-"
"""Buckets of what changed since the other files of a table were written: rows that came, and the keys of rows in those files that hold no longer."""


@dataclass(frozen=True)
class FileEntry:
    """One immutable Parquet file of a table; ``rows`` is below 0 where it takes so many away (``WENT``)."""

    bucket: str
    path: str
    rows: int


@dataclass(frozen=True)
class Manifest:
    """What one version consists of."""

    version: int
    run_id: str
    as_of: str
    previous: int | None
    model: str | None
    tables: dict[str, list[FileEntry]]
    run: dict[str, object] = field(default_factory=dict)
    decision: int = 0
    """Number of the last steward decision contained."""

    def rows(self, table: str) -> int:
        """Number of rows of a table."""
        return sum(entry.rows for entry in self.tables.get(table, []))


def current(home: Home) -> Manifest | None:
    """The published version; None before the first."""
    number = _pointed(home)
    return None if number is None else load(home, number)


def load(home: Home, version: int) -> Manifest:
    """A version's manifest.

    Raises:
        VersionError: there is no such version, or its manifest is damaged.
    """
    path = manifest_path(home, version)
    if not path.exists():
        known = ", ".join(str(number) for number in published(home)) or "none"
        message = f"there is no version {version} below {home.root}; there are: {known}"
        raise VersionError(message)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        tables = {name: [FileEntry(**entry) for entry in entries] for name, entries in content.pop("tables").items()}
        return Manifest(tables=tables, **content)
    except (ValueError, TypeError, KeyError, AttributeError) as error:  # cut short, overwritten, or of another kind
        message = (
            f"{path} is damaged ({type(error).__name__}: {error}): put it back from a backup, "
            f"or write the number of an older version into {home.pointer} and run again"
        )
        raise VersionError(message) from error


def published(home: Home) -> list[int]:
    """Versions up to the published one, oldest first."""
    last = _pointed(home)
    if last is None:
        return []
    return sorted(number for path in home.versions.glob("*.json") if (number := int(path.stem)) <= last)


def _pointed(home: Home) -> int | None:
    """The number in the pointer; None where there is no pointer.

    Raises:
        VersionError: it says no number.
    """
    if not home.pointer.exists():
        return None
    text = home.pointer.read_text(encoding="utf-8").strip()
    if not text.isdecimal():
        message = f"{home.pointer} says {text[:20]!r}, which is no version's number: chezhu doctor --repair"
        raise VersionError(message)
    return int(text)


def manifest_path(home: Home, version: int) -> Path:
    """Where a version's manifest is."""
    return home.versions / f"{version:06d}.json"


def save(home: Home, manifest: Manifest) -> None:
    """Writes a manifest; nobody looks at it before the pointer says so."""
    write_whole(manifest_path(home, manifest.version), written(manifest))


def written(manifest: Manifest) -> str:
    """A manifest as its file says it."""
    return json.dumps(asdict(manifest), ensure_ascii=False, indent=1, sort_keys=True)


def point_to(home: Home, version: int) -> None:
    """Publishes a version: the last step of a run."""
    write_whole(home.pointer, str(version))


def read(home: Home, engine: Engine, manifest: Manifest, table: str) -> Table:
    """A table of a version.

    Raises:
        VersionError: the version has no such table, or a file of it is gone or cut short.
    """
    return read_entries(home, engine, table, manifest.tables.get(table), version=manifest.version)


def read_entries(home: Home, engine: Engine, table: str, entries: Sequence[FileEntry] | None, *, version: int | None) -> Table:
    """The rows of a table's files; ``version``: which one they are of, or the one that a draft builds upon.

    Raises:
        VersionError: no files are listed, or one of them is gone or cut short.
    """
    standing, came, went = _apart(home, table, entries, version)
    rows = engine.read(standing)
    return applied(engine, rows, Change(engine.read(came), engine.read(went))) if went else rows


def scan(home: Home, manifest: Manifest, table: str) -> pl.LazyFrame:
    """A table of a version without an engine, for what is small or asked of a few columns.

    Raises:
        VersionError: the version has no such table, or a file of it is gone or cut short.
    """
    standing, came, went = _apart(home, table, manifest.tables.get(table), manifest.version)
    rows = pl.scan_parquet(standing)
    if not went:
        return rows
    gone = pl.scan_parquet(went)
    return pl.concat([rows.join(gone, on=gone.collect_schema().names(), how="anti"), pl.scan_parquet(came)], how="vertical_relaxed")


def _require_whole(home: Home, table: str, entries: Sequence[FileEntry], version: int | None) -> None:
    """What an engine would say of a file that is not there names neither the version nor what to do. What the files hold, `chezhu doctor` looks at."""
    for entry in entries:
        path = home.tables / entry.path
        wrong = "is gone" if not path.is_file() else "" if _is_parquet(path) else "is damaged"
        if wrong:
            whose = "this run" if version is None else f"version {version}"
            message = f"{whose} cannot be read: a file of its table {table} {wrong} ({path}); chezhu doctor says what to do"
            raise VersionError(message)


def _is_parquet(path: Path) -> bool:
    """Whether a file begins and ends as a Parquet file does."""
    with path.open("rb") as file:
        head, size = file.read(len(_PARQUET)), file.seek(0, os.SEEK_END)
        file.seek(max(size - len(_PARQUET), 0))
        return head == _PARQUET == file.read()


def _apart(home: Home, table: str, entries: Sequence[FileEntry] | None, version: int | None) -> tuple[list[Path], list[Path], list[Path]]:
    """The files that stand, that of rows that came, that of keys that went (``engine.changes``)."""
    if not entries:
        message = f"the version has no table {table!r}"
        raise VersionError(message)
    _require_whole(home, table, entries, version)
    came, went = ([home.tables / entry.path for entry in entries if entry.bucket == bucket] for bucket in (CAME, WENT))
    return [home.tables / entry.path for entry in entries if entry.bucket not in {CAME, WENT}], came, went


def write_table(home: Home, engine: Engine, name: str, table: Table) -> list[FileEntry]:
    """Writes a table's bucket files, sorted by its key; a bucket that did not change keeps its file.

    Each file is named by its content, so writing the same rows again costs no space and changes nothing.
    """
    spec = TABLES[name]
    column = spec.bucket_by[0] if spec.bucket_by else None
    bucket = "'all'" if column is None else column if column == "dealer_id" else BUCKETS.format(column=column)
    folder = home.tables / name
    keyed = engine.sql(f"select *, {bucket} as _bucket from t", t=table)
    parts = engine.write_buckets(keyed, "_bucket", folder, order_by=spec.key)
    return [FileEntry(part.bucket, named_by_content(part.path, name), part.rows) for part in parts]


def remove_unpublished(home: Home) -> None:
    """Clears what a run that did not reach the pointer has left. Only while holding the lock."""
    last = published(home)[-1] if home.pointer.exists() else 0
    for path in home.versions.glob("*.json"):
        if int(path.stem) > last:
            remove(path)
    for path in (*home.deliveries.glob("*"), *home.reports.glob("*")):
        if path.name.isdecimal() and int(path.name) > last:  # the index of reports is no version
            remove(path)
    for path in (*home.drafts.glob("*"), *home.tables.glob("*/*.part"), *home.versions.glob("*.part")):
        remove(path)


def remove_old(home: Home, keep: int) -> list[int]:
    """Removes all but the last ``keep`` versions, and the files that neither a version nor a draft names. Only while holding the lock.

    Manifests go first, the oldest before the others: ended at any moment, every version that is left is whole, and the next call finishes it.
    Deliveries and reports of removed versions stay.

    Returns:
        The versions removed.
    """
    versions = published(home)
    kept = [load(home, version) for version in versions[-keep:]]
    gone = versions[:-keep]
    for version in gone:
        remove(manifest_path(home, version))
        faults.reach("remove.manifest")
    sync(home.versions)
    used = {entry.path for manifest in kept for entries in manifest.tables.values() for entry in entries}
    for path in home.drafts.glob("*/table-*.json"):  # of a run that the gate stopped, or that works in other processes
        used |= {entry["path"] for entry in json.loads(path.read_text(encoding="utf-8"))}
    for path in home.tables.glob("*/*.parquet"):
        if str(path.relative_to(home.tables)) not in used:
            remove(path)
            faults.reach("remove.file")
    return gone


def named_by_content(part: Path, table: str) -> str:
    """Gives a file of a table the name that its content gives it; returns its place below ``tables``."""
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:32]
    name = f"{digest}.parquet"
    part.chmod(0o600)
    part.replace(part.with_name(name))
    return f"{table}/{name}"
