"""A folder as a target (a share, a mounted bucket): a version's CRM import below it, whole or not there."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from pipelines import faults
from pipelines.sinks.crm import FULL
from pipelines.sinks.postgres import TargetError
from pipelines.store.home import Home, remove, write_whole


@dataclass(frozen=True)
class Copied:
    """What a folder has now: so many files, and customers in the full one (tests of a system are none)."""

    files: int
    customers: int


def deliver(folder: Path, home: Home, version: int) -> Copied:
    """Copies the delivery of a version to ``folder/<version>``, proves it by its checksums, and names it in ``folder/CURRENT``.

    Raises:
        TargetError: the home no longer keeps the delivery, or the copy is not what it should be.
    """
    source, name = home.deliveries / f"{version:06d}", f"{version:06d}"
    if not (source / "manifest.json").exists():
        message = f"the home keeps no delivery of version {version}: {source}"
        raise TargetError(message)
    folder.mkdir(parents=True, exist_ok=True)
    content = json.loads((source / "manifest.json").read_text(encoding="utf-8"))
    if not _whole(folder / name, content):
        part = folder / f".{name}.part"
        remove(part)
        part.mkdir()
        for file in content["files"]:
            shutil.copyfile(source / file["name"], part / file["name"])
        shutil.copyfile(source / "manifest.json", part / "manifest.json")
        faults.reach("send.folder")
        if not _whole(part, content):
            message = f"what was copied to {folder} is not what was sent; see to the disk or the share"
            raise TargetError(message)
        remove(folder / name)
        part.rename(folder / name)
    write_whole(folder / "CURRENT", str(version))
    return Copied(len(content["files"]), next(int(file["rows"]) for file in content["files"] if file["name"] == FULL))


def _whole(folder: Path, content: dict[str, list[dict[str, object]]]) -> bool:
    """Whether a folder holds the files of a manifest as it describes them, and the manifest."""
    if not (folder / "manifest.json").exists() or json.loads((folder / "manifest.json").read_text(encoding="utf-8")) != content:
        return False
    return all((folder / str(file["name"])).is_file() and _sha(folder / str(file["name"])) == file["sha256"] for file in content["files"])


def _sha(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
