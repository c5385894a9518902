"""The audit log: who did what, when, to which pair or customer, from where. Ids and numbers only, no personal value.

It is only ever added to. What cannot be entered here does not happen: a page is shown and a decision told after its entry is written.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, Text, func, insert, or_, select

LOGIN, LOGIN_FAILED, LOGIN_LIMITED, LOGOUT = "login", "login_failed", "login_limited", "logout"
VIEW_QUEUE, VIEW_PAIR, VIEW_CUSTOMER, VIEW_DECISIONS = "view_queue", "view_pair", "view_customer", "view_decisions"
DECIDE, DECIDE_KNOWN, DECIDE_REFUSED, SKIP, UNDO, UNDO_REFUSED = (
    "decide",
    "decide_known",
    "decide_refused",
    "skip",
    "undo",
    "undo_refused",
)
SPLIT, MERGE = "split", "merge"
REFUSED = "refused"
ACCOUNT = "account"

_TABLE = Table(
    "audit_log",
    MetaData(),
    Column("number", Integer, primary_key=True),
    Column("at", String(32), nullable=False),
    Column("who", String(64), nullable=False),
    Column("action", String(32), nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", String(256), nullable=False),
    Column("address", String(64), nullable=False),
)


@dataclass(frozen=True)
class Entry:
    """One entry; ``at`` is UTC, ISO 8601; ``subject`` are ids, ``detail`` is a word or a decision's number."""

    number: int
    at: str
    who: str
    action: str
    subject: str
    detail: str
    address: str


class AuditLog:
    """Writes and reads entries; one transaction a call."""

    def __init__(self, store: Engine) -> None:
        self._store = store

    def enter(self, action: str, *, who: str, address: str, subject: str = "", detail: str = "") -> None:
        """Adds an entry."""
        row = {"at": _now(), "who": who[:64], "action": action, "subject": subject, "detail": detail[:256], "address": address[:64]}
        with self._store.begin() as connection:
            connection.execute(insert(_TABLE).values(**row))

    def failed_logins(self, *, who: str, address: str, within: timedelta) -> tuple[int, int]:
        """Failed logins of an account since its last login, and from an address, both in the time before now."""
        since = _now(-within)
        with self._store.connect() as connection:
            recent = (
                select(_TABLE.c.who, _TABLE.c.address, _TABLE.c.action)
                .where(
                    _TABLE.c.at >= since,
                    _TABLE.c.action.in_([LOGIN, LOGIN_FAILED]),
                    or_(_TABLE.c.who == who[:64], _TABLE.c.address == address[:64]),
                )
                .order_by(_TABLE.c.number)
            )
            rows = connection.execute(recent).all()
        of_account = 0
        for row in rows:
            if row.who == who[:64]:
                of_account = 0 if row.action == LOGIN else of_account + 1
        return of_account, sum(row.address == address[:64] and row.action == LOGIN_FAILED for row in rows)

    def entries(self, *, who: str | None = None, since: datetime | None = None, limit: int | None = None) -> list[Entry]:
        """The latest ``limit`` entries, the oldest of them first."""
        wanted = select(_TABLE).order_by(_TABLE.c.number.desc())
        if who is not None:
            wanted = wanted.where(_TABLE.c.who == who)
        if since is not None:
            wanted = wanted.where(_TABLE.c.at >= _written(since))
        if limit is not None:
            wanted = wanted.limit(limit)
        with self._store.connect() as connection:
            return [Entry(**row) for row in connection.execute(wanted).mappings()][::-1]

    def count(self, action: str) -> int:
        """Number of entries of an action."""
        with self._store.connect() as connection:
            return int(connection.execute(select(func.count()).where(_TABLE.c.action == action)).scalar_one())


def as_data(entry: Entry) -> dict[str, object]:
    """An entry as plain data."""
    return dataclasses.asdict(entry)


def _now(shift: timedelta = timedelta()) -> str:
    return _written(datetime.now(UTC) + shift)


def _written(moment: datetime) -> str:
    """A moment as entries say it, so that texts come in the order of time.

    >>> _written(datetime.fromisoformat("2026-06-30T08:00+08:00"))
    '2026-06-30T00:00:00.000+00:00'
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
