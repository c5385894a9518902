"""Addresses: the short ways give what the long ways give, every formatting gives the same, and places compare symmetrically."""

import itertools
import re

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal, assert_series_equal

from cleansing import addresses, divisions, reference, text
from cleansing.addresses import (
    comparing,
    dividing,
    endings,
    evidence,
    grammar,
    place_points,
    preparing,
    shapes,
    sides,
    spans,
    street,
)
from cleansing.addresses.points import Characters
from cleansing.addresses.trie import Trie

PLACES = divisions.current().filter(pl.col("level") == 3)["district"].to_list()
NAMES = sorted({*PLACES, *divisions.current()["name"], *divisions.history()["name"]})
SHORT = sorted({name[:2] for name in NAMES})
WORDS = (
    "人民路",
    "大道",
    "五常街道",
    "12号",
    " ",
    "市",
    "区",
    "花园小区",
    "大学城",
    "新区",
    "中国",
    "-",
    "3-2-501",
    "路",
    "沪",
    "x",
    "(",
    "二楼",
)
heads = st.lists(st.one_of(st.sampled_from(NAMES), st.sampled_from(SHORT), st.sampled_from(WORDS)), max_size=6).map("".join)
cells = st.lists(st.one_of(heads, st.text(max_size=30)), min_size=1, max_size=40)
parts = st.lists(st.sampled_from([*endings.marks(), "阳", "光", "1", "22", "333", "A", "-", ",", "一"]), max_size=12).map("".join)

REGULAR = (
    ("浙江省杭州市余杭区五常街道文一西路969号3号楼2单元501室", "330110"),
    ("广东省广州市天河区天河北路233号中信广场3801", "440106"),
    ("辽宁省沈阳市和平区三好街84号", "210102"),
)


@given(cells)
@settings(max_examples=60)
def test_texts_divided_at_once_are_divided_as_one_by_one(values: list[str]) -> None:
    texts = pl.Series("text", values, dtype=pl.String).str.replace_all("\n", "")
    at_once, one_by_one = dividing.at_once(texts, Characters.of(texts)), dividing.one_by_one(texts)
    assert_frame_equal(at_once.told(), one_by_one.told())
    assert_series_equal(at_once.left(), one_by_one.left())
    rows = np.arange(0, len(texts), 2)
    assert_series_equal(at_once.left(rows), one_by_one.left().gather(rows))


def test_very_many_words_and_very_long_texts_are_divided_alike() -> None:
    many = ["京" * 100, "浙江省杭州市" * 9, "x" * 45 + "杭州市余杭区", "x" * 46 + "京"]
    many += [
        "浙江省杭州市余杭区" * 2,
        "厦门市翔安区四平市铁东区黄山",
        "江苏省南京市" * 4,
        "江苏省南京市" * 4 + "鼓楼区",
        "黄山区" + "余杭区黄山" * 4,
    ]
    texts = pl.Series([*many, "\x00", "", "余杭区" + "\x00" * 60, "朝阳区" + "𠮷" * 50])
    at_once, one_by_one = dividing.at_once(texts, Characters.of(texts)), dividing.one_by_one(texts)
    assert_frame_equal(at_once.told(), one_by_one.told())
    assert_series_equal(at_once.left(), one_by_one.left())


@given(st.lists(st.text("ab京海", min_size=1, max_size=4), min_size=1, unique=True), st.text("ab京海\n𠮷", max_size=20))
def test_the_trie_finds_the_longest_word_at_each_place(words: list[str], written: str) -> None:
    characters = Characters.of(pl.Series([written]))
    places = np.arange(len(written))
    found, ends = Trie.of(words).longest(characters.points, places, np.full(len(written), len(written)))
    longest = [max((word for word in words if written.startswith(word, at)), key=len, default="") for at in places]
    assert [words[number] if number >= 0 else "" for number in found] == longest
    assert (ends - places).tolist() == [len(word) for word in longest]


