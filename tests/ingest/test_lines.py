"""The fast reader of lines against the careful one, in any split into batches; and what text files decode to."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ingest.careful import read_carefully
from pipelines.ingest.files import FileResult
from pipelines.ingest.limits import Limits
from pipelines.ingest.lines import LineReader

TakeIn = Callable[..., FileResult]

DELIMITERS = st.sampled_from(",;\t|")
PIECES = st.sampled_from(["a", "王", '"', '""', '"b"', ",", ";", "\t", "|", " ", "1", '="', "é", "\x1c", "\u3000", "\r", "'"])
LINES = st.lists(st.lists(PIECES, max_size=9).map("".join).map(lambda line: line.rstrip("\r")), min_size=1, max_size=12)


@given(lines=LINES, delimiter=DELIMITERS, width=st.integers(1, 5), step=st.integers(1, 12))
def test_the_fast_reader_reads_as_the_careful_one(lines: list[str], delimiter: str, width: int, step: int) -> None:
    expected = [(row.fault, row.padded, row.cells) for row in read_carefully(lines, delimiter=delimiter, width=width)]
    reader = LineReader(delimiter=delimiter, width=width)
    actual: list[tuple[object, object, tuple[object, ...]]] = []
    numbers: list[int] = []
    place, end = 0, min(step, len(lines))
    while place < len(lines):
        part = pl.DataFrame({"table": 0, "line": lines[place:end]}, schema={"table": pl.UInt32(), "line": pl.String()})
        frame, taken = reader.read(part, [part.height], first_row=len(actual) + 1, more=end < len(lines))
        numbers += frame["row_number"].to_list()
        actual += [(row[2], row[4], row[5:]) for row in frame.rows()]
        place += taken
        end = min(max(end, place) + step, len(lines))
    assert actual == expected
    assert numbers == list(range(1, len(expected) + 1))


VALUES = st.text(
    st.characters(exclude_characters="\r\x00", exclude_categories=["Cs", "Cc"]) | st.sampled_from(['"', ",", "\n"]), max_size=8
)


@given(
    rows=st.lists(st.lists(VALUES, min_size=3, max_size=3), min_size=1, max_size=8),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_the_csv_module_writes_is_read_back(rows: list[list[str]], quoting: int) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, quoting=quoting, lineterminator="\n").writerows(rows)  # type: ignore[arg-type]  # an int is what the module takes
    lines = buffer.getvalue().removesuffix("\n").split("\n")
    actual = list(read_carefully(lines, delimiter=",", width=3))
    expected = [tuple(value if value.strip() else None for value in row) for row in rows]
    blank = [tuple(value if value is not None and value.strip() else None for value in row.cells) for row in actual]
    assert blank == expected


TEXT = "工单号,车主,车主电话,车牌号,进厂日期,备注\n" + "".join(
    f"W{i},王伟,1391785{i:04d},沪A{i:05d},2024-03-05,更换机油机滤\n" for i in range(30)
)
TRADITIONAL = "工單號,車主,車主電話,車牌號碼,進廠日期,備註\n" + "".join(
    f"W{i},陳志豪,1391785{i:04d},滬A{i:05d},2024-03-05,更換機油\n" for i in range(30)
)


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8-sig"),
        (TEXT.encode("gb18030"), "gb18030"),
        (TEXT.encode("utf-16"), "utf-16"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (TRADITIONAL.encode("big5"), "big5"),
        (TRADITIONAL.encode("gb18030"), "gb18030"),
        (("RO No,Owner,Owner Phone,Plate No,Service Date,Note\n" + TEXT.split("\n", 1)[1]).encode("gb18030"), "gb18030"),
        (("RO No,Owner,Owner Phone,Plate No,Service Date,Note\n" + TRADITIONAL.split("\n", 1)[1]).encode("big5"), "big5"),
    ],
)
def test_the_encoding_is_the_one_that_makes_sense(take_in: TakeIn, content: bytes, shown: str) -> None:
    result = take_in(content, "a.csv")
    assert result.row["encoding"] == shown
    records = pl.read_parquet(result.records)
    assert set(records["name"]) <= {"王伟", "陳志豪"}
    assert records.height == 30
    assert set(records["remark"]) <= {"更换机油机滤", "更換機油"}


def test_a_late_character_decides(take_in: TakeIn) -> None:
    head = "RO No,Owner,Owner Phone,Plate No,Service Date,Note\n" + "".join(
        f"W{i},Li Lei,1391785{i % 10_000:04d},,2024-03-05,oil\n" for i in range(40_000)
    )
    result = take_in((head + "X1,王伟,13917850001,,2024-03-05,更换机油\n").encode("gb18030"), "a.csv")
    assert result.row["encoding"] == "gb18030"
    assert pl.read_parquet(result.records).filter(source_key="X1")["name"].to_list() == ["王伟"]


def test_a_few_foreign_rows_do_not_change_the_encoding_of_a_file(take_in: TakeIn) -> None:
    result = take_in(TEXT.encode() + "W90,王伟,13917850001,,2024-03-05,换油\n".encode("gb18030"), "a.csv")
    assert (result.row["encoding"], result.row["rows_kept"], result.reasons["undecodable"]) == ("utf-8", 30, 1)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(take_in: TakeIn, delimiter: str, end: str) -> None:
    result = take_in(TEXT.replace(",", delimiter).replace("\n", end).encode(), "a.txt")
    assert result.row["rows_kept"] == 30
    assert pl.read_parquet(result.records)["remark"].unique().to_list() == ["更换机油机滤"]


@pytest.mark.parametrize("size", [50, 333, 5000])
def test_pieces_of_any_size_give_the_same_records(take_in: TakeIn, size: int) -> None:
    text = (
        TEXT
        + 'W90,"王\n伟",13917850001,沪A00001,2024-03-05,"a ""b"""\nW91,"李,13917850002,沪A00002,2024-03-05,x\n'
        + TEXT.split("\n", 1)[1].replace("W", "V")
    )
    whole = pl.read_parquet(take_in(text.encode("gb18030"), "a.csv").records)
    pieces = pl.read_parquet(take_in(text.encode("gb18030"), "a.csv", limits=Limits(batch_bytes=size)).records)
    assert pieces.equals(whole)


def test_digits_told_to_stay_text_are_text(take_in: TakeIn) -> None:
    records = pl.read_parquet(take_in('工单号,车主,手机,进厂日期\nW1,=cmd|x,="13917850001",2024-01-01\n'.encode(), "a.csv").records)
    assert records.select("name", "phone").rows() == [("=cmd|x", "13917850001")]
