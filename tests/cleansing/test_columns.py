"""Columns prepared for `chezhu match`: kinds, foreign data, nothing lost."""

import datetime as dt

import polars as pl
import pytest

from cleansing import columns

AS_OF = dt.date(2026, 1, 1)


def one(kind: str, values: list[str | None]) -> pl.DataFrame:
    return columns.prepare(pl.DataFrame({"c": pl.Series(values, dtype=pl.String), "other": range(len(values))}), {"c": kind}, as_of=AS_OF)


def test_columns_without_a_kind_pass_through_and_order_stays() -> None:
    frame = pl.DataFrame({"id": [1, 2], "name": ["Ann Lee", "王伟"], "note": ["X", None]})
    found = columns.prepare(frame, {"name": "name"}, as_of=AS_OF)
    assert found.columns == ["id", "name", "name__surname", "name__given", "name__pinyin", "note"]
    assert found["id"].to_list() == [1, 2]
    assert found.row(0) == (1, "ann lee", None, None, None, "X")
    assert found.row(1)[1:5] == ("王伟", "王", "伟", "wang wei")


@pytest.mark.parametrize("kind", sorted(columns.KINDS))
def test_nothing_is_null_in_every_kind(kind: str) -> None:
    found = one(kind, ["", "  ", None, "不详", "N/A"])
    assert found["c"].null_count() == 5


@pytest.mark.parametrize("kind", ["text", "category", "city", "street", "number", "postcode", "given_name"])
def test_text_has_one_form(kind: str) -> None:
    assert one(kind, ["  ＬＭ   k ", "2222", "111", "no"])["c"].to_list() == ["lm k", "2222", "111", "no"]


def test_short_given_names_are_names() -> None:
    assert one("given_name", ["Na", "No"])["c"].to_list() == ["na", "no"]


def test_foreign_phones_are_digits_and_chinese_ones_e164() -> None:
    written: list[str | None] = [
        "02 61234567",
        "(08) 9123 4567",
        "555-0199",
        "139-1785-2046",
        "13917852046/021-58881234",
        "13800138000",
        "+1 650 253 0000",
    ]
    expected = [
        ["0261234567"],
        ["0891234567"],
        ["5550199"],
        ["+8613917852046"],
        ["+8613917852046", "+862158881234"],
        None,
        ["+16502530000"],
    ]
    assert one("phone", written)["c"].to_list() == expected


def test_dates_that_do_not_exist_keep_their_digits() -> None:
    assert one("date", ["19391312", "1939-02-03", "19390203", "1723-05-01", "2031-01-01"])["c"].to_list() == [
        "19391312",
        "19390203",
        "19390203",
        "17230501",
        "20310101",
    ]


def test_dates_and_numbers_that_are_typed_are_read() -> None:
    frame = pl.DataFrame({"d": [dt.date(1988, 7, 15), None], "n": [12.0, None], "i": [2134, None]})
    found = columns.prepare(frame, {"d": "date", "n": "number", "i": "postcode"}, as_of=AS_OF)
    assert found.row(0) == ("19880715", "12", "2134")


def test_identifiers_are_letters_and_digits() -> None:
    assert one("identifier", ["a-12 b", "310106880715241", "0000000"])["c"].to_list() == ["A12B", "310106198807152412", None]
    assert one("vin", ["lfv3a23c0f3027419", "lfv-123"])["c"].to_list() == ["LFV3A23C0F3027419", "LFV123"]
    assert one("plate", ["上海a·12345", "abc-123"])["c"].to_list() == ["沪A12345", "ABC123"]


def test_chinese_addresses_come_in_parts_and_latin_ones_as_text() -> None:
    found = one("address", ["上海市静安区南京西路1266号3号楼501室", "12 High  Street"])
    assert found.columns == ["c", "c__adcode", "c__road", "c__road_no", "c__building", "c__unit", "c__room", "other"]
    assert found["c__adcode"].to_list() == ["310106", None]
    assert found["c__road"][0] == "南京西路"
    assert found["c"][1] == "12 high street"


def test_behind_a_lane_the_number_is_the_buildings() -> None:
    found = one(
        "address", ["上海市长宁区环城大道522弄16号楼2902室", "上海市长宁区环城大道522弄16号2902室", "上海市静安区南京西路1266号3号楼501室"]
    )
    assert found["c__road_no"].to_list() == ["522弄16号", "522弄16号", "1266号"]
    assert found["c__building"].to_list() == [None, None, "3"]


def test_mails_are_lists() -> None:
    assert one("email", ["A@B.cn;c@d.cn"])["c"].to_list() == [["a@b.cn", "c@d.cn"]]


@pytest.mark.parametrize(("kinds", "said"), [({"x": "name"}, "not in the table"), ({"c": "colour"}, "unknown")])
def test_a_wrong_request_is_named(kinds: dict[str, str], said: str) -> None:
    with pytest.raises(columns.ColumnKindError, match=said):
        columns.prepare(pl.DataFrame({"c": ["a"]}), kinds, as_of=AS_OF)


@pytest.mark.parametrize(
    ("country", "national", "international"),
    [
        ("DE", "0176 44181234", "+49 176 44181234"),
        ("DE", "0176/44181234", "0049-176-44181234"),
        ("DE", "(0711) 1234567", "+49 (0) 711 1234567"),
        ("FR", "06 12 34 56 78", "+33 6 12 34 56 78"),
        ("FR", "0612345678", "0033612345678"),
        ("FR", "０１.40.20.50.50", "+33140205050"),
        ("DE", "030 123", "+49 30 123"),
    ],
)
def test_a_phone_in_national_form_is_the_same_in_its_international_one(country: str, national: str, international: str) -> None:
    frame = pl.DataFrame({"c": [national, international]})
    left, right = columns.prepare(frame, {"c": "phone"}, as_of=AS_OF, country=country)["c"].to_list()
    assert left == right
    assert left[0].startswith({"DE": "+49", "FR": "+33"}[country])


def test_abroad_a_chinese_number_needs_its_code_and_nothing_is_lost() -> None:
    cells = [
        "+86 139 1785 2046",
        "139 1785 2046",
        "0176 44181234 / +33 6 12 34 56 78",
        "00000000",
        "176****1234",
        "x1",
        "12",
        "1" * 25,
        None,
    ]
    found = columns.prepare(pl.DataFrame({"c": cells}), {"c": "phone"}, as_of=AS_OF, country="DE")["c"].to_list()
    assert found[0] == ["+8613917852046"]
    assert found[1] != found[0]
    assert found[2] == ["+4917644181234", "+33612345678"]
    assert found[3:7] == [None] * 4
    assert found[7] == ["1" * 25]
    assert found[8] is None
