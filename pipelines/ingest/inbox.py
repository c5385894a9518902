"""The inbox: what lies in it, whose it is, and whether it may be read yet.

``INBOX/<dealer_id>/<any name, also in folders>``. A file is known by the SHA-256 of its content, which is read once
(:mod:`pipelines.ingest.seen`).
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pipelines.ingest.seen import Seen, state_of

State = Literal["ready", "waiting", "refused"]

UPLOADING: Final = (".part", ".tmp", ".temp", ".crdownload", ".partial", ".filepart", ".download", ".uploading", ".swp")
_PIECE = 1 << 20


@dataclass(frozen=True)
class InboxFile:
    """One file of the inbox.

    Attributes:
        dealer_id: the first folder's name, as :func:`readable` has it; "" for a file that lies in none.
        file_name: path below the dealer's folder, with ``/``, also readable; of a folder that may not be read, with ``/`` at its end.
        path: where it is.
        size: bytes.
        mtime: seconds since 1970.
        file_id: SHA-256 of the content, hexadecimal; "" unless ``ready``.
        state: ready, waiting (still being uploaded) or refused.
        reason: code of :mod:`pipelines.ingest.reasons`; None where ready.
        state_then: :func:`pipelines.ingest.seen.state_of` the file when it was listed; None where that is not known.
    """

    dealer_id: str
    file_name: str
    path: Path
    size: int
    mtime: float
    file_id: str = ""
    state: State = "ready"
    reason: str | None = None
    state_then: tuple[int, ...] | None = None

    @property
    def place(self) -> str:
        """Where it is below the inbox."""
        return f"{self.dealer_id}/{self.file_name}" if self.dealer_id else self.file_name

    def changed(self) -> bool:
        """Whether something else lies there now than what was listed: another state, and another content; False where the state then is not known."""
        if self.state_then is None:
            return False
        try:
            return state_of(self.path.stat()) != self.state_then and content_id(self.path) != self.file_id
        except OSError:
            return True


def readable(name: str) -> str:
    r"""A file's or folder's name as text: one that is no UTF-8 as GB18030, as Windows writes it in China, else with its odd bytes escaped.

    >>> readable(os.fsdecode("客户.csv".encode("gb18030"))), readable(os.fsdecode(b"a\xff.csv"))
    ('客户.csv', 'a\\xff.csv')
    """
    written = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return written.decode(encoding)
        except UnicodeDecodeError:
            continue
    return written.decode("utf-8", errors="backslashreplace")


def dealers(inbox: Path) -> list[str]:
    """Names of the dealers' folders; none where there is no inbox."""
    found = inbox.iterdir() if inbox.is_dir() else ()
    return sorted(readable(path.name) for path in found if path.is_dir() and not path.is_symlink() and not path.name.startswith("."))


def scan(inbox: Path, *, settle_seconds: float, now: float, seen: Seen | None = None) -> list[InboxFile]:
    """All files of ``inbox``, by dealer and name.

    Args:
        inbox: the folder; it may be missing.
        settle_seconds: a file changed less than so many seconds ago may still be growing, and waits.
        now: seconds since 1970.
        seen: what is known of files that did not change; without it each is read.

    Raises:
        OSError: the inbox itself cannot be read.
    """
    if not inbox.is_dir():
        return []
    root = inbox.resolve()
    found = [
        _unread_folder(path, inbox) if folder else _look(path, inbox, root, settle_seconds=settle_seconds, now=now, seen=seen)
        for path, folder in _walk(inbox)
    ]
    return sorted(found, key=lambda file: (file.dealer_id, file.file_name))


def _walk(folder: Path) -> Iterator[tuple[Path, bool]]:
    """What lies below ``folder``: files, and folders that may not be read (with True)."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            path = Path(entry.path)
            if not entry.is_dir(follow_symlinks=False):
                yield path, False
                continue
            try:
                yield from _walk(path)
            except FileNotFoundError:  # gone since it was listed
                continue
            except OSError:
                yield path, True


def _unread_folder(path: Path, inbox: Path) -> InboxFile:
    dealer, *below = [readable(part) for part in path.relative_to(inbox).parts]
    hidden = any(part.startswith(".") for part in (dealer, *below))
    return InboxFile(dealer, "/".join([*below, ""]), path, 0, 0.0, state="refused", reason="hidden_file" if hidden else "unreadable")


def _look(path: Path, inbox: Path, root: Path, *, settle_seconds: float, now: float, seen: Seen | None) -> InboxFile:
    below = [readable(part) for part in path.relative_to(inbox).parts]
    dealer, name = ("", below[0]) if len(below) == 1 else (below[0], "/".join(below[1:]))

    def refused(reason: str, size: int = 0, mtime: float = 0.0) -> InboxFile:
        return InboxFile(dealer, name, path, size, mtime, state="refused", reason=reason)

    if name.rsplit("/", 1)[-1].startswith("~$"):
        return InboxFile(dealer, name, path, 0, 0.0, state="waiting", reason="being_uploaded")
    if any(part.startswith(".") for part in below):
        return refused("hidden_file")
    try:
        status = path.stat()
    except OSError as error:
        return refused("unreadable" if isinstance(error, PermissionError) else "not_a_file")
    if path.is_symlink() and not path.resolve().is_relative_to(root):
        return refused("link_outside")
    if not stat.S_ISREG(status.st_mode):
        return refused("not_a_file")
    size, mtime = status.st_size, status.st_mtime
    if not dealer:
        return refused("no_dealer", size, mtime)
    if name.lower().endswith(UPLOADING) or now - mtime < settle_seconds:
        return InboxFile(dealer, name, path, size, mtime, state="waiting", reason="being_uploaded")
    try:
        file_id, after = _identify(path, status, now=now, seen=seen)
    except OSError:
        return refused("unreadable", size, mtime)
    if (after.st_size, after.st_mtime_ns) != (size, status.st_mtime_ns):  # it grew while we read it
        return InboxFile(dealer, name, path, after.st_size, after.st_mtime, state="waiting", reason="being_uploaded")
    return InboxFile(dealer, name, path, size, mtime, file_id, state_then=state_of(status))


def _identify(path: Path, status: os.stat_result, *, now: float, seen: Seen | None) -> tuple[str, os.stat_result]:
    """The file's id, and its state once that is known."""
    known = seen.file_id(path, status, now=now) if seen is not None else None
    if known is not None:
        return known, status
    file_id = content_id(path)
    after = path.stat()
    if seen is not None:
        seen.learn(path, status, file_id, now=now)
    return file_id, after


def content_id(path: Path) -> str:
    """SHA-256 of a file, hexadecimal, read piece by piece."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
