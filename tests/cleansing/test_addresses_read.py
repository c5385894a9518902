"""Addresses: hard cases with their rules, hints, history, and laws that hold for any text."""

import itertools
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from cleansing import addresses, divisions, reference

CASES = Path(__file__).parent / "cases" / "addresses.jsonl"
WORDS = (
    "浙江省",
    "杭州市",
    "余杭区",
    "上海",
    "闸北区",
    "朝阳区",
    "南京",
    "鼓楼区",
    "五常街道",
    "人民路",
    "南京路",
    "12号",
    "阳光花园",
    "3栋",
    "2单元",
    "501室",
    "3-2-501",
    " ",
    "-",
    "新村",
    "某村",
    "同上",
    "沪",
    "一楼",
    "x",
    "邮编310000",
    "?",
    "\x00",
)
built = st.lists(st.sampled_from(WORDS), max_size=9).map("".join)
cells = st.lists(st.one_of(st.none(), built, st.text(max_size=20)), max_size=10)


def rows(values: list[str | None], hints: pl.DataFrame | None = None) -> list[dict[str, Any]]:
    return addresses.clean(pl.Series(values, dtype=pl.String), hints=hints).to_dicts()


def test_hard_cases_are_answered_by_their_rules() -> None:
    cases = [json.loads(line) for line in CASES.read_text("utf-8").splitlines()]
    found = rows([case["input"] for case in cases])
    wrong = [
        (case, row) for case, row in zip(cases, found, strict=True) if any(row[key] != value for key, value in case["expected"].items())
    ]
    assert len(cases) >= 40
    assert wrong == []


def test_a_hint_decides_between_places_of_one_name_and_says_so() -> None:
    hints = pl.DataFrame({"province": [None, "吉林省", None, "河北省"], "city": ["北京市", None, None, None]})
    found = rows(["朝阳区人民路1号"] * 4, hints)
    assert [row["adcode"] for row in found] == ["110105", "220104", None, None]
    assert ["address_resolved_by_hint" in row["reasons"] for row in found] == [True, True, False, False]


def test_a_hint_never_overrules_what_is_written() -> None:
    found = rows(["杭州市余杭区人民路1号"], pl.DataFrame({"city": ["上海市"]}))
    assert found[0]["adcode"] == "330110"


def test_hints_of_another_height_are_refused() -> None:
    with pytest.raises(ValueError, match="one row of hints for each address"):
        rows(["朝阳区"], pl.DataFrame({"city": ["北京市", "长春市"]}))


@given(cells)
@settings(max_examples=15)
def test_any_text_gives_a_row_in_its_place(values: list[str | None]) -> None:
    together = addresses.clean(pl.Series(values, dtype=pl.String))
    assert together.height == len(values)
    assert together["status"].null_count() == 0
    assert together.to_dicts()[:2] == [rows([value])[0] for value in values[:2]]


def test_every_district_is_read_from_its_own_full_name() -> None:
    today = divisions.current().filter((pl.col("level") == 3) & ~pl.col("province").is_in(["香港特别行政区"]))
    written = today.select(
        text=pl.concat_str("province", pl.when(pl.col("city") != pl.col("province")).then("city"), "district", ignore_nulls=True)
    )
    found = addresses.clean(written["text"]).select("adcode", "province", "city", "district")
    assert_frame_equal(found, today.select("adcode", "province", "city", "district"))


def test_every_name_since_1980_is_read_as_what_it_became() -> None:
    past = divisions.history().filter((pl.col("level") == 3) & pl.col("changed").is_not_null() & (pl.col("last_year") >= 1984))
    past = past.unique(["province", "city", "name"], maintain_order=True)
    written = past.select(text=pl.concat_str("province", "city", "name", ignore_nulls=True))
    found = addresses.clean(written["text"])["adcode"]
    assert (found == past["today"]).mean() > 0.99


def test_codes_of_any_year_are_divisions_of_today() -> None:
    found = addresses.division_of_code(pl.Series(["310108", "310106", "420601", "000000", None]))
    assert found.rows()[:2] == [("上海市", "上海市", "静安区")] * 2
    assert found["province"].to_list() == ["上海市", "上海市", "湖北省", None, None]


def test_every_successor_is_a_division_of_today() -> None:
    assert divisions.history().join(divisions.current(), left_on="today", right_on="adcode", how="anti").is_empty()


STABLE = (
    "浙江省杭州市余杭区五常街道文一西路969号3号楼2单元501室",
    "朝阳区阳光花园3-2-501",
    "上海闸北区南京西路12弄3号501",
    "慈溪市观海卫镇新泽村下泽山133号",
    "江苏省吴江市盛泽镇舜湖西路1号",
    "3栋501",
    "广州市东山区人民路5号3楼",
)


@pytest.mark.parametrize("address", STABLE)
def test_the_canonical_line_reads_back_to_the_same_parts(address: str) -> None:
    once = rows([address])[0]
    twice = rows([once["normalized"]])[0]
    kept = [key for key in once if key not in {"district_as_written", "reasons", "postcode_in_text"}]
    assert {key: twice[key] for key in kept} == {key: once[key] for key in kept}


def test_the_canonical_line_is_a_fixed_point() -> None:
    parts = (
        ("", "浙江省杭州市余杭区", "上海闸北区", "朝阳区", "南京鼓楼区", "广东省东莞市"),
        ("", "五常街道", "长安镇"),
        ("", "人民路12号", "文一西路969弄3号", "幸福村5号"),
        ("", "阳光花园", "恒隆广场一期"),
        ("", "3栋", "3号楼2单元", "B座"),
        ("", "501室", "12层1201室", "二楼"),
    )
    written = ["".join(chosen) for chosen in itertools.product(*parts)] + [
        f"浙江省杭州市余杭区{estate}{code}" for estate in parts[3] for code in ("3-2-501", "3-501", "3栋501")
    ]
    once = addresses.clean(pl.Series(written))["normalized"]
    twice = addresses.clean(once)["normalized"]
    wrong = [found for found in zip(written, once, twice, strict=True) if found[1] != found[2]]
    assert wrong == []


def test_size_and_odd_characters_never_raise() -> None:
    found = rows(["路" * 1_000_000, "\x00", "1-" * 100_000, "(" * 10_000, "浙江省" * 20_000, "\ufffd\ufffd"])
    assert found[1]["status"] == "empty"


def test_new_areas_lie_where_the_divisions_of_today_say() -> None:
    """Every line of new_areas.csv, alone and behind its city, gives its division and nothing deeper."""
    listed = pl.read_csv(reference.path("new_areas.csv"), infer_schema=False)
    alone = rows([f"{word}创新路8号" for word in listed["word"]])
    behind = rows([f"{city or province}{word}创新路8号" for word, province, city in listed.select("word", "province", "city").rows()])
    for found in (alone, behind):
        wanted = [(row["province"], row["city"], row["district"]) for row in listed.iter_rows(named=True)]
        assert [(row["province"], row["city"], row["district"]) for row in found] == wanted
        assert {row["road"] for row in found} == {"创新路"}
