"""How people write a value: what is one and the same, and what is another one; fast ways hold against the slow one."""

from __future__ import annotations

import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.erasure.forms import Forms
from pipelines.erasure.person import Values

MOBILE, LANDLINE, LOCAL = "+8613917852046", "+862158881234", "58881234"
RESIDENT, VIN, PLATE, EMAIL = "310106198807152412", "LGW367Y47JM759371", "沪A12345", "li.hua@example.com"

SAME = [
    ("phone", MOBILE, "介绍人 {}", "139-1785-2046"),
    ("phone", MOBILE, "介绍人{}推荐", "139 1785 2046"),
    ("phone", MOBILE, "电话{}", "8613917852046"),
    ("phone", MOBILE, "tel{}", "+86 139 1785 2046"),
    ("phone", MOBILE, "({})", "0086-139.1785.2046"),
    ("phone", MOBILE, "手机：{}，晚上打", "１３９１７８５２０４６"),
    ("phone", MOBILE, "手机 {}", "013917852046"),
    ("phone", MOBILE, "微信wx{}", "13917852046"),
    ("phone", MOBILE, "{}/13812345678", "139\u00a01785\u30002046"),
    ("phone", "139-1785-2046", "{}", "13917852046"),
    ("phone", LANDLINE, "家电{}", "02158881234"),
    ("phone", LANDLINE, "家电 {}转801", "021-58881234"),
    ("phone", LANDLINE, "{}-801", "(021)5888 1234"[1:]),
    ("phone", LANDLINE, "{}", "+86 (0)21 5888-1234"),
    ("phone", "021-58881234", "{}", "+862158881234"),
    ("phone", LOCAL, "宅电{}", "5888-1234"),
    ("phone", LOCAL, "宅电021-{}", "58881234"),
    ("phone", "+85261234567", "港{}", "00852 6123 4567"),
    ("id_number", RESIDENT, "证{}", "310106 19880715 2412"),
    ("id_number", "31010619880715241X", "证{}号", "310106-19880715-241x"),
    ("vin", VIN, "车架{}", "lgw367y4 7jm759371"),
    ("vin", VIN, "第一行\\n{}", VIN),
    ("plate", PLATE, "车 {}", "沪A·12345"),
    ("plate", PLATE, "换了{}的车", "沪ａ-１２３４５"),
    ("plate", PLATE, "{}", "沪 A 12345"),
    ("email", EMAIL, "邮箱{}", "Li.Hua@Example.COM"),
]
OTHER = [
    ("phone", MOBILE, "139178520467"),
    ("phone", MOBILE, "6213917852046"),
    ("phone", MOBILE, "卡号 6222 0213 9178 5204 6123"),
    ("phone", MOBILE, "139-1785-20467"),
    ("phone", MOBILE, "13917852047"),
    ("phone", MOBILE, "13917852046"[:7] + ",2046"),
    ("phone", LOCAL, "卡号 6222 5888 1234 0461"),
    ("phone", LOCAL, "金额 58881.234"),
    ("phone", LOCAL, "1588812345"),
    ("phone", LOCAL, "A58881234"),
    ("phone", "20250312", "2025-03-12 到店"),
    ("id_number", RESIDENT, "31010619880715241"),
    ("id_number", RESIDENT, "3101061988071524129"),
    ("vin", VIN, "A" + VIN),
    ("plate", PLATE, "沪A123456"),
    ("plate", PLATE, "苏A12345"),
    ("email", EMAIL, "wuli.hua@example.com"),
    ("name", "李华", "李华强"),
    ("name", "欧阳静", "欧 阳 静"),
]


def of(kind: str, text: str) -> Values:
    return Values({kind: frozenset({text})}, {}, {})


@pytest.mark.parametrize(("kind", "value", "around", "written"), SAME)
def test_the_same_value_however_it_is_written(kind: str, value: str, around: str, written: str) -> None:
    text = around.format(written)
    values = of(kind, value)
    assert values.without(text) == around.format("***")
    assert values.within(pl.Series([text, None])).to_list() == [True, False]
    assert values.forms.found(text) == {value}
    assert values.forms.anywhere(f"PAR1{text}abc")


@pytest.mark.parametrize(("kind", "value", "text"), OTHER)
def test_another_value_stays(kind: str, value: str, text: str) -> None:
    values = of(kind, value)
    assert values.without(text) == text
    assert values.within(pl.Series([text])).to_list() == [False]


def test_all_ways_to_write_a_phone_are_one_value() -> None:
    """So what is somebody else's in one writing is theirs in every other."""
    forms = Forms(
        frozenset(("phone", text) for text in (MOBILE, "13917852046", "139-1785-2046", "8613917852046", "１３９１７８５２０４６"))
    )
    assert len(forms.found("8613917852046")) == 5


NUMBERS = st.lists(
    st.one_of(
        st.tuples(st.just("phone"), st.from_regex(r"\+861[3-9][0-9]{9}|0[1-9][0-9]{8,10}|[2-8][0-9]{6,7}", fullmatch=True)),
        st.tuples(st.just("vin"), st.text("ABCLVS0123456789", min_size=17, max_size=17)),
        st.tuples(st.just("plate"), st.from_regex(r"[沪苏京][A-Z][0-9A-Z]{5}", fullmatch=True)),
        st.tuples(st.just("name"), st.text("李王华欧阳", min_size=2, max_size=4)),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=60)
@given(values=NUMBERS, data=st.data())
def test_what_was_taken_out_is_found_no_more(values: list[tuple[str, str]], data: st.DataObject) -> None:
    """Removal and proof agree, for a text, for a column, and where many values are looked for in another way."""
    pieces = st.one_of(
        st.sampled_from([text for _, text in values]).flatmap(
            lambda text: st.sampled_from(["", "-", " ", "·"]).map(lambda apart: apart.join(text))
        ),
        st.text("电话 -,·0139李A（)", max_size=5),
    )
    texts = data.draw(st.lists(st.one_of(st.none(), st.lists(pieces, max_size=4).map("".join)), min_size=1, max_size=6))
    forms = Forms(frozenset(values))
    column = pl.Series("remark", texts, dtype=pl.String)
    slow = [text is not None and bool(forms.found(text)) for text in texts]
    assert forms.holds(column).to_list() == slow
    without = forms.without(column)
    assert column.to_list() == texts, "the column itself stays"
    assert [text != before for text, before in zip(without, texts, strict=True)] == slow
    assert not forms.holds(without).any()
    many = Forms(frozenset(values) | {("vin", f"{number:017d}") for number in range(600)})
    assert [sure for sure, found in zip(slow, pl.select(many.maybe(pl.lit(column))).to_series(), strict=True) if sure and not found] == []


def test_a_fleet_of_cars_is_looked_for_in_time() -> None:
    rng = random.Random(1)
    vins = ["L" + "".join(rng.choices("ABCDEFG0123456789", k=16)) for _ in range(700)]
    forms = Forms(frozenset(("vin", vin) for vin in vins))
    column = pl.Series([f"车 {vin[:8]} {vin[8:].lower()}" for vin in vins[:50]] + ["保养", None] * 1000)
    assert forms.holds(column).sum() == 50
