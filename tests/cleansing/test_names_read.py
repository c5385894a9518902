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
from cleansing.names import decorated, quick, readings, rules
from cleansing.reasons import REASONS

parse = importlib.import_module("cleansing.names.parse")
person = importlib.import_module("cleansing.names.person")
CASES = Path(__file__).parent / "cases" / "names.jsonl"
CHARACTERS = "王李张欧阳司马单仇解曾伟娜小老总先生女士公司无某和·/ ,()1389*aT刘乾麥⻓"
cells = st.lists(st.one_of(st.none(), st.text(max_size=12), st.text(CHARACTERS, max_size=8)), max_size=12)


def rows(values: list[str | None]) -> list[dict[str, Any]]:
    return names.clean(pl.Series(values, dtype=pl.String)).to_dicts()


def plain(cells: pl.Series) -> tuple[list[int], pl.DataFrame]:
    """The rows of plain names, and what the short way says of them."""
    found = quick.split(cells)
    rows = [row for row, characters in enumerate(found.count) if characters]
    return rows, found.people()[rows]


def test_hard_cases_are_answered_by_their_rules() -> None:
    cases = [json.loads(line) for line in CASES.read_text("utf-8").splitlines()]
    found = rows([case["input"] for case in cases])
    wrong = [
        (case, row) for case, row in zip(cases, found, strict=True) if any(row[key] != value for key, value in case["expected"].items())
    ]
    assert len(cases) >= 50
    assert wrong == []


@given(cells)
@settings(max_examples=15)
def test_any_text_gives_a_row_in_its_place(values: list[str | None]) -> None:
    together = names.clean(pl.Series(values, dtype=pl.String))
    one_by_one = [rows([value])[0] for value in values[:3]]
    assert together.height == len(values)
    assert together.to_dicts()[:3] == one_by_one
    assert together["kind"].null_count() == 0


@given(cells)
@settings(max_examples=15)
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
@settings(max_examples=20)
def test_the_short_way_gives_what_every_rule_gives(values: list[str]) -> None:
    cells = pl.Series("raw", values, dtype=pl.String)
    rows, found = plain(cells)
    frame = cells.gather(rows).to_frame()
    assert_frame_equal(found, frame.join(parse.parse_any(frame), on="raw", how="left", maintain_order="left").drop("raw"))


def test_short_titles_relatives_and_companies_give_what_every_rule_gives() -> None:
    """Every title of one character behind surnames of each sort and up to three characters; what ends as they do but is none."""
    heads = ("王", "佘", "欧阳", "佟佳", "单", "彤", "小", "老", "王明", "彤明", "王小明", "佘小明", "欧阳明", "王总", "王明总", "小王", "哥", "單")  # fmt: skip
    short = (*rules.TITLES_SHORT_M, *rules.TITLES_SHORT_F, *rules.TITLES_SHORT_N)
    ends = (*short, "先生", "总父亲", "哥哥哥", "的车", "总秘书", "职工", "财政局")
    places = ("上海永达汽车", "尊敬的保险公司", "王伟银行", "永达公司李", "陳氏集團公司", "和平公司", "某公司", "公司", "无公司信息", "鐜嬩公司")  # fmt: skip
    behind = ("", "有限公司", "王经理", "李先生和王女士", "业务部")
    cells = [head + end for head in heads for end in ends] + [place + end for place in places for end in behind]
    frame = pl.DataFrame({"raw": list(dict.fromkeys(cells))})
    expected = frame.join(parse.parse_any(frame), on="raw", how="left", maintain_order="left").drop("raw")
    assert_frame_equal(names.clean(frame["raw"]), expected)


HEADS = st.text("王佘欧阳单伟娜敏建国张大公陳乾小某总", min_size=1, max_size=4)
NOTES = st.sampled_from(
    ("（车主）", "(本人)", "-代办", "（先生）", "(女)", "13917852046", "13817852046", "2", "**", "/李娜", "、佘美兰", " 李娜", "/老婆", "(上海永达汽车)", "(学)", "(車主)",
     " Tony", "，女士", "x", "·买买提", "/司机", "(勿打)")
)  # fmt: skip


@given(st.lists(HEADS, min_size=3, max_size=12, unique=True), st.lists(NOTES, min_size=1, max_size=4, unique=True))
@settings(max_examples=40)
def test_a_note_says_of_every_name_what_every_rule_says(heads: list[str], notes: list[str]) -> None:
    """Enough names have each note, so that it is read for all of them at once; spaces between the characters too."""
    common = [f"{surname}{name}" for surname in "王李张刘陈佘" for name in ("伟", "建国", "娜")]
    cells = [head + note for note in notes for head in dict.fromkeys([*common, *heads])] + [" ".join(head) for head in heads]
    frame = pl.DataFrame({"raw": list(dict.fromkeys(cells))})
    fast = decorated.read(frame, parse.parse_any)
    assert_frame_equal(
        frame.join(fast, on="raw", how="left", maintain_order="left"),
        frame.join(parse.parse_any(frame), on="raw", how="left", maintain_order="left"),
    )


def test_size_and_odd_characters_never_raise() -> None:
    found = rows(["王" * 1_000_000, "\x00" * 50, "a" * 1_000_000, "(" * 100_000, "王\x00伟", "\u202e王伟", "/" * 5000, "王伟/" * 1000])
    assert [row["kind"] for row in found][:3] == ["junk", "empty", "junk"]
    assert found[4]["name"] == "王伟"


NAMES = st.builds(
    "{}{}".format,
    st.sampled_from(["王", "單", "欧阳", "万俟", "仇", "佟", "钟离"]),
    st.text("伟娜敏建国佳怡兰英於乾", min_size=1, max_size=2),
)


@given(st.lists(NAMES, min_size=1, max_size=12, unique=True))
@settings(max_examples=20)
def test_columns_of_code_points_give_what_expressions_give(values: list[str]) -> None:
    """The slow way joins every surname and looks every character up; no column of code points is made."""
    frame = parse._cored(parse._told(parse._prepared(pl.DataFrame({"raw": values}))))
    slow = person.read_person(frame.filter(~pl.col("several")).with_row_index("row"))
    cells = slow["raw"]
    rows, fast = plain(cells)
    assert_frame_equal(fast, slow[rows].select(fast.columns))


@given(
    NAMES,
    st.sampled_from(
        ("{0}", " {0} ", "（车主）{0}", "{0}(本人)", "姓名：{0}", "{0}\u200b", "'{0}", "{0}。", "{0} 13917852046", "[{0}]", "{0}-代办")
    ),
)
@settings(max_examples=40)
def test_a_name_survives_every_formatting(name: str, form: str) -> None:
    plain, written = names.clean(pl.Series([name, form.format(name)])).select("kind", "name", "surname", "given", "pinyin").rows()
    assert written == plain


def test_no_name_of_two_characters_is_taken_for_a_wrong_decoding() -> None:
    table = readings.surnames().filter(pl.col("surname").str.len_chars() == 1)["surname"]
    cells = pl.Series([surname + given for surname in table for given in "海伟英"])
    found = names.clean(cells).with_columns(raw=cells)
    assert found.filter(pl.col("kind") == "mojibake")["raw"].to_list() == []


def test_what_a_note_says_is_a_problem_of_the_record() -> None:
    cells = ["王伟(已故)"] * 40 + ["李娜（勿打）"] * 40
    found = rows(cells)
    assert [row["reasons"] for row in found] == [["name_says_deceased"]] * 40 + [["name_says_do_not_contact"]] * 40
    assert all(REASONS[code].repaired for code in rules.SAID)
