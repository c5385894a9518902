"""Errors in names: heard wrong, typed wrong, written with titles, roles and spaces, or not at all."""

from __future__ import annotations

import numpy as np
import polars as pl

from generator.activity import ROLES
from generator.arrays import Flags, Ints, Rng, take
from generator.cells import Cells
from generator.context import Context
from generator.errors import Breaker, Way
from generator.lookalikes import (
    any_character,
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


def damage_names(name: Cells, c: Context, b: Breaker, *, phoned: Flags) -> tuple[Flags, Flags]:
    """Makes errors in names; tells whose name cannot be read any more, and whose stands there with nothing around it.

    ``phoned``: a phone stands beside, so that the name may be lost.
    """
    rng, person, traits, skip = b.rng, ~c.company, c.traits, c.surname_length()

    def title(at: Ints) -> pl.Series:
        return take(pl.Series(_TITLES), rng.integers(0, 5, at.size) + 5 * c.world.female[c.entity[at]])

    def note(at: Ints) -> pl.Series:
        return take(pl.Series([_ROLE_NOTES[role] for role in ROLES]), c.role[at])

    b.strike(name, "name_homophone", person & traits.twin, lambda v, _at: v.str.head(-1) + sound_alike(v.str.slice(-1, 1), rng))
    b.strike(name, "name_typo", person, lambda v, at: _other_character(v, skip[at], rng))
    b.strike(name, "name_traditional", traits.forms, lambda v, _at: traditional_cells(v))
    b.strike(name, "company_short", c.company, lambda v, at: _short_company(v, c.surname(at), rng))
    losing: tuple[Way, ...] = (
        ("name_same_as_owner", c.same & phoned, lambda _v, at: b.one_of(_SAME, at)),
        ("name_title_only", phoned, lambda _v, at: c.surname(at) + title(at)),
        ("name_placeholder", phoned, lambda _v, at: b.one_of(_PLACEHOLDERS, at)),
        ("mojibake", phoned, lambda v, _at: _mojibake(v)),
        ("name_latin", person, lambda v, at: latin(v, c.surname(at))),
    )
    keeping: tuple[Way, ...] = (
        ("name_swapped", person, lambda v, at: _swapped(v, skip[at])),
        ("name_with_title", person, lambda v, at: v + title(at)),
        ("name_spaces", traits.two, lambda v, at: v.str.slice(0, 1) + b.one_of(("　", " ", "  "), at) + v.str.slice(1)),
        ("name_with_role", person, lambda v, at: v + note(at)),
    )
    known = b.strike_once(name, person, losing)
    return person & ~known, b.strike_once(name, known, keeping)


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
