"""What is known of files that did not change, and that no change is ever missed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pipelines.ingest import inbox
from pipelines.ingest.inbox import content_id
from pipelines.ingest.seen import YOUNG_SECONDS, Seen


@pytest.fixture
def box(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox" / "D1"
    folder.mkdir(parents=True)
    for name in "abc":
        (folder / f"{name}.csv").write_text(name * 5)
    return tmp_path / "inbox"


def scan(box: Path, *, later: float) -> tuple[dict[str, str], int]:
    """Ids by file name as seen ``later`` seconds from now, and how many files were read to know them."""
    read: list[Path] = []

    def counted(path: Path) -> str:
        read.append(path)
        return content_id(path)

    with pytest.MonkeyPatch.context() as patch, Seen(box.parent / "inbox.sqlite") as seen:
        patch.setattr(inbox, "content_id", counted)
        found = inbox.scan(box, settle_seconds=0, now=time.time() + later, seen=seen)
    return {file.file_name: file.file_id for file in found}, len(read)


def test_a_file_that_did_not_change_is_read_once(box: Path) -> None:
    first, read = scan(box, later=10)
    assert read == 3
    assert scan(box, later=10) == (first, 0)
    assert first == {name: content_id(box / "D1" / name) for name in first}


def test_a_young_file_is_read_each_time(box: Path) -> None:
    assert scan(box, later=0)[1] == 3
    assert scan(box, later=0)[1] == 3
    assert scan(box, later=10)[1] == 3
    assert scan(box, later=YOUNG_SECONDS / 2)[1] == 3


def test_a_change_is_seen_even_if_size_and_times_are_set_back(box: Path) -> None:
    path = box / "D1" / "a.csv"
    before = path.stat()
    first, _ = scan(box, later=10)
    path.write_text("xxxxx")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    second, read = scan(box, later=10)
    assert read == 1
    assert second["a.csv"] == content_id(path) != first["a.csv"]


def test_a_file_in_the_place_of_another_is_read(box: Path) -> None:
    scan(box, later=10)
    (box / "D1" / "b.csv").replace(box / "D1" / "a.csv")
    found, _ = scan(box, later=10)
    assert found["a.csv"] == content_id(box / "D1" / "a.csv")


def test_a_damaged_memory_is_forgotten(box: Path) -> None:
    first, _ = scan(box, later=10)
    (box.parent / "inbox.sqlite").write_bytes(b"no database" * 500)
    assert scan(box, later=10) == (first, 3)
    assert scan(box, later=10) == (first, 0)
