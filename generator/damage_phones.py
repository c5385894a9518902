"""Errors in phones: first whose number stands in the cell, then how it is written."""

from __future__ import annotations

import polars as pl

from generator.arrays import Flags, Ints, take
from generator.cells import Cells
from generator.context import Context
from generator.errors import Breaker, Way
from generator.identities import mobiles
from generator.lookalikes import digit_changed, replaced

_PLACEHOLDERS = ("13800138000", "11111111111", "无", "13888888888", "00000000000", "12345678901", "不详", "13900000000", "1", "-")
_PREFIXES = ("+86", "86", "0086", "0", "+86 ", "(+86)")
_WIDE = list("０１２３４５６７８９")


def damage_phones(phone: Cells, name: Cells, c: Context, b: Breaker, *, name_lost: Flags, name_plain: Flags) -> None:
    """Makes errors in phones; a number disappears only where the name stays and an address or a car stands beside.

    Some phones move into the name's cell.
    """
    rng, mobile, relative, second = b.rng, c.mobile, c.relative, c.second
    known = ~name_lost
    may_go = known & c.main & c.evidence
    whose: tuple[Way, ...] = (
        ("phone_placeholder", may_go, lambda _v, at: b.one_of(_PLACEHOLDERS, at)),
        ("phone_of_dealer", may_go, lambda _v, at: mobiles(3 * c.world.entities + c.dealer[at])),
        ("phone_of_relative", known & (relative >= 0), lambda _v, at: take(c.world.numbers, relative[at])),
        ("phone_missing", may_go, lambda v, _at: v.clear(len(v))),
        ("phone_digit", known & mobile, lambda v, at: digit_changed(v, rng.integers(3, 11, at.size), rng)),
        ("phone_cut", known & mobile, lambda v, at: _cut(v, rng.integers(3, 11, at.size))),
        ("phone_no_area_code", known & ~mobile, lambda v, _at: v.str.split("-").list.last()),
    )
    intact = mobile & b.strike_once(phone, phone.filled, whose)

    moved = b.strike(name, "name_with_phone", intact & name_plain, lambda v, at: v + b.one_of(("", " ", ":", "，"), at) + phone.at(at))
    phone.clear(moved)
    intact[moved] = False
    how: tuple[Way, ...] = (
        ("phone_scientific", c.spreadsheet & may_go, lambda v, _at: "1." + v.str.slice(1, 2) + "E+10"),
        ("phone_two", second >= 0, lambda v, at: v + b.one_of(("/", ";", "、", " ", ","), at) + take(c.world.numbers, second[at])),
        ("phone_decimal", c.spreadsheet, lambda v, _at: v + ".0"),
        ("phone_separators", intact, lambda v, at: _grouped(v, b.one_of(("-", " ", "－", "—", "."), at))),
        ("phone_prefix", intact, lambda v, at: b.one_of(_PREFIXES, at) + v),
        ("phone_fullwidth", intact, lambda v, _at: v.str.replace_many(list("0123456789"), _WIDE)),
    )
    b.strike_once(phone, intact, how)


def _cut(v: pl.Series, place: Ints) -> pl.Series:
    return pl.DataFrame({"v": v, "p": place}).select(replaced(pl.col("v"), pl.col("p"), pl.lit(""))).to_series()


def _grouped(v: pl.Series, by: pl.Series) -> pl.Series:
    return v.str.slice(0, 3) + by + v.str.slice(3, 4) + by + v.str.slice(7)
