"""Tables of what is taken for what: characters of one sound, of one shape, traditional forms, pinyin."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

from generator.arrays import Ints, Rng, take
from generator.names import _DECADES, given_pool

_MORE_CHARACTERS = (
    "玮炜苇纬韦娜琳林霖麟磷静婧靖菁晶京景涛滔桃韬强墙锵杰捷洁节婕勇永咏泳军君钧俊骏峻竣燕艳雁彦妍研颜言丽莉俐立力黎敏闽民珉芳方坊霞侠萍平苹屏英莹瑛颖影盈玲灵铃菱"
    "凌红宏洪鸿弘虹华桦骅花明铭鸣茗名志智致治知芝枝之建健剑见文雯纹闻海孩小晓筱春纯淳国果帼玉钰郁育裕宇羽雨语云芸耘允子梓紫姿涵函晗含轩萱宣瑄欣心馨昕新辛鑫怡仪宜"
    "依伊一佳嘉家加佩培沛博波勃伯浩皓昊豪好晨辰臣琛成诚城程承毅义艺意亦逸奕阳洋扬杨鹏朋彭凯恺楷超朝潮斌彬宾滨冰兵丹单旦倩茜芊婷亭庭廷雪学薛慧惠会卉蕙辉晖挥徽"
    "磊蕾雷垒飞菲妃霏非芬纷桂贵瑰珍真贞祯臻秀绣旭绪绪栩序"
)


@cache
def homophones() -> pl.DataFrame:
    """``character``, ``others`` (characters of the same sound and tone that are used in given names), ``count``."""
    from pypinyin import Style, pinyin  # noqa: PLC0415  # its dictionaries take a third of a second to load

    characters = sorted({c for g in ("M", "F") for d in _DECADES for name in given_pool(g, d)[0] for c in name} | set(_MORE_CHARACTERS))
    sounds = [pinyin(c, style=Style.TONE3)[0][0] for c in characters]
    frame = pl.DataFrame({"character": characters, "sound": sounds})
    groups = frame.group_by("sound").agg(pl.col("character").sort().alias("others"))
    return (
        frame.join(groups, on="sound").with_columns(pl.col("others").list.set_difference(pl.concat_list("character")).list.sort())
        .with_columns(count=pl.col("others").list.len()).filter(pl.col("count") > 0).sort("character")
    )  # fmt: skip


@cache
def homophone_characters() -> frozenset[str]:
    """Characters that have a namesake by sound."""
    return frozenset(homophones()["character"].to_list())


def sound_alike(characters: pl.Series, rng: Rng) -> pl.Series:
    """For each character another of the same sound; itself where there is none."""
    joined = pl.DataFrame({"character": characters}).join(homophones(), on="character", how="left", maintain_order="left")
    place = (rng.random(len(characters)) * joined["count"].fill_null(1).to_numpy()).astype(np.int64)
    return joined.select(pl.col("others").list.get(pl.Series(place), null_on_oob=True).fill_null(pl.col("character"))).to_series()


def any_character(rng: Rng, size: int) -> pl.Series:
    """Characters drawn from those that are frequent in names."""
    table = homophones()["character"]
    return take(table, rng.integers(0, len(table), size))


def traditional(values: pl.Series) -> pl.Series:
    """The same text in traditional characters."""
    if not len(values):
        return values
    return pl.Series(values.name, _converter().convert("\n".join(values.to_list())).split("\n"))


def latin(values: pl.Series) -> pl.Series:
    """Chinese names as pinyin: Wang Xiaoming."""
    from pypinyin import lazy_pinyin  # noqa: PLC0415  # see homophones

    def spell(name: str) -> str:
        sounds = lazy_pinyin(name)
        return f"{sounds[0].capitalize()} {''.join(sounds[1:]).capitalize()}".strip()

    distinct = values.unique()
    spelled = pl.Series([spell(name) for name in distinct], dtype=pl.String)
    return values.replace_strict(distinct, spelled, return_dtype=pl.String)


def digit_changed(values: pl.Series, places: Ints, rng: Rng) -> pl.Series:
    """The character at each place, which must be a digit, becomes another digit."""
    frame = pl.DataFrame({"v": values, "p": places, "step": rng.integers(1, 10, len(values))})
    digit = (pl.col("v").str.slice(pl.col("p"), 1).cast(pl.Int64, strict=False).fill_null(0) + pl.col("step")) % 10
    return frame.select(replaced(pl.col("v"), pl.col("p"), digit.cast(pl.String))).to_series()


def replaced(text: pl.Expr, place: pl.Expr, new: pl.Expr) -> pl.Expr:
    """The text with the one character at ``place`` replaced by ``new`` (which may be empty)."""
    return text.str.slice(0, place) + new + text.str.slice(place + 1)


@cache
def _converter():  # type: ignore[no-untyped-def]  # noqa: ANN202  # opencc has no types
    import opencc  # noqa: PLC0415  # its dictionaries are loaded only where a name turns traditional

    return opencc.OpenCC("s2t")
