"""Amounts of money in yuan: ``¥1,234.50``, ``12.8万``, ``1.2亿元``, ``RMB 300``, ``壹万贰仟元整``, ``(120.00)`` for minus 120, ``免费`` for 0.

Other currencies are no yuan: invalid, and so is a billion and more. How a number is written: :mod:`cleansing.numbers`.

>>> clean(pl.Series(["￥12.8万元", "1,234.50", "(120)", "US$ 100", None])).select("status", "yuan", "reason").rows()
[('valid', 128000.0, None), ('valid', 1234.5, None), ('valid', -120.0, 'negative'), ('invalid', None, 'invalid'), ('empty', None, None)]
"""

from __future__ import annotations

import polars as pl

from cleansing import numbers, text

SCHEMA = {"status": pl.String(), "yuan": pl.Float64(), "reason": pl.String(), "reasons": pl.List(pl.String())}
_MONEY = r"[¥?]|人民币|rmb|cny|元|圆|块钱?|整|正|左右|以内|含税价?|不含税|总价|金额|裸?车价|成交价|报价|定金|订金|首付|尾款|保费|合计|总计|[实应][收付]|约|共|/[台辆次]|[\s,，'：:]"
_NOTHING = "^(?:免费|免单|赠送|不收费|全免|免)$"
_MAX = 1e9
"""No single payment is a billion yuan: what reads so is a telephone number or an id in the wrong column."""


def clean(values: pl.Series) -> pl.DataFrame:
    """Status (valid, placeholder, invalid, empty), yuan and reason (negative, invalid): ``SCHEMA``, same height and order."""
    read = numbers.read(values, around=_MONEY)
    flat, number = pl.col("flat"), pl.when(pl.col("flat").str.contains(_NOTHING)).then(0.0).otherwise("number")
    read = read.with_columns(number=number).with_columns(junk=text.is_junk(flat) & pl.col("number").is_null())
    usable = (pl.col("number").is_finite() & (pl.col("number").abs() < _MAX)).fill_null(value=False)
    return read.select(
        status=status(flat, usable=usable, junk=pl.col("junk")),
        yuan=pl.when(usable).then("number"),
        reason=reason_of(flat, usable=usable, junk=pl.col("junk"), doubt=pl.when(pl.col("number") < 0).then(pl.lit("negative"))),
    ).with_columns(reasons=pl.concat_list(pl.concat_str(pl.lit("amount_"), "reason")).list.drop_nulls())  # fmt: skip


def status(flat: pl.Expr, *, usable: pl.Expr, junk: pl.Expr) -> pl.Expr:
    """valid, placeholder, invalid or empty."""
    return (
        pl.when(flat == "")
        .then(pl.lit("empty"))
        .when(usable)
        .then(pl.lit("valid"))
        .when(junk)
        .then(pl.lit("placeholder"))
        .otherwise(pl.lit("invalid"))
    )


def reason_of(flat: pl.Expr, *, usable: pl.Expr, junk: pl.Expr, doubt: pl.Expr) -> pl.Expr:
    """``doubt`` of usable values, invalid of those that are no number; words for "none" are no problem here."""
    return pl.when(usable).then(doubt).when((flat != "") & ~junk).then(pl.lit("invalid"))
