"""Whether there is anything to do, without doing it."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from pipelines.draft import Selection
from pipelines.settings import Settings
from pipelines.stages import intake, reference, train_waiting
from pipelines.stages.intake import Plan
from pipelines.store import versions
from pipelines.store.decisions import Decisions
from pipelines.store.home import Home
from pipelines.store.ledger import Ledger
from pipelines.store.versions import Manifest
from pipelines.workbench import open_engine

TRIES, FIRST_WAIT, LONGER = 4, 300.0, 4.0
"""Runs that are asked for while an inbox stays as it is; seconds from the first to the second, and how much longer each wait is: 5, 20, 80 minutes."""


@dataclass(frozen=True)
class Asked:
    """What the inbox was like when a run was last asked for: the sensor's memory.

    Attributes:
        seen: the inbox's fingerprint.
        version: the published version (0 before the first).
        tries: runs asked for since the inbox is like that; 0 where there was nothing to read.
        at: when, in seconds since 1970.
    """

    seen: str
    version: int
    tries: int
    at: float

    @property
    def run_key(self) -> str:
        """Another one for each try: Dagster starts no second run for a key."""
        return f"{self.seen}-{self.version}-{self.tries}"

    @property
    def next_try(self) -> float:
        """When the next run may be asked for, should this one fail."""
        return self.at + FIRST_WAIT * LONGER ** (self.tries - 1)

    def written(self) -> str:
        """For the sensor's cursor."""
        return json.dumps(asdict(self))

    @staticmethod
    def read(cursor: str | None) -> Asked | None:
        """What ``written`` gave; None for anything else, as cursors of before."""
        try:
            content = json.loads(cursor or "")
            return Asked(**content)
        except (ValueError, TypeError):
            return None


def version(settings: Settings) -> int:
    """The published version; 0 before the first."""
    manifest = versions.current(Home(settings.home))
    return 0 if manifest is None else manifest.version


def stopped(settings: Settings, run_id: str) -> bool:
    """Whether the publish gate stopped a run."""
    return any(run.run_id == run_id and run.status == "stopped" for run in Ledger(Home(settings.home), settings.ledger_url).runs())


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


def today(settings: Settings) -> str:
    """The day that a run takes for its own where none is given."""
    return datetime.now(ZoneInfo(settings.timezone)).date().isoformat()


def later(manifest: Manifest | None, as_of: str) -> bool:
    """Whether what depends on the day (tasks, recency, who is lost) is of an earlier one than ``as_of``."""
    return manifest is not None and manifest.as_of < as_of


def anything_new(settings: Settings) -> bool:
    """Whether a run would do anything now: take in files, apply decisions or a model, or bring what depends on the day up to today."""
    manifest = versions.current(Home(settings.home))
    if later(manifest, today(settings)):
        return True
    waiting = train_waiting.waiting(Home(settings.home), manifest)
    return bool(new_files(settings) or undelivered(settings, manifest) or waiting or reference.changed(settings, manifest))
