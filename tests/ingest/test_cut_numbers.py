"""Numbers that a spreadsheet cut: what they read as, and that they never make strangers one."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import polars as pl
import pytest
import xlsxwriter
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.ingest.files import FileResult
from pipelines.ingest.workbooks import INEXACT, as_shown

TakeIn = Callable[..., FileResult]


def workbook(*rows: Sequence[object]) -> bytes:
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
    content = workbook(["客户编号", "客户姓名", "身份证号"], *rows) if name == "客户.xlsx" else parquet(*rows)
    assert records(take_in(content, name))["id_number"].to_list() == ["310104198609049000", "310104198609049000"]


def test_an_id_that_is_text_keeps_its_digits_beside_numbers(take_in: TakeIn) -> None:
    rows: list[list[object]] = [
        ["客户编号", "客户姓名", "身份证号", "电话"],
        ["K1", "王伟", "310104198609049024", 13917852046.0],
        ["K2", "李娜", 3.10104198609049e17, "13917852047"],
    ]
    found = records(take_in(workbook(*rows), "客户.xlsx"))
    assert found["id_number"].to_list() == ["310104198609049024", "310104198609049000"]
    assert found["phone"].to_list() == ["13917852046", "13917852047"]


CUSTOMERS = "客户编号,客户姓名,电话\n"


@pytest.mark.parametrize("key", ["2.02507E+17", "2.02507e+17", "4.00E+07", "2.02507E17", "202507011234567000", "20250701123456700000"])
def test_a_key_that_a_spreadsheet_cut_makes_no_two_rows_one(take_in: TakeIn, key: str) -> None:
    content = (CUSTOMERS + "".join(f"{key},王伟{i},139178520{i:02}\n" for i in range(50))).encode()
    result = take_in(content, "客户.csv")
    assert records(result)["phone"].n_unique() == 50
    assert result.row["rows_kept"] == result.row["records"] == 50
    assert result.reasons == {"scientific_notation": 50}
    again = take_in(content.replace(key.encode(), b"2.0E+17") + b"2.03E+17,\xe6\x9d\x8e\xe5\xa8\x9c,13917852099\n", "客户.csv")
    assert set(records(result)["row_id"]) < set(records(again)["row_id"])


def test_numeric_keys_of_a_workbook_that_lost_digits_make_no_two_rows_one(take_in: TakeIn) -> None:
    rows = [[202507011234567000.0 + i, f"王伟{i}", f"139178520{i:02}"] for i in range(50)]
    result = take_in(workbook(["客户编号", "客户姓名", "电话"], *rows), "客户.xlsx")
    assert result.row["records"] == 50
    assert result.reasons == {"scientific_notation": 50}


@pytest.mark.parametrize(
    "key", ["7E12", "1.3917852046E10", "202507011234000", "20250701123456710", "2025070112345671000", "K00000000000000000"]
)
def test_a_key_that_is_whole_stays_one(take_in: TakeIn, key: str) -> None:
    result = take_in((CUSTOMERS + f"{key},王伟,13917852046\n{key},王伟,13917852047\n").encode(), "客户.csv")
    assert records(result).select("source_key", "phone").rows() == [(key, "13917852047")]
    assert result.reasons == {"key_repeated": 1}


def test_phones_and_ids_shown_with_an_exponent_are_noticed(take_in: TakeIn) -> None:
    content = "客户编号,客户姓名,电话,身份证号\nK1,王伟,1.39E+10,\nK2,李娜,13917852046,3.10104E+17\nK3,张敏,13917852047,\nK4,张敏,1.4E+10,3.1E+17\n"
    result = take_in(content.encode(), "客户.csv")
    assert result.reasons == {"scientific_notation": 3}
    assert records(result)["phone"].to_list() == ["1.39E+10", "13917852046", "13917852047", "1.4E+10"]
