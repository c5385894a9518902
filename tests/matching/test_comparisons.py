"""Laws of comparisons and weights: symmetric, monotone, and equal to a slow obvious reading."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from matching import features, frequencies, scoring
from matching.codes import codes
from matching.compare_names import compare_name, compare_titled
from matching.comparisons import Comparison, compare_kernel, comparisons_for
from matching.frequencies import Rarity
from matching.levels import UNKNOWN, Sides, one_digit_apart
from matching.model import ComparisonModel, LevelModel, Model
from matching.spec import ModelSpec, parse

SPEC = parse(
    """
record_id: id
columns:
  name: name
  given: given_name
  family: surname
  born: date
  tel: phone
  mail: email
  card: {kind: identifier, exclusive: true}
  number: identifier
  vin: vin
  plate: plate
  day: seen
  address: address
  code: postcode
  sex: category
  words: text
""",
    where="test",
)
COMPARISONS = comparisons_for(SPEC)

few = st.sampled_from
OPTIONAL = {
    "name": few(
        [
            None,
            "王伟",
            "王玮",
            "王小明",
            "王小民",
            "李娜",
            "ann lee",
            "lee ann",
            "a. lee",
            "nancy lee-fox",
            "ann b lee",
            "上海某某贸易有限公司",
        ]
    ),
    "name__surname": few([None, "王", "李"]),
    "name__given": few([None, "伟", "玮", "小明", "小民", "娜"]),
    "name__pinyin": few([None, "wang wei", "wang xiao ming", "wang xiao min", "li na"]),
    "given": few([None, "ann", "anne", "bob", "lee", "robert", "r", "j.", "jo", "anna maria", "maria", "bobby ray"]),
    "family": few([None, "lee", "leigh", "ann", "smith", "smyth", "smith-jones", "jones"]),
    "born": few([None, "19800102", "19800201", "19800103", "1980", "19991231"]),
    "tel": st.lists(few(["+8613912345678", "+8613912345679", "+8613912345687", "+862162345678"]), max_size=3),
    "mail": st.lists(few(["a.b@x.cn", "a.c@x.cn", "other@y.com"]), max_size=2),
    "card": few([None, "110101198001020019", "110101198001020027"]),
    "number": few([None, "1234567", "1234568", "7654321"]),
    "vin": few([None, "LSVAA1", "LSVAA2"]),
    "plate": few([None, "沪A12345", "沪B54321"]),
    "day": few([None, "20150101", "2016-05-01", "20250101", "2015"]),
    "address": few([None, "上海市人民路1号501室", "上海市人民路1号502室", "上海市人民路1号", "北京市解放路9号101室"]),
    "address__adcode": few([None, "310101", "310115", "110101"]),
    "address__road": few([None, "人民路", "解放路"]),
    "address__road_no": few([None, "1号", "9号"]),
    "address__building": few([None, "1", "2"]),
    "address__room": few([None, "501", "502"]),
    "code": few([None, "ts19 0sh", "ts19 0sg", "ts5 7hb"]),
    "sex": few([None, "m", "f"]),
    "words": few([None, "red house", "red horse", "blue"]),
}
RECORD = st.fixed_dictionaries(OPTIONAL)
SCHEMA = {name: pl.List(pl.String()) if name in {"tel", "mail"} else pl.String() for name in OPTIONAL}


def prepared(records: list[dict[str, object]]) -> pl.DataFrame:
    frame = pl.DataFrame(records, schema=SCHEMA).with_row_index("rid", offset=1).with_columns(pl.col("rid").cast(pl.Int64))
    return features.feature_kernel(frame, spec=SPEC)


def sides(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """What ``scoring.wide`` reads; a comparison never looks at texts that are equal, so they may stand there."""
    columns = [left[name].alias(f"{name}_l") for name in left.columns] + [right[name].alias(f"{name}_r") for name in right.columns]
    return pl.DataFrame(columns)


def compared(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    return compare_kernel(sides(left, right), comparisons=COMPARISONS, texts=features.text_names(SPEC), rarity=Rarity.of(SPEC, {}))


def a_model() -> Model:
    made = []
    for comparison in COMPARISONS:
        levels = tuple(
            LevelModel(level.label, 0.1, 0.1, 0.1, 9_000 - 1_500 * place, 5_000 - 1_500 * place, weighed=False)
            for place, level in enumerate(comparison.levels)
        )
        made.append(ComparisonModel(comparison.name, comparison.shared, True, levels))
    return Model(SPEC, tuple(made), prior=-15_000, household=2_000, link=3_000, review=0, keys=())


@settings(max_examples=60)
@given(st.lists(st.tuples(RECORD, RECORD), min_size=1, max_size=20))
def test_exchanging_left_and_right_changes_nothing(pairs: list[tuple[dict[str, object], dict[str, object]]]) -> None:
    left, right = prepared([a for a, _ in pairs]), prepared([b for _, b in pairs])
    one = compared(left, right)
    other = compared(right, left)
    assert one.drop("rid_l", "rid_r").equals(other.drop("rid_l", "rid_r"))


@settings(max_examples=40)
@given(st.lists(RECORD, min_size=1, max_size=20))
def test_a_record_agrees_with_itself_in_all_it_has(records: list[dict[str, object]]) -> None:
    frame = prepared(records)
    levels = compared(frame, frame)
    for comparison in COMPARISONS:
        best = {"address": {0, 1, 2, 4, 6}, "car": {0, 1}}.get(comparison.name, {0})
        assert set(levels[comparison.name].to_list()) <= best | {UNKNOWN}


@settings(max_examples=60)
@given(st.lists(st.tuples(RECORD, RECORD), min_size=1, max_size=10), st.sampled_from(COMPARISONS))
def test_more_agreement_never_lowers_the_weight(pairs: list[tuple[dict[str, object], dict[str, object]]], comparison: Comparison) -> None:
    levels = compared(prepared([a for a, _ in pairs]), prepared([b for _, b in pairs]))
    model = a_model()
    weights = [
        scoring.weigh(levels.with_columns(pl.lit(place, dtype=pl.Int8).alias(comparison.name)), comparisons=COMPARISONS, model=model)[
            "weight"
        ]
        for place in range(len(comparison.levels))
    ]
    for better, worse in pairwise(weights):
        assert (better >= worse).all()


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 11), st.integers(0, 9), st.booleans()), min_size=1, max_size=30))
def test_one_digit_apart_equals_the_slow_reading(cases: list[tuple[int, int, int, bool]]) -> None:
    a, b = [], []
    for number, place, digit, swap in cases:
        text = list(f"{number:013d}")
        if swap:
            text[place], text[place + 1] = text[place + 1], text[place]
        else:
            text[place] = str(digit)
        a.append(number)
        b.append(int("".join(text)))
    b[0] = cases[-1][0]

    def slow(left: int, right: int) -> bool:
        one, two = f"{left:013d}", f"{right:013d}"
        unlike = [place for place in range(13) if one[place] != two[place]]
        swapped = len(unlike) == 2 and unlike[1] == unlike[0] + 1 and one[unlike[0]] == two[unlike[1]] and one[unlike[1]] == two[unlike[0]]
        return len(unlike) == 1 or swapped

    found = one_digit_apart(np.array(a, dtype=np.int64), np.array(b, dtype=np.int64))
    assert found.tolist() == [slow(left, right) for left, right in zip(a, b, strict=True)]


@settings(max_examples=10)
@given(st.lists(RECORD, min_size=2, max_size=12))
def test_texts_that_stay_at_home_are_not_missed(records: list[dict[str, object]]) -> None:
    frame = prepared(records)
    pairs = frame.select(rid_l="rid").join(frame.select(rid_r="rid"), how="cross").sort("rid_l", "rid_r")
    by_rid = frame.rename({"rid": "id"})
    whole = compared(*(by_rid[(pairs[side] - 1).to_list()].rename({"id": "rid"}) for side in ("rid_l", "rid_r")))
    with DuckDBEngine() as engine:
        found = engine.collect(
            scoring.compare(engine, engine.from_frame(pairs), engine.from_frame(frame), COMPARISONS, SPEC, Rarity.of(SPEC, {}))
        )
    assert found.sort("rid_l", "rid_r").equals(whole)


NAMES = [
    (("王伟", "王", "伟", "wang wei"), ("王伟", "王", "伟", "wang wei"), "exact"),
    (("王伟", "王", "伟", "wang wei"), ("王玮", "王", "玮", "wang wei"), "homophone"),
    (("王小明", "王", "小明", "wang xiao ming"), ("王小敏", "王", "小敏", "wang xiao min"), "near"),
    (("林芳", "林", "芳", "lin fang"), ("凌芳", "凌", "芳", "ling fang"), "near"),
    (("王小明", "王", "小明", "wang xiao ming"), ("王小红", "王", "小红", "wang xiao hong"), "one_character"),
    (("王小明", "王", "小明", "wang xiao ming"), ("王明", "王", "明", "wang ming"), "one_character"),
    (("王伟", "王", "伟", "wang wei"), ("王芳", "王", "芳", "wang fang"), "short_given"),
    (("王伟", "王", "伟", "wang wei"), ("王小芳", "王", "小芳", "wang xiao fang"), "same_surname"),
    (("王伟", "王", "伟", "wang wei"), ("李伟", "李", "伟", "li wei"), "given_only"),
    (("王伟", "王", "伟", "wang wei"), ("李娜", "李", "娜", "li na"), "different"),
    (("ann lee", None, None, None), ("lee ann", None, None, None), "near"),
    (("王伟", "王", "伟", "wang wei"), (None, "王", None, None), None),
    (("bill smith", None, None, None), ("william smith", None, None, None), "near"),
    (("anna lee", None, None, None), ("anna maria lee", None, None, None), "near"),
    (("liz smith", None, None, None), ("elizabeth smith-jones", None, None, None), "near"),
    (("j. q. smith", None, None, None), ("john smith", None, None, None), "one_character"),
    (("bill smith", None, None, None), ("william fox", None, None, None), "different"),
    (("j smith", None, None, None), ("ann smith", None, None, None), "different"),
]
PARTS = [
    ("given", "bill", "william", "nickname"),
    ("given", "bill", "will", "nickname"),
    ("given", "liz", "beth", "nickname"),
    ("given", "j.", "john", "part"),
    ("given", "anna", "anna maria", "part"),
    ("given", "maria", "anna maria", "part"),
    ("given", "bill j", "william", "nickname"),
    ("given", "bob", "ann", "different"),
    ("family", "smith", "smith-jones", "part"),
    ("family", "jones", "smith-jones", "part"),
    ("family", "bill", "william", "different"),
    ("family", "de la cruz", "de la torre", "similar"),
]


@pytest.mark.parametrize(("column", "left", "right", "expected"), PARTS)
def test_parts_of_names(column: str, left: str, right: str, expected: str) -> None:
    one, two = ({**dict.fromkeys(OPTIONAL), "tel": [], "mail": [], column: name} for name in (left, right))
    for a, b in ((one, two), (two, one)):
        level = compared(prepared([a]), prepared([b]))[column].item()
        assert next(c for c in COMPARISONS if c.name == column).levels[level].label == expected


@pytest.mark.parametrize(("left", "right", "expected"), NAMES)
def test_names(left: tuple[str | None, ...], right: tuple[str | None, ...], expected: str | None) -> None:
    name = parse("record_id: id\ncolumns: {of: name}\n", where="test")
    frame = pl.DataFrame(
        [(1, *left), (2, *right)],
        schema={"rid": pl.Int64, "of": pl.String, "of__surname": pl.String, "of__given": pl.String, "of__pinyin": pl.String},
        orient="row",
    )
    ready = features.feature_kernel(frame, spec=name)
    pair = Sides(sides(ready[:1], ready[1:]), features.text_names(name))
    rarity = Rarity.of(name, {})
    level = compare_name(pair, rarity, name="of").level[0]
    labels = {place: entry.label for place, entry in enumerate(next(c for c in comparisons_for(name) if c.name == "of").levels)}
    assert (None if level == UNKNOWN else labels[level]) == expected
    if expected is None:
        assert compare_titled(pair, rarity, name="of").level[0] == 0


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("peter.nowak17@mail.com", "peter.nowak17@mail.com", "shared"),
        ("peter.nowak17@mail.com", "peter.novak17@mail.com", "close"),
        ("peter.nowak17@mail.com", "peter.nowak18@mail.com", "different"),  # a namesake
        ("peter.nowak@mail.com", "peter.nowak2@mail.com", "different"),
        ("krzysztof.wozniak@firma.com.pl", "krzysztof.nowak@firma.com.pl", "different"),  # of one firm
    ],
)
def test_numbers_tell_namesakes_apart(left: str, right: str, expected: str) -> None:
    one, two = ({**dict.fromkeys(OPTIONAL), "tel": [], "mail": [address]} for address in (left, right))
    for a, b in ((one, two), (two, one)):
        level = compared(prepared([a]), prepared([b]))["mail"].item()
        assert next(c for c in COMPARISONS if c.name == "mail").levels[level].label == expected


def test_frequent_values_say_less() -> None:
    spec = ModelSpec("id", parse("record_id: id\ncolumns: {of: text}\n", where="test").columns)
    frame = pl.DataFrame(
        {"id": [f"{n}" for n in range(1000)], "of": ["zhang wei"] * 100 + ["ouyang"] * 2 + [f"name {n}" for n in range(898)]}
    )
    with DuckDBEngine() as engine:
        table = engine.from_frame(frame)
        known = features.build(engine, table, features.number_records(engine, table, spec), spec)
        rarity = Rarity.of(spec, frequencies.count(engine, known, spec))
    values = ["zhang wei", "ouyang", "name 1", None]
    often, rarely, once, missing = rarity.bits("of", codes(pl.Series(values))).tolist()
    assert often == pytest.approx(1000 * np.log2(999 / 99), abs=1)
    assert often < rarely < once == frequencies.RARE
    assert missing == 0
