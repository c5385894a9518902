"""Mileage in whole kilometres: ``12,345km``, ``1.2万公里``, ``3万5``, ``三万五千公里``, ``35k``, ``35000.0``, ``12345 miles``.

Below 0 and above 3,000,000 km no car is (out_of_range); an odometer that shows only nines says nothing (placeholder). Miles
are 1.609344 km. How a number is written: :mod:`cleansing.numbers`.

>>> clean(pl.Series(["1.2万公里", "12,345 KM", "99999999", "-5", None])).select("status", "km", "reason").rows()
[('valid', 12000, None), ('valid', 12345, None), ('invalid', None, 'out_of_range'), ('invalid', None, 'out_of_range'), ('empty', None, None)]
"""

from __future__ import annotations

import polars as pl

from cleansing import amounts, numbers, text

SCHEMA = {"status": pl.String(), "km": pl.Int64(), "reason": pl.String(), "reasons": pl.List(pl.String())}
_MILES = r"miles?|英里|mi"
_KILOMETRES = rf"公里数?|里程[数表]?|行驶|表显|千米|kms?|odo|{_MILES}|约|大概|左右|[多余]|[+＋>≥~≈]|[\s,，'：:]"
_BARE_K = r"^[0-9.,]{4,}[ ]?k$"
"""35000k: kilometres with a letter left out; 35k is 35,000."""
KM_OF_A_MILE = 1.609344
MAX_KM = 3_000_000
"""No car has gone farther; what is above is a typing error."""


def clean(values: pl.Series) -> pl.DataFrame:
    """Status (valid, placeholder, invalid, empty), km and reason (invalid, out_of_range): ``SCHEMA``, same height and order."""
    read = numbers.read(values, around=_KILOMETRES)
    flat = pl.col("flat")
    factor = pl.when(flat.str.contains(f"(?:{_MILES})$")).then(KM_OF_A_MILE).when(flat.str.contains(_BARE_K)).then(0.001).otherwise(1.0)
    read = read.with_columns(number=pl.col("number") * factor)
    number = pl.col("number")
    nines = flat.str.contains("^9{6,7}$")
    usable = number.is_between(0, MAX_KM).fill_null(value=False) & ~nines
    junk = (text.is_junk(flat) & number.is_null()) | nines
    why = (
        pl.when(~usable & number.is_not_null() & ~nines).then(pl.lit("out_of_range"))
        .when(~usable & (flat != "") & ~junk).then(pl.lit("invalid"))
    )  # fmt: skip
    return read.select(
        status=amounts.status(flat, usable=usable, junk=junk), km=pl.when(usable).then(number.round(0).cast(pl.Int64, strict=False)), reason=why
    ).with_columns(reasons=pl.concat_list(pl.concat_str(pl.lit("mileage_"), "reason")).list.drop_nulls())  # fmt: skip
