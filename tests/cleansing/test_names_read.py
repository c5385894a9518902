"""Names: hard cases with their rules, and laws that hold for any text."""

import importlib
import json
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from cleansing import names
from cleansing.names import quick

parse = importlib.import_module("cleansing.names.parse")
CASES = Path(__file__).parent / "cases" / "names.jsonl"
CHARACTERS = "王李张欧阳司马单仇解曾伟娜小老总先生女士公司无某和·/ ,()1389*aT刘乾麥⻓"
cells = st.lists(st.one_of(st.none(), st.text(max_size=12), st.text(CHARACTERS, max_size=8)), max_size=12)


def rows(values: list[str | None]) -> list[dict[str, Any]]:
    return names.clean(pl.Series(values, dtype=pl.String)).to_dicts()


def test_hard_cases_are_answered_by_their_rules() -> None:
    cases = [json.loads(line) for line in CASES.read_text("utf-8").splitlines()]
    found = rows([case["input"] for case in cases])
    wrong = [
        (case, row) for case, row in zip(cases, found, strict=True) if any(row[key] != value for key, value in case["expected"].items())
    ]
    assert len(cases) >= 50
    assert wrong == []


@given(cells)
@settings(max_examples=15, deadline=None)
def test_any_text_gives_a_row_in_its_place(values: list[str | None]) -> None:
    together = names.clean(pl.Series(values, dtype=pl.String))
    one_by_one = [rows([value])[0] for value in values[:3]]
    assert together.height == len(values)
    assert together.to_dicts()[:3] == one_by_one
    assert together["kind"].null_count() == 0


@given(cells)
@settings(max_examples=15, deadline=None)
def test_a_clean_name_stays_as_it_is(values: list[str | None]) -> None:
    once = names.clean(pl.Series(values, dtype=pl.String)).filter(pl.col("kind") == "person")
    twice = names.clean(once["name"])
    kept = ["kind", "name", "surname", "given", "pinyin"]
    assert_frame_equal(twice.select(kept), once.select(kept))


@given(
    st.lists(
        st.one_of(
            st.text("王李张欧阳单仇解曾伟娜小老总先生公司无某汽修厂代主客户经理刘乾麥阿古丽迪热巴鐜嬩", min_size=1, max_size=4),
            st.text(max_size=4),
        ),
        min_size=1,
        max_size=20,
        unique=True,
    )
)
@settings(max_examples=20, deadline=None)
def test_the_short_way_gives_what_every_rule_gives(values: list[str]) -> None:
    cells = pl.Series("raw", values, dtype=pl.String)
    rows, found = quick.read(cells)
    assert_frame_equal(found, parse.parse_any(cells.gather(rows).to_frame()).drop("raw"))


def test_size_and_odd_characters_never_raise() -> None:
    found = rows(["王" * 1_000_000, "\x00" * 50, "a" * 1_000_000, "(" * 100_000, "王\x00伟", "\u202e王伟", "/" * 5000, "王伟/" * 1000])
    assert [row["kind"] for row in found][:3] == ["junk", "empty", "junk"]
    assert found[4]["name"] == "王伟"
