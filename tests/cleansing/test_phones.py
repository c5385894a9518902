"""Phones: the fast path against the slow one, and laws."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleansing import phones
from cleansing.phones import formatted, prefixes, scan

MOBILES = st.from_regex(r"\A1(?:3[0-9]|5[0-35-9]|8[0-9]|9[0-35-9])[0-9]{8}\Z").filter(lambda number: not scan.is_placeholder_mobile(number))
FORMATS = (
    "{0}",
    "+86{0}",
    "0086 {0}",
    "86-{0}",
    "0{0}",
    "17951{0}",
    "{1}-{2}-{3}",
    "{1} {2} {3}",
    "({0})",
    "手机：{0}",
    "{0}（王先生）",
    "'{0}",
    "{0} ",
    "{1}.{2}.{3}",
)
FRAGMENTS = st.sampled_from(
    ["13917852046", "15021234567", "13800138000", "15412345678", "021-58881234", "(0512)68881234", "4008205555", "58881234", "转801", "-801", "ext 8",
     "/", ";", "、", " ", ",", "+86", "86", "0", "1", "139", "1785", "2046", "-", ".", "王", "手机:", "(", ")", "****", "1.38E+10", ".0", "O", "l", "一", "１", "无", "\n", "2", "86-", "+86 ", "(+86)", "0512-6888", "1234", "x", "l39", "O", "(010)", "400-", "1391785204", "12917852046", "分机", "\t", "\u200b", "E10", "1.", "号", "Tel:", "#", "=", "6888123"]
)  # fmt: skip


@given(st.lists(FRAGMENTS, min_size=1, max_size=6).map("".join))
def test_the_fast_path_answers_as_the_slow_one(written: str) -> None:
    # As many cells of one layout as the fast path wants.
    fast = phones.clean(pl.Series([written] * formatted.MIN_CELLS)).row(-1, named=True)
    slow = scan.read(written)
    if slow.status == "empty" or fast["status"] == "placeholder":  # words for "none" are known to the fast path only
        return
    assert (fast["status"], fast["reasons"]) == (slow.status, list(slow.reasons))
    assert [(n["value"], n["type"], n["ext"]) for n in fast["numbers"]] == [(n.value, n.type, n.ext) for n in slow.numbers]


@given(MOBILES, st.sampled_from(FORMATS))
def test_a_valid_mobile_survives_every_formatting(number: str, form: str) -> None:
    written = form.format(number, number[:3], number[3:7], number[7:])
    found = phones.clean(pl.Series([written])).row(0, named=True)
    assert (found["status"], found["e164"]) == ("valid", [f"+86{number}"])


LANDLINES = st.sampled_from(
    [(code, size) for code, shortest in sorted(prefixes.area_codes().items()) for size in (7, 8) if size >= shortest]
).flatmap(
    lambda area: st.tuples(
        st.just(area[0]), st.from_regex(rf"\A[2-8][0-9]{{{area[1] - 1}}}\Z").filter(lambda local: not scan.is_run(local))
    )
)


@given(
    LANDLINES,
    st.sampled_from(("{0}-{1}", "{0}{1}", "({0}){1}", "{0} {1}", "+86-{2}-{1}", "0086{2}{1}", "电话:{0}-{1}转0", "{0}-{3}-{4}", "{0}/{1}")),
)
def test_a_valid_landline_survives_every_formatting(parts: tuple[str, str], form: str) -> None:
    area, local = parts
    written = form.format(area, local, area[1:], local[:-4], local[-4:])
    for cells in ([written], [written] * formatted.MIN_CELLS):
        found = phones.clean(pl.Series(cells)).row(-1, named=True)
        assert (found["status"], [n["value"] for n in found["numbers"]]) == ("valid", [f"{area}-{local}"])


@pytest.mark.parametrize("written", ["139-1785-2046", "+86 13917852046", "(021)58881234-801", "13917852046/13817852046", "王先生13917852046",
                                     "1.3917852046E10", "13917852O46", "400-820-5555", "58881234", "138****2046", "1391785204", "8613917852046"])  # fmt: skip
def test_common_forms_never_go_through_the_slow_path(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "read", None)
    assert phones.clean(pl.Series([written] * formatted.MIN_CELLS))["status"].null_count() == 0


@given(MOBILES)
def test_damage_that_loses_no_digit_is_undone(number: str) -> None:
    wide = number.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    damaged = [wide, f"{number}.0", f"{number[0]}.{number[1:]}E10", f"{number[0]}.{number[1:]}E+10"]
    found = phones.clean(pl.Series(damaged))
    assert found["status"].to_list() == ["repaired"] * 4
    assert found["e164"].to_list() == [[f"+86{number}"]] * 4


@given(st.lists(MOBILES, min_size=1, max_size=4, unique=True), st.sampled_from([" ; ", "/", "、", ",", " "]))
def test_several_numbers_come_in_the_order_written(numbers: list[str], separator: str) -> None:
    found = phones.clean(pl.Series([separator.join(numbers)]))
    assert found["e164"][0].to_list() == [f"+86{number}" for number in numbers]


@given(st.lists(st.one_of(st.none(), st.text(max_size=40)), max_size=20))
def test_any_text_gives_an_answer_and_cleaning_its_numbers_changes_nothing(values: list[str | None]) -> None:
    safe = [value.encode("utf-8", "replace").decode() if value is not None else None for value in values]
    found = phones.clean(pl.Series(safe, dtype=pl.String))
    assert found.schema == phones.SCHEMA
    assert len(found) == len(values)
    again = phones.clean(found["e164"].explode(empty_as_null=False).drop_nulls())
    assert again["e164"].list.join(",").to_list() == found["e164"].explode(empty_as_null=False).drop_nulls().to_list()


def test_mobiles_come_first_in_e164() -> None:
    assert phones.clean(pl.Series(["021-58881234/13917852046"]))["e164"][0].to_list() == ["+8613917852046", "+862158881234"]


@pytest.mark.parametrize(
    ("number", "carrier", "virtual"), [("13912345670", "移动", False), ("19212345670", "广电", False), ("16212345670", "电信", True)]
)
def test_every_segment_has_a_carrier(number: str, carrier: str, *, virtual: bool) -> None:
    rows = prefixes.of_numbers(pl.Series([number]), np.array([True]))
    assert prefixes.places().select("carrier", "virtual").row(int(rows[0])) == (carrier, virtual)


def test_long_cells_and_odd_characters_do_no_harm() -> None:
    found = phones.clean(pl.Series(["1" * 1_000_000, "\x00", "13917852046\x00", "a" * 100_000, "\U0001f600", "²³¹"]))
    assert len(found) == 6


@pytest.mark.parametrize("split", [1, 2, 5])
def test_any_split_gives_the_same(split: int) -> None:
    values = pl.Series(["13917852046", "021-58881234", None, "无", "13917852046/13817852046", "1.38E+10", "58881234"])
    parts = [phones.clean(values[at : at + split]) for at in range(0, len(values), split)]
    assert pl.concat(parts).equals(phones.clean(values))
