"""Dates, amounts, mileage, coding, reasons: laws and words."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleansing import amounts, coding, dates, emails, mileage, reference
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


@pytest.mark.parametrize(
    ("written", "brand", "expected"),
    [
        ("大众 迈腾", "大众", ("迈腾", "迈腾", True)),
        ("MAGOTAN 330TSI豪华型", "大众", ("迈腾 330TSI豪华型", "迈腾", True)),
        ("邁騰", None, ("迈腾", "迈腾", True)),
        ("2023款 迈腾 280TSI", "大众", ("迈腾 2023款 280TSI", "迈腾", True)),
        ("model 3", "特斯拉", ("MODEL 3", "MODEL 3", True)),
        ("途观L 330TSI", "大众", ("途观L 330TSI", "途观L", True)),
        ("a6 45tfsi", "奥迪", ("A6L 45TFSI", "A6L", True)),
        ("A60", "奥迪", ("A60", None, False)),
        ("H9", None, ("H9", "H9", True)),
        ("M5", "哈弗", ("M5", None, False)),
        ("某车", "某新品牌", ("某车", None, None)),
        ("大众", "大众", ("大众", None, False)),
        ("无", "大众", (None, None, None)),
        (None, None, (None, None, None)),
    ],
)
def test_models_are_coded_by_their_series(
    written: str | None, brand: str | None, expected: tuple[str | None, str | None, bool | None]
) -> None:
    found = coding.model(pl.Series([written], dtype=pl.String), pl.Series([brand], dtype=pl.String))
    assert found.row(0) == expected


def test_channels_dealers_and_provinces_have_codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert coding.channel(pl.Series(["微信公號", "老带新", "春季购车节", None]))["channel"].to_list() == [
        "微信公众号",
        "老客户转介绍",
        "春季购车节",
        None,
    ]
    assert coding.province(pl.Series(["上海", "沪", "廣東省", "某地", None, "GUANGDONG", "Hubei Province", "苏州市"])).rows() == [
        ("上海市", "310000", True),
        ("上海市", "310000", True),
        ("广东省", "440000", True),
        (None, None, False),
        (None, None, None),
        ("广东省", "440000", True),
        ("湖北省", "420000", True),
        ("江苏省", "320000", True),
    ]
    (tmp_path / "dealers.csv").write_text(
        "dealer_id,name,synonyms,province,city\nSH01,上海永达,永达|Yongda,上海市,上海市\n", encoding="utf-8"
    )
    monkeypatch.setenv("CHEZHU_REFERENCE", str(tmp_path))
    assert coding.dealer(pl.Series(["YONGDA", "上海永達", "SH01", "别家"])).rows() == [
        ("SH01", True),
        ("SH01", True),
        ("SH01", True),
        ("别家", False),
    ]


def test_a_dictionary_that_a_user_broke_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "brands.csv").write_text("marke,synonyms\n大众,vw\n", encoding="utf-8")
    monkeypatch.setenv("CHEZHU_REFERENCE", str(tmp_path))
    with pytest.raises(reference.ReferenceDataError, match=r"brands\.csv:1: column brand is missing"):
        coding.brand(pl.Series(["vw"]))
    before = reference.digest()
    (tmp_path / "brands.csv").write_text("brand,synonyms\n大众,vw\n", encoding="utf-8")
    assert reference.digest() != before


def test_reasons_are_a_closed_family() -> None:
    assert all(code == reason.code and reason.dimension in DIMENSIONS for code, reason in REASONS.items())
    assert all(0 < reason.penalty <= 100 and reason.zh and reason.en for reason in REASONS.values())


def test_a_billion_yuan_is_a_number_in_the_wrong_column() -> None:
    found = amounts.clean(pl.Series(["13912345678", "440106199001011234", "999999999", "1.2亿元"]))
    assert found["status"].to_list() == ["invalid", "invalid", "valid", "valid"]
    assert found["yuan"].to_list() == [None, None, 999_999_999.0, 120_000_000.0]
