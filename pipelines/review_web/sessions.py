"""Sessions of those who logged in: a random token in a cookie, its SHA-256 in the store, so that who reads the store cannot use it."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, delete, insert, or_, select, update

_NOTED_EVERY = 30
"""Seconds between two notes of when a session was last seen."""

_TABLE = Table(
    "sessions",
    MetaData(),
    Column("token", String(64), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("created_at", Integer, nullable=False),
    Column("seen_at", Integer, nullable=False),
)


@dataclass(frozen=True)
class Limits:
    """Seconds after which a session ends: without a request, and in any case."""

    idle: int
    whole: int


class Sessions:
    """Reads and writes sessions; ``clock`` gives seconds since 1970."""

    def __init__(self, store: Engine, limits: Limits, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._limits = limits
        self._clock = clock

    def begin(self, name: str) -> str:
        """A new session; returns the token for the cookie. Sessions that have ended are cleared."""
        token, now = secrets.token_urlsafe(32), int(self._clock())
        with self._store.begin() as connection:
            connection.execute(
                delete(_TABLE).where(or_(_TABLE.c.created_at <= now - self._limits.whole, _TABLE.c.seen_at <= now - self._limits.idle))
            )
            connection.execute(insert(_TABLE).values(token=_digest(token), name=name, created_at=now, seen_at=now))
        return token

    def who(self, token: str) -> str | None:
        """Whose session this is; None where there is none or it has ended."""
        now = int(self._clock())
        with self._store.connect() as connection:
            row = connection.execute(select(_TABLE).where(_TABLE.c.token == _digest(token))).one_or_none()
        if row is None or row.created_at <= now - self._limits.whole or row.seen_at <= now - self._limits.idle:
            return None
        if row.seen_at < now - _NOTED_EVERY:
            with self._store.begin() as connection:
                connection.execute(update(_TABLE).where(_TABLE.c.token == row.token).values(seen_at=now))
        return str(row.name)

    def end(self, token: str) -> None:
        """Ends a session."""
        with self._store.begin() as connection:
            connection.execute(delete(_TABLE).where(_TABLE.c.token == _digest(token)))

    def end_all(self, name: str) -> None:
        """Ends all sessions of an account."""
        with self._store.begin() as connection:
            connection.execute(delete(_TABLE).where(_TABLE.c.name == name))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