def test_a_short_name_right_behind_a_district_is_the_streets() -> None:
    found = addresses.clean(pl.Series(["中山市中山港沿江东路", "浙江省杭州市余杭区中国黄金大厦", "新疆喀什市新疆师范学院"]))
    assert found["adcode"].to_list() == ["442000", "330110", "653101"]
    street = found.select(pl.concat_str("town", "road", "estate", ignore_nulls=True)).to_series()
    assert street.to_list() == ["中山港街道沿江东路", "中国黄金大厦", "新疆师范学院"]


@given(cells)
@settings(max_examples=30)
def test_a_plain_cell_is_what_normalizing_makes_of_it(values: list[str]) -> None:
    cells = pl.DataFrame({"raw": pl.Series(values, dtype=pl.String)})
    quick, characters = preparing.prepared(cells)
    assert_frame_equal(quick, preparing._cleaned(cells).select(quick.columns))
    read = [characters.points[start:end] for start, end in zip(characters.starts, characters.ends, strict=True)]
    assert ["".join(map(chr, one)) for one in read] == quick["text"].to_list()


def test_what_says_nothing_is_never_taken_for_plain() -> None:
    written = [word + mark * times for word in text.JUNK_WORDS for mark in "-#()屯" for times in (0, 1, 3)]
    cells = pl.DataFrame(
        {"raw": [*written, "屯屯屯浙江省杭州市余杭区", "浙江省杭州市余杭区屯屯屯村12号", "浙江省杭州市余杭区三家屯村12号"]}
    )
    quick, _ = preparing.prepared(cells)
    assert_frame_equal(quick, preparing._cleaned(cells).select(quick.columns))


def test_a_line_break_inside_a_cell_is_a_gap() -> None:
    cells = pl.Series(
        [
            "浙江省杭州市余杭区\n五常街道文一西路969号",
            "浙江省杭州市余杭区五常街道文一西路969号",
            "浙江省杭州市余杭区五常街道\r\n文一西路969号\n",
        ]
    )
    found = addresses.clean(cells).drop("reasons")
    assert found["adcode"].to_list() == ["330110"] * 3
    assert found.unique().height == 1


@given(st.lists(parts, min_size=1, max_size=20))
@settings(max_examples=30)
def test_parts_of_a_shape_lie_in_it_and_the_shape_in_its_text(texts: list[str]) -> None:
    column = pl.Series(texts, dtype=pl.String)
    read = shapes.read(column)
    assert len(read.shape) == len(column)
    for row, (shape, written) in enumerate(zip(read.shape, column, strict=True)):
        assert len(shape) <= len(written)
        found = grammar.parse(shape)
        assert set(found) <= set(grammar.PARTS)
        claimed = sorted(found[part] for part in ("town", "community", "road", "road_no", "estate", "building", "room") if part in found)
        assert all(0 <= begin < end <= len(shape) for begin, end in claimed)
        assert all(before[1] <= after[0] for before, after in itertools.pairwise(claimed))
        places = read.places[read.starts[row] : read.starts[row] + len(shape)] - read.places[read.starts[row]]
        starts = itertools.accumulate((len(character.encode()) for character in written), initial=0)
        assert set(places.tolist()) <= set(starts)


@given(st.lists(parts, min_size=1, max_size=20))
@example(["新村路小学村路口", "街道路", "大道东路段"])
@settings(max_examples=60)
def test_endings_found_in_all_texts_at_once_are_those_of_a_search_from_left_to_right(texts: list[str]) -> None:
    marked = sorted(endings.marks().items(), key=lambda mark: -len(mark[0]))
    search = re.compile("|".join(re.escape(word) for word, _ in marked))
    slow = [search.sub(lambda found: endings.marks()[found[0]], text) for text in texts]
    assert shapes.read(pl.Series(texts, dtype=pl.String)).shape.to_list() == [_as_shape(text) for text in slow]


def _as_shape(marked: str) -> str:
    """The shape of a text whose endings are letters already."""
    letters = re.sub("[^ -~]", "x", re.sub("[0-9]", "0", marked))
    array = np.frombuffer(f"{letters}\n".encode("ascii"), dtype=np.uint8)
    return _line(array[~(shapes._repeated(array) | shapes._inside_names(array))])


