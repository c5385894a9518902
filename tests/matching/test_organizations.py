"""Names of organizations: what they are made of, and which of them may be one."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from matching.codes import MISSING
from matching.compare_organizations import ORGANIZATION_LEVELS, by_words, levels_of
from matching.comparisons import comparisons_for
from matching.features import feature_kernel, text_names
from matching.frequencies import Rarity
from matching.levels import Sides
from matching.organizations import PARTS, chosen, packed, parse, unpacked
from matching.spec import ColumnSpec, ModelSpec, SpecError
from matching.spec import parse as spec_of

READ = [
    ("上海永达汽车销售服务有限公司北京分公司", "31", "永达", "汽车销售服务", "北京"),
    ("永达汽车（上海）有限公司", "31", "永达", "汽车", None),
    ("浙江省杭州市众诚祥商贸有限公司", "3301", "众诚祥", "商贸", None),
    ("众诚祥商贸", None, "众诚祥", "商贸", None),
    ("永达汽车一店", None, "永达", "汽车", "1"),
    ("永达汽车第二分公司", None, "永达", "汽车", "2"),
    ("中国人寿保险股份有限公司浙江省分公司", None, "人寿", "保险", "浙江"),
    ("中国工商银行北京分行", None, "工商", "银行", "北京"),
    ("大众汽车(中国)投资有限公司", None, "大众", "汽车投资", None),
    ("吉利控股集团有限公司", None, "吉利", None, None),
    ("昆山市永达贸易有限公司", "320583", "永达", "贸易", None),
    # a region is one only where a trade name is left
    ("安顺诚食品", None, "安顺诚", "食品", None),
    ("上海汽车销售有限公司", "31", "上海汽车销售", None, None),
    ("宁波银行", "3302", "宁波银行", None, None),
    ("smith & sons trading co., ltd.", None, "smith and sons trading", None, None),
    ("The Acme Company, Inc. Beijing Branch", None, "acme", None, "beijing branch"),
    ("müller gmbh & co. kg", None, "müller", None, None),
    # legal forms of other countries, some before the name
    ("ооо «ромашка»", None, "ромашка", None, None),
    ("ромашка ооо", None, "ромашка", None, None),
    ("S.A.R.L. Dupont", None, "dupont", None, None),
    ("abc sp. z o.o.", None, "abc", None, None),
    ("株式会社东和建设", None, "东和", "建设", None),
    ("东和建设株式会社", None, "东和", "建设", None),
    ("(株)东和建设", None, "东和", "建设", None),
    ("royal 佐藤 design 株式会社", None, "royal 佐藤 design", None, None),
    ("株式会社", None, None, None, None),
    ("ооо", None, None, None, None),
    ("王伟", None, None, None, None),
    ("ann lee", None, None, None, None),
    ("maria sa", None, None, None, None),
    ("smith & co", None, "smith", None, None),
    ("公司", None, None, None, None),
    ("", None, None, None, None),
]


@pytest.mark.parametrize("row", READ, ids=lambda row: row[0])
def test_parts(row: tuple[str | None, ...]) -> None:
    assert parse(pl.Series([row[0]])).row(0) == row[1:]


LEVELS = [
    ("上海永达汽车销售服务有限公司", "永达汽车(上海)有限公司", "same"),
    ("上海永达汽车销售服务有限公司", "永达汽车", "same"),
    ("浙江众诚祥商贸有限公司", "杭州众诚祥商贸有限责任公司", "same"),
    ("acme ltd", "Acme Limited", "same"),
    ("上海永达汽车有限公司", "上海永达汽车有限公司浦东分店", "head_office"),
    ("重庆东昇达信息技术有限公司", "东升达信息技术", "similar"),
    ("上海永达汽车有限公司", "北京永达汽车有限公司", "elsewhere"),
    ("杭州金鼎兴商贸有限公司", "杭州金鼎兴医疗器械有限公司", "elsewhere"),
    ("永达汽车北京分公司", "永达汽车天津分公司", "other_branch"),
    ("永达汽车一店", "永达汽车有限公司二店", "other_branch"),
    ("永达汽车第一分公司", "永达汽车有限公司一分公司", "same"),
    ("永达汽车有限公司", "宝通汽车有限公司", "different"),
    ("Royal Johnsyon Plumbing Inc", "Royal Johnson Plumbivng LLC", "similar"),
    ("Wolf Summit Dental GmbH", "Summit Wolf Dental GmbH & Co. KG", "similar"),
    ("Harbor Jones Inc", "HARBOUR JONES FURNITURE CORPORATION", "shortened"),
    ("Harbor Inc", "Harbor Jones Inc", "different"),
    ("Nova Becker Software GmbH", "Nova Weber Software GmbH", "different"),
    # another number is another one
    ("Studio 54 Ltd", "Studio 55 Ltd", "different"),
    ("IBM Group Services Ltd", "IBN Group Services Ltd", "similar"),
]


def level(left: str, right: str) -> str:
    found = levels_of(parse(pl.Series([left])), parse(pl.Series([right])))
    return next((name for name, flags in found.items() if flags[0]), "different")


@pytest.mark.parametrize(("left", "right", "expected"), LEVELS)
def test_which_may_be_one(left: str, right: str, expected: str) -> None:
    assert level(left, right) == level(right, left) == expected
    assert expected in {each.label for each in ORGANIZATION_LEVELS}


some = st.sampled_from
NAME = st.tuples(
    some(["", "上海", "浙江省", "杭州市", "北京"]), some(["永达", "众诚祥", "东升达"]), some(["", "汽车", "商贸", "汽车销售服务"]), some(["有限公司", "股份有限公司", "集团有限公司"]), some(["", "第一分公司", "北京分公司", "二店"])
)  # fmt: skip


@settings(max_examples=150)
@given(st.lists(NAME, min_size=1, max_size=12), st.lists(NAME, min_size=1, max_size=12))
def test_parts_are_found_again_and_levels_are_symmetric(left: list[tuple[str, ...]], right: list[tuple[str, ...]]) -> None:
    number = min(len(left), len(right))
    frame = pl.DataFrame({"l": ["".join(each) for each in left[:number]], "r": ["".join(each) for each in right[:number]]})
    parsed = parse(frame["l"])
    assert parsed.schema == PARTS
    assert parsed["trade"].to_list() == [trade for _, trade, _, _, _ in left[:number]]
    assert parsed["business"].to_list() == [business or None for _, _, business, _, _ in left[:number]]
    assert [each is None for each in parsed["region"]] == [not region for region, *_ in left[:number]]
    assert [each is None for each in parsed["branch"]] == [not branch for *_, branch in left[:number]]
    assert unpacked(packed(parsed)).equals(parsed)
    one, other = levels_of(parsed, parse(frame["r"])), levels_of(parse(frame["r"]), parsed)
    assert all((one[name] == other[name]).all() for name in one)
    for place in range(number):
        (_, trade, business, _, branch), (_, trade_r, business_r, _, branch_r) = left[place], right[place]
        if one["same"][place]:
            assert trade == trade_r
            assert branch == branch_r
            assert business in business_r or business_r in business


@settings(max_examples=60)
@given(st.lists(st.one_of(st.none(), st.text(max_size=12), some([row[0] for row in READ])), max_size=12))
def test_any_text_is_read_alike_alone_and_among_others(names: list[str | None]) -> None:
    series = pl.Series(names, dtype=pl.String)
    together = parse(series)
    assert together.height == len(names)
    assert together.rows() == [parse(pl.Series([name], dtype=pl.String)).row(0) for name in names]


def words_alike(left: str, right: str) -> bool:
    return left == right or (min(len(left), len(right)) >= 4 and OSA.distance(left, right) == 1 and not re.search("[0-9]", left + right))


WORDS = st.lists(some(["royal", "royel", "johnson", "jonson", "jones", "abc", "abd", "54", "1054", "1055"]), min_size=1, max_size=4)


@settings(max_examples=200)
@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=8))
def test_names_in_words_are_compared_word_by_word(names: list[tuple[list[str], list[str]]]) -> None:
    left, right = (pl.Series([" ".join(each[side]) for each in names]) for side in (0, 1))
    alike, shortened = by_words(left, right)
    for place, (one, other) in enumerate(names):
        several = len(one) > 1 and len(other) > 1
        inside = [all(any(words_alike(word, each) for each in theirs) for word in ours) for ours, theirs in ((one, other), (other, one))]
        assert alike[place] is (several and all(inside))
        assert shortened[place] is (several and inside[0] != inside[1])


def test_a_text_in_place_of_a_name_is_not_held_word_by_word_against_another() -> None:
    """Two such cells of 100,000 words would be ten billion pairs of words."""
    text = pl.Series([" ".join(f"word{number}" for number in range(100_000)), "harbor jones"])
    alike, shortened = by_words(text, pl.Series([text[0] + " more", "harbor jones steel"]))
    assert alike.to_list() == [False, False]
    assert shortened.to_list() == [False, True]


LONGER = [
    ("chicago public schools burke, edmond", "burke", "some"),
    ("centers for new horizons altgeld gardens ltd", "new horizons altgeld early learning", "some"),
    ("royal oak steel and iron works ltd", "oak steel and iron works leeds", "most"),
    ("royal oak steel ltd", "nova birch textiles", "different"),
    # another number first is another place of one owner
    ("school 12 of the royal oak", "school 13 of royal oak leeds", "some"),
    # names that are read by their parts are not compared by their words
    ("上海永达汽车销售有限公司", "上海永连汽车销售有限公司", "different"),
]


@pytest.mark.parametrize(("left", "right", "expected"), LONGER)
def test_names_in_words_that_have_words_of_their_own_agree_in_the_rest(left: str, right: str, expected: str) -> None:
    spec = ModelSpec("id", {"firm": ColumnSpec("name", organizations=True, words=True)})
    made = feature_kernel(pl.DataFrame({"rid": [1, 2], "firm": [left, right]}), spec=spec)
    comparison = next(each for each in comparisons_for(spec) if each.name == "firm_organization")
    for one, other in ((0, 1), (1, 0)):
        sides = [made[place].rename(lambda name, side=side: f"{name}_{side}") for place, side in ((one, "l"), (other, "r"))]
        found = comparison.compare(Sides(pl.concat(sides, how="horizontal"), text_names(spec)), Rarity.of(spec, {}))
        assert comparison.levels[found.level[0]].label == expected


NAMED = ["summit wolf dental gmbh", "nova becker software ag", "harbor jones", "pacific müller kg"]


@pytest.mark.parametrize(
    ("names", "written", "kind", "decided"),
    [
        (NAMED, "name", "name", True),
        (NAMED, "text", "name", True),
        (NAMED, "{kind: text, organizations: false}", "text", False),
        # the file says how it is compared
        (NAMED, "{kind: text, exclusive: true}", "text", False),
        (NAMED, "{kind: text, words: true}", "text", False),
        (["ann lee", "maria sa", "wolf dental gmbh", "james smith"], "name", "name", False),
        (["dental sa", "design sa", "royal foods", "plumbing sarl"], "name", "name", True),
        (["harbor jones", "nova becker"], "{kind: name, organizations: true}", "name", True),
        # what no person is called, without a legal form
        (["art's delicatessen", "spago", "ritz-carlton cafe", "grill on the alley", "fenix"], "name", "name", True),
        (["grundschule am park", "autohaus klein", "hans weber", "praxis dr. wolf"], "name", "name", True),
        (["ann lee", "wolf steel gmbh", "hope church", "james smith", "maria of leeds"], "name", "name", False),
        (["art's delicatessen", "ritz-carlton cafe", "grill on the alley"], "text", "text", False),
        ([None], "name", "name", False),
        (NAMED, "address", "address", None),
    ],
)
def test_the_data_decides_whether_names_are_of_organizations(
    names: list[str | None], written: str, kind: str, *, decided: bool | None
) -> None:
    spec = spec_of(f"record_id: id\ncolumns: {{firm: {written}}}\n", where="m")
    column = chosen(spec, pl.DataFrame({"firm": names}, schema={"firm": pl.String})).columns["firm"]
    assert (column.kind, column.organizations) == (kind, decided)


def test_who_has_no_legal_form_is_an_organization_among_organizations() -> None:
    """The trade name is read, and no part is taken for a person's, though a cleansed name may have brought some."""
    columns = {"firm": ColumnSpec("name", organizations=True)}
    frame = pl.DataFrame({"rid": [1, 2], "firm": ["summit wolf gmbh", "summit wolf"], "firm__surname": [None, "wolf"]})
    made = feature_kernel(frame, spec=ModelSpec("id", columns))
    assert made["firm__trade"][0] == made["firm__trade"][1] != MISSING
    assert made["firm__surname"].to_list() == [MISSING, MISSING]


def test_only_names_are_of_organizations() -> None:
    with pytest.raises(SpecError, match=r"m:2: column 'a' of kind phone has organizations; that is for name and text"):
        spec_of("record_id: id\ncolumns: {a: {kind: phone, organizations: true}}\n", where="m")
    with pytest.raises(SpecError, match=r"m:2: column 'a' of kind text has organizations; .*not exclusive"):
        spec_of("record_id: id\ncolumns: {a: {kind: text, organizations: true, exclusive: true}}\n", where="m")
