"""What surrounds a home: rights, variables, software, disk, inbox, other runs, erasures."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipelines import faults
from pipelines.doctor.findings import TOLD, Finding, State, few
from pipelines.erasure import steps, tombstones
from pipelines.settings import Settings
from pipelines.store import versions
from pipelines.store.home import Home, HomeBusyError

ROOM_FOR_A_RUN = 3
"""A run may write this many times what the published version takes."""
_ELSEWHERE = frozenset({"CHEZHU_HOME", "CHEZHU_KILL_AT"})
"""Environment variables that are no settings of a file."""


def rights(home: Home, inbox: Path) -> Iterator[Finding]:
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
        "rights", "broken", f"{len(open_):,} files or folders are open to others: {few(home, open_)}", "--repair closes them", close
    )


def variables(env: Mapping[str, str]) -> Iterator[Finding]:
    """Variables that look like settings and are none."""
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


def software() -> Iterator[Finding]:
    """Whether what is installed is what the project asks for."""
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


def disk(home: Home) -> Iterator[Finding]:
    """Whether a run has room."""
    try:
        manifest = versions.current(home)
    except versions.VersionError:
        manifest = None
    entries = [] if manifest is None else [home.tables / entry.path for each in manifest.tables.values() for entry in each]
    size = sum(path.stat().st_size for path in entries if path.exists())
    free, wanted = shutil.disk_usage(home.root).free, max(ROOM_FOR_A_RUN * size, 2**30)
    state: State = "well" if free >= wanted else "broken"
    advice = "" if state == "well" else "make room, or lower keep_versions (`chezhu run` then removes what is older)"
    yield Finding("disk", state, f"{free / 2**30:,.1f} GiB free; a run may need {wanted / 2**30:,.1f}", advice)


def inbox(settings: Settings) -> Iterator[Finding]:
    """Whether the inbox can be read, and every file in it has a dealer."""
    folder = settings.inbox_dir
    if not folder.is_dir():
        yield Finding("inbox", "broken", f"there is no folder {folder}", "make it, with a folder for each dealer, or name another (INBOX)")
        return
    files = [path for path in folder.rglob("*") if path.is_file()]
    closed = [path for path in (folder, *folder.rglob("*")) if not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0))]
    if closed:
        few = ", ".join(str(path.relative_to(folder)) for path in closed[:TOLD])
        yield Finding("inbox", "broken", f"{len(closed):,} files or folders cannot be read: {few}", "give this user the right to read them")
    homeless = [path for path in files if path.parent == folder]
    if homeless:
        advice = "move them into a folder named by the dealer"
        yield Finding(
            "inbox",
            "note",
            f"{len(homeless):,} files lie in no dealer's folder: {', '.join(path.name for path in homeless[:TOLD])}",
            advice,
        )
    if not closed and not homeless:
        yield Finding("inbox", "well", f"{len(files):,} files")


def busy(home: Home) -> Iterator[Finding]:
    """Whether a run works now."""
    try:
        with home.lock(erasing=True):
            pass
    except HomeBusyError:
        yield Finding("lock", "note", "a run works on the home now", "what it has not finished is reported as left behind")


def erasures(home: Home) -> Iterator[Finding]:
    """Whether an erasure waits to be finished, and tombstones have their key."""
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
