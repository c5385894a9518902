"""Files read together become what each becomes alone, whatever lies beside it, and in whatever process."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipelines.ingest import batch, files, sorting
from pipelines.ingest.contracts import Contracts
from pipelines.ingest.files import FileResult, ingest
from pipelines.ingest.inbox import InboxFile, content_id
from pipelines.ingest.limits import Limits
from tests.ingest.test_malformed import GOOD_SHEET, ROW_FAULTS, WHOLE, workbook, zipped

HEADERS = (
    "工单号,车主,车主电话,送修人,送修人电话,车牌号,进厂日期,备注",
    "备注;进厂日期;车牌号;车主;车主电话;工单号;神秘列",
    "客户编号\t客户姓名\t手机\t建档日期",
    "某某店,,,\n手机,客户姓名,客户编号,建档日期",
)
PIECES = st.sampled_from(["W1", "W2", "王伟", "13917850001", "沪A1", "2024-01-01", "", " ", '"', '""', '="1"', "合计", "\x00", "é", "\r"])
LINES = st.lists(st.tuples(PIECES, PIECES, PIECES, PIECES, PIECES, PIECES, PIECES, PIECES), min_size=1, max_size=6)


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, bytes]:
    header = draw(st.sampled_from(HEADERS))
    delimiter = "\t" if "\t" in header else ";" if ";" in header else ","
    width = header.split("\n")[-1].count(delimiter) + 1
    lines = [delimiter.join(cells[: max(width + draw(st.integers(-3, 1)), 1)]) for cells in draw(LINES)]
    text = "\n".join([header, *lines])
    return "a.csv", text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]))) + draw(
        st.sampled_from([b"", b"\n", b"\n\xff"])
    )


OTHERS = {
    **{kind: (name, content) for kind, (content, name, _) in WHOLE.items() if len(content) < 100_000},
    "a cover and a sheet": ("a.xlsx", workbook(("封面", [["某店"]]), ("维修", GOOD_SHEET))),
    "a sheet": ("b.xlsx", workbook(("维修", GOOD_SHEET))),
    "an archive": ("a.zip", zipped(**{"维修.csv": "\n".join(",".join(map(str, row)) for row in GOOD_SHEET).encode(), "x.csv": b""})),
    "a line break": ("a.csv.gz", gzip.compress((HEADERS[0] + "\n" + ROW_FAULTS["a line break in quotes"][0]).encode())),
}
Reads = Callable[[Sequence[tuple[str, bytes]], Limits], tuple[list[FileResult | None], list[FileResult | None]]]
FILES = st.lists(texts() | st.sampled_from(sorted(OTHERS)), min_size=2, max_size=6)


def put(folder: Path, contents: Sequence[tuple[str, bytes]]) -> list[InboxFile]:
    """These contents as files of two dealers, each content of a dealer once."""
    found: dict[tuple[str, str], InboxFile] = {}
    for place, (name, content) in enumerate(contents):
        dealer = f"D{place % 2}"
        path = folder / dealer / f"{place}-{name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        file = InboxFile(dealer, path.name, path, len(content), 0.0, content_id(path))
        found.setdefault((dealer, file.file_id), file)
    return list(found.values())


def told(results: Sequence[FileResult | None]) -> tuple[list[object], pl.DataFrame, pl.DataFrame]:
    """What the results say: each file's own, and the records and quarantine of all."""
    there = [result for result in results if result is not None]
    records = pl.concat(pl.read_parquet(path) for path in dict.fromkeys(result.records for result in there))
    quarantine = pl.concat(pl.read_parquet(path) for path in dict.fromkeys(result.quarantine for result in there))
    return (
        [(result.row, result.tables, result.reasons) for result in there],
        records.sort("dealer_id", "file_id", "record_id"),
        quarantine.sort("dealer_id", "file_id", "sheet", "row_number", "reason"),
    )


def assert_same(some: Sequence[FileResult | None], others: Sequence[FileResult | None]) -> None:
    left, right = told(some), told(others)
    assert left[0] == right[0]
    assert_frame_equal(left[1], right[1])
    assert_frame_equal(left[2], right[2])


