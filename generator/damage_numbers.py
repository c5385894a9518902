"""Errors in id numbers and e-mails: cut by spreadsheets, masked, mistyped, made up."""

from __future__ import annotations

import datetime as dt

import polars as pl

from generator.arrays import Flags, Ints
from generator.cells import Cells
from generator.errors import Breaker, Way
from generator.lookalikes import digit_changed

_PLACEHOLDERS = ("111111111111111111", "无", "000000000000000000", "123456789012345678", "不详", "待补")
_SECOND_CENTURY = (dt.date(2000, 1, 1) - dt.date(1970, 1, 1)).days


def damage_ids(ids: Cells, b: Breaker, *, person: Flags, spreadsheet: Flags, born: Ints) -> None:
    """Makes errors in id numbers, at most one each. Only those without an X become numbers in a spreadsheet.

    ``person``: no company; ``born``: days since 1970.
    """
    rng, free = b.rng, ids.filled
    with_x = ids.base.str.ends_with("X").fill_null(value=False).to_numpy()
    numeric = person & spreadsheet & ~with_x
    ways: tuple[Way, ...] = (
        ("id_missing", free, lambda v, _at: v.clear(len(v))),
        ("id_placeholder", free, lambda _v, at: b.one_of(_PLACEHOLDERS, at)),
        ("id_scientific", numeric, lambda v, _at: v.str.slice(0, 1) + "." + v.str.slice(1, 5) + "E+17"),
        ("id_spreadsheet", numeric, lambda v, _at: v.str.slice(0, 15) + "000"),
        ("id_15_digits", person & (born < _SECOND_CENTURY), lambda v, _at: v.str.slice(0, 6) + v.str.slice(8, 9)),
        ("id_masked", free, lambda v, _at: v.str.slice(0, 4) + "**********" + v.str.slice(14)),
        ("id_digit", person, lambda v, at: digit_changed(v, rng.integers(0, 17, at.size), rng)),
        ("id_lower_x", with_x, lambda v, _at: v.str.to_lowercase()),
    )
    b.strike_once(ids, free, ways)


def damage_emails(emails: Cells, b: Breaker) -> None:
    """Makes errors in e-mails: the @ lost, a comma for the dot, a full-width @, or nothing but 无."""

    def wrong(v: pl.Series, at: Ints) -> pl.Series:
        way, text = pl.col("way"), pl.col("v")
        return pl.DataFrame({"v": v, "way": b.rng.integers(0, 4, at.size)}).select(
            pl.when(way == 0).then(text.str.replace("@", "", literal=True))
            .when(way == 1).then(text.str.replace(".", ",", literal=True))
            .when(way == 2).then(text.str.replace("@", "＠", literal=True))
            .otherwise(pl.lit("无"))
        ).to_series()  # fmt: skip

    b.strike(emails, "email_wrong", emails.filled, wrong)
