"""Errors in names: heard wrong, typed wrong, written with titles, roles and spaces, or not at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from generator.arrays import Flags, Ints, Rng, take
from generator.context import Context
from generator.errors import Breaker
from generator.lookalikes import (
    any_character,
    differing_in_traditional,
    homophone_characters,
    latin,
    replaced,
    sound_alike,
    traditional_cells,
)

_ROLE_NOTES = {
    "owner": "(车主)",
    "buyer": "（购车人）",
    "sender": "(送修)",
    "contact": "(联系人)",
    "payer": "(付款)",
    "driver": "(试驾)",
    "customer": "(本人)",
}
_PLACEHOLDERS = ("无", "不详", "先生", "女士", "未知", "-", "***", "暂无", "客户")
_SAME = ("本人", "同上", "本人", "同车主")
_TITLES = ("先生", "先生", "总", "老板", "师傅", "女士", "女士", "小姐", "总", "女士")  # five for men, five for women


@dataclass(frozen=True)
class Named:
    """Names as written; ``lost``: whose they are cannot be read any more; ``plain``: written without anything around."""

    text: pl.Series
    lost: Flags
    plain: Flags


def damage_names(name: pl.Series, c: Context, b: Breaker, *, phoned: Flags) -> Named:
    """Names with errors. ``phoned``: a phone stands beside, so that the name may be lost."""
    rng, person, surname = b.rng, ~c.company, c.surname
    skip = surname.str.len_chars().fill_null(0).cast(pl.Int64).to_numpy()
    two = (name.str.len_chars() == 2).to_numpy()
    has_twin = name.str.slice(-1, 1).is_in(sorted(homophone_characters())).to_numpy()

    def title(at: Ints) -> pl.Series:
        return take(pl.Series(_TITLES), rng.integers(0, 5, at.size) + 5 * c.female[at])

    def one_of(words: tuple[str, ...], at: Ints) -> pl.Series:
        return take(pl.Series(words), rng.integers(0, len(words), at.size))

    name, _ = b.strike(name, "name_homophone", person & has_twin, lambda v, _at: v.str.head(-1) + sound_alike(v.str.slice(-1, 1), rng))
    name, _ = b.strike(name, "name_typo", person, lambda v, at: _other_character(v, skip[at], rng))
    name, _ = b.strike(name, "name_traditional", differing_in_traditional(name), lambda v, _at: traditional_cells(v))
    name, _ = b.strike(name, "company_short", c.company, lambda v, at: _short_company(v, surname.gather(pl.Series(at)), rng))

    plain = person.copy()  # a record's name is written in one odd way at most
    lost = np.zeros(len(name), dtype=np.bool_)
    ways = (
        # error, who, how, whether the name is lost by it
        ("name_same_as_owner", c.same & phoned, lambda _v, at: one_of(_SAME, at), True),
        ("name_title_only", phoned, lambda _v, at: surname.gather(pl.Series(at)) + title(at), True),
        ("name_placeholder", phoned, lambda _v, at: one_of(_PLACEHOLDERS, at), True),
        ("mojibake", phoned, lambda v, _at: _mojibake(v), True),
        ("name_latin", person, lambda v, at: latin(v, surname.gather(pl.Series(at))), True),
        ("name_swapped", person, lambda v, at: _swapped(v, skip[at]), False),
        ("name_with_title", person, lambda v, at: v + title(at), False),
        ("name_spaces", two, lambda v, at: v.str.slice(0, 1) + one_of(("　", " ", "  "), at) + v.str.slice(1), False),
        (
            "name_with_role",
            person,
            lambda v, at: v + c.role.gather(pl.Series(at)).replace_strict(_ROLE_NOTES, return_dtype=pl.String),
            False,
        ),
    )
    for error, who, change, loses in ways:
        name, hit = b.strike(name, error, who & plain, change)
        plain[hit] = False
        lost[hit] = loses
    return Named(name, lost, plain)


def _other_character(v: pl.Series, skip: Ints, rng: Rng) -> pl.Series:
    length = v.str.len_chars().cast(pl.Int64).to_numpy() - skip
    place = skip + (rng.random(skip.size) * length).astype(np.int64)
    frame = pl.DataFrame({"v": v, "p": place, "n": any_character(rng, skip.size)})
    return frame.select(replaced(pl.col("v"), pl.col("p"), pl.col("n"))).to_series()


def _short_company(v: pl.Series, town: pl.Series, rng: Rng) -> pl.Series:
    """Without the legal form, without the town, without both, or with a branch."""
    frame = pl.DataFrame({"v": v, "town": town, "way": rng.integers(0, 4, len(v))})
    way, full = pl.col("way"), pl.col("v")
    short = full.str.replace("(有限责任公司|股份有限公司|有限公司)$", "")
    return frame.select(
        pl.when(way == 0).then(short)
        .when(way == 1).then(full.str.strip_prefix(pl.col("town")))
        .when(way == 2).then(short.str.strip_prefix(pl.col("town")))
        .otherwise(full + "第一分公司")
    ).to_series()  # fmt: skip


def _mojibake(v: pl.Series) -> pl.Series:
    return pl.Series(v.name, [text.encode().decode("gb18030", errors="replace") for text in v], dtype=pl.String)


def _swapped(v: pl.Series, length: Ints) -> pl.Series:
    cut = pl.col("n")
    return pl.DataFrame({"v": v, "n": length}).select(pl.col("v").str.slice(cut) + pl.lit(" ") + pl.col("v").str.slice(0, cut)).to_series()
