"""Numbers that a spreadsheet cut: what they read as, and that they never make strangers one."""

from __future__ import annotations

import io
from collections.abc import Callable

import polars as pl
import pytest
import xlsxwriter
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.ingest.files import FileResult
from pipelines.ingest.workbooks import INEXACT, as_shown

TakeIn = Callable[..., FileResult]


def workbook(*rows: list[str | float]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)
    return buffer.getvalue()


def parquet(*rows: tuple[str, str, float]) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(rows, schema=["客户编号", "客户姓名", "身份证号"], orient="row").write_parquet(buffer)
    return buffer.getvalue()


def records(result: FileResult) -> pl.DataFrame:
    return pl.read_parquet(result.records)


@given(st.floats(min_value=INEXACT, allow_nan=False, allow_infinity=False), st.sampled_from([1, -1]))
@example(999999999999999.5e3, 1)
@example(INEXACT, 1)
def test_no_digit_is_read_that_a_spreadsheet_does_not_show(number: float, sign: int) -> None:
    text = as_shown(pl.Series([sign * number])).item()
    digits = text.removeprefix("-")
    assert text.startswith("-") == (sign < 0)
    assert digits.isdigit()
    assert len(digits.rstrip("0")) <= 15
    assert abs(int(digits) - int(number)) * 2 <= 10 ** (len(str(int(number))) - 15)


@pytest.mark.parametrize("name", ["客户.xlsx", "客户.parquet"])
def test_an_id_that_is_a_number_has_no_digits_nobody_wrote(take_in: TakeIn, name: str) -> None:
    rows = [("K1", "王伟", 3.10104198609049e17), ("K2", "王伟", 3.10104198609049123e17)]  # the first as a float: …024, a valid id
    content = workbook(["客户编号", "客户姓名", "身份证号"], *map(list, rows)) if name == "客户.xlsx" else parquet(*rows)
    assert records(take_in(content, name))["id_number"].to_list() == ["310104198609049000", "310104198609049000"]


def test_an_id_that_is_text_keeps_its_digits_beside_numbers(take_in: TakeIn) -> None:
    rows: list[list[str | float]] = [
        ["客户编号", "客户姓名", "身份证号", "电话"],
        ["K1", "王伟", "310104198609049024", 13917852046.0],
        ["K2", "李娜", 3.10104198609049e17, "13917852047"],
    ]
    found = records(take_in(workbook(*rows), "客户.xlsx"))
    assert found["id_number"].to_list() == ["310104198609049024", "310104198609049000"]
    assert found["phone"].to_list() == ["13917852046", "13917852047"]
