"""What all pages share: the store, the version at hand, who may come in."""

from __future__ import annotations

import getpass
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from argon2 import PasswordHasher

from pipelines.review_web import audit
from pipelines.review_web.accounts import Account, Accounts
from pipelines.review_web.audit import AuditLog
from pipelines.review_web.call import Call, RefusedError
from pipelines.review_web.library import Library, Shelf
from pipelines.review_web.presence import Presence
from pipelines.review_web.serving import Serving
from pipelines.review_web.sessions import Limits, Sessions
from pipelines.settings import Settings
from pipelines.store import database
from pipelines.store.decisions import Decisions
from pipelines.store.home import Home

TRIES_OF_ACCOUNT, TRIES_OF_ADDRESS = 5, 20
TRIES_WITHIN = timedelta(minutes=15)


class Room:
    """Made once a server. ``clock`` gives seconds since 1970 (sessions end by it)."""

    def __init__(
        self, settings: Settings, serving: Serving, *, clock: Callable[[], float] = time.time, hasher: PasswordHasher | None = None
    ) -> None:
        home = Home(settings.home)
        store = database.connect(home, settings.ledger_url)
        self.serving = serving
        self.decisions = Decisions(home, settings.ledger_url)
        self.accounts = Accounts(store, hasher)
        self.sessions = Sessions(store, Limits(idle=settings.review_idle_minutes * 60, whole=settings.review_session_hours * 3600), clock)
        self.audit = AuditLog(store)
        self.library = Library(settings, self.decisions)
        self.presence = Presence()
        self.local_steward = getpass.getuser()
        self._secret = secrets.token_bytes(32)
        self._one_login = threading.Lock()

    def close(self) -> None:
        """Gives memory and scratch files back."""
        self.library.close()

    def note(self, call: Call, action: str, subject: str = "", detail: str = "") -> None:
        """Enters what a visitor did into the audit log."""
        self.audit.enter(action, who=call.visitor.name, address=call.address, subject=subject, detail=detail)

    def shelf(self) -> Shelf:
        """The version at hand.

        Raises:
            RefusedError: nothing is published.
        """
        shelf = self.library.now()
        if shelf is None:
            raise RefusedError(503, "error.nothing_published")
        return shelf

    def csrf(self, basis: str) -> str:
        """The token of a cookie's value: who cannot read our pages cannot know it."""
        return hmac.new(self._secret, basis.encode(), hashlib.sha256).hexdigest()

    def log_in(self, name: str, password: str, *, address: str) -> Account | None:
        """The account, where name and password fit and not too many have failed before.

        One login at a time: attempts that come together are counted one after the other, and argon2's memory is needed once.
        """
        with self._one_login:
            known = self.accounts.find(name)
            # what is typed into the field of the name may be a password: of names that are none a keyed digest is kept
            who = name if known is not None else f"?{self.csrf(name)[:16]}"
            of_account, of_address = self.audit.failed_logins(who=who, address=address, within=TRIES_WITHIN)
            if of_account >= TRIES_OF_ACCOUNT or of_address >= TRIES_OF_ADDRESS:
                self.audit.enter(audit.LOGIN_LIMITED, who=who, address=address)
                raise RefusedError(429, "login.limited", minutes=int(TRIES_WITHIN.total_seconds() // 60))
            fits = self.accounts.verify(name, password)
            self.audit.enter(audit.LOGIN if fits else audit.LOGIN_FAILED, who=who, address=address)
        return known if fits else None
