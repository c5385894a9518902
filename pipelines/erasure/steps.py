"""A list of steps that is written whole, and then carried out: what was begun is finished, by whichever process.

Each step may be carried out twice. New content lies staged below the erasure's folder; where it goes is said by the step. So a process killed
while it prepares has changed nothing, and one killed later has left what the next call needs to go on: no step needs what an earlier one took away.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, create_engine, select, text, update

from pipelines import faults
from pipelines.store.home import UNFINISHED, Home, remove, write_whole
from pipelines.store.versions import Manifest

LIST = UNFINISHED
STORE = "store"
"""Stands for the address of the SQL store, which may hold a password."""


@dataclass
class Steps:
    """Steps in the making, of one erasure."""

    folder: Path
    found: list[dict[str, Any]] = field(default_factory=list)
    made: Manifest | None = None
    """The version that will be published, where there is one."""
    _number: int = 0

    def stage(self) -> Path:
        """A new place for staged content."""
        self._number += 1
        path = self.folder / "staged" / f"{self._number:06d}"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path

    def replace(self, path: Path, staged: Path, *, like: os.stat_result | None = None) -> None:
        """``staged`` takes the place of ``path``, a file; with the rights and times of ``like``, and only while it is still what ``like`` says."""
        values: dict[str, Any] = {}
        if like is not None:
            values = {"mode": like.st_mode & 0o7777, "owner": [like.st_uid, like.st_gid], "mtime": like.st_mtime_ns, "size": like.st_size}
        self.found.append({"do": "replace", "from": str(staged.relative_to(self.folder)), "to": str(path), **values})

    def write(self, path: Path, content: str) -> None:
        """A small file with this text."""
        staged = self.stage()
        write_whole(staged, content)
        self.replace(path, staged)

    def folder_to(self, path: Path, staged: Path) -> None:
        """A staged folder takes a place that is free."""
        self.found.append({"do": "folder", "from": str(staged), "to": str(path)})

    def remove(self, path: Path) -> None:
        """A file or folder goes."""
        self.found.append({"do": "remove", "path": str(path)})

    def sql(self, url: str, table: str, key: dict[str, object], values: dict[str, object]) -> None:
        """A row of a database gets these values."""
        self.found.append({"do": "sql", "url": url, "table": table, "key": key, "set": values})

    def vacuum(self, url: str) -> None:
        """SQLite gives up the pages on which old values lie."""
        self.found.append({"do": "vacuum", "url": url})

    def call(self, name: str, **values: object) -> None:
        """A step that the caller of ``carry_out`` knows."""
        self.found.append({"do": "call", "name": name, "values": values})

    def commit(self) -> None:
        """From here on the erasure will be carried out."""
        write_whole(self.folder / LIST, json.dumps(self.found, ensure_ascii=False))


def pending(home: Home) -> Path | None:
    """The folder of an erasure that was begun; whole or not."""
    folders = sorted(path for path in home.erasures.iterdir() if path.is_dir()) if home.erasures.is_dir() else []
    return folders[0] if folders else None


def carry_out(folder: Path, known: dict[str, Callable[..., None]], store_url: str) -> None:
    """Carries out the steps of a committed erasure, each that is not done yet; then its folder goes.

    ``known``: what ``call`` names; ``store_url``: where the SQL store is.
    """
    for number, step in enumerate(json.loads((folder / LIST).read_text(encoding="utf-8"))):
        faults.reach(f"forget.step.{number}")
        if step["do"] == "call":
            known[step["name"]](**step["values"])
        else:
            _DO[step["do"]](folder, {**step, "url": store_url} if step.get("url") == STORE else step)
    faults.reach("forget.done")
    (folder / LIST).unlink()  # first: a folder without a list is one that changed nothing
    remove(folder)


def _replace(folder: Path, step: dict[str, Any]) -> None:
    staged, target = folder / step["from"], Path(step["to"])
    if not staged.exists():
        return
    if "mtime" in step and not _still(target, step):  # somebody has sent another file, or this was done before
        staged.unlink()
        return
    part = target.with_name(f"{target.name}.erasing.part")  # as one that is being uploaded: an inbox leaves it alone
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.copyfile(staged, part)
    part.chmod(step.get("mode", 0o600))
    if "owner" in step and os.geteuid() == 0:
        os.chown(part, *step["owner"])
    if "mtime" in step:
        os.utime(part, ns=(step["mtime"], step["mtime"]))
    _to_disk(part)
    part.replace(target)
    _to_disk(target.parent)
    staged.unlink()


def _still(path: Path, step: dict[str, Any]) -> bool:
    return path.exists() and (path.stat().st_size, path.stat().st_mtime_ns) == (step["size"], step["mtime"])


def _folder(folder: Path, step: dict[str, Any]) -> None:
    del folder
    staged, target = Path(step["from"]), Path(step["to"])
    if staged.exists():
        remove(target)
        staged.rename(target)


def _remove(folder: Path, step: dict[str, Any]) -> None:
    del folder
    remove(Path(step["path"]))


def _sql(folder: Path, step: dict[str, Any]) -> None:
    del folder
    engine = create_engine(step["url"])
    meta = MetaData()
    meta.reflect(engine, only=[step["table"]])
    table = meta.tables[step["table"]]
    with engine.begin() as connection:
        found = [table.c[name] == value for name, value in step["key"].items()]
        if connection.execute(select(table).where(*found).limit(1)).first() is not None:
            connection.execute(update(table).where(*found).values(**step["set"]))
    engine.dispose()


def _vacuum(folder: Path, step: dict[str, Any]) -> None:
    del folder
    engine = create_engine(step["url"])
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum"))
        if connection.dialect.name == "sqlite":
            connection.execute(text("pragma wal_checkpoint(truncate)"))
    engine.dispose()


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


_DO: dict[str, Callable[[Path, dict[str, Any]], None]] = {
    "replace": _replace,
    "folder": _folder,
    "remove": _remove,
    "sql": _sql,
    "vacuum": _vacuum,
}
