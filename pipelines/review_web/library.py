"""The published version, ready to be looked at. When a run publishes another, that is made ready beside it, and then takes its place."""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from time import monotonic

from pipelines.settings import Settings
from pipelines.stages.review_desk import Desk, lay_out
from pipelines.stages.review_standing import Standing
from pipelines.store import versions
from pipelines.store.decisions import Decisions
from pipelines.store.home import Home
from pipelines.workbench import open_engine

_LOG = logging.getLogger(__name__)
_AGAIN_AFTER = 60.0
"""Seconds before a version that could not be made ready is tried again."""


@dataclass(frozen=True)
class Shelf:
    """A version at hand: what it says, and how its pairs stand."""

    desk: Desk
    standing: Standing


class Library:
    """One engine for all versions; at most two of them in memory at once, the one that is shown and the one that is made ready."""

    def __init__(self, settings: Settings, decisions: Decisions) -> None:
        self._settings = settings
        self._home = Home(settings.home)
        self._decisions = decisions
        self._open = ExitStack()
        self._engine = self._open.enter_context(open_engine(settings, self._home))
        self._lock = threading.Lock()
        self._shelf: Shelf | None = None
        self._making: threading.Thread | None = None
        self._failed: tuple[int, float] | None = None

    def now(self) -> Shelf | None:
        """What is shown now, its decisions up to date; None before anything is published.

        The first version is waited for, later ones are not: until they are ready, the one before is shown.
        """
        number = self._published()
        if number is not None and (self._shelf is None or self._shelf.desk.version != number):
            self._follow(number)
        shelf = self._shelf
        if shelf is not None:
            shelf.standing.refresh()
        return shelf

    def settle(self) -> None:
        """Waits until the version that is being made ready is."""
        making = self._making
        if making is not None:
            making.join()

    def close(self) -> None:
        """Gives memory and scratch files back."""
        self.settle()
        self._shelf = None
        self._open.close()

    def _published(self) -> int | None:
        try:
            return int(self._home.pointer.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None

    def _follow(self, number: int) -> None:
        with self._lock:
            if self._shelf is not None and self._shelf.desk.version == number:
                return
            if self._shelf is None:
                self._make(number)
            elif (self._making is None or not self._making.is_alive()) and not self._failed_lately(number):
                self._making = threading.Thread(target=self._make_beside, args=(number,), name=f"version-{number}", daemon=True)
                self._making.start()

    def _make(self, number: int) -> None:
        desk = lay_out(self._engine, self._home, versions.load(self._home, number), most_pairs=self._settings.review_pairs)
        standing = Standing(desk, self._decisions)
        standing.refresh()
        self._shelf = Shelf(desk, standing)

    def _make_beside(self, number: int) -> None:
        try:
            self._make(number)
        except Exception as error:  # noqa: BLE001 - whatever it is, the version before is still good, and a thread has nobody to tell
            # its message may quote a value
            _LOG.error("version %d could not be made ready (%s): the one before is still shown", number, type(error).__name__)
            self._failed = (number, monotonic())

    def _failed_lately(self, number: int) -> bool:
        return self._failed is not None and self._failed[0] == number and monotonic() - self._failed[1] < _AGAIN_AFTER
