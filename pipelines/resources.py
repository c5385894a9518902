"""What assets need beside their inputs: the home, the settings, the engine, the draft of this run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import dagster as dg
from pydantic import PrivateAttr

from engine.contract import Engine
from pipelines import draft as drafts
from pipelines import settings as settings_module
from pipelines.draft import Draft, Selection
from pipelines.settings import Settings
from pipelines.store.decisions import Decisions
from pipelines.store.home import Home
from pipelines.store.ledger import Ledger
from pipelines.workbench import open_engine, remove_dead_scratch, require_duckdb


class Workshop(dg.ConfigurableResource["Workshop"]):
    """Home, settings, engine and draft of one run. While it is open, it holds the home's lock.

    What is not configured comes from chezhu.toml and the environment when the run starts.
    """

    home: str | None = None
    inbox: str | None = None
    as_of: str | None = None
    full: bool = False
    dealers: list[str] = []  # noqa: RUF012 - a pydantic field, copied for each instance
    day: str | None = None
    retry: bool = False

    _engine: Engine | None = PrivateAttr(default=None)

    @property
    def settings(self) -> Settings:
        """Settings with this run's options over them."""
        return settings_module.load(options={"home": self.home, "inbox": self.inbox})

    @property
    def place(self) -> Home:
        """The home."""
        return Home(self.settings.home)

    @property
    def engine(self) -> Engine:
        """The engine of this process.

        Raises:
            RuntimeError: the resource is not open.
        """
        if self._engine is None:
            message = "the workshop is closed: assets get it from Dagster while a run goes on"
            raise RuntimeError(message)
        return self._engine

    @property
    def ledger(self) -> Ledger:
        """The run ledger."""
        return Ledger(self.place, self.settings.ledger_url)

    @property
    def decisions(self) -> Decisions:
        """What stewards have decided."""
        return Decisions(self.place, self.settings.ledger_url)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Workshop]:
        """Opens the home for one run (or, with an executor of many processes, for one step)."""
        del context
        require_duckdb(self.settings)
        self.place.prepare()
        remove_dead_scratch(self.place)
        with self.place.lock(), open_engine(self.settings, self.place) as engine:
            self._engine = engine
            try:
                yield self
            finally:
                self._engine = None

    def begin(self, run_id: str) -> Draft:
        """Starts the draft of this run and enters it in the ledger."""
        zone = ZoneInfo(self.settings.timezone)
        as_of = date.fromisoformat(self.as_of) if self.as_of else datetime.now(zone).date()
        selection = Selection(
            full=self.full, increments=self.settings.increments, dealers=tuple(self.dealers), day=self.day, retry=self.retry
        )
        started = datetime.now(UTC).isoformat(timespec="seconds")
        draft = drafts.begin(self.place, run_id=run_id, as_of=as_of, started_at=started, selection=selection)
        self.ledger.reconcile()
        self.ledger.start(run_id)
        return draft

    def draft(self, run_id: str) -> Draft:
        """The draft of this run."""
        return drafts.resume(self.place, run_id)
