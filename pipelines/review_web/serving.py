"""Where the pages are served, and what follows from it: who may come, and by which name."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass

from pipelines.settings import Settings

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class ServingError(Exception):
    """The pages cannot be served like this; the message says what to do."""


@dataclass(frozen=True)
class Serving:
    """``timezone``: of the times shown. ``accounts``: who comes must log in. Without, only this machine's own user comes, from this machine."""

    host: str
    port: int
    accounts: bool
    hosts: frozenset[str] = frozenset()
    https: bool = False
    timezone: str = "UTC"

    @staticmethod
    def of(settings: Settings, *, host: str, port: int, accounts: bool) -> Serving:
        """Accounts are needed as soon as anybody else could come: another address, a name, a proxy."""
        hosts = frozenset(name.strip().lower() for name in settings.review_hosts.split(",") if name.strip())
        open_ = not is_loopback(host) or bool(hosts) or bool(settings.review_proxy) or settings.review_https
        return Serving(host, port, accounts or open_, hosts, settings.review_https, settings.timezone)

    @property
    def scheme(self) -> str:
        """What the browser speaks."""
        return "https" if self.https else "http"

    @property
    def address(self) -> str:
        """What to type into the browser."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"

    def cookie(self, name: str) -> str:
        """A cookie's name: bound to this host where https allows it, else told apart by port (cookies of two ports are one jar)."""
        return f"__Host-chezhu-{name}" if self.https else f"chezhu-{name}-{self.port}"

    def answers_to(self, host: str) -> bool:
        """Whether a Host header names this server. A foreign name that resolves to this address (DNS rebinding) does not."""
        name = _without_port(host)
        if name is None:
            return False
        if name in self.hosts or is_loopback(name):
            return True
        return self.accounts and not self.hosts and (_is_address(name) or name == socket.gethostname().lower())


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it.

    >>> [is_loopback(host) for host in ("127.0.0.1", "localhost", "::1", "0.0.0.0", "10.0.0.5", "example.com")]
    [True, True, True, False, False, False]
    """
    return host in _LOOPBACK_NAMES


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _without_port(host: str) -> str | None:
    """The name in a Host header, lower case; None where it is none."""
    name, _, port = host.rpartition(":") if (host.startswith("[") and "]:" in host) or host.count(":") == 1 else (host, "", "")
    if port and not (port.isascii() and port.isdigit()):
        return None
    return name.lower().removeprefix("[").removesuffix("]") or None
