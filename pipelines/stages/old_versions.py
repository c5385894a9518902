"""The removal of old versions: after a run has published, where a run has nothing to do, and as Dagster's job ``remove_old_versions``."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from pipelines.settings import Settings
from pipelines.store import versions
from pipelines.store.home import Home

AT_LEAST = 2
"""The version before the published one stays: an export or a page may still read it."""
PROGRESS = logging.getLogger("chezhu.progress")


def remove(home: Home, settings: Settings) -> list[int]:
    """Removes all but the last ``keep_versions`` versions, and the files that nothing names; which. Only while holding the lock.

    What cannot be removed now is told and left to the next call: no run fails for it.
    """
    try:
        gone = versions.remove_old(home, max(settings.keep_versions, AT_LEAST))
    except (OSError, ValueError) as error:  # also a manifest that says nothing readable
        PROGRESS.warning("old versions cannot be removed (%s); the next run tries again", type(error).__name__)
        return []
    if gone:
        PROGRESS.info("%s; keep_versions is %d", told(gone), settings.keep_versions)
    return gone


def told(gone: Sequence[int]) -> str:
    """Versions that were removed, in words.

    >>> told([4]), told([1, 2, 3])
    ('removed old version 4', 'removed 3 old versions, 1 to 3')
    """
    return f"removed old version {gone[0]}" if len(gone) == 1 else f"removed {len(gone):,} old versions, {gone[0]} to {gone[-1]}"
