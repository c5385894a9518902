"""Amounts of money in yuan: ``¥1,234.50``, ``12.8万``, ``1.2亿元``, ``RMB 300``, ``(120.00)`` for minus 120.

>>> clean(pl.Series(["￥12.8万元", "1,234.50", "(120)", "赠送", None])).select("status", "yuan", "reason").rows()
[('valid', 128000.0, None), ('valid', 1234.5, None), ('valid', -120.0, 'negative'), ('invalid', None, 'invalid'), ('empty', None, None)]
"""

from __future__ import annotations

import polars as pl

from cleansing import text

SCHEMA = {"status": pl.String(), "yuan": pl.Float64(), "reason": pl.String(), "reasons": pl.List(pl.String())}
_MONEY = r"¥|人民币|rmb|cny|元整?|圆|块|约|共|合计|[\s,，']"
_MAX = 1e12


def clean(values: pl.Series) -> pl.DataFrame:
    """Status (valid, placeholder, invalid, empty), yuan and reason (negative, invalid): ``SCHEMA``, same height and order."""
    numbers = parse_numbers(values, strip=_MONEY)
    number, flat = pl.col("number"), pl.col("flat")
    usable = number.is_finite() & (number.abs() < _MAX)
    return numbers.with_columns(usable=usable.fill_null(value=False), junk=text.is_junk(flat) & (flat != "0")).select(
        status=status(flat, usable=pl.col("usable"), junk=pl.col("junk")),
        yuan=pl.when("usable").then("number"),
        reason=reason_of(flat, usable=pl.col("usable"), junk=pl.col("junk"), doubt=pl.when(number < 0).then(pl.lit("negative"))),
    ).with_columns(reasons=pl.concat_list(pl.concat_str(pl.lit("amount_"), "reason")).list.drop_nulls())  # fmt: skip


def parse_numbers(values: pl.Series, *, strip: str) -> pl.DataFrame:
    """Normalized text (``flat``, "" where empty) and its ``number`` (Float64, null where it is none), row by row.

    ``strip`` is a pattern of what stands beside a number in this column; 万 and 亿 multiply; brackets are a minus.
    """
    written = values.cast(pl.String).alias("written").to_frame()
    distinct = written.unique().with_columns(flat=text.normalize(pl.col("written")).str.to_lowercase().fill_null(""))
    bare = pl.col("flat").str.replace_all(strip, "").str.replace(r"^\((.*)\)$", "-$1")
    factor = (
        pl.when(bare.str.contains("亿$"))
        .then(1e8)
        .when(bare.str.contains("[万w]$"))
        .then(1e4)
        .when(bare.str.contains("千$"))
        .then(1e3)
        .otherwise(1.0)
    )
    digits = bare.str.replace("[亿万w千]$", "")
    plain = digits.str.contains(r"^[+-]?(?:[0-9]{1,15}(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]{1,2})?$")
    number = pl.when(plain).then(digits.str.strip_prefix("+")).cast(pl.Float64, strict=False)
    # 12.8万 is 128000, not 128000.00000000001: the product is rounded to fen.
    judged = distinct.with_columns(number=(number * factor).round(2))
    return written.join(judged, on="written", how="left", maintain_order="left", nulls_equal=True).select("flat", "number")


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