@pytest.fixture(scope="session")
def read_one_by_one_and_together(contracts: Contracts, tmp_path_factory: pytest.TempPathFactory) -> Reads:
    def read(contents: Sequence[tuple[str, bytes]], limits: Limits) -> tuple[list[FileResult | None], list[FileResult | None]]:
        folder = tmp_path_factory.mktemp("together")
        inbox = put(folder / "inbox", contents)
        alone = [ingest([file], contracts, Limits(), folder / str(place))[0] for place, file in enumerate(inbox)]
        return alone, ingest(inbox, contracts, limits, folder / "all")

    return read


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], phases=[Phase.reuse, Phase.generate])
@given(contents=FILES, batch_bytes=st.sampled_from([100, 1000, 1 << 24]), held=st.sampled_from([1, 5, 65_536]))
def test_together_is_the_same_as_one_by_one(
    read_one_by_one_and_together: Reads, contents: list[tuple[str, bytes] | str], batch_bytes: int, held: int
) -> None:
    known = [OTHERS[content] if isinstance(content, str) else content for content in contents]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sorting, "HELD_ROWS", held)
        alone, together = read_one_by_one_and_together(known, Limits(batch_bytes=batch_bytes))
    assert_same(together, alone)


def test_digits_that_spreadsheets_leave_alone_are_so_in_lines_that_wait_for_the_next_piece(tmp_path: Path, contracts: Contracts) -> None:
    rows = [
        "工单号,车主,车主电话,送修人,送修人电话,车牌号,进厂日期,备注",
        '="1",王伟,,,,沪A12345,2024-01-01,',
        '="2",李娜,,,,沪A12346,2024-01-01,"a',
        'b"',
    ]
    rows += [f"{number},王伟,,,,沪A1{number:04},2024-01-01," for number in range(3, 9)]
    file = put(tmp_path / "inbox", [("a.csv", "\n".join(rows).encode())])
    for pieces in range(60, 200, 7):
        result = ingest(file, contracts, Limits(batch_bytes=pieces), tmp_path / str(pieces))[0]
        assert result is not None
        keys = set(pl.read_parquet(result.records)["source_key"])
        assert keys == {str(number) for number in range(1, 9)}


def test_every_broken_file_costs_only_itself(tmp_path: Path, contracts: Contracts) -> None:
    good = ("维修.csv", (HEADERS[0] + "\nW1,王伟,13917850001,,,沪A1,2024-01-01,\n").encode())
    contents = [broken for content, name, _ in WHOLE.values() for broken in ((name, content), good)]
    results = {
        result.row["file_name"]: result.row
        for result in ingest(put(tmp_path / "inbox", contents), contracts, Limits(), tmp_path / "out")
        if result
    }
    reasons = [row["reason"] for name, row in results.items() if not name.endswith("维修.csv") or row["reason"]]
    assert sorted(reasons) == sorted(reason for _, _, reason in WHOLE.values())
    assert sum(row["records"] for row in results.values()) == 1


def test_a_file_that_vanishes_is_left_out(tmp_path: Path, contracts: Contracts) -> None:
    contents = [("a.csv", (HEADERS[0] + f"\nW{i},王伟,13917850001,,,沪A1,2024-01-01,\n").encode()) for i in range(3)]
    inbox = put(tmp_path / "inbox", contents)
    inbox[1].path.unlink()
    first, gone, last = batch.ingest_all(inbox, contracts, Limits(), tmp_path / "staged")
    assert gone is None
    assert [result.row["records"] for result in (first, last) if result] == [1, 1]


def test_what_a_killed_run_has_read_is_taken_as_it_is(tmp_path: Path, contracts: Contracts, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = [("a.csv", (HEADERS[0] + f"\nW{i},王伟,13917850001,,,沪A1,2024-01-01,\n").encode()) for i in range(6)]
    inbox = put(tmp_path / "inbox", contents)
    monkeypatch.setattr(batch, "BATCH_FILES", 2)
    before = list(batch.ingest_all(inbox[:4], contracts, Limits(), tmp_path / "staged", workers=1))
    read: list[str] = []

    def counted(some: Sequence[InboxFile], *others: object) -> list[FileResult | None]:
        read.extend(file.file_name for file in some)
        return files.ingest(some, *others)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(batch, "ingest", counted)
    assert list(batch.ingest_all(inbox, contracts, Limits(), tmp_path / "staged", workers=1))[:4] == before
    assert read == [file.file_name for file in inbox[4:]]
    read.clear()
    found = list(batch.ingest_all(inbox[1:], contracts, Limits(), tmp_path / "staged", workers=1))
    assert read == [inbox[1].file_name], "a batch of which a file is no longer asked for is read again"
    assert_same(found, list(batch.ingest_all(inbox[1:], contracts, Limits(), tmp_path / "other", workers=1)))
