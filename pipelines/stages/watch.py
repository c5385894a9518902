"""Whether there is anything to do, without doing it."""

from __future__ import annotations

import hashlib
import time

from pipelines.draft import Selection
from pipelines.settings import Settings
from pipelines.stages import intake, reference, train_waiting
from pipelines.stages.intake import Plan
from pipelines.store import versions
from pipelines.store.decisions import Decisions
from pipelines.store.home import Home
from pipelines.store.versions import Manifest
from pipelines.workbench import open_engine


def fingerprint(settings: Settings) -> str:
    """Changes when a file of the inbox is added, removed, or written; settled files only."""
    limit = time.time() - settings.settle_seconds
    listed = sorted(
        f"{path.relative_to(settings.inbox_dir)}\x1f{stat.st_size}\x1f{stat.st_mtime_ns}"
        for path in settings.inbox_dir.glob("*/**/*")
        if path.is_file() and (stat := path.stat()).st_mtime <= limit
    )
    return hashlib.sha256("\x1e".join(listed).encode(errors="surrogateescape")).hexdigest()


def plan(settings: Settings, selection: Selection) -> Plan:
    """What a run would read now."""
    home = Home(settings.home)
    home.prepare()
    with open_engine(settings, home) as engine:
        known = intake.known_files(engine, versions.current(home), home)
    return intake.look(known, settings, selection)


def new_files(settings: Settings) -> int:
    """Number of files that a run would read now."""
    return len(plan(settings, Selection()).read)


def undelivered(settings: Settings, manifest: Manifest | None) -> int:
    """Number of decisions entered since the published version was made."""
    home = Home(settings.home)
    if manifest is None:
        return 0
    return max(Decisions(home, settings.ledger_url).last() - manifest.decision, 0)


def anything_new(settings: Settings) -> bool:
    """Whether a run would do anything now."""
    manifest = versions.current(Home(settings.home))
    waiting = train_waiting.waiting(Home(settings.home), manifest)
    return bool(new_files(settings) or undelivered(settings, manifest) or waiting or reference.changed(settings, manifest))
