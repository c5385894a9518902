"""Whether a home is well: what is looked at, what was found, and what to do.

Each check gives findings: *well*, *note* (nothing is wrong, somebody may want to know), or *broken* (a run or a reader would fail, or tell
less than it should). A finding that can be mended from what is there carries how; whatever can only be guessed is left to a person.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl
from sqlalchemy.exc import SQLAlchemyError

from matching.model import load_model
from matching.spec import SpecError
from pipelines import faults
from pipelines.erasure import steps, tombstones
from pipelines.settings import Settings
from pipelines.stages.cleanse import rules
from pipelines.store import versions
from pipelines.store.home import Home, HomeBusyError, remove
from pipelines.store.ledger import Ledger
from pipelines.store.versions import Manifest
from pipelines.workbench import dead_scratch

State = Literal["well", "note", "broken"]
ROOM_FOR_A_RUN = 3
"""A run may write this many times what the published version takes."""
_TOLD = 5
_ELSEWHERE = frozenset({"CHEZHU_HOME", "CHEZHU_KILL_AT"})
"""Environment variables that are no settings of a file."""


@dataclass(frozen=True)
class Finding:
    """What one check found; ``mend`` mends it, where it can be mended from what is there."""

    check: str
    state: State
    found: str
    advice: str = ""
    mend: Callable[[], None] | None = None


def examine(settings: Settings, environment: Mapping[str, str] | None = None) -> list[Finding]:
    """Every finding, in the order in which a person would look. Changes nothing (but for a ledger that is gone: an empty one is made)."""
    home = Home(settings.home)
    env = os.environ if environment is None else environment
    if not home.root.is_dir():
        return [Finding("home", "broken", f"there is no folder {home.root}", "chezhu run makes it; or name another with --home")]
    found = [
        *_rights(home, settings.inbox_dir),
        *_settings(env),
        *_software(),
        *_disk(home),
        *_inbox(settings),
        *_busy(home),
        *_erasures(home),
    ]
    found += [*_versions(home), *_ledger(home, settings), *_left_behind(home)]
    return found


def repair(settings: Settings, findings: list[Finding]) -> list[Finding]:
    """Mends what can be mended, and says what it was. Takes the home's lock.

    Raises:
        HomeBusyError: a run works on the home.
    """
    mended = [finding for finding in findings if finding.mend is not None]
    if mended:
        with Home(settings.home).lock(erasing=True):
            for finding in mended:
                if finding.mend is not None:
                    finding.mend()
    return mended


def _rights(home: Home, inbox: Path) -> Iterator[Finding]:
    """Nobody else may look in; what dealers put into an inbox below the home has the rights that they gave it."""
    paths = [home.root, *(path for path in home.root.rglob("*") if not path.is_symlink() and not path.is_relative_to(inbox))]
    open_ = [path for path in paths if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if not open_:
        yield Finding("rights", "well", "only the owner can read the home")
        return

    def close() -> None:
        for path in open_:
            path.chmod(stat.S_IMODE(path.stat().st_mode) & 0o700)

    yield Finding(
        "rights", "broken", f"{len(open_):,} files or folders are open to others: {_few(home, open_)}", "--repair closes them", close
    )


def _settings(env: Mapping[str, str]) -> Iterator[Finding]:
    known = {f"CHEZHU_{name.upper()}" for name in Settings.model_fields} | _ELSEWHERE
    unread = sorted(name for name in env if name.startswith("CHEZHU_") and name not in known)
    if unread:
        yield Finding(
            "settings", "broken", f"nobody reads {', '.join(unread)}", "mend the name, or unset it; chezhu.toml lists the settings"
        )
    elif "CHEZHU_KILL_AT" in env:
        yield Finding(
            "settings", "broken", f"CHEZHU_KILL_AT={env['CHEZHU_KILL_AT']} ends runs on purpose ({len(faults.POINTS)} points)", "unset it"
        )
    else:
        yield Finding("settings", "well", "every CHEZHU_ variable is a setting")


def _software() -> Iterator[Finding]:
    from importlib import metadata  # noqa: PLC0415

    from packaging.requirements import Requirement  # noqa: PLC0415 - comes with Dagster

    wanted = [Requirement(text) for text in metadata.requires("chezhu") or []]
    needed = [each for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})]
    wrong = []
    for each in needed:
        try:
            version = metadata.version(each.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{each.name} is not installed")
            continue
        if not each.specifier.contains(version, prereleases=True):
            wrong.append(f"{each.name} {version} is not {each.specifier}")
    told = ", ".join(f"{name} {metadata.version(name)}" for name in ("duckdb", "polars", "dagster"))
    if wrong:
        yield Finding("software", "broken", "; ".join(wrong), "install what requirements.txt says")
    else:
        yield Finding("software", "well", told)


def _disk(home: Home) -> Iterator[Finding]:
    try:
        manifest = versions.current(home)
    except versions.VersionError:
        manifest = None
    entries = [] if manifest is None else [home.tables / entry.path for each in manifest.tables.values() for entry in each]
    size = sum(path.stat().st_size for path in entries if path.exists())
    free, wanted = shutil.disk_usage(home.root).free, max(ROOM_FOR_A_RUN * size, 2**30)
    state: State = "well" if free >= wanted else "broken"
    advice = "" if state == "well" else "make room, or lower keep_versions"
    yield Finding("disk", state, f"{free / 2**30:,.1f} GiB free; a run may need {wanted / 2**30:,.1f}", advice)


def _inbox(settings: Settings) -> Iterator[Finding]:
    folder = settings.inbox_dir
    if not folder.is_dir():
        yield Finding("inbox", "broken", f"there is no folder {folder}", "make it, with a folder for each dealer, or name another (INBOX)")
        return
    files = [path for path in folder.rglob("*") if path.is_file()]
    closed = [path for path in (folder, *folder.rglob("*")) if not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0))]
    if closed:
        few = ", ".join(str(path.relative_to(folder)) for path in closed[:_TOLD])
        yield Finding("inbox", "broken", f"{len(closed):,} files or folders cannot be read: {few}", "give this user the right to read them")
    homeless = [path for path in files if path.parent == folder]
    if homeless:
        advice = "move them into a folder named by the dealer"
        yield Finding(
            "inbox",
            "note",
            f"{len(homeless):,} files lie in no dealer's folder: {', '.join(path.name for path in homeless[:_TOLD])}",
            advice,
        )
    if not closed and not homeless:
        yield Finding("inbox", "well", f"{len(files):,} files")


def _busy(home: Home) -> Iterator[Finding]:
    try:
        with home.lock(erasing=True):
            pass
    except HomeBusyError:
        yield Finding("lock", "note", "a run works on the home now", "what it has not finished is reported as left behind")


def _erasures(home: Home) -> Iterator[Finding]:
    folder = steps.pending(home)
    if folder is not None and (folder / steps.LIST).exists():
        yield Finding("erasures", "broken", f"erasure {folder.name} was interrupted; no run can begin", "chezhu forget --resume")
    try:
        stones = tombstones.load(home)
    except OSError:
        yield Finding(
            "erasures", "broken", "there are tombstones and no key: exports bring erased people back", "restore HOME/erasures/key"
        )
        return
    if stones is not None:
        yield Finding("erasures", "well", f"{len(stones.hashes):,} tombstones")


def _versions(home: Home) -> Iterator[Finding]:
    """The pointer, and for each version its manifest and its files, by what they hold."""
    try:
        current = versions.current(home)
    except versions.VersionError:
        current = None
    if current is None:
        yield _pointer_lost(home)
        return
    damaged = {}
    for number in versions.published(home):
        if told := _faults_of(home, versions.load(home, number)):
            damaged[number] = told
    for number, told in damaged.items():
        whole = [version for version in versions.published(home) if version not in damaged]
        way = (
            f"chezhu rollback {whole[-1]} --why TEXT" if number == current.version and whole else "chezhu run --full makes the tables anew"
        )
        advice = way if number == current.version else "it cannot be rolled back to; the published version is not touched"
        yield Finding("version", "broken", f"version {number}: {'; '.join(told[:_TOLD])}", advice)
    if current.version not in damaged:
        yield Finding(
            "version", "well", f"version {current.version} of {current.as_of} is published and whole, {len(versions.published(home))} kept"
        )
    yield from _model(home, current)


def _pointer_lost(home: Home) -> Finding:
    numbers = sorted(int(path.stem) for path in home.versions.glob("*.json") if path.stem.isdecimal())
    if not numbers:
        return Finding("version", "note", "nothing is published yet", "chezhu run")
    whole = [number for number in numbers if not _faults_of(home, versions.load(home, number))]
    if not whole:
        return Finding(
            "version", "broken", "CURRENT names no version, and none is whole", "restore the home from a copy, or chezhu run --full"
        )
    found = f"CURRENT names no version; the last whole one is {whole[-1]}"
    return Finding("version", "broken", found, "--repair points to it", lambda: versions.point_to(home, whole[-1]))


def _faults_of(home: Home, manifest: Manifest) -> list[str]:
    """What is wrong with the files of a version."""
    found = []
    for entries in manifest.tables.values():
        for entry in entries:
            path = home.tables / entry.path
            if not path.exists():
                found.append(f"{entry.path} is gone")
                continue
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            if not digest.startswith(path.stem):
                found.append(f"{entry.path} is damaged")
            elif pl.scan_parquet(path).select(pl.len()).collect().item() != entry.rows:
                found.append(f"{entry.path} has not {entry.rows:,} rows")
    return found


def _model(home: Home, manifest: Manifest) -> Iterator[Finding]:
    if manifest.model is None:
        yield Finding("model", "note", "the published version names no model", "the next run trains one")
        return
    try:
        model = load_model(home.models / manifest.model)
    except SpecError as error:
        yield Finding("model", "broken", str(error), "chezhu train, or chezhu run --full")
        return
    yield Finding("model", "well", f"{manifest.model}, trained on {model.records:,} records")
    if manifest.run.get("rules") != rules():
        yield Finding("rules", "note", "the rules of cleansing have changed since the last run", "the next run cleanses all records anew")


def _ledger(home: Home, settings: Settings) -> Iterator[Finding]:
    try:
        runs = {run.run_id: run for run in Ledger(home, settings.ledger_url).runs()}
    except SQLAlchemyError as error:
        told = f"the SQL store cannot be read: {type(error).__name__}"
        if settings.ledger_url:
            yield Finding("ledger", "broken", told, "see to the database that ledger_url names")
            return
        yield Finding(
            "ledger",
            "broken",
            told,
            f"restore {home.ledger.name} from a copy; --repair puts it aside and makes runs anew from the manifests, stewards' decisions are lost then",
            lambda: _aside(home, settings),
        )
        return
    published = {manifest.run_id: manifest for number in _published(home) if (manifest := _loaded(home, number)) is not None}
    missing = [manifest.version for run, manifest in published.items() if run not in runs or runs[run].status != "published"]
    hanging = [run for run, entry in runs.items() if entry.status == "running"]
    if not missing and not hanging:
        yield Finding("ledger", "well", f"{len(runs):,} runs, as the manifests say")
        return
    told = "; ".join(
        [
            *([f"versions {', '.join(map(str, missing))} are not in it"] if missing else []),
            *([f"{len(hanging)} runs never ended"] if hanging else []),
        ]
    )
    yield Finding(
        "ledger", "broken", told, "--repair makes it anew from the manifests", lambda: Ledger(home, settings.ledger_url).reconcile()
    )


def _aside(home: Home, settings: Settings) -> None:
    home.ledger.rename(home.ledger.with_name(f"{home.ledger.name}.damaged"))
    Ledger(home, settings.ledger_url).reconcile()


def _loaded(home: Home, number: int) -> Manifest | None:
    try:
        return versions.load(home, number)
    except versions.VersionError:
        return None


def _published(home: Home) -> list[int]:
    try:
        return versions.published(home)
    except versions.VersionError:
        return []


def _left_behind(home: Home) -> Iterator[Finding]:
    """Of runs that ended badly."""
    drafts = sorted(home.drafts.iterdir()) if home.drafts.is_dir() else []
    if drafts:
        advice = "chezhu accept RUN publishes one that the gate stopped; the next run clears them"
        yield Finding("drafts", "note", f"{len(drafts)} unfinished: {_few(home, drafts)}", advice)
    scratch = dead_scratch(home) if home.scratch.is_dir() else []
    kept = [_loaded(home, number) for number in _published(home)]
    used = {
        home.tables / entry.path for manifest in kept if manifest is not None for entries in manifest.tables.values() for entry in entries
    }
    # without a version nothing is needed, and everything may be all that there is
    unused = sorted(set(home.tables.glob("*/*")) - used) if used and not drafts else []
    if not (scratch or unused):
        yield Finding("leftovers", "well", "nothing of dead runs lies about")
        return

    def clear() -> None:
        for path in (*scratch, *unused):
            remove(path)

    size = sum(path.stat().st_size for path in unused)
    yield Finding(
        "leftovers", "note", f"{len(unused):,} files of tables that no version needs ({size / 2**20:,.0f} MiB), {len(scratch)} folders of dead processes", "--repair removes them", clear
    )  # fmt: skip


def _few(home: Home, paths: list[Path]) -> str:
    told = ", ".join(str(path.relative_to(home.root)) for path in paths[:_TOLD])
    return told if len(paths) <= _TOLD else f"{told} and {len(paths) - _TOLD:,} more"
