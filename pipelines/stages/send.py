"""`chezhu publish`: a version to the targets of the settings, or to one that is named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from pipelines.settings import Settings
from pipelines.sinks import folder, postgres
from pipelines.sinks.postgres import SCHEMES, TargetError
from pipelines.store import versions
from pipelines.store.home import Home
from pipelines.store.targets import Sendings

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/+")
"""How a URL begins (RFC 3986), also with one slash for two. A scheme has two letters and more here: C:/ is a drive."""


@dataclass(frozen=True)
class Delivered:
    """One target that has the version now; ``target`` without a password."""

    target: str
    version: int
    rows: int
    told: str


def targets(settings: Settings, name: str | None) -> list[str]:
    """What ``name`` stands for: a target of the settings, or itself a URL or folder; all targets of the settings without it.

    Raises:
        TargetError: there is none, or it is a URL of a kind that nothing is delivered to.
    """
    found = _named(settings, name)
    for target in found:
        _require_known(target)
    return found


def _named(settings: Settings, name: str | None) -> list[str]:
    if name is None:
        if not settings.targets:
            message = 'no targets are set: [targets] in chezhu.toml, such as crm = "postgresql://crm@db/crm"; or name a URL or a folder'
            raise TargetError(message)
        return list(settings.targets.values())
    if name in settings.targets:
        return [settings.targets[name]]
    if "/" in name:
        return [name]
    known = ", ".join(settings.targets) or "none"
    message = f"there is no target {name!r} in the settings (there are: {known}), and it is no URL and no folder (./{name})"
    raise TargetError(message)


def _require_known(target: str) -> None:
    """Refuses a URL that is not known: it would be taken for a folder, and personal data would lie there. The rest of it may hold a password and is not told."""
    url = _URL.match(target)
    if url is not None and not target.startswith(SCHEMES):
        message = f"nothing is delivered to {url[0]} (known are: {', '.join(SCHEMES)}); a folder of such a name is written ./{url[1]}:/…"
        raise TargetError(message)


def send(settings: Settings, name: str | None, *, version: int | None, who: str) -> list[Delivered]:
    """Brings targets to a version (the published one), one after the other, and notes each.

    Raises:
        TargetError: a target cannot be delivered to; those before it have been.
        VersionError: there is no such version.
    """
    home = Home(settings.home)
    manifest = versions.current(home) if version is None else versions.load(home, version)
    if manifest is None:
        message = home.unpublished()
        raise versions.VersionError(message)
    if manifest.version not in versions.published(home):
        message = f"version {manifest.version} was never published"
        raise versions.VersionError(message)
    done = []
    for target in targets(settings, name):
        if target.startswith(SCHEMES):
            sent = postgres.deliver(target, home, manifest, back=version is not None)
            rows = sent.rows["customers"]
            told = "; ".join(f"{table} {sent.changed[table]:,} written, {sent.deleted[table]:,} deleted" for table in sent.rows)
        else:
            copied = folder.deliver(Path(target).expanduser(), home, manifest.version)
            rows, told = copied.customers, f"{copied.files} files"
        Sendings(home, settings.ledger_url).enter(version=manifest.version, target=shown(target), who=who, rows=rows)
        done.append(Delivered(shown(target), manifest.version, rows, told))
    return done


def shown(target: str) -> str:
    """A target as it may be told, and still says later where it is: a URL without a password, a folder from the root on.

    >>> shown("postgresql://crm:secret@db:5433/crm?sslmode=require")
    'postgresql://crm@db:5433/crm'
    >>> shown("/mnt/crm/../share/")
    '/mnt/share'
    """
    if not target.startswith(SCHEMES):
        return str(Path(target).expanduser().resolve())
    parts = urlsplit(target)
    place = f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
    return urlunsplit((parts.scheme, f"{parts.username}@{place}" if parts.username else place, parts.path, "", ""))
