"""Whether a home is well: what is looked at, what was found, and what to do.

Each check gives findings: *well*, *note* (nothing is wrong, somebody may want to know), or *broken* (a run or a reader would fail, or tell
less than it should). A finding that can be mended from what is there carries how; whatever can only be guessed is left to a person.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from pipelines.doctor import around, contents
from pipelines.doctor.findings import Finding
from pipelines.settings import Settings
from pipelines.store.home import Home


def examine(settings: Settings, environment: Mapping[str, str] | None = None) -> list[Finding]:
    """Every finding, in the order in which a person would look. Changes nothing (but for a ledger that is gone: an empty one is made)."""
    home = Home(settings.home)
    env = os.environ if environment is None else environment
    if not home.root.is_dir():
        return [Finding("home", "broken", f"there is no folder {home.root}", "chezhu run makes it; or name another with --home")]
    found = [
        *around.rights(home, settings.inbox_dir),
        *around.variables(env),
        *around.software(),
        *around.disk(home),
        *around.inbox(settings),
        *around.busy(home),
        *around.erasures(home),
    ]
    found += [*contents.published(home), *contents.ledger(home, settings), *contents.left_behind(home)]
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
