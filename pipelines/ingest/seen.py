"""What the files of the inbox were when they were last read, so that a file that did not change is not read again to know it.

A file is the same if its size, inode, time of modification and time of change (which no program can set) are. One that was
written less than :data:`YOUNG_SECONDS` before it was looked at is never trusted: a second write might leave the same times.
Lost or damaged, all this is made again.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Final, Self

YOUNG_SECONDS: Final = 2.0
_TABLE: Final = (
    "create table if not exists seen (path blob primary key, size integer, inode integer, mtime integer, ctime integer, file_id text)"
)


class Seen:
    """File ids by path, kept in a small SQLite file; what was learnt is written when the context ends well."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[bytes, tuple[tuple[int, ...], str]] = {}
        self._new: dict[bytes, tuple[tuple[int, ...], str]] = {}

    def __enter__(self) -> Self:
        try:
            with closing(self._open()) as connection:
                rows = connection.execute("select path, size, inode, mtime, ctime, file_id from seen").fetchall()
        except sqlite3.Error:
            self._path.unlink(missing_ok=True)
            return self
        self._known = {path: (tuple(state), file_id) for path, *state, file_id in rows}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None or not self._new:
            return
        rows = [(path, *state, file_id) for path, (state, file_id) in self._new.items()]
        try:
            with closing(self._open()) as connection, connection:
                connection.executemany("insert or replace into seen values (?, ?, ?, ?, ?, ?)", rows)
        except sqlite3.Error:  # another process writes: it learns the same
            return

    def file_id(self, path: Path, status: os.stat_result, *, now: float) -> str | None:
        """The file id known of ``path`` in this state, looked at at ``now`` (seconds since 1970); None where it must be read."""
        state, file_id = self._known.get(os.fsencode(path), ((), ""))
        return file_id if state == state_of(status) and _old(status, now) else None

    def learn(self, path: Path, status: os.stat_result, file_id: str, *, now: float) -> None:
        """Keeps what was read from ``path`` in this state; reading began after ``now``."""
        if _old(status, now):
            self._new[os.fsencode(path)] = (state_of(status), file_id)

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=5)
        connection.execute(_TABLE)
        return connection


def state_of(status: os.stat_result) -> tuple[int, ...]:
    """What tells that a file did not change: size, inode, and when it was written and changed (nanoseconds)."""
    return (status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns)


def _old(status: os.stat_result, now: float) -> bool:
    return max(status.st_mtime, status.st_ctime) < now - YOUNG_SECONDS
