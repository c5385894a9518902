"""One form of text: normalization is idempotent, keeps Chinese text whole, and knows what is no text."""

import unicodedata

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleansing import text


def form(value: str) -> str:
    return str(pl.select(text.simplify(text.normalize(pl.lit(value)))).item())


@given(st.text(max_size=40))
def test_normalization_is_idempotent(value: str) -> None:
    assert form(form(value)) == form(value)


@given(st.text("王伟海淀区中关村大街0123456789abcXYZ", max_size=30))
def test_plain_text_stays(value: str) -> None:
    assert form(value) == value


STROKES = set("⺀⺂⺃⺅⺆⺊")  # radicals that are no character of their own, and so have none to become


def test_no_radical_is_left_that_is_a_character() -> None:
    radicals = [chr(code) for code in range(0x2E80, 0x2FD6) if unicodedata.name(chr(code), "")]
    formed = pl.DataFrame({"radical": radicals}).with_columns(form=text.simplify(text.normalize(pl.col("radical"))))
    left = formed.filter(pl.col("form").str.contains("[\u2e80-\u2fd5]"))["radical"].to_list()
    assert set(left) <= STROKES


@pytest.mark.parametrize(
    "value", ["无", "null", "N/A", "----", "111111", "000", "测试", "Test 1", "不详", "xxx", "#REF!", "=cmd|' /C calc'!A0", "。。。"]
)
def test_junk_is_junk(value: str) -> None:
    assert pl.select(text.is_junk(text.normalize(pl.lit(value)))).item() is True


@pytest.mark.parametrize("value", ["王伟", "吴无", "李测", "A", "110", "北京市", "Nancy", "测绘院"])
def test_what_says_something_is_not(value: str) -> None:
    assert pl.select(text.is_junk(text.normalize(pl.lit(value)))).item() is False


@given(st.text("王伟李娜张敏海淀区中关村建国门外大街上海浦东新区", min_size=2, max_size=12))
def test_every_wrong_decoding_of_chinese_is_seen(value: str) -> None:
    wrong = [
        value.encode("utf-8").decode("latin-1"),
        value.encode("gb18030").decode("latin-1"),
        value.encode("utf-8").decode("gb18030", "replace"),
        value.encode("gb18030").decode("utf-8", "replace"),
    ]
    seen = pl.DataFrame({"wrong": wrong}).select(text.is_mojibake(pl.col("wrong"))).to_series()
    assert seen.to_list() == [True] * 4
    assert pl.select(text.is_mojibake(pl.lit(value))).item() is False


@given(st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("陳乾鍾於範葉薴㑮單歐陽")), max_size=30))
def test_simplifying_replaces_character_by_character(value: str) -> None:
    table = text.traditional()
    wanted = "".join(table.get(character, character) for character in value)
    formed = pl.DataFrame({"value": [value, None, value]}).select(text.simplify(pl.col("value"))).to_series()
    assert formed.to_list() == [wanted, None, wanted]


def test_what_was_simplified_is_simple() -> None:
    table = text.traditional()
    assert set(table) & set(table.values()) == set()