@given(st.lists(st.text(max_size=40), min_size=1, max_size=10))
@example(["00À0¡¡"])  # À and ¡¡ side by side look like another encoding
@settings(max_examples=20)
def test_the_canonical_line_of_any_text_stays_where_it_is(values: list[str]) -> None:
    once = addresses.clean(addresses.clean(pl.Series(values, dtype=pl.String))["normalized"])
    again = addresses.clean(once["normalized"])
    assert_frame_equal(again.select("adcode", "status"), once.select("adcode", "status"))


@pytest.mark.parametrize(("written", "adcode"), REGULAR)
def test_an_address_survives_every_formatting(written: str, adcode: str) -> None:
    back = {simple: old for old, simple in text.traditional().items()}
    forms = [
        written,
        " ".join(written.partition("区")),
        "\u200b" + written + "\u3000",
        "".join(chr(ord(character) + 0xFEE0) if character.isascii() else character for character in written),
        "".join(back.get(character, character) if character in "广东号楼单龙" else character for character in written),
        f"地址:{written}",
        f"{written}。",
        f"中国{written}",
    ]
    found = addresses.clean(pl.Series(forms)).drop("reasons")
    assert found["adcode"].to_list() == [adcode] * len(forms)
    assert found.unique().height == 1


def test_divisions_alone_are_those_of_the_whole_reading() -> None:
    values = pl.Series([f"{name}人民路1号" for name in NAMES[::7]] + ["朝阳区", "同上", None])
    hints = pl.DataFrame({"city": ["北京市"] * len(values)})
    names = ("province", "city", "district", "adcode", "district_as_written")
    assert_frame_equal(addresses.divisions(values, hints=hints).select(names), addresses.clean(values, hints=hints).select(names))


@given(cells)
@settings(max_examples=20)
def test_same_place_is_symmetric_and_an_answer(values: list[str]) -> None:
    left = addresses.clean(pl.Series(values, dtype=pl.String))
    right = left.sample(fraction=1, shuffle=True, seed=len(values))
    there, back = comparing.same_place(left, right), comparing.same_place(right, left)
    assert there.null_count() == 0
    assert there.to_list() == back.to_list()


@given(cells)
@settings(max_examples=20)
def test_an_address_is_its_own_place_where_it_says_anything(values: list[str]) -> None:
    found = addresses.clean(pl.Series(values, dtype=pl.String))
    says = found.select(pl.any_horizontal(pl.col(sides.PARTS).is_not_null())).to_series()
    assert comparing.same_place(found, found).to_list() == says.to_list()


PLACE = "浙江省杭州市余杭区文一西路969号阳光花园3号楼2单元501室"
FORMS = (
    "浙江省 杭州市 余杭区 文一西路969号阳光花园3号楼2单元501室",
    "浙江省杭州市余杭区文一西路９６９号阳光花园３号楼２单元５０１室",
    "地址:浙江省杭州市余杭区文一西路969号阳光花园3幢2单元501",
    "浙江省杭州市餘杭區文一西路969號陽光花園3號樓2單元501室",
)


@pytest.mark.parametrize("form", FORMS)
def test_same_place_whatever_the_form(form: str) -> None:
    sides = [addresses.clean(pl.Series([side])) for side in (PLACE, form)]
    assert addresses.same_place(*sides).to_list() == [True]


def test_same_place_does_not_depend_on_the_other_rows() -> None:
    left, right = (addresses.clean(pl.Series([pair[side] for pair in SAME] * 3000)) for side in (0, 1))
    together = addresses.same_place(left, right).to_list()
    assert together == [expected for _, _, expected in SAME] * 3000


def _points_slowly(row: dict[str, float]) -> float:
    """The slow, obvious way: from leaf to leaf, the first that no split takes out."""
    sums = 0.0
    table = pl.read_csv(reference.path("same_place.csv"))
    for _, tree in table.group_by("tree", maintain_order=True):
        rows = tree.to_dicts()
        splits = [split for split in rows if split["evidence"]]
        out = {leaf for split in splits if row[split["evidence"]] > split["at_most"] for leaf in range(split["first"], split["leaf"] + 1)}
        sums += next(leaf["points"] for leaf in rows if leaf["leaf"] not in out)
    return sums


