"""Free text by its words: what words are, which of them make keys, how texts are compared, and what it does for a table."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from matching import keys, words
from matching.codes import MISSING, codes
from matching.compare_words import common, compare_words
from matching.comparisons import compare_kernel, comparisons_for
from matching.features import feature_kernel, text_names
from matching.frequencies import Rarity
from matching.levels import Sides
from matching.match import match
from matching.spec import SpecError, parse

SPEC = parse("record_id: id\ncolumns: {where: {kind: address, words: true}, who: {kind: name, words: true}}\n", where="m")
RARITY = Rarity.of(SPEC, {})
LISTED = words.slots("where", "address")
TEXTS = st.text(alphabet="ab 12王府井街,", max_size=24)


def sides(pairs: list[tuple[str | None, str | None]]) -> pl.DataFrame:
    """Wide pairs of the features of two addresses, as scoring makes them."""
    found = []
    for side, place in (("l", 0), ("r", 1)):
        frame = pl.DataFrame(
            {"rid": range(len(pairs)), "where": [pair[place] for pair in pairs], "who": [None] * len(pairs)},
            schema={"rid": pl.Int64, "where": pl.String, "who": pl.String},
        )
        found.append(feature_kernel(frame, spec=SPEC).rename(lambda name, side=side: f"{name}_{side}"))
    return pl.concat(found, how="horizontal")


def levels(pairs: list[tuple[str | None, str | None]]) -> list[int]:
    return compare_words(Sides(sides(pairs), text_names(SPEC)), RARITY, name="where", slots=LISTED).level.tolist()


def test_words_of_english_and_chinese() -> None:
    found = words.words(pl.Series(["12 High-Street high", "王府井8号", "", None]), count=4)
    assert [[column[row] for column in found] for row in range(4)] == [
        ["12", "high", "street", None],
        ["王府", "8", "府井", None],
        [None] * 4,
        [None] * 4,
    ]
    assert words.numbers(pl.Series(["flat 3, 12 high street", "high street"])).to_list() == ["3", None]


def test_better_agreement_has_a_better_level() -> None:
    pairs = [
        ("12 high street leeds", "12 high street leeds"),
        ("12 high street leeds", "leeds high street 12"),
        ("12 high street leeds", "12 high streat leeds"),
        ("12 high street north leeds", "12 high street leeds"),
        ("12 high street leeds", "12 high street leeds between the old station and the market"),
        ("12 high street leeds", "14 high street leeds"),
        ("12 high street leeds", "14 high street leeds between the old station and the market"),
        ("12 high street leeds", "9 station road york"),
        ("12 high street leeds", None),
    ]
    assert levels(pairs) == [0, 1, 2, 3, 4, 5, 5, 7, -1]


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=8))
def test_comparison_is_symmetric(pairs: list[tuple[str, str]]) -> None:
    assert levels(pairs) == levels([(right, left) for left, right in pairs])


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=8))
def test_common_words_equal_the_obvious_sets(pairs: list[tuple[str, str]]) -> None:
    both, either = common(Sides(sides(pairs), text_names(SPEC)), RARITY, LISTED)
    for row, (left, right) in enumerate(pairs):
        one, two = (_set(each) for each in (left, right))
        shared = len(one & two)
        assert both[row] == pytest.approx(2 * shared / max(len(one) + len(two), 1))
        assert either[row] == pytest.approx(shared / max(min(len(one), len(two)), 1))


def _set(value: str) -> set[str]:
    return {column[0] for column in words.words(pl.Series([value]), count=len(LISTED)) if column[0] is not None}


@given(st.permutations(["12", "high", "street", "leeds", "flat", "b"]))
def test_the_rarest_words_do_not_depend_on_their_order(order: list[str]) -> None:
    slots = [codes(pl.Series([word])) for word in order]
    frequent = pl.DataFrame({"code": codes(pl.Series(["street"])), "bits": [2_000]}, schema={"code": pl.Int64, "bits": pl.Int32})
    rarity = Rarity.of(SPEC, {"where__words": frequent})
    found = words.rarest(slots, LISTED[0], rarity, count=5)
    listed = {int(column[0]) for column in found}
    assert listed == {int(codes(pl.Series([word]))[0]) for word in order if word != "street"}
    assert [column.tolist() for column in found] == [column.tolist() for column in words.rarest(slots[::-1], LISTED[0], rarity, count=5)]


def test_keys_of_two_words_need_two_words() -> None:
    frame = feature_kernel(pl.DataFrame({"rid": [1, 2], "where": ["high street", "leeds"], "who": [None, "ann lee"]}), spec=SPEC)
    token = keys.Token("where", "words")
    made = np.stack(keys.token_codes(frame, token, SPEC, RARITY))
    assert (made[:, 0] != MISSING).sum() == 1
    assert (made[:, 1] != MISSING).sum() == 0


@pytest.mark.parametrize(
    ("values", "parsed", "free"),
    [
        (["12 High Street, Leeds", "4 Station Road, York"], [None, None], True),
        (["上海市人民路12号", "上海市南京路8号"], ["人民路", "南京路"], False),
        (["Leeds", "York"], [None, None], False),
    ],
)
def test_the_data_decides_what_is_free_text(values: list[str], parsed: list[str | None], *, free: bool) -> None:
    spec = parse("record_id: id\ncolumns: {where: address}\n", where="m")
    sample = pl.DataFrame({"where": values, "where__road": parsed}, schema={"where": pl.String, "where__road": pl.String})
    assert words.chosen(spec, sample).columns["where"].words is free


def test_the_file_decides_before_the_data() -> None:
    spec = parse("record_id: id\ncolumns: {where: {kind: address, words: false}}\n", where="m")
    sample = pl.DataFrame(
        {"where": ["12 High Street, Leeds"], "where__road": [None]}, schema={"where": pl.String, "where__road": pl.String}
    )
    assert words.chosen(spec, sample).columns["where"].words is False
    with pytest.raises(SpecError, match=r"m:2: column 'where' has words 'yes please'"):
        parse("record_id: id\ncolumns: {where: {kind: address, words: yes please}}\n", where="m")


def _customers() -> tuple[pl.DataFrame, dict[str, str]]:
    """Western customers of two free columns, each twice: a word or a letter left out, words in another order."""
    heads, middles, ends = (
        ["b", "ch", "d", "fr", "gl", "h", "k", "m", "p", "r", "s", "t", "v", "w"],
        ["a", "e", "i", "o", "u", "oo", "ai"],
        ["lton", "n", "rn", "x", "mble", "ster", "cky", "dd", "gue", "ssey"],
    )
    towns, rows, truth = ("leeds", "york", "ripon", "selby", "malton"), [], {}

    def word(number: int) -> str:
        code = number * 7919 % 104_729
        return heads[code % 14] + middles[code // 14 % 7] + heads[code // 98 % 14] + middles[code // 1372 % 7] + ends[code // 9604 % 10]

    for number in range(300):
        who = f"{word(number)} {word(number + 1000)}"
        where = f"{number % 90 + 1} {word(2000 + number % 40)} road {towns[number % 5]} {number * 17 % 9000 + 1000}"
        other = [where[:4] + where[5:], " ".join(where.split(" ")[:-1]), where][number % 3]
        for copy, (name, address) in enumerate(((who, where), (who if number % 2 else " ".join(reversed(who.split(" "))), other))):
            rows.append((f"{number:03}-{copy}", name, address))
            truth[f"{number:03}-{copy}"] = f"{number:03}"
    return pl.DataFrame(rows, schema=["id", "who", "where"], orient="row"), truth


def test_a_table_of_free_text_is_matched() -> None:
    rows, truth = _customers()
    with DuckDBEngine() as engine:
        clusters = engine.collect(match(engine, engine.from_frame(rows), SPEC).clusters)
    found: dict[str, str] = dict(clusters.select("record_id", "cluster_id").iter_rows())
    right = sum(found[f"{number:03}-0"] == found[f"{number:03}-1"] for number in range(300))
    assert right >= 285
    assert all(truth[record] == truth[cluster] for record, cluster in found.items())


def test_without_words_a_spec_has_no_features_of_words() -> None:
    spec = parse("record_id: id\ncolumns: {where: address}\n", where="m")
    assert words.free(spec) == []
    assert not any("__word" in feature for comparison in comparisons_for(spec) for feature in comparison.features)


def test_a_batch_is_compared_whole() -> None:
    made = compare_kernel(
        sides([("12 high street leeds", "12 high street leeds")]),
        comparisons=comparisons_for(SPEC), texts=text_names(SPEC), rarity=RARITY,
    )  # fmt: skip
    assert made["where"].to_list() == [0]
