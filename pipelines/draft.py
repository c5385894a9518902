"""A draft: what one unfinished run has decided and written so far. It lives below the home until the pointer moves."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from engine.changes import Change
from engine.contract import Engine, Table
from pipelines.store import versions
from pipelines.store.changed import write_change
from pipelines.store.home import Home, write_whole
from pipelines.store.versions import FileEntry


@dataclass(frozen=True)
class Selection:
    """Which files of the inbox a run takes in.

    Nothing set: those not known yet. ``full``: all, and everything derived is made anew, the model included.
    ``dealers`` and ``day`` (of the file's modification, ISO): known files of these are read again. ``retry``: so are known
    files with anything in quarantine. ``increments``: whether the tables that follow take only what changed; without it they are made of everything,
    which gives the same.
    """

    full: bool = False
    increments: bool = True
    dealers: tuple[str, ...] = ()
    day: str | None = None
    retry: bool = False


@dataclass(frozen=True)
class Draft:
    """One run in the making: its id, its dates, what it builds upon."""

    home: Home
    run_id: str
    as_of: date
    started_at: str
    selection: Selection
    previous_version: int | None

    @property
    def folder(self) -> Path:
        """Where the draft's own files are."""
        return self.home.drafts / self.run_id

    @property
    def version(self) -> int:
        """The version this run will publish."""
        return (self.previous_version or 0) + 1

    @property
    def previous(self) -> versions.Manifest | None:
        """The version this run builds upon."""
        return None if self.previous_version is None else versions.load(self.home, self.previous_version)

    def save(self) -> None:
        """Makes the draft known to the run's other processes."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        content = {**asdict(self), "home": str(self.home.root), "as_of": self.as_of.isoformat()}
        write_whole(self.folder / "draft.json", json.dumps(content))

    def previous_table(self, engine: Engine, name: str) -> Table | None:
        """A table of the version this run builds upon; None before the first, and where that version is older than the table."""
        manifest = self.previous
        return None if manifest is None or name not in manifest.tables else versions.read(self.home, engine, manifest, name)

    def write(self, engine: Engine, name: str, table: Table | Change) -> list[FileEntry]:
        """Writes a table of this run: whole, or what changed since the version that it builds upon."""
        if isinstance(table, Change):
            entries = self._write_change(engine, name, table)
        else:
            for path in self._changed(name):
                path.unlink(missing_ok=True)
            entries = versions.write_table(self.home, engine, name, table)
        self.note(f"table-{name}", [asdict(entry) for entry in entries])
        return entries

    def _write_change(self, engine: Engine, name: str, change: Change) -> list[FileEntry]:
        manifest = self.previous
        if manifest is None:
            message = f"run {self.run_id} changes the table {name!r}, but builds upon no version"
            raise versions.VersionError(message)
        rows, gone = self._changed(name)
        engine.write(change.rows, rows)
        engine.write(change.gone, gone)
        return write_change(self.home, engine, name, manifest.tables[name], Change(engine.read(rows), engine.read(gone)))

    def _changed(self, name: str) -> tuple[Path, Path]:
        return self.folder / f"changed-{name}.parquet", self.folder / f"gone-{name}.parquet"

    def change(self, engine: Engine, name: str) -> Change | None:
        """What this run changed in a table since the version that it builds upon; None where it wrote the table whole."""
        rows, gone = self._changed(name)
        return Change(engine.read(rows), engine.read(gone)) if gone.exists() else None

    def entries(self, name: str) -> list[FileEntry]:
        """The files of a table that this run has written.

        Raises:
            VersionError: this run has not written it.
        """
        found = self.noted(f"table-{name}")
        if not isinstance(found, list):
            message = f"run {self.run_id} has no table {name!r} yet; materialize it together with what needs it"
            raise versions.VersionError(message)
        return [FileEntry(**entry) for entry in found]

    def read(self, engine: Engine, name: str) -> Table:
        """A table that this run has written."""
        return versions.read_entries(self.home, engine, name, self.entries(name), version=self.previous_version)

    def hand_on(self, engine: Engine, name: str, table: Table) -> int:
        """Writes a table that only this run's stages read, and no version has; its number of rows."""
        return engine.write(table, self._handed(name), passing=True)

    def handed(self, engine: Engine, name: str) -> Table:
        """A table of ``hand_on``.

        Raises:
            VersionError: this run has not written it.
        """
        path = self._handed(name)
        if not path.exists():
            message = f"run {self.run_id} has no table {name!r} yet; materialize it together with what needs it"
            raise versions.VersionError(message)
        return engine.read(path)

    def _handed(self, name: str) -> Path:
        return self.folder / f"handed-{name}.parquet"

    def note(self, name: str, value: object) -> None:
        """Keeps a small fact for the stages to come."""
        write_whole(self.folder / f"{name}.json", json.dumps(value, ensure_ascii=False, default=str))

    def noted(self, name: str) -> object:
        """A fact kept by ``note``; None where there is none."""
        path = self.folder / f"{name}.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def tables(self) -> dict[str, list[FileEntry]]:
        """All tables that this run has written."""
        names = sorted(path.stem.removeprefix("table-") for path in self.folder.glob("table-*.json"))
        return {name: self.entries(name) for name in names}


def begin(home: Home, *, run_id: str, as_of: date, started_at: str, selection: Selection) -> Draft:
    """Starts a draft upon the published version, after clearing what a killed run left behind."""
    versions.remove_unpublished(home)
    manifest = versions.current(home)
    draft = Draft(home, run_id, as_of, started_at, selection, None if manifest is None else manifest.version)
    draft.save()
    return draft


def resume(home: Home, run_id: str) -> Draft:
    """The draft of a run that has begun, in whatever process.

    Raises:
        VersionError: the run has not begun, or is over.
    """
    path = home.drafts / run_id / "draft.json"
    if not path.exists():
        message = f"run {run_id} has no draft: its first asset (files) did not run"
        raise versions.VersionError(message)
    content = json.loads(path.read_text(encoding="utf-8"))
    selection = Selection(**{**content["selection"], "dealers": tuple(content["selection"]["dealers"])})
    return Draft(home, run_id, date.fromisoformat(content["as_of"]), content["started_at"], selection, content["previous_version"])
