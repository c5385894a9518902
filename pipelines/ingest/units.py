"""Units that a header says: 成交价(万元) with 36.78 in its cells is 367,800 yuan, 行驶里程(万公里) with 3.2 is 32,000 km.

The unit goes behind each bare number, as people write it who say it in the cell; cleansing reads it there. A number that would be more than can be meant
with it (367800 in a column of 万元) was written out, and stays. The rest of a header is what :mod:`pipelines.ingest.words` knows.

>>> [stated(header, "amount") for header in ("成交价(万元)", "金额（单位：万元）", "Amount (10k CNY)", "金额(千元)", "金额（元）", "万达店金额")]
['万', '万', '万', '千', '', '']
>>> [stated(header, "mileage") for header in ("行驶里程(万公里)", "里程(千米)", "Mileage (km)")]
['万', '', '']
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import polars as pl

_TEN_THOUSAND: Final = re.compile(
    r"(?:[(\[【:,/_-]|单位)(?:万(?:元|块钱?|人民币|rmb|cny|公里|千米|km)?|(?:10k|10000|wan)(?:yuan|rmb|cny|km)?)[)\]】]?$"
)
_THOUSAND: Final = re.compile(r"(?:[(\[【:,/_-]|单位)(?:千(?:元|块钱?|人民币|rmb|cny)|(?:k|1000|thousand)(?:yuan|rmb|cny))[)\]】]?$")
_BARE: Final = r"^[¥\s]*([0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|\.[0-9]+)[\s元]*$"
_FACTOR: Final = {"万": 10_000, "千": 1_000}
MOST: Final = {"amount": 100_000_000, "cost": 100_000_000, "mileage": 3_000_000}
"""Yuan of a payment and kilometres of a car that nothing with a unit is meant to exceed, by field."""


def stated(header: str, field: str) -> str:
    """The unit that ``header`` says of a field's numbers: 万, 千, or "" where it says none, or the field has none."""
    if field not in MOST:
        return ""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", header)).casefold()
    if _TEN_THOUSAND.search(plain):
        return "万"
    return "千" if field != "mileage" and _THOUSAND.search(plain) else ""


def completed(cell: pl.Expr, unit: str, field: str) -> pl.Expr:
    """``cell`` with the unit behind a bare number.

    >>> frame = pl.DataFrame({"c": ["36.78", "1,234", "367800", "3万", "0", "面议", None]})
    >>> frame.select(completed(pl.col("c"), "万", "amount")).to_series().to_list()
    ['36.78万', '1234万', '367800', '3万', '0', '面议', None]
    """
    if not unit:
        return cell
    bare = cell.str.normalize("NFKC").str.extract(_BARE).str.replace_all(",", "", literal=True)
    number = bare.cast(pl.Float64, strict=False)
    meant = ((number > 0) & (number * _FACTOR[unit] < MOST[field])).fill_null(value=False)
    return pl.when(meant).then(pl.concat_str(bare, pl.lit(unit))).otherwise(cell)
