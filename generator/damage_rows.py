"""Errors in a row's own cells: VIN, plate, dates, amounts, remarks."""

from __future__ import annotations

import numpy as np
import polars as pl

from generator.arrays import Ints, take
from generator.errors import Breaker
from generator.lookalikes import digit_changed, replaced

_PLACEHOLDER_VINS = ("00000000000000000", "11111111111111111", "无", "待补", "LSV00000000000000")
_PLACEHOLDER_PLATES = ("无牌", "未上牌", "临牌", "新车", "无", "00000")
FORMULAS = ("=cmd|' /C calc'!A0", "=1+1", "@SUM(1+1)", "+cmd|' /C calc'!A0", '=HYPERLINK("http://example.com","点击")', "-2+3")
_JUNK = ("asdf", "???", "。。。", "1", "xxx", "，", "N/A", "#REF!", "#N/A", "啊啊啊")


def damage_rows(rows: pl.DataFrame, breaker: Breaker) -> pl.DataFrame:
    """The rows with errors in vin, plate, remark; ``date_wrong`` and ``amount_text`` hold how date and amount are to be broken."""
    everyone = np.ones(rows.height, dtype=np.bool_)
    remark = rows["remark"]
    written = remark.is_not_null().to_numpy()
    rng = breaker.rng
    remark, _ = breaker.strike(remark, "junk", written, lambda _v, at: take(pl.Series(_JUNK), rng.integers(0, len(_JUNK), at.size)))
    remark, _ = breaker.strike(remark, "formula", written, lambda _v, at: take(pl.Series(FORMULAS), rng.integers(0, len(FORMULAS), at.size)))
    dates = breaker.draw("date_wrong", everyone)
    amounts = breaker.draw("amount_text", everyone)
    breaker.note("date_wrong", dates)
    breaker.note("amount_text", amounts)
    marks = np.zeros(rows.height, dtype=np.int64)
    date_marks, amount_marks = marks.copy(), marks.copy()
    date_marks[dates] = rng.integers(1, 5, dates.size)
    amount_marks[amounts] = rng.integers(1, 4, amounts.size)
    return rows.with_columns(
        remark.alias("remark"), _vins(rows["vin"], breaker).alias("vin"), _plates(rows["plate"], breaker).alias("plate"),
        date_wrong=pl.Series(date_marks), amount_text=pl.Series(amount_marks),
    )  # fmt: skip


def _vins(vin: pl.Series, b: Breaker) -> pl.Series:
    rng = b.rng
    free = vin.is_not_null().to_numpy().copy()
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


def _plates(plate: pl.Series, b: Breaker) -> pl.Series:
    rng = b.rng
    free = plate.is_not_null().to_numpy().copy()

    def wrong(v: pl.Series, at: Ints) -> pl.Series:
        frame = pl.DataFrame({"v": v, "p": rng.integers(2, 7, at.size), "n": rng.integers(0, 10, at.size)})
        return frame.select(replaced(pl.col("v"), pl.col("p"), pl.col("n").cast(pl.String))).to_series()

    steps = (
        ("plate_missing", lambda v, _at: v.clear(len(v))),
        ("plate_placeholder", lambda _v, at: take(pl.Series(_PLACEHOLDER_PLATES), rng.integers(0, len(_PLACEHOLDER_PLATES), at.size))),
        ("plate_no_province", lambda v, _at: v.str.slice(1)),
        ("plate_wrong", wrong),
        ("plate_dot", lambda v, at: v.str.slice(0, 2) + take(pl.Series(["·", "-", " ", "."]), rng.integers(0, 4, at.size)) + v.str.slice(2)),
        ("plate_lower", lambda v, _at: v.str.to_lowercase()),
    )
    for name, change in steps:
        plate, hit = b.strike(plate, name, free, change)
        free = free.copy()
        free[hit] = False
    return plate


def repeated(breaker: Breaker, rows: int) -> Ints:
    """Positions of the rows that are written twice."""
    where = breaker.draw("row_twice", np.ones(rows, dtype=np.bool_))
    breaker.note("row_twice", where)
    return where


