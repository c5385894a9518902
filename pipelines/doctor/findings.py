"""What a check of a home finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipelines.store.home import Home

State = Literal["well", "note", "broken"]
TOLD = 5
"""So many things are named."""


@dataclass(frozen=True)
class Finding:
    """What one check found; ``mend`` mends it, where it can be mended from what is there."""

    check: str
    state: State
    found: str
    advice: str = ""
    mend: Callable[[], None] | None = None


def few(home: Home, paths: list[Path]) -> str:
    """The first of ``paths``, below the home, and how many more."""
    told = ", ".join(str(path.relative_to(home.root)) for path in paths[:TOLD])
    return told if len(paths) <= TOLD else f"{told} and {len(paths) - TOLD:,} more"
