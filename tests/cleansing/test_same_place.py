"""The evidence of same_place: the quick ways give what the slow, obvious ways give, whichever side is left, for any text."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleansing import addresses, reference
from cleansing.addresses import evidence, runs, shared, sides

few = st.lists(st.tuples(*[st.text("路中山花园1|", max_size=12)] * 2), min_size=1, max_size=8)
cells = st.lists(
    st.text("阳光花园小区号楼中山路12A与交叉口西南米|()（ 𠮷\n", max_size=30) | st.text(max_size=20) | st.none(),
    min_size=2,
    max_size=12,
)


def _columns(pairs: list[tuple[str, str]]) -> tuple[pl.Series, pl.Series]:
    return pl.Series([left for left, _ in pairs]), pl.Series([right for _, right in pairs])


def _longest_slowly(left: str, right: str) -> tuple[int, int, int]:
    """Every run of the left, the longest first, looked for in the right."""
    for length in range(len(left), 0, -1):
        for at in range(len(left) - length + 1):
            run = left[at : at + length]
            if "|" not in run and run in right:
                return length, at, right.index(run)
    return 0, 0, 0


@given(few)
@settings(max_examples=200)
def test_the_longest_run_is_the_one_found_slowly(pairs: list[tuple[str, str]]) -> None:
    left, right = (runs.table(side) for side in _columns(pairs))
    found = runs.longest(left, right)
    got = list(zip(found.length.tolist(), found.left.tolist(), found.right.tolist(), strict=True))
    assert got == [_longest_slowly(*pair) for pair in pairs]


@given(few)
@settings(max_examples=50)
def test_without_the_longest_run_none_of_it_is_left(pairs: list[tuple[str, str]]) -> None:
    left, right = (runs.table(side) for side in _columns(pairs))
    found = runs.longest(left, right)
    less = runs.without(left, found.left, found.length)
    assert ((left != 0).sum(axis=1) - (less != 0).sum(axis=1)).tolist() == found.length.tolist()
    assert (runs.longest(less, right).length <= found.length).all()


def test_only_the_first_characters_are_looked_at() -> None:
    texts = pl.Series(["中" * 1_000_000, "山"])
    assert runs.table(texts).shape == (2, runs.MOST)


def _pairs_slowly(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1) if "|" not in text[at : at + 2]}


@given(few)
@settings(max_examples=50)
def test_pairs_in_both_texts_are_those_of_sets(pairs: list[tuple[str, str]]) -> None:
    left, right = (shared.pairs(side) for side in _columns(pairs))
    in_both = np.bincount(shared.rows_of_pairs(left[shared.among(left, right)]), minlength=len(pairs))
    assert in_both.tolist() == [len(_pairs_slowly(one) & _pairs_slowly(other)) for one, other in pairs]


@given(few)
@settings(max_examples=50)
def test_what_words_say_is_the_sum_over_sets(pairs: list[tuple[str, str]]) -> None:
    says = {row["word"]: row for row in pl.read_csv(reference.path("same_place_words.csv"), infer_schema=False).to_dicts()}
    none = {"both": "0", "one": "0"}
    slowly = []
    for one, other in pairs:
        left, right = ((set(text) | _pairs_slowly(text)) - {"|"} for text in (one, other))
        both = sum(float(says.get(word, none)["both"]) for word in left & right)
        slowly.append(both + sum(float(says.get(word, none)["one"]) for word in left ^ right))
    assert shared.points_of_words(*_columns(pairs)).tolist() == pytest.approx(slowly)


def test_names_are_rarer_than_what_many_addresses_have() -> None:
    rarities = shared.rarity(shared.pairs(pl.Series(["花园", "曼哈"])), "street")
    assert rarities[0] < 0.7 < rarities[1]


@given(st.lists(st.tuples(st.integers(0, 4), st.floats(0, 1)), max_size=12))
def test_the_rarest_of_each_row_are_those_that_sorting_gives(given_rows: list[tuple[int, float]]) -> None:
    ordered = sorted(given_rows, key=lambda row: row[0])
    rows = np.array([row for row, _ in ordered], dtype=np.int64)
    found = shared.rarest(rows, np.array([value for _, value in ordered]), 5, 2)
    wanted = [[*sorted((value for at, value in ordered if at == row), reverse=True), 0.0, 0.0][:2] for row in range(5)]
    assert np.column_stack(found).tolist() == wanted


@given(cells)
@settings(max_examples=50)
def test_every_kind_of_evidence_is_the_same_whichever_side_is_left(values: list[str | None]) -> None:
    left = addresses.clean(pl.Series(values, dtype=pl.String))
    right = left.sample(fraction=1, shuffle=True, seed=len(values))
    there, back = evidence.gather(left, right), evidence.gather(right, left)
    for kind, found in there.items():
        assert np.isfinite(found).all(), kind
        assert found == pytest.approx(back[kind]), kind


def test_every_kind_of_evidence_is_used() -> None:
    used = set(pl.read_csv(reference.path("same_place.csv"))["evidence"].drop_nulls()) - {""}
    assert used == set(evidence.gather(*[addresses.clean(pl.Series(["人民路12号"]))] * 2))


@pytest.mark.parametrize(
    ("more", "less", "kind"),
    [
        (("阳光花园", "人民路5号阳光花园"), ("阳光花园", "人民路5号锦绣花园"), "run_begins"),
        (("阳光花园", "人民路5号阳光花园"), ("阳光花园", "人民路5号锦绣花园"), "first_there_least"),
        (("人民路3号", "人民路5号"), ("人民路3号", "人民路5000号"), "number_ratio"),
        (("人民路3号", "人民路5000号"), ("人民路3号", "人民路5号"), "number_far"),
        (("人民路", "人民路与中山路交叉口"), ("人民路", "建设路与中山路交叉口"), "road_there"),
        (("阳光花园3栋", "阳光花园9栋"), ("阳光花园3栋", "阳光花园5栋"), "building_far"),
    ],
)
def test_evidence_by_example(more: tuple[str, str], less: tuple[str, str], kind: str) -> None:
    great, small = (evidence.gather(*(addresses.clean(pl.Series([side])) for side in pair))[kind][0] for pair in (more, less))
    assert great > small


def test_characters_of_one_sound_are_told_apart_from_others() -> None:
    cells = [("亚东同城逸境", "亚东同城意境"), ("亚东同城逸境", "亚东同城东境")]
    found = evidence.gather(*(addresses.clean(pl.Series([pair[side] for pair in cells])) for side in (0, 1)))
    assert found["piece_replaced"].tolist() == [1, 1]
    assert found["piece_sound_kept"].tolist() == [1, 0]


def test_numbers_of_neighbouring_parts_do_not_run_together() -> None:
    home, other = (addresses.clean(pl.Series([text])) for text in ("阳光花园9号楼4单元", "阳光花园94号楼"))
    assert evidence.gather(home, other)["numbers_alone"].tolist() == [1]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("3号楼2单元501室", "3-2-501", True),
        ("3号楼2单元501室", "3-2-502", False),
        ("阳光花园3号楼2单元501室", "阳光花园3-2-501", True),
        ("文一路12号", "文二路12号", False),
        ("中山东路12号", "中山西路12号", False),
        ("锦绣花园一期", "锦绣花园二期", False),
        ("第三中学", "第四中学", False),
        ("祖冲之路2288弄", "张江高科技园区祖冲之路2288弄3号", True),
    ],
)
def test_plain_addresses(left: str, right: str, *, expected: bool) -> None:
    assert addresses.same_place(*(addresses.clean(pl.Series([side])) for side in (left, right))).to_list() == [expected]


def test_texts_of_a_side_are_made_of_its_parts() -> None:
    (found,) = sides.texts(addresses.clean(pl.Series(["人民路十二号与中山路交叉口西南150米阳光花园(东门)"]))).to_dicts()
    assert found["last"] == "阳光花园"
    assert found["core"] == "阳光"