evidences = st.fixed_dictionaries(
    {
        name: st.integers(-2, 120) | st.floats(-2, 60, width=16)
        for name in evidence.gather(*[addresses.clean(pl.Series(["人民路12号"]))] * 2)
    }
)


@given(evidences)
@settings(max_examples=15)
def test_points_are_those_of_the_table(row: dict[str, float]) -> None:
    found = place_points.total({name: np.array([float(value)]) for name, value in row.items()})
    assert found[0] == pytest.approx(_points_slowly(row), abs=0.2)


@given(evidences, st.sampled_from([("number", -1), ("weight", 1), ("core_within", 1), ("words", 1)]), st.integers(0, 100))
@settings(max_examples=50)
def test_more_against_never_makes_it_more_the_same(row: dict[str, float], direction: tuple[str, int], step: int) -> None:
    name, sign = direction
    more = row | {name: row[name] + step}
    before, after = (place_points.total({name: np.array([float(value)]) for name, value in one.items()})[0] for one in (row, more))
    assert sign * (after - before) >= -0.2  # points are rounded to a tenth in the table, one split at a time


SAME = (
    ("阳光花园3-2-501", "人民路12号阳光花园3号楼2单元501室", True),
    ("上海市徐汇区漕溪北路1200弄3号501室", "漕溪北路1200弄3号", True),
    ("江苏省南京市玄武区锁金南路8号", "锁金南路8号", True),
    ("人民路12号", "人民路120号", False),
    ("人民路12号", "建设路12号", False),
    ("北京市朝阳区阳光花园3栋", "上海市静安区阳光花园3栋", False),
    ("阳光花园3栋", "锦绣家园3栋", False),
    ("", "", False),
)


@pytest.mark.parametrize(("left", "right", "expected"), SAME)
def test_same_place_by_its_rules(left: str, right: str, *, expected: bool) -> None:
    sides = [addresses.clean(pl.Series([side])) for side in (left, right)]
    assert addresses.same_place(*sides).to_list() == [expected]


letters = st.text("TCRrZPJBUFMHGWLESDQVKbdNxyxyx000A,-#", max_size=16)


@given(st.lists(letters, min_size=1, max_size=40))
@settings(max_examples=100)
def test_shapes_read_together_have_the_parts_that_each_has_alone(written: list[str]) -> None:
    table = spans.table(pl.Series(written, dtype=pl.String))
    together = [{part: (row[at], row[at + 1]) for part, at in spans.COLUMN.items() if row[at] >= 0} for row in table.tolist()]
    assert together == [grammar.parse(shape) for shape in written]


@given(letters)
@settings(max_examples=300)
def test_a_shape_without_the_letters_inside_names_has_the_same_parts(shape: str) -> None:
    array = np.frombuffer(f"{shape}\n".encode(), dtype=np.uint8)
    array = array[~shapes._repeated(array)]
    kept = np.flatnonzero(~shapes._inside_names(array))
    short = {part: (int(kept[begin]), int(kept[end])) for part, (begin, end) in grammar.parse(_line(array[kept])).items()}
    assert short == grammar.parse(_line(array))


def _line(array: npt.NDArray[np.uint8]) -> str:
    return array.tobytes().decode().removesuffix("\n")


noted = st.lists(
    st.sampled_from(
        [*"(（)原放人到收 -,138电联请", "12345", "00138000", "310000", "邮编", "工作日", "送货上门", "到了打我", "周三派送", "阳光路"]
    ),
    max_size=8,
).map("".join)


@given(st.lists(noted, min_size=1, max_size=20))
@settings(max_examples=50)
def test_what_is_passed_over_has_no_phone_postcode_or_remark(values: list[str]) -> None:
    passed = pl.Series(values).filter(~pl.Series(values).str.contains(street._MAY_HAVE_MORE))
    for rule in (street.PHONE, street.POSTCODE, street.REMARK, street._OLD_NAME):
        assert not passed.str.contains(rule).any()
