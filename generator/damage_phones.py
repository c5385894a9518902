"""Errors in phones: first whose number stands in the cell, then how it is written."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from generator.arrays import Flags, Ints, put, take
from generator.context import Context
from generator.damage_names import Named
from generator.errors import Breaker
from generator.lookalikes import digit_changed, replaced

_PLACEHOLDERS = ("13800138000", "11111111111", "无", "13888888888", "00000000000", "12345678901", "不详", "13900000000", "1", "-")
_PREFIXES = ("+86", "86", "0086", "0", "+86 ", "(+86)")
_WIDE = list("０１２３４５６７８９")


def damage_phones(phone: pl.Series, named: Named, c: Context, b: Breaker) -> tuple[pl.Series, pl.Series]:
    """Names and phones with errors; a number disappears only where the name stays and an address or a car stands beside."""
    name = named.text
    rng = b.rng
    has_phone = phone.is_not_null().to_numpy()
    mobile = (phone.str.starts_with("1") & (phone.str.len_bytes() == 11)).fill_null(value=False).to_numpy()
    known = ~named.lost
    may_go = known & c.main & c.evidence
    has_relative = c.relative_phone.is_not_null().to_numpy()

    def one_of(words: tuple[str, ...], at: Ints) -> pl.Series:
        return take(pl.Series(words), rng.integers(0, len(words), at.size))

    whose: _Ways = (
        ("phone_placeholder", may_go, lambda _v, at: one_of(_PLACEHOLDERS, at)),
        ("phone_of_dealer", may_go, lambda _v, at: c.dealer_phone.gather(pl.Series(at))),
        ("phone_of_relative", known & has_relative, lambda _v, at: c.relative_phone.gather(pl.Series(at))),
        ("phone_missing", may_go, lambda v, _at: v.clear(len(v))),
        ("phone_digit", known & mobile, lambda v, at: digit_changed(v, rng.integers(3, 11, at.size), rng)),
        ("phone_cut", known & mobile, lambda v, at: _cut(v, rng.integers(3, 11, at.size))),
        ("phone_no_area_code", known & has_phone & ~mobile, lambda v, _at: v.str.split("-").list.last()),
    )
    phone, free = _strike(phone, whose, b, np.ones(len(phone), dtype=np.bool_))
    intact = mobile & free

    name, moved = b.strike(
        name, "name_with_phone", intact & named.plain, lambda v, at: v + one_of(("", " ", ":", "，"), at) + phone.gather(pl.Series(at))
    )
    phone = put(phone, moved, phone.clear(moved.size))
    intact[moved] = False
    has_second = c.second_phone.is_not_null().to_numpy()
    how: _Ways = (
        ("phone_scientific", c.spreadsheet & may_go, lambda v, _at: "1." + v.str.slice(1, 2) + "E+10"),
        ("phone_two", has_second, lambda v, at: v + one_of(("/", ";", "、", " ", ","), at) + c.second_phone.gather(pl.Series(at))),
        ("phone_decimal", c.spreadsheet, lambda v, _at: v + ".0"),
        ("phone_separators", intact, lambda v, at: _grouped(v, one_of(("-", " ", "－", "—", "."), at))),
        ("phone_prefix", intact, lambda v, at: one_of(_PREFIXES, at) + v),
        ("phone_fullwidth", intact, lambda v, _at: v.str.replace_many(list("0123456789"), _WIDE)),
    )
    phone, _ = _strike(phone, how, b, intact)
    return name, phone


_Ways = tuple[tuple[str, Flags, Callable[[pl.Series, Ints], pl.Series]], ...]


def _strike(phone: pl.Series, ways: _Ways, b: Breaker, free: Flags) -> tuple[pl.Series, Flags]:
    """At most one of the ways strikes a cell; what stays untouched is returned with the phones."""
    free = free.copy()
    for error, eligible, change in ways:
        phone, hit = b.strike(phone, error, eligible & free, change)
        free[hit] = False
    return phone, free


def _cut(v: pl.Series, place: Ints) -> pl.Series:
    return pl.DataFrame({"v": v, "p": place}).select(replaced(pl.col("v"), pl.col("p"), pl.lit(""))).to_series()


def _grouped(v: pl.Series, by: pl.Series) -> pl.Series:
    return v.str.slice(0, 3) + by + v.str.slice(3, 4) + by + v.str.slice(7)
