"""SHA-256 of what an erasure replaces: the proof shows that a file is another, without its content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from pipelines.erasure.steps import Steps
from pipelines.store.home import Home


def hashes(home: Home, todo: Steps, tables: Mapping[str, str]) -> list[dict[str, str]]:
    """Every file that is replaced, with its hash before and after; ``tables``: files of tables, the old one to the new one."""
    found = [
        {"file": f"tables/{Path(old).parent}", "sha256_before": _sha(home.tables / old), "sha256_after": _sha(home.tables / new)}
        for old, new in sorted(tables.items())
    ]
    replaced = ((Path(step["to"]), todo.folder / step["from"]) for step in todo.found if step["do"] == "replace")
    found += [
        {"file": str(path.relative_to(home.root)), "sha256_before": _sha(path), "sha256_after": _sha(new)}
        for path, new in replaced
        if path.exists() and path.is_relative_to(home.root)
    ]
    return found


def _sha(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
