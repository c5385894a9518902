"""A unit that the header says belongs to every bare number below it, and to nothing else."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleansing import amounts, mileage
from pipelines.ingest import units
from pipelines.ingest.files import FileResult

TakeIn = Callable[..., FileResult]


@pytest.mark.parametrize(
    ("header", "cell", "yuan"),
    [
        ("成交价(万元)", "36.7794", 367_794.0),
        ("成交价（万元）", "36.7794万元", 367_794.0),
        ("成交价(万元)", "367794", 367_794.0),  # written out all the same
        ("成交价(元)", "36.7794", 36.78),
        ("成交价", "36.7794", 36.78),
    ],
)
def test_a_price_counts_in_the_unit_of_its_header(take_in: TakeIn, header: str, cell: str, yuan: float) -> None:
    result = take_in(f"销售单号,销售日期,客户姓名,手机,{header}\nS1,2026-05-01,王伟,13912345678,{cell}\n".encode(), name="销售.csv")
    found = pl.read_parquet(result.records)
    assert amounts.clean(found["amount"])["yuan"].to_list() == [yuan]


def test_so_does_a_mileage(take_in: TakeIn) -> None:
    text = "工单号,车主,车主电话,进厂日期,行驶里程(万公里)\nW1,王伟,13912345678,2026-05-01,3.2\nW2,李娜,13812345678,2026-05-01,32000\n"
    result = take_in(text.encode(), name="维修.csv")
    found = pl.read_parquet(result.records)
    assert sorted(mileage.clean(found["mileage"])["km"].to_list()) == [32_000, 32_000]


@given(st.floats(min_value=0.01, max_value=9_999).map(lambda number: round(number, 2)), st.sampled_from(["{}", " {} ", "¥{}", "{}元"]))
def test_what_is_completed_is_ten_thousand_times_as_much(number: float, way: str) -> None:
    cells = pl.DataFrame({"c": [way.format(number)]})
    whole = cells.select(units.completed(pl.col("c"), "万", "amount")).to_series()
    assert amounts.clean(whole)["yuan"].item() == pytest.approx(10_000 * number)


@given(st.text(max_size=12))
def test_what_is_no_bare_number_stays_as_it_is(text: str) -> None:
    cells = pl.DataFrame({"c": [text]})
    whole = cells.select(units.completed(pl.col("c"), "万", "amount")).to_series().item()
    assert whole == text or (whole.endswith("万") and any(letter.isdigit() for letter in text))
