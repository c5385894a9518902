"""Identities: laws, and python-stdnum as the oracle where it is right (it rejects codes of counties long gone)."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from cleansing import checkdigits, divisions, identities
from cleansing.identities import organization, regional, resident

AS_OF = dt.date(2026, 1, 1)
# Codes with the last year they were given: 闸北区 to 2015, 吴县市 to 2001, 巴县 of 四川 to 1997.
REGIONS = st.sampled_from((("310106", 2020), ("110105", 2020), ("440304", 2020), ("310108", 2015), ("320586", 2001), ("510213", 1996)))
BODIES = REGIONS.flatmap(
    lambda region: st.builds(
        lambda birth, order: f"{region[0]}{birth:%Y%m%d}{order:03d}",
        st.dates(dt.date(1930, 1, 1), dt.date(region[1], 12, 31)),
        st.integers(0, 999),
    )
)


def with_check_digit(body: str) -> str:
    """The standard's sum, digit by digit."""
    total = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def usable(number: str) -> bool:
    return not number.endswith("000")  # such a number is never taken as a proof


NUMBERS = BODIES.map(with_check_digit).filter(usable)


@given(NUMBERS)
def test_a_valid_number_tells_birth_gender_and_region(number: str) -> None:
    row = identities.clean(pl.Series([number]), as_of=AS_OF).row(0, named=True)
    assert (row["valid"], row["normalized"], row["region"]) == (True, number, number[:6])
    assert f"{row['birth']:%Y%m%d}" == number[6:14]
    assert row["gender"] == ("M" if int(number[16]) % 2 else "F")


@given(NUMBERS, st.sampled_from(("{}", " {} ", "'{}", "身份证:{}", "身份证号码：{}", "{}.0")))
def test_a_valid_number_survives_every_formatting(number: str, form: str) -> None:
    if number.endswith("X") and form == "{}.0":  # not a number to a spreadsheet
        return
    written = [
        form.format(number),
        number.lower(),
        f"{number[:6]} {number[6:14]} {number[14:]}",
        f"{number[:6]}-{number[6:14]}-{number[14:]}",
    ]
    assert identities.clean(pl.Series(written), as_of=AS_OF)["normalized"].to_list() == [number] * 4


@given(NUMBERS, st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(number: str, place: int, shift: int) -> None:
    if number[place] == "X":
        return
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert not identities.clean(pl.Series([wrong]), as_of=AS_OF)["valid"][0] or wrong[0] == "9"


@given(st.lists(NUMBERS, min_size=1, max_size=30))
def test_what_stdnum_takes_is_taken(numbers: list[str]) -> None:
    found = identities.clean(pl.Series(numbers), as_of=AS_OF)["valid"].to_list()
    assert all(ours or not ric.is_valid(number) for number, ours in zip(numbers, found, strict=True))


@given(st.lists(st.from_regex(r"\A[0-9]{17}[0-9X]\Z"), min_size=1, max_size=30))
def test_check_digits_are_those_of_the_slow_sum(numbers: list[str]) -> None:
    found = checkdigits.text(resident.check_digit(checkdigits.matrix(pl.Series(numbers), width=18))[:, None]).to_list()
    assert found == [with_check_digit(number[:17])[-1] for number in numbers]


@given(NUMBERS)
def test_fifteen_digits_become_the_eighteen_they_stand_for(number: str) -> None:
    if number[6:8] != "19":
        return
    row = identities.clean(pl.Series([number[:6] + number[8:17]]), as_of=AS_OF).row(0, named=True)
    assert (row["normalized"], row["status"], row["reasons"]) == (number, "repaired", ["id_upgraded"])


@given(st.integers(0, 10**15 - 1))
def test_numbers_cut_by_a_spreadsheet_are_never_a_proof(head: int) -> None:
    assert not identities.clean(pl.Series([f"{head:015d}000"]), as_of=AS_OF)["valid"][0] or f"{head:015d}"[0] in "1239"


@given(st.lists(st.text(alphabet=organization.ALPHABET, min_size=17, max_size=17), min_size=1, max_size=10))
def test_unified_codes_agree_with_stdnum_on_the_outer_check_digit(bodies: list[str]) -> None:
    codes = [body + uscc.calc_check_digit(body) for body in bodies]
    inner = organization.org_fits(checkdigits.matrix(pl.Series([code[8:17] for code in codes]), width=9))
    found = organization.uscc_fits(checkdigits.matrix(pl.Series(codes), width=18))
    assert not np.any(found & ~inner)
    assert all(uscc.is_valid(code) for code, fits in zip(codes, found, strict=True) if fits)


@given(st.lists(st.one_of(st.none(), st.text(max_size=30), st.text(alphabet="0123456789XIO-. E+", min_size=14, max_size=20)), max_size=20))
def test_any_text_gives_an_answer_and_cleaning_again_changes_nothing(values: list[str | None]) -> None:
    safe = [value.encode("utf-8", "replace").decode() if value is not None else None for value in values]
    found = identities.clean(pl.Series(safe, dtype=pl.String), as_of=AS_OF)
    assert found.schema == identities.SCHEMA
    assert len(found) == len(values)
    kept = found.filter("valid")
    again = identities.clean(kept["normalized"], as_of=AS_OF)
    assert again.select("valid", "normalized", "type", "birth", "reason").equals(
        kept.select("valid", "normalized", "type", "birth", "reason")
    )


@pytest.mark.parametrize(("body", "valid"), [("51021319960101001", True), ("51021320100101001", False), ("31010820150101001", True)])
def test_a_region_must_have_been_there_at_birth_or_later(body: str, *, valid: bool) -> None:
    row = identities.clean(pl.Series([with_check_digit(body)]), as_of=AS_OF).row(0, named=True)
    assert (row["valid"], row["reason"]) == (valid, None if valid else "region_unknown")


@pytest.mark.parametrize("code", ["310108", "440103", "420607", "510213"])
def test_codes_of_counties_long_gone_are_regions(code: str) -> None:
    assert resident.known_until()[int(code)] > 0
    assert code in set(divisions.known_codes()["code"])


@given(st.sampled_from(("A", "Z", "WX", "XA")), st.from_regex(r"\A[0-9]{6}\Z"), st.integers(0, 5), st.integers(1, 9))
def test_a_card_of_hong_kong_survives_its_formats_and_shows_one_wrong_digit(letters: str, digits: str, place: int, shift: int) -> None:
    check = regional.hong_kong_check(letters, digits)
    right = f"{letters}{digits}({check})"
    wrong = digits[:place] + str((int(digits[place]) + shift) % 10) + digits[place + 1 :]
    cells = [right, right.lower(), f"{letters} {digits} ({check})", f"香港身份证：{letters}{digits}{check}", f"{letters}{wrong}({check})"]
    found = identities.clean(pl.Series(cells), as_of=AS_OF)
    assert found["normalized"].to_list() == [right] * 4 + [None]
    assert set(found["type"]) == {"hk_id"}


@given(st.from_regex(r"\A[A-Z][12][0-9]{7}\Z"))
def test_one_number_in_ten_is_a_card_of_taiwan_and_tells_the_gender(body: str) -> None:
    found = identities.clean(pl.Series([f"{body}{last}" for last in range(10)]), as_of=AS_OF).filter(pl.col("type") == "tw_id")
    assert found["valid"].to_list() == [True]
    assert found["gender"].to_list() == ["M" if body[1] == "1" else "F"]
