"""Who looks at which pair now, and what each has put aside: so that two stewards meet as seldom as they can. Kept in memory only."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

Pair = tuple[str, str]
LOOKS_FOR = 180.0
"""Seconds for which a pair that somebody opened is left to them."""
_MOST = 2_000


class Presence:
    """Several threads may use it at once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._looking: OrderedDict[str, tuple[Pair, float, str]] = OrderedDict()
        self._aside: dict[str, dict[Pair, None]] = {}

    def looks_at(self, browser: str, who: str, pair: Pair) -> None:
        """Notes what somebody looks at: one pair a browser."""
        with self._lock:
            self._looking[browser] = (pair, self._clock(), who)
            self._looking.move_to_end(browser)
            while len(self._looking) > _MOST:
                self._looking.popitem(last=False)

    def others_at(self, browser: str) -> dict[Pair, str]:
        """Pairs that other browsers look at, and who sits there."""
        limit = self._clock() - LOOKS_FOR
        with self._lock:
            return {pair: who for name, (pair, at, who) in self._looking.items() if name != browser and at > limit}

    def puts_aside(self, who: str, pair: Pair) -> None:
        """Somebody skips a pair."""
        with self._lock:
            mine = self._aside.setdefault(who, {})
            mine[pair] = None
            while len(mine) > 100_000:
                mine.pop(next(iter(mine)))

    def takes_up(self, who: str, pair: Pair) -> None:
        """Somebody decides a pair that was skipped."""
        with self._lock:
            self._aside.get(who, {}).pop(pair, None)

    def aside(self, who: str) -> frozenset[Pair]:
        """What somebody has skipped."""
        with self._lock:
            return frozenset(self._aside.get(who, {}))
