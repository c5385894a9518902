"""How long each stage takes."""

from __future__ import annotations

import time


class Clock:
    """Seconds of each stage, by name (``laps``); it runs from when it is made."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._start = time.perf_counter()

    def lap(self, name: str) -> None:
        """The stage ``name`` ends now."""
        now = time.perf_counter()
        self.laps[name] = round(now - self._start, 3)
        self._start = now
