"""The texts of an address that are compared, and what is taken off them.

The name of a place stands in community, estate or rest, among words that say where it lies (与中山路交叉口西南150米), which gate is
meant (东门) and what kind of thing it is (小区). Roads of such a crossing count as roads; the words are taken off; what is left
is compared as names are. Numbers are compared as numbers, Chinese ones too.
"""

from __future__ import annotations

import polars as pl

PARTS = ("town", "community", "road", "road_no", "estate", "building", "unit", "floor", "room", "rest")
_NAMED = ("town", "community", "road", "estate", "rest")
_DIGITS = {digit: str(value) for value, digit in enumerate("零一二三四五六七八九")}
_ROAD = r"\p{Han}{1,6}?[0-9]*(?:大道|公路|[省县国乡]道|胡同|[路街巷弄])"
_WHERE = (
    r"(?:正?[东西南北]{1,2}(?:方向|[行侧边面首角])?|[向往][东西南北])?[0-9]+米|^米|\|米|与|交叉口|交汇处|交叉路口|交口|路口|附近|斜?对面|旁边?|隔壁"
    r"|[东西南北]{1,2}[0-9]?门|[正大]门|[0-9]+号?门|停车场|[出入]口|[()（）·,，;；\-]"
)
_GENERIC = [
    "有限责任公司",
    "有限公司",
    "公司",
    "小区",
    "花园",
    "社区",
    "新村",
    "广场",
    "大厦",
    "中心",
    "家园",
    "公寓",
    "花苑",
    "苑",
    "村",
    "工业区",
    "工业园",
    "科技园",
    "酒店",
    "学校",
    "医院",
    "超市",
    "店",
    "宿舍",
    "市场",
    "商场",
    "商城",
    "写字楼",
    "号楼",
    "号",
]


def texts(cleaned: pl.DataFrame) -> pl.DataFrame:
    """The parts of one side, never null and with digits for Chinese ones, and the texts made of them.

    Args:
        cleaned: columns of :func:`cleansing.addresses.clean`.

    Returns:
        adcode, district_as_written and the parts; ``whole``: all parts; ``text``: the named ones with ``|`` between them;
        ``bare``: what is left of community, estate and rest, in pieces with ``|`` between them; ``name``: the same in one; its
        ``first`` and ``last`` piece; ``core``: name without what kind of thing it is.
    """
    frame = cleaned.select(pl.col("adcode", "district_as_written", *PARTS).fill_null(""))
    frame = frame.with_columns(with_digits(pl.col(PARTS)).str.replace_all("|", " ", literal=True))
    frame = frame.with_columns(
        whole=pl.concat_str(PARTS),
        text=pl.concat_str(_NAMED, separator="|"),
        bare=pl.concat_str("community", "estate", "rest", separator="|")
        .str.replace_all(f"{_WHERE}|{_ROAD}", "|")
        .str.replace_all(r"\|+", "|")
        .str.strip_chars("|"),
    )
    frame = frame.with_columns(
        name=pl.col("bare").str.replace_all("|", "", literal=True),
        last=pl.col("bare").str.extract(r"([^|]*)$", 1).fill_null(""),
        first=pl.col("bare").str.extract(r"^([^|]*)", 1).fill_null(""),
    )
    return frame.with_columns(core=pl.col("name").str.replace_many(_GENERIC, [""] * len(_GENERIC)))


def with_digits(value: pl.Expr | pl.Series) -> pl.Expr:
    """The text with digits in place of Chinese ones: 二 is 2, 十二 is 十2."""
    return (pl.lit(value) if isinstance(value, pl.Series) else value).str.replace_many(_DIGITS)
