"""Dates, amounts, mileage, coding, reasons: laws and words."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleansing import amounts, coding, dates, emails, mileage
from cleansing.reasons import DIMENSIONS, REASONS

AS_OF = dt.date(2026, 1, 1)
DAYS = st.dates(dt.date(1980, 1, 2), AS_OF)
FORMS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%Y年%m月%d日",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%SZ",
    "%d-%b-%Y",
    "%b %d, %Y",
    "%m/%d/%Y",
    "%Y%m%d000000",
)


@given(DAYS, st.sampled_from(FORMS))
def test_a_day_survives_every_formatting(day: dt.date, form: str) -> None:
    written = dt.datetime.combine(day, dt.time(0), tzinfo=dt.UTC).strftime(form)
    assert dates.clean(pl.Series([written]), as_of=AS_OF, earliest=dt.date(1900, 1, 2))["date"][0] == day


@given(DAYS)
def test_a_spreadsheets_serial_is_the_day(day: dt.date) -> None:
    serial = (day - dt.date(1899, 12, 30)).days
    assert dates.clean(pl.Series([str(serial), f"{serial}.5"]), as_of=AS_OF)["date"].to_list() == [day, day]


@given(
    st.lists(st.one_of(st.none(), st.text(max_size=25), st.from_regex(r"\A[0-9]{1,4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}\Z")), max_size=20)
)
def test_any_text_gives_an_answer_inside_the_bounds(values: list[str | None]) -> None:
    safe = pl.Series([value.encode("utf-8", "replace").decode() if value is not None else None for value in values], dtype=pl.String)
    found = dates.clean(safe, as_of=AS_OF)
    assert len(found) == len(values)
    assert found["date"].drop_nulls().is_between(dates.EARLIEST, AS_OF).all()
    for other in (amounts.clean(safe), mileage.clean(safe), emails.clean(safe)):
        assert len(other) == len(values)
    again = dates.clean(found["date"].cast(pl.String), as_of=AS_OF)
    assert again["date"].equals(found["date"])


@given(st.integers(0, 10**9))
def test_an_amount_survives_every_formatting(fen: int) -> None:
    yuan = fen / 100
    written = [f"{yuan}", f"¥{yuan:,.2f}", f"{yuan:.2f}元", f"RMB {yuan:.2f}", f" {yuan:.2f} "]
    assert amounts.clean(pl.Series(written))["yuan"].to_list() == [yuan] * 5


@given(st.integers(0, mileage.MAX_KM))
def test_a_mileage_survives_every_formatting(km: int) -> None:
    assert mileage.clean(pl.Series([str(km), f"{km:,} km", f"{km}公里", f"{km}.0"]))["km"].to_list() == [km] * 4


@pytest.mark.parametrize(
    ("source", "written", "kind"),
    [("service", "首保", "maintenance"), ("service", "常规保养", "maintenance"), ("service", "事故维修", "accident"), ("service", "一般维修", "repair"),
     ("service", "钣喷", "accident"), ("service", "索赔", "warranty"), ("service", None, "service"), ("sale", "新车", "sale"), ("call_center", "保养预约", "call"),
     ("customer", "保养", None), ("test_drive", None, "test_drive")],
)  # fmt: skip
def test_event_kinds_come_from_words_and_sources(source: str, written: str | None, kind: str | None) -> None:
    assert coding.event_kind(pl.Series([written], dtype=pl.String), pl.Series([source]))[0] == kind


@pytest.mark.parametrize(
    ("written", "brand"),
    [("一汽-大众", "大众"), ("BMW", "宝马"), ("梅赛德斯-奔驰", "奔驰"), ("tesla", "特斯拉"), ("Land Rover", "路虎"), ("賓士", "宾士")],
)
def test_brands_are_coded_or_kept(written: str, brand: str) -> None:
    assert coding.brand(pl.Series([written]))["brand"][0] == brand


def test_models_lose_the_brand_in_front() -> None:
    found = coding.model(pl.Series(["大众 迈腾", "迈腾", "model 3", None, "大众"]), pl.Series(["大众", "大众", "特斯拉", None, "大众"]))
    assert found.to_list() == ["迈腾", "迈腾", "MODEL 3", None, "大众"]


def test_reasons_are_a_closed_family() -> None:
    assert all(code == reason.code and reason.dimension in DIMENSIONS for code, reason in REASONS.items())
    assert all(0 < reason.penalty <= 100 and reason.zh and reason.en for reason in REASONS.values())
