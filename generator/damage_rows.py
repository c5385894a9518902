"""Errors in a row's own cells: VIN, plate, dates, amounts, remarks."""

from __future__ import annotations

import polars as pl

from generator.arrays import Flags, Ints
from generator.cells import Cells
from generator.columns import Column
from generator.errors import Breaker, Way
from generator.lookalikes import digit_changed, replaced

_PLACEHOLDER_VINS = ("00000000000000000", "11111111111111111", "无", "待补", "LSV00000000000000")
_PLACEHOLDER_PLATES = ("无牌", "未上牌", "临牌", "新车", "无", "00000")
FORMULAS = ("=cmd|' /C calc'!A0", "=1+1", "@SUM(1+1)", "+cmd|' /C calc'!A0", '=HYPERLINK("http://example.com","点击")', "-2+3")
_WRONG_DATES = ("1900-01-00", "2125-03-01", "不详", "0000-00-00", "待定", "2099/12/31")
_JUNK = ("asdf", "???", "。。。", "1", "xxx", "，", "N/A", "#REF!", "#N/A", "啊啊啊")


def damage_rows(columns: dict[str, tuple[pl.Series, Ints]], remark_shown: Flags, b: Breaker) -> dict[str, Column]:
    """remark, date, amount, vin, plate with errors: each given as the cells that are shown, and the rows in which they stand."""
    size = remark_shown.size
    cells = {name: Cells(values) for name, (values, _) in columns.items()}
    where = {name: place for name, (_, place) in columns.items()}
    for error, words in (("junk", _JUNK), ("formula", FORMULAS)):  # in empty cells as well
        struck = b.hit(error, remark_shown)
        cells["remark"].put(struck, b.one_of(words, struck))
    b.strike(cells["date"], "date_wrong", cells["date"].filled, lambda _v, at: b.one_of(_WRONG_DATES, at))
    b.among(where["amount"]).strike(
        cells["amount"], "amount_text", cells["amount"].filled, lambda v, at: _as_text(v, b.rng.integers(0, 3, at.size))
    )
    _vins(cells["vin"], b.among(where["vin"]))
    _plates(cells["plate"], b.among(where["plate"]))
    return {name: made.column(where[name], size) for name, made in cells.items()}


def _as_text(amount: pl.Series, way: Ints) -> pl.Series:
    """12,800元, ￥12800.50, 12800.50元."""
    text, w = pl.col("amount"), pl.col("way")
    whole = text.str.split(".").list.first()
    grouped = pl.when(whole.str.len_chars() > 3).then(whole.str.head(-3) + "," + whole.str.tail(3)).otherwise(whole)
    frame = pl.DataFrame({"amount": amount, "way": way})
    return frame.select(pl.when(w == 0).then(grouped + "元").when(w == 1).then("￥" + text).otherwise(text + "元")).to_series()


def _vins(vin: Cells, b: Breaker) -> None:
    rng, shown = b.rng, vin.filled
    round_digits = vin.base.str.contains_any(["0", "1"]).to_numpy()
    ways: tuple[Way, ...] = (
        ("vin_missing", shown, lambda v, _at: v.clear(len(v))),
        ("vin_placeholder", shown, lambda _v, at: b.one_of(_PLACEHOLDER_VINS, at)),
        ("vin_cut", shown, lambda v, _at: v.str.slice(9)),
        ("vin_digit", shown, lambda v, at: digit_changed(v, rng.integers(12, 17, at.size), rng)),
        ("vin_o_i", round_digits, lambda v, _at: v.str.replace_many(["0", "1"], ["O", "I"])),
        ("vin_lower", shown, lambda v, _at: v.str.to_lowercase()),
        ("vin_spaces", shown, lambda v, _at: v.str.slice(0, 8) + " " + v.str.slice(8, 1) + " " + v.str.slice(9)),
    )
    b.strike_once(vin, shown, ways)


def _plates(plate: Cells, b: Breaker) -> None:
    rng, shown = b.rng, plate.filled

    def wrong(v: pl.Series, at: Ints) -> pl.Series:
        frame = pl.DataFrame({"v": v, "p": rng.integers(2, 7, at.size), "n": rng.integers(0, 10, at.size)})
        return frame.select(replaced(pl.col("v"), pl.col("p"), pl.col("n").cast(pl.String))).to_series()

    ways: tuple[Way, ...] = (
        ("plate_missing", shown, lambda v, _at: v.clear(len(v))),
        ("plate_placeholder", shown, lambda _v, at: b.one_of(_PLACEHOLDER_PLATES, at)),
        ("plate_no_province", shown, lambda v, _at: v.str.slice(1)),
        ("plate_wrong", shown, wrong),
        ("plate_dot", shown, lambda v, at: v.str.slice(0, 2) + b.one_of(("·", "-", " ", "."), at) + v.str.slice(2)),
        ("plate_lower", shown, lambda v, _at: v.str.to_lowercase()),
    )
    b.strike_once(plate, shown, ways)
