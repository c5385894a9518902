"""Errors in id numbers and e-mails: cut by spreadsheets, masked, mistyped, made up."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from generator.arrays import Flags, Ints, take
from generator.errors import Breaker
from generator.lookalikes import digit_changed

_PLACEHOLDERS = ("111111111111111111", "无", "000000000000000000", "123456789012345678", "不详", "待补")
_SECOND_CENTURY = (dt.date(2000, 1, 1) - dt.date(1970, 1, 1)).days


def damage_ids(ids: pl.Series, b: Breaker, *, company: Flags, spreadsheet: Flags, born: Ints) -> pl.Series:
    """Id numbers with errors, at most one each. Only numbers without an X become numbers in a spreadsheet."""
    rng, person = b.rng, ~company
    with_x = ids.str.ends_with("X").fill_null(value=False).to_numpy()
    numeric = person & spreadsheet & ~with_x
    free = ids.is_not_null().to_numpy().copy()
    steps = (
        ("id_missing", free, lambda v, _at: v.clear(len(v))),
        ("id_placeholder", free, lambda _v, at: take(pl.Series(_PLACEHOLDERS), rng.integers(0, len(_PLACEHOLDERS), at.size))),
        ("id_scientific", numeric, lambda v, _at: v.str.slice(0, 1) + "." + v.str.slice(1, 5) + "E+17"),
        ("id_spreadsheet", numeric, lambda v, _at: v.str.slice(0, 15) + "000"),
        ("id_15_digits", person & (born < _SECOND_CENTURY), lambda v, _at: v.str.slice(0, 6) + v.str.slice(8, 9)),
        ("id_masked", free, lambda v, _at: v.str.slice(0, 4) + "**********" + v.str.slice(14)),
        ("id_digit", person, lambda v, at: digit_changed(v, rng.integers(0, 17, at.size), rng)),
        ("id_lower_x", with_x, lambda v, _at: v.str.to_lowercase()),
    )
    for name, eligible, change in steps:
        ids, hit = b.strike(ids, name, eligible & free, change)
        free[hit] = False
    return ids


def damage_emails(emails: pl.Series, b: Breaker) -> pl.Series:
    """E-mails with the @ lost, a comma for the dot, a full-width @, or nothing but 无."""

    def wrong(v: pl.Series, at: Ints) -> pl.Series:
        way, text = pl.col("way"), pl.col("v")
        return pl.DataFrame({"v": v, "way": b.rng.integers(0, 4, at.size)}).select(
            pl.when(way == 0).then(text.str.replace("@", "", literal=True))
            .when(way == 1).then(text.str.replace(".", ",", literal=True))
            .when(way == 2).then(text.str.replace("@", "＠", literal=True))
            .otherwise(pl.lit("无"))
        ).to_series()  # fmt: skip

    return b.strike(emails, "email_wrong", np.ones(len(emails), dtype=np.bool_), wrong)[0]
