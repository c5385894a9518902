"""Which model `chezhu train` has made for the next run."""

from __future__ import annotations

from pathlib import Path

from pipelines.store.home import Home, remove
from pipelines.store.versions import Manifest


def path(home: Home) -> Path:
    """The file that names it."""
    return home.models / "NEXT"


def waiting(home: Home, manifest: Manifest | None) -> str | None:
    """The model that the next run applies because `chezhu train` made it; None where that was done, or none was made."""
    if manifest is None or not path(home).exists():
        return None
    name = path(home).read_text(encoding="utf-8").strip()
    return None if name == manifest.model or not (home.models / name).exists() else name


def settle(home: Home, published: Manifest) -> None:
    """A version was published with it, or with one that its run trained (in full, or because what waited is of an earlier Chezhu): it waits no more."""
    if published.model == f"{published.run_id}.yaml" or waiting(home, published) is None:
        remove(path(home))
