"""Errors in a row's own cells: VIN, plate, dates, amounts, remarks."""

from __future__ import annotations

import numpy as np
import polars as pl

from generator.arrays import Flags, Ints, put, take
from generator.errors import Breaker
from generator.lookalikes import digit_changed, replaced

_PLACEHOLDER_VINS = ("00000000000000000", "11111111111111111", "无", "待补", "LSV00000000000000")
_PLACEHOLDER_PLATES = ("无牌", "未上牌", "临牌", "新车", "无", "00000")
FORMULAS = ("=cmd|' /C calc'!A0", "=1+1", "@SUM(1+1)", "+cmd|' /C calc'!A0", '=HYPERLINK("http://example.com","点击")', "-2+3")
_WRONG_DATES = ("1900-01-00", "2125-03-01", "不详", "0000-00-00", "待定", "2099/12/31")
_JUNK = ("asdf", "???", "。。。", "1", "xxx", "，", "N/A", "#REF!", "#N/A", "啊啊啊")


def damage_rows(rows: pl.DataFrame, shown: dict[str, Flags], b: Breaker) -> pl.DataFrame:
    """The rows with errors in vin, plate, date, amount, remark; ``shown``: whose layout has the column at all."""
    rng = b.rng
    everyone = np.ones(rows.height, dtype=np.bool_)

    def one_of(words: tuple[str, ...], at: Ints) -> pl.Series:
        return take(pl.Series(words), rng.integers(0, len(words), at.size))

    remark = rows["remark"]
    for error, words in (("junk", _JUNK), ("formula", FORMULAS)):  # in empty cells as well
        where = b.hit(error, shown["remark"])
        remark = put(remark, where, one_of(words, where))
    date, _ = b.strike(rows["date"], "date_wrong", everyone, lambda _v, at: one_of(_WRONG_DATES, at))
    amount, _ = b.strike(rows["amount"], "amount_text", shown["amount"], lambda v, at: _as_text(v, rng.integers(0, 3, at.size)))
    vin, plate = _vins(rows["vin"], shown["vin"], b), _plates(rows["plate"], shown["plate"], b)
    return rows.with_columns(remark.alias("remark"), date.alias("date"), amount.alias("amount"), vin.alias("vin"), plate.alias("plate"))


def _as_text(amount: pl.Series, way: Ints) -> pl.Series:
    """12,800元, ￥12800.50, 12800.50元."""
    text, w = pl.col("amount"), pl.col("way")
    whole = text.str.split(".").list.first()
    grouped = pl.when(whole.str.len_chars() > 3).then(whole.str.head(-3) + "," + whole.str.tail(3)).otherwise(whole)
    frame = pl.DataFrame({"amount": amount, "way": way})
    return frame.select(pl.when(w == 0).then(grouped + "元").when(w == 1).then("￥" + text).otherwise(text + "元")).to_series()


def _vins(vin: pl.Series, shown: Flags, b: Breaker) -> pl.Series:
    rng = b.rng
    free = vin.is_not_null().to_numpy() & shown
    round_digits = vin.str.contains("[01]").fill_null(value=False).to_numpy()
    steps = (
        ("vin_missing", free, lambda v, _at: v.clear(len(v))),
        ("vin_placeholder", free, lambda _v, at: take(pl.Series(_PLACEHOLDER_VINS), rng.integers(0, len(_PLACEHOLDER_VINS), at.size))),
        ("vin_cut", free, lambda v, _at: v.str.slice(9)),
        ("vin_digit", free, lambda v, at: digit_changed(v, rng.integers(12, 17, at.size), rng)),
        ("vin_o_i", round_digits, lambda v, _at: v.str.replace_many(["0", "1"], ["O", "I"])),
        ("vin_lower", free, lambda v, _at: v.str.to_lowercase()),
        ("vin_spaces", free, lambda v, _at: v.str.slice(0, 8) + " " + v.str.slice(8, 1) + " " + v.str.slice(9)),
    )
    for name, eligible, change in steps:
        vin, hit = b.strike(vin, name, eligible & free, change)
        free = free.copy()
        free[hit] = False
    return vin


def _plates(plate: pl.Series, shown: Flags, b: Breaker) -> pl.Series:
    rng = b.rng
    free = plate.is_not_null().to_numpy() & shown

    def wrong(v: pl.Series, at: Ints) -> pl.Series:
        frame = pl.DataFrame({"v": v, "p": rng.integers(2, 7, at.size), "n": rng.integers(0, 10, at.size)})
        return frame.select(replaced(pl.col("v"), pl.col("p"), pl.col("n").cast(pl.String))).to_series()

    steps = (
        ("plate_missing", lambda v, _at: v.clear(len(v))),
        ("plate_placeholder", lambda _v, at: take(pl.Series(_PLACEHOLDER_PLATES), rng.integers(0, len(_PLACEHOLDER_PLATES), at.size))),
        ("plate_no_province", lambda v, _at: v.str.slice(1)),
        ("plate_wrong", wrong),
        (
            "plate_dot",
            lambda v, at: v.str.slice(0, 2) + take(pl.Series(["·", "-", " ", "."]), rng.integers(0, 4, at.size)) + v.str.slice(2),
        ),
        ("plate_lower", lambda v, _at: v.str.to_lowercase()),
    )
    for name, change in steps:
        plate, hit = b.strike(plate, name, free, change)
        free = free.copy()
        free[hit] = False
    return plate
