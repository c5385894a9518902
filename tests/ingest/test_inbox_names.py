"""Files and folders of the inbox whose names are no UTF-8, that may not be read, or that change while they are read: the rest goes on."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ingest import files, inbox
from pipelines.ingest.batch import ingest_all
from pipelines.ingest.check import check
from pipelines.ingest.contracts import Contracts
from pipelines.ingest.files import FileResult
from pipelines.ingest.inbox import InboxFile, content_id, readable
from pipelines.ingest.limits import Limits

GOOD = "客户编号,客户姓名,电话\nK1,王伟,13917852046\n"


def listed(box: Path) -> list[InboxFile]:
    return inbox.scan(box, settle_seconds=0, now=4e9)


def taken(box: Path, contracts: Contracts, out: Path) -> list[FileResult | None]:
    return list(ingest_all(listed(box), contracts, Limits(), out, workers=1))


@given(st.binary(min_size=1, max_size=20).filter(lambda name: b"\0" not in name and b"/" not in name))
def test_any_name_is_readable(name: bytes) -> None:
    text = readable(os.fsdecode(name))
    text.encode("utf-8")
    assert readable(text) == text


@pytest.mark.parametrize(
    ("folder", "name", "shown"),
    [
        ("上海店".encode("gb18030"), "客户.csv".encode("gb18030"), ("上海店", "客户.csv")),
        (b"D1", "客户".encode("gb18030") + b".parquet", ("D1", "客户.parquet")),
        (b"D\xff", b"\xff\xfe.csv", ("D\\xff", "\\xff\\xfe.csv")),
    ],
)
def test_a_name_that_is_no_utf8_stops_nothing(
    tmp_path: Path, contracts: Contracts, folder: bytes, name: bytes, shown: tuple[str, str]
) -> None:
    box = tmp_path / "inbox"
    odd = box / os.fsdecode(folder) / os.fsdecode(name)
    (box / "D0").mkdir(parents=True)
    (box / "D0" / "客户.csv").write_text(GOOD)
    odd.parent.mkdir(exist_ok=True)
    if shown[1].endswith(".parquet"):
        with odd.open("wb") as stream:
            pl.DataFrame({"客户编号": ["K1"], "客户姓名": ["王伟"], "电话": ["13917852046"]}).write_parquet(stream)
    else:
        odd.write_text(GOOD.replace("K1", "K2"))
    results = taken(box, contracts, tmp_path / "out")
    rows = [result.row for result in results if result]
    assert [(row["dealer_id"], row["file_name"], row["records"]) for row in rows] == [*[("D0", "客户.csv", 1)], (*shown, 1)]
    found = check(odd, contracts, Limits())
    assert (found.name, found.records) == (shown[1], 1)
    "\n".join(found.lines()).encode("utf-8")


def test_a_folder_that_may_not_be_read_is_refused_and_the_rest_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = tmp_path / "inbox"
    for folder in ("D1/sub", "D2", ".secret", "D3"):
        (box / folder).mkdir(parents=True)
        (box / folder / "客户.csv").write_text(GOOD)
    scandir = os.scandir

    def guarded(path: Path) -> object:
        if Path(path).name in {"sub", "D2", ".secret"}:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)  # the tests may run as root, who may read all
    found = [(file.dealer_id, file.file_name, file.state, file.reason) for file in listed(box)]
    assert found == [
        (".secret", "", "refused", "hidden_file"),
        ("D1", "sub/", "refused", "unreadable"),
        ("D2", "", "refused", "unreadable"),
        ("D3", "客户.csv", "ready", None),
    ]
    monkeypatch.setattr(os, "scandir", lambda path: guarded(path / "D2"))
    with pytest.raises(PermissionError):
        listed(box)


def replaced(path: Path) -> None:
    other = path.with_name("new")
    other.write_text(GOOD.replace("K1", "K9"))
    other.replace(path)


def rewritten(path: Path) -> None:
    path.write_text(GOOD.replace("K1", "K9"))


def cut(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("change", [replaced, rewritten, cut, Path.unlink])
@pytest.mark.parametrize("during", [False, True], ids=["before it is read", "while it is read"])
def test_a_file_that_changed_since_it_was_listed_is_left_for_the_next_run(
    tmp_path: Path, contracts: Contracts, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], *, during: bool
) -> None:
    box, out = tmp_path / "inbox", tmp_path / "out"
    (box / "D1").mkdir(parents=True)
    for name in ("a.csv", "b.csv"):
        (box / "D1" / name).write_text(GOOD.replace("K1", name))
    todo, path, tables = listed(box), box / "D1" / "a.csv", files.tables
    if during:

        def late(where: Path, *rest: object) -> object:
            found = list(tables(where, *rest))  # type: ignore[arg-type]
            if where == path:
                change(path)
            return iter(found)

        monkeypatch.setattr(files, "tables", late)
    else:
        change(path)
    first, second = files.ingest(todo, contracts, Limits(), out)
    assert first is None
    assert second is not None
    assert pl.read_parquet(second.records)["source_key"].to_list() == ["b.csv"]
    assert pl.read_parquet(second.quarantine).is_empty()
    monkeypatch.undo()
    ids = [result.row["file_id"] for result in taken(box, contracts, tmp_path / "next") if result]
    assert ids == [content_id(file) for file in sorted((box / "D1").glob("*.csv"))]


def test_a_file_that_was_only_touched_is_read(tmp_path: Path, contracts: Contracts) -> None:
    (tmp_path / "inbox" / "D1").mkdir(parents=True)
    path = tmp_path / "inbox" / "D1" / "a.csv"
    path.write_text(GOOD)
    todo = listed(tmp_path / "inbox")
    os.utime(path, (1, 1))
    path.chmod(0o640)
    result = files.ingest(todo, contracts, Limits(), tmp_path / "out")[0]
    assert result is not None
    assert result.row["records"] == 1
