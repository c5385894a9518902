"""A file written anew reads as before without the rows that were to go: any delimiter, encoding, quoting, place and number of rows."""

from __future__ import annotations

import tempfile
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.erasure.originals import Found, Rows
from pipelines.erasure.rewriting import Rewriter
from pipelines.erasure.verifying import RewritingError, rewritten
from pipelines.ingest import contracts, files
from pipelines.ingest.inbox import InboxFile, content_id
from pipelines.ingest.limits import Limits
from pipelines.settings import PROJECT_ROOT

BOOK = contracts.load(PROJECT_ROOT / "data" / "contracts")
HEADER = ("维修单号", "维修日期", "车主", "车主手机", "送修人", "送修人手机", "备注")
CELLS = st.text(alphabet=st.sampled_from("王伟a1 ,\t;\"'\n沪（）=+-"), max_size=8)


def taken(path: Path, scratch: Path) -> tuple[InboxFile, pl.DataFrame]:
    file = InboxFile("D1", path.name, path, path.stat().st_size, 0.0, content_id(path))
    (result,) = files.ingest([file], BOOK, Limits(), scratch)
    assert result is not None
    return file, pl.read_parquet(result.records).sort("row_number", "role")


def check(path: Path, rows: Rows, folder: Path, label: str | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Writes ``path`` anew; the records before and after, without what names the file."""
    file, before = taken(path, folder / "a")
    (folder / "scratch").mkdir()
    made = rewritten(Found(file, {label: rows}), Rewriter(BOOK, Limits(), None, folder / "scratch"), folder / "made")
    assert made is not None
    again = rewritten(Found(file, {label: rows}), Rewriter(BOOK, Limits(), None, folder / "scratch"), folder / "twice")
    assert again is not None
    assert made.path.read_bytes() == again.path.read_bytes(), "the same file gives the same bytes"
    after = taken(made.path.rename(folder / path.name), folder / "b")[1]
    assert made.row["rows_in"] == sum(made.row[f"rows_{kind}"] for kind in ("kept", "quarantined", "blank", "title", "note"))
    return before.drop("file_id"), after.drop("file_id")


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    table=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=2, max_size=12),
    chosen=st.sets(st.integers(0, 11)),
    delimiter=st.sampled_from(",\t;|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    end=st.sampled_from(["\n", "\r\n"]),
    last=st.booleans(),
    always=st.booleans(),
)
def test_text(
    *, table: list[tuple[str, str, str]], chosen: set[int], delimiter: str, encoding: str, end: str, last: bool, always: bool
) -> None:
    def written(cell: str) -> str:
        quoted = always or any(character in cell for character in f'{delimiter}"\n')
        return '"' + cell.replace('"', '""') + '"' if quoted else cell

    lines = [delimiter.join(HEADER)]
    for number, (one, two, three) in enumerate(table):
        cells = [f"RO{number}", "2025-01-02", "张三" + one, "13917852046", "李四" + two, "13800138001", three]
        lines.append(delimiter.join(map(written, cells)))
    rows: Rows = {2 + number: None if number % 3 else frozenset({"sender"}) for number in chosen if number < len(table)}
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "维修.csv"
        path.write_bytes((end.join(lines) + (end if last else "")).encode(encoding))
        before, after = check(path, rows, Path(name))
    whole = [row for row, roles in rows.items() if roles is None]
    gone = pl.col("row_number").is_in(whole) | (pl.col("row_number").is_in(list(rows)) & (pl.col("role") == "sender"))
    assert after.equals(before.filter(~gone))


def test_a_workbook_with_a_cover_and_hidden_sheet(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    cover = book.active
    cover.title = "封面"
    cover["B3"] = "维修明细"
    page = book.create_sheet("明细")
    page.sheet_state = "hidden"
    page.append([])
    page.append(["", *HEADER])
    for number in range(5):
        page.append(["", f"RO{number}", "2025-01-02", "张三", 13917852046, "李四", "0138-1", 1.5])
    path = tmp_path / "维修.xlsx"
    book.save(path)
    before, after = check(path, {4: None, 5: frozenset({"sender"})}, tmp_path, label="明细")
    gone = (pl.col("row_number") == 4) | ((pl.col("row_number") == 5) & (pl.col("role") == "sender"))
    assert before.height == 10
    assert after.equals(before.filter(~gone))
    assert openpyxl.load_workbook(tmp_path / "维修.xlsx")["明细"].sheet_state == "hidden"


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    path = tmp_path / "保险.parquet"
    frame = pl.DataFrame(
        {
            "保单号": ["a", "b", "c"],
            "投保日期": [1, 2, 3],
            "客户姓名": ["张三", "李四", "王五"],
            "手机号": ["13917852046"] * 3,
            "保费": [1.5, 2.5, 3.5],
        }
    )
    frame.write_parquet(path)
    before, after = check(path, {2: None}, tmp_path)
    assert after.equals(before.filter(pl.col("row_number") != 2))
    assert pl.read_parquet(path).schema == frame.schema


def test_a_file_that_would_read_otherwise_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "维修.csv"
    path.write_text(",".join(HEADER) + "\nRO1,2025-01-02,张三,13917852046,,,\nRO2,2025-01-02,李四,13800138001,,,\n", encoding="utf-8")
    file, _ = taken(path, tmp_path / "a")

    def careless(_: Rewriter, source: Path, __: str, ___: object, out: Path) -> None:
        out.write_bytes(b"\n".join(source.read_bytes().split(b"\n")[:2]))

    monkeypatch.setattr(Rewriter, "rewrite", careless)
    with pytest.raises(RewritingError, match="cannot be written anew"):
        rewritten(Found(file, {None: {2: None}}), Rewriter(BOOK, Limits(), None, tmp_path), tmp_path / "made")
