"""What a home holds: the pointer, versions and their files, the model, the ledger, what dead runs have left."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import polars as pl
from sqlalchemy.exc import SQLAlchemyError

from matching.model import EarlierModelError, load_model
from matching.spec import SpecError
from pipelines.doctor.findings import TOLD, Finding, few
from pipelines.settings import Settings
from pipelines.stages.rules import rules
from pipelines.store import versions
from pipelines.store.home import Home, HomeBusyError, remove
from pipelines.store.ledger import Ledger
from pipelines.store.versions import Manifest
from pipelines.workbench import dead_scratch


def published(home: Home) -> Iterator[Finding]:
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
        manifest = _loaded(home, number)
        if told := ["its manifest cannot be read"] if manifest is None else _faults_of(home, manifest):
            damaged[number] = told
    for number, told in damaged.items():
        whole = [version for version in versions.published(home) if version not in damaged]
        way = (
            f"chezhu rollback {whole[-1]} --why TEXT" if number == current.version and whole else "chezhu run --full makes the tables anew"
        )
        advice = way if number == current.version else "it cannot be rolled back to; the published version is not touched"
        yield Finding("version", "broken", f"version {number}: {'; '.join(told[:TOLD])}", advice)
    if current.version not in damaged:
        yield Finding(
            "version", "well", f"version {current.version} of {current.as_of} is published and whole, {len(versions.published(home))} kept"
        )
    yield from _model(home, current)


def _pointer_lost(home: Home) -> Finding:
    numbers = sorted(int(path.stem) for path in home.versions.glob("*.json") if path.stem.isdecimal())
    if not numbers:
        return Finding("version", "note", "nothing is published yet", "chezhu run")
    whole = [number for number in numbers if (manifest := _loaded(home, number)) is not None and not _faults_of(home, manifest)]
    if not whole:
        return Finding(
            "version", "broken", "CURRENT names no whole version, and none is whole", "restore the home from a copy, or chezhu run --full"
        )
    found = f"CURRENT names no version that can be read; the last whole one is {whole[-1]}"
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
            elif entry.bucket != versions.WENT and pl.scan_parquet(path).select(pl.len()).collect().item() != entry.rows:
                found.append(f"{entry.path} has not {entry.rows:,} rows")
    return found


def _model(home: Home, manifest: Manifest) -> Iterator[Finding]:
    if manifest.model is None:
        yield Finding("model", "note", "the published version names no model", "the next run trains one")
        return
    try:
        model = load_model(home.models / manifest.model)
    except EarlierModelError as error:
        yield Finding("model", "note", str(error), "the next run trains another")
        return
    except SpecError as error:
        yield Finding("model", "broken", str(error), "chezhu train, or chezhu run --full")
        return
    yield Finding("model", "well", f"{manifest.model}, trained on {model.records:,} records")
    if manifest.run.get("rules") != rules():
        yield Finding("rules", "note", "the rules of cleansing have changed since the last run", "the next run cleanses all records anew")


def ledger(home: Home, settings: Settings) -> Iterator[Finding]:
    """Whether the ledger can be read, and says what the manifests say."""
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
    published = {manifest.run_id: manifest for number in _numbers(home) if (manifest := _loaded(home, number)) is not None}
    missing = [manifest.version for run, manifest in published.items() if run not in runs or runs[run].status != "published"]
    hanging = [run for run, entry in runs.items() if entry.status == "running" and not _works(home)]
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


def _works(home: Home) -> bool:
    """Whether a run works on the home now: it is the one that has not ended."""
    try:
        with home.lock(erasing=True):
            return False
    except HomeBusyError:
        return True


def _aside(home: Home, settings: Settings) -> None:
    home.ledger.rename(home.ledger.with_name(f"{home.ledger.name}.damaged"))
    Ledger(home, settings.ledger_url).reconcile()


def _loaded(home: Home, number: int) -> Manifest | None:
    try:
        return versions.load(home, number)
    except versions.VersionError:
        return None


def _numbers(home: Home) -> list[int]:
    try:
        return versions.published(home)
    except versions.VersionError:
        return []


def left_behind(home: Home) -> Iterator[Finding]:
    """Of runs that ended badly."""
    drafts = sorted(home.drafts.iterdir()) if home.drafts.is_dir() else []
    if drafts:
        advice = "chezhu accept RUN publishes one that the gate stopped; the next run clears them"
        yield Finding("drafts", "note", f"{len(drafts)} unfinished: {few(home, drafts)}", advice)
    scratch = dead_scratch(home) if home.scratch.is_dir() else []
    kept = [_loaded(home, number) for number in _numbers(home)]
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
