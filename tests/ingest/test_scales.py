"""Ratings: one scale for a column of a file, told by its header, else by its values, and by nothing outside of the file."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from cleansing import coding
from pipelines.ingest import scales
from pipelines.ingest.check import check
from pipelines.ingest.contracts import Contracts
from pipelines.ingest.files import FileResult
from pipelines.ingest.limits import Limits

TakeIn = Callable[..., FileResult]


def survey(header: str, cells: Sequence[str]) -> str:
    rows = [f"S{number},2026-01-02,王伟,1391785{number:04d},{cell}" for number, cell in enumerate(cells)]
    return "\n".join([f"问卷编号,回访日期,受访人,电话,{header}", *rows]) + "\n"


def points(result: FileResult) -> list[float | None]:
    written = pl.read_parquet(result.records).filter("main").sort("row_number")["satisfaction"]
    return coding.satisfaction(written).to_list()


@pytest.mark.parametrize(
    ("header", "cells", "expected"),
    [
        ("满意度", ["3", "4", "5", "6", "7"], [30, 40, 50, 60, 70]),
        ("满意度", ["3", "4", "5"], [60, 80, 100]),
        ("满意度", ["5.0", "4.5", " ３ "], [100, 90, 60]),
        ("满意度", ["85", "9", "100"], [85, 9, 100]),
        ("满意度", ["9分", "5分", "10"], [90, 50, 100]),
        ("NPS", ["5", "3", "0"], [50, 30, 0]),
        ("推荐意愿", ["5"], [50]),
        ("推荐度", ["10", "9", "6"], [100, 90, 60]),
        ("客户推荐意愿(0-10)", ["5"], [50]),
        ("NPS", ["85", "100", "7"], [85, 100, 7]),  # no answers from 0 to 10, whatever the header says
        ("满意度(5分制)", ["5", "4"], [100, 80]),
        ("满意度（十分制）", ["5", "4"], [50, 40]),
        ("满意度(百分制)", ["5", "10"], [5, 10]),
        ("满意度评分（满分10分）", ["5"], [50]),
        ("满意度(1-10分)", ["5"], [50]),
        ("评分(1000分制)", ["812"], [81.2]),
        ("星级", ["5", "3"], [100, 60]),
        ("满意度", ["8", "4/5", "8分/10分", "五星", "85%", "很满意", "十分满意", "-"], [80, 80, 80, 100, 85, 95, 100, None]),
        ("满意度", ["5"] * 40 + ["55"], [100] * 40 + [None]),  # one slip of the pen among forty
    ],
)
def test_the_column_tells_the_scale(take_in: TakeIn, header: str, cells: list[str], expected: list[float | None]) -> None:
    assert points(take_in(survey(header, cells).encode(), "回访.csv")) == expected


def test_each_of_two_columns_has_its_own_scale(take_in: TakeIn) -> None:
    text = "问卷编号,回访日期,受访人,电话,满意度,NPS\nS1,2026-01-02,王伟,13917850001,5,5\nS2,2026-01-02,李娜,13917850002,,5\n"
    found = take_in(text.encode(), "回访.csv")
    assert pl.read_parquet(found.records)["satisfaction"].to_list() == ["5/5", "5/10"]
    assert points(found) == [100, 50]


def test_each_sheet_has_its_own_scale(take_in: TakeIn) -> None:
    held = io.BytesIO()
    with xlsxwriter.Workbook(held) as book:
        for name, cells in (("回访1", ["5", "4"]), ("回访2", ["5", "9"])):
            sheet = book.add_worksheet(name)
            for place, line in enumerate(survey("满意度", [name[-1] + cell for cell in cells]).splitlines()):
                *first, last = line.split(",")
                sheet.write_row(place, 0, [first[0] + name if place else first[0], *first[1:], last[1:] if place else last])
    found = pl.read_parquet(take_in(held.getvalue(), "回访.xlsx").records).sort("sheet", "row_number")
    assert found["satisfaction"].to_list() == ["5/5", "4/5", "5/10", "9/10"]


def test_the_same_row_is_the_same_record_whatever_the_file_says_of_its_scale(take_in: TakeIn) -> None:
    head = "回访日期,受访人,电话,满意度\n"
    low, high = "2026-01-02,王伟,13917850001,5\n", "2026-01-02,李娜,13917850002,9\n"
    alone, together = (
        pl.read_parquet(take_in((head + rows).encode(), name).records) for rows, name in ((low, "回访1.csv"), (low + high, "回访2.csv"))
    )
    assert alone["record_id"][0] == together["record_id"][0]
    assert (alone["satisfaction"][0], together["satisfaction"][0]) == ("5/5", "5/10")


def test_a_file_read_in_pieces_is_one_column(take_in: TakeIn) -> None:
    text = survey("满意度", ["5"] * 300 + ["9"] * 30)
    found = take_in(text.encode(), "回访.csv", limits=Limits(batch_bytes=2048))
    assert points(found) == [50] * 300 + [90] * 30


def test_a_file_is_checked_with_ratings_too(tmp_path: Path, contracts: Contracts) -> None:
    path = tmp_path / "回访.csv"
    path.write_text(survey("NPS", ["5", "9"]), encoding="utf-8")
    told = check(path, contracts, Limits())
    assert (told.status, told.records) == ("ingested", 2)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=30), st.sampled_from([0, 5, 10, 100]), st.integers(1, 5))
def test_more_is_never_less(cells: list[int], said: int, pieces: int) -> None:
    frame = pl.DataFrame(
        {"table": [0] * len(cells), "satisfaction": list(map(str, cells)), "_rated_in": [4] * len(cells), "_rated_of": [said] * len(cells)},
        schema={"table": pl.UInt32(), "satisfaction": pl.String(), "_rated_in": pl.Int32(), "_rated_of": pl.Int32()},
    )
    parts = [scales.counted(frame.gather_every(pieces, offset)) for offset in range(pieces)]
    assert scales.decided(parts) == scales.decided([scales.counted(frame)])
    told = frame.with_columns(
        read=coding.satisfaction(scales.completed(frame, scales.decided(parts))["satisfaction"]), number=pl.Series(cells)
    )
    assert told.drop_nulls("read").sort("number")["read"].is_sorted()
