"""What was sent to which target, and when: one row for each time that `chezhu publish` delivered a version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select

from pipelines.store import database
from pipelines.store.home import Home

_TABLE = Table(
    "sendings",
    MetaData(),
    Column("number", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("target", String(512), nullable=False),
    Column("who", String(128), nullable=False),
    Column("at", String(32), nullable=False),
    Column("rows", Integer, nullable=False),
)


@dataclass(frozen=True)
class Sending:
    """A version at a target; ``target`` never holds a password, ``at`` is UTC, ISO 8601."""

    version: int
    target: str
    who: str
    at: str
    rows: int


class Sendings:
    """Reads and writes them; one transaction a call."""

    def __init__(self, home: Home, url: str = "") -> None:
        self._engine = database.connect(home, url)

    def enter(self, *, version: int, target: str, who: str, rows: int) -> None:
        """Notes that a version has arrived at a target."""
        with self._engine.begin() as connection:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            connection.execute(insert(_TABLE).values(version=version, target=target, who=who, at=now, rows=rows))

    def all(self) -> list[Sending]:
        """All of them, oldest first."""
        columns = [column for column in _TABLE.columns if column.name != "number"]
        with self._engine.connect() as connection:
            return [Sending(**row) for row in connection.execute(select(*columns).order_by(_TABLE.c.number)).mappings()]
