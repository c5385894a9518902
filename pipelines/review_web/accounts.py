"""Accounts: a name, a role, and the password's argon2 hash. A reader sees masked values; a steward sees them plain and decides."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Column, Engine, MetaData, String, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

Role = Literal["reader", "steward"]
ROLES: tuple[Role, ...] = ("reader", "steward")
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
_NAME = re.compile(r"[\w.@+-]+( [\w.@+-]+)*")

_TABLE = Table(
    "accounts",
    MetaData(),
    Column("name", String(64), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("password", String(256), nullable=False),
    Column("created_at", String(32), nullable=False),
)


class AccountError(Exception):
    """An account cannot be made or found; the message says why and what would do."""


@dataclass(frozen=True)
class Account:
    """Who may log in, and as what; ``created_at`` is UTC, ISO 8601."""

    name: str
    role: Role
    created_at: str


class Accounts:
    """Reads and writes accounts; one transaction a call."""

    def __init__(self, store: Engine, hasher: PasswordHasher | None = None) -> None:
        self._store = store
        self._hasher = hasher or PasswordHasher()

    def add(self, name: str, role: Role, password: str) -> None:
        """Makes an account.

        Raises:
            AccountError: the name is taken or none, or the password is too short.
        """
        if not _NAME.fullmatch(name) or len(name) > 64:
            message = f"{name!r} is no name for an account: letters, digits and . @ + - _, single spaces between, at most 64 characters"
            raise AccountError(message)
        values = {"name": name, "role": role, "password": self._hashed(name, password), "created_at": datetime.now(UTC).isoformat(timespec="seconds")}  # fmt: skip
        try:
            with self._store.begin() as connection:
                connection.execute(insert(_TABLE).values(**values))
        except IntegrityError as error:
            message = f"there is an account {name!r} already; chezhu review user password {name} gives it a new password"
            raise AccountError(message) from error

    def set_password(self, name: str, password: str) -> None:
        """Gives an account a new password.

        Raises:
            AccountError: there is no such account, or the password is too short.
        """
        hashed = self._hashed(name, password)
        with self._store.begin() as connection:
            if connection.execute(update(_TABLE).where(_TABLE.c.name == name).values(password=hashed)).rowcount == 0:
                raise _unknown(name)

    def remove(self, name: str) -> None:
        """Removes an account.

        Raises:
            AccountError: there is no such account.
        """
        with self._store.begin() as connection:
            if connection.execute(delete(_TABLE).where(_TABLE.c.name == name)).rowcount == 0:
                raise _unknown(name)

    def find(self, name: str) -> Account | None:
        """The account of this name."""
        with self._store.connect() as connection:
            row = connection.execute(select(_TABLE.c.name, _TABLE.c.role, _TABLE.c.created_at).where(_TABLE.c.name == name)).one_or_none()
        return None if row is None else Account(*row)

    def everyone(self) -> list[Account]:
        """All accounts by name."""
        with self._store.connect() as connection:
            rows = connection.execute(select(_TABLE.c.name, _TABLE.c.role, _TABLE.c.created_at).order_by(_TABLE.c.name)).all()
        return [Account(*row) for row in rows]

    def verify(self, name: str, password: str) -> bool:
        """Whether this is the account's password; takes as long where there is no such account."""
        with self._store.connect() as connection:
            hashed = connection.execute(select(_TABLE.c.password).where(_TABLE.c.name == name)).scalar()
        try:
            self._hasher.verify(hashed or self._nobody, password[:LONGEST_PASSWORD])
        except (VerificationError, InvalidHashError):
            return False
        if hashed is None:
            return False
        if self._hasher.check_needs_rehash(hashed):
            self.set_password(name, password)
        return True

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash("a password that nobody has")

    def _hashed(self, name: str, password: str) -> str:
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            message = f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters; this one has {len(password)}"
            raise AccountError(message)
        if password.casefold() == name.casefold() or len(set(password)) < 4:
            message = "this password is guessed at once: take several words, or what a password manager makes"
            raise AccountError(message)
        return self._hasher.hash(password)


def _unknown(name: str) -> AccountError:
    return AccountError(f"there is no account {name!r}; chezhu review user list shows those that are")
