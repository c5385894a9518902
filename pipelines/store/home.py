"""The folders below CHEZHU_HOME: 0700, their files 0600."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

UNFINISHED = "steps.json"
"""Below a folder of ``erasures``: an erasure that was begun, and will be finished before anything else."""


class HomeError(Exception):
    """The home cannot be used; the message says why."""


class HomeBusyError(HomeError):
    """Another run works on this home now."""


@dataclass(frozen=True)
class Home:
    """Where each kind of thing lies below the home."""

    root: Path

    @property
    def staged(self) -> Path:
        """One folder for each file taken in, as read."""
        return self.root / "staged"

    @property
    def tables(self) -> Path:
        """Immutable Parquet files, named by their content."""
        return self.root / "tables"

    @property
    def versions(self) -> Path:
        """Manifests: which files make up a version."""
        return self.root / "versions"

    @property
    def pointer(self) -> Path:
        """The one small file that says which version is published."""
        return self.root / "CURRENT"

    @property
    def drafts(self) -> Path:
        """What unfinished runs have written so far."""
        return self.root / "drafts"

    @property
    def scratch(self) -> Path:
        """Files that live no longer than a process."""
        return self.root / "scratch"

    @property
    def models(self) -> Path:
        """Trained matching models."""
        return self.root / "models"

    @property
    def reports(self) -> Path:
        """One folder a run."""
        return self.root / "reports"

    @property
    def deliveries(self) -> Path:
        """CRM imports, one folder a version."""
        return self.root / "deliveries"

    @property
    def erasures(self) -> Path:
        """The key, tombstones and proofs of erasures, and one that is not finished."""
        return self.root / "erasures"

    @property
    def dagster(self) -> Path:
        """DAGSTER_HOME of this home."""
        return self.root / "dagster"

    @property
    def ledger(self) -> Path:
        """The default run ledger."""
        return self.root / "ledger.sqlite"

    @property
    def seen(self) -> Path:
        """What the files of the inbox were when they were last read."""
        return self.root / "inbox.sqlite"

    @property
    def last_inbox(self) -> Path:
        """Where the inbox of the last run was."""
        return self.root / "last_inbox.json"

    def unpublished(self) -> str:
        """What is said where a published version is asked for and there is none."""
        if not self.root.is_dir():
            return f"nothing is published, for there is no folder {self.root}: name another with --home; or chezhu run"
        return f"nothing is published at {self.root} yet: chezhu run"

    def note_inbox(self, folder: Path) -> None:
        """Keeps where the inbox of this run is; in JSON, which also holds names that are no UTF-8."""
        write_whole(self.last_inbox, json.dumps(str(folder)))

    def noted_inbox(self) -> Path | None:
        """What ``note_inbox`` kept; None where no run has, or it cannot be read."""
        try:
            found = json.loads(self.last_inbox.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return Path(found) if isinstance(found, str) else None

    def prepare(self) -> None:
        """Makes the folders that are missing, closed to others, and keeps what this process writes closed as well.

        Raises:
            HomeError: one cannot be made.
        """
        os.umask(0o077)
        folders = (self.root, self.staged, self.tables, self.versions, self.drafts, self.scratch, self.models, self.reports)
        for folder in (*folders, self.deliveries, self.dagster):
            try:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            except OSError as error:
                message = f"the home {self.root} cannot be made ({error.strerror}: {error.filename}): name another with --home"
                raise HomeError(message) from error
        self.root.chmod(0o700)

    @contextmanager
    def lock(self, *, erasing: bool = False) -> Iterator[None]:
        """Holds the home for one run; the system gives it back when the process ends, however it ends.

        ``erasing``: also where an erasure waits to be finished, which nobody else may come before.

        Raises:
            HomeBusyError: another process holds it, or an erasure was interrupted.
        """
        with (self.root / "LOCK").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                message = f"another run works on {self.root} now; wait for it to end, then run again"
                raise HomeBusyError(message) from error
            if not erasing and any(self.erasures.glob(f"*/{UNFINISHED}")):
                message = f"an erasure at {self.root} was interrupted: `chezhu forget --resume` finishes it, then run again"
                raise HomeBusyError(message)
            yield


def remove(path: Path) -> None:
    """Removes a file or a folder; nothing there is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Writes a small file so that it is there whole or not at all, also after a power cut."""
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.chmod(0o600)
    part.replace(path)
    sync(path.parent)


def sync(folder: Path) -> None:
    """Waits until what was made, renamed and removed in a folder would outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
