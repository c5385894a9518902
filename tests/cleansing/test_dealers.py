"""Where the dealer is decides what the record leaves open: ambiguous places, landlines without area code."""

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleansing import dealers, phones, records, reference
from cleansing.divisions import current
from cleansing.phones import completing, prefixes
from engine.tables import schema

AS_OF = dt.date(2026, 1, 1)
LISTED = (
    "dealer_id,name,synonyms,province,city\nSH01,上海永达,永达|Yongda,沪,上海\nNJ,南京店,,江苏,南京\nXT,仙桃店,,湖北,仙桃\nQ,不明,,,某地\n"
)


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in reference.folder().glob("*.*"):
        if file.suffix in {".csv", ".parquet", ".yaml"}:
            shutil.copy(file, tmp_path / file.name)
    (tmp_path / "dealers.csv").write_text(LISTED, encoding="utf-8")
    monkeypatch.setenv("CHEZHU_REFERENCE", str(tmp_path))


def clean(**cells: Any) -> dict[str, Any]:
    row = dict.fromkeys(schema("records")) | {"main": True} | cells
    return records.clean(pl.DataFrame([row], schema=schema("records"), orient="row"), as_of=AS_OF).row(0, named=True)


def reasons(row: dict[str, Any], field: str) -> list[str]:
    return [problem["reason"] for problem in row["problems"] if problem["field"] == field]


@pytest.mark.usefixtures("listed")
def test_dealers_are_found_by_id_name_and_synonym_with_official_names() -> None:
    found = dealers.places(pl.Series(["SH01", "上海永達", "YONGDA", "XT", "Q", "nobody", None]))
    assert found.rows() == [("上海市", "上海市")] * 3 + [("湖北省", "仙桃市")] + [(None, None)] * 3


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"dealer_id": "SH01", "phone": "58881234"}, ["+862158881234"]),
        ({"dealer_id": "永达", "phone": "5888-1234转801"}, ["+862158881234"]),
        ({"dealer_id": "SH01", "phone": "13917852046 / 家58881234"}, ["+8613917852046", "+862158881234"]),
        ({"dealer_id": "SH01", "name": "王伟 58881234"}, ["+862158881234"]),
        ({"dealer_id": "nobody", "phone": "68881234", "address": "苏州市吴中区东吴北路1号"}, ["+8651268881234"]),
        ({"dealer_id": "SH01", "phone": "58881234", "address": "上海浦东张江路1号"}, ["+862158881234"]),
        ({"dealer_id": "XT", "phone": "3221234"}, ["+867283221234"]),
        ({"dealer_id": "SH01", "phone": "58881234", "address": "苏州市吴中区东吴北路1号"}, []),  # two areas, nothing decides
        ({"dealer_id": "nobody", "phone": "58881234"}, []),
        ({"dealer_id": "nobody", "phone": "58881234", "address": "朝阳区建国路88号"}, []),
        ({"dealer_id": "SH01", "phone": "5888123"}, []),  # Shanghai has eight digits
        ({"dealer_id": "XT", "phone": "32212345"}, []),  # Xiantao has seven
        ({"dealer_id": "SH01", "phone": "58881234", "plate": "苏E12345"}, []),  # from afar
        ({"dealer_id": "SH01", "phone": "58881234", "plate": "沪A12345"}, ["+862158881234"]),
        ({"dealer_id": "SH01", "phone": "20230503"}, []),  # a day
        ({"dealer_id": "SH01", "phone": "QQ58881234"}, []),
        ({"dealer_id": "SH01", "phone": "88888888"}, []),
    ],
)
def test_a_landline_gets_the_area_code_of_the_records_place(cells: dict[str, str], expected: list[str]) -> None:
    row = clean(**cells)
    assert row["phones"] == expected
    assert ("phone_area_code_added" in reasons(row, "phone")) == any(number[3] != "1" for number in expected)


@pytest.mark.usefixtures("listed")
def test_the_dealers_city_decides_between_places_of_one_name() -> None:
    row = clean(dealer_id="NJ", address="鼓楼区中山路1号")
    assert (row["city"], row["district"], reasons(row, "address")) == (
        "南京市",
        "鼓楼区",
        ["address_province_missing", "address_resolved_by_hint"],
    )
    assert clean(dealer_id="nobody", address="鼓楼区中山路1号")["city"] is None


@pytest.mark.usefixtures("listed")
def test_a_province_in_english_leads_the_address_and_no_province_is_named() -> None:
    row = clean(province="Jilin Province", city="长春", address="朝阳区人民大街1号")
    assert (row["province"], row["city"], row["district"]) == ("吉林省", "长春市", "朝阳区")
    assert reasons(clean(province="华东大区", address="苏州市吴中区东吴北路1号"), "province") == ["province_unknown"]


def test_a_landline_tells_where_an_ambiguous_place_is() -> None:
    row = clean(phone="025-83221234", address="鼓楼区中山路1号")
    assert (row["city"], row["phone_city"]) == ("南京市", None)


def test_every_city_of_one_area_has_its_code() -> None:
    cities = current().filter(pl.col("level") == 2).select("province", "city")
    codes = completing.codes_of(cities)
    lacking = cities.filter(codes.is_null())["city"].to_list()
    assert set(codes.drop_nulls()) <= set(prefixes.area_codes())
    assert lacking == ["海西蒙古族藏族自治州"]  # it has two


@given(st.lists(st.text(alphabet="0123456789 -/;转x家Q*.+", max_size=24), max_size=8), st.sampled_from(["021", "0512", "0728", None]))
def test_completing_takes_no_number_away(cells: list[str], code: str | None) -> None:
    column = pl.Series(cells, dtype=pl.String)
    before = phones.read(column)
    after = completing.complete(before, column, pl.repeat(code, len(cells), dtype=pl.String, eager=True))
    assert after.cells.schema == before.cells.schema
    assert len(after.cells) == len(cells)
    keep = ["row", "value"]
    assert before.numbers.join(after.numbers, on=keep, how="anti").is_empty()
    added = after.numbers.join(before.numbers, on=keep, how="anti")
    assert all(value.startswith(f"{code}-") for value in added["value"])
