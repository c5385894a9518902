"""Named points at which a test can end a run the hard way (law 8: a run killed at any point leaves the published version whole).

``CHEZHU_KILL_AT=publish.manifest`` ends the process with SIGKILL when it reaches that point. Unset, a point costs one
look into the environment.
"""

from __future__ import annotations

import os
import signal

POINTS: tuple[str, ...] = (
    "ingest.file",
    "ingest.current",
    "cleanse.kernel",
    "match.trained",
    "match.edges",
    "resolve.crosswalk",
    "resolve.golden",
    "enrich.value",
    "enrich.profile",
    "measure.history",
    "report.html",
    "publish.tables",
    "publish.delivery",
    "publish.manifest",
    "publish.ledger",
    "publish.pointer",
)

OF_ERASURE: tuple[str, ...] = (
    "forget.person",
    "forget.originals",
    "forget.tables",
    "forget.copies",
    "forget.version",
    "forget.committed",
    "forget.done",
)
"""Points of `chezhu forget`; between the last two it passes ``forget.step.<number>``."""

OF_REMOVAL: tuple[str, ...] = ("remove.manifest", "remove.file")
"""Points of the removal of old versions, after each manifest and each file."""

OF_SENDING: tuple[str, ...] = ("send.postgres", "send.folder")
"""Points of `chezhu publish`."""


def reach(point: str) -> None:
    """Marks a named point; ends the process here if a test asked for it."""
    if os.environ.get("CHEZHU_KILL_AT") == point:
        os.kill(os.getpid(), signal.SIGKILL)
