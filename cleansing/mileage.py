"""Mileage in whole kilometres: ``12,345km``, ``1.2万公里``, ``35000.0``.

>>> clean(pl.Series(["1.2万公里", "12,345 KM", "99999999", "-5", None])).select("status", "km", "reason").rows()
[('valid', 12000, None), ('valid', 12345, None), ('invalid', None, 'out_of_range'), ('invalid', None, 'out_of_range'), ('empty', None, None)]
"""

from __future__ import annotations

import polars as pl

from cleansing import amounts, text

SCHEMA = {"status": pl.String(), "km": pl.Int64(), "reason": pl.String(), "reasons": pl.List(pl.String())}
_KILOMETRES = r"公里数?|里程数?|千米|kms?|约|[\s,，':：]"
MAX_KM = 3_000_000
"""No car has gone farther; what is above is a typing error."""


def clean(values: pl.Series) -> pl.DataFrame:
    """Status (valid, placeholder, invalid, empty), km and reason (invalid, out_of_range): ``SCHEMA``, same height and order."""
    numbers = amounts.parse_numbers(values, strip=_KILOMETRES)
    number, flat = pl.col("number"), pl.col("flat")
    usable = number.is_between(0, MAX_KM).fill_null(value=False)
    junk = text.is_junk(flat) & number.is_null()
    why = pl.when(~usable & number.is_not_null()).then(pl.lit("out_of_range")).when(~usable & (flat != "") & ~junk).then(pl.lit("invalid"))
    return numbers.select(
        status=amounts.status(flat, usable=usable, junk=junk), km=pl.when(usable).then(number.round(0).cast(pl.Int64, strict=False)), reason=why
    ).with_columns(reasons=pl.concat_list(pl.concat_str(pl.lit("mileage_"), "reason")).list.drop_nulls())  # fmt: skip
