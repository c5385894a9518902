"""The most frequent organizations: nothing but Chinese characters, and a word in them that only organizations have.

What they give is what :mod:`cleansing.names.parse` would give (a test holds the two against each other).

>>> are_sure(pl.Series(["上海永达汽车销售服务有限公司", "上海永达公司李经理", "上海永达"])).to_list()
[True, False, False]
"""

from __future__ import annotations

import numpy as np
import polars as pl

from cleansing.names import gates, rules
from cleansing.names.person import COLUMNS

_SHORTEST = 4
_MAYBE_PERSON = rf"^[尊亲敬]|(?:{rules.TITLE})$"
"""尊敬的..., 保险公司李经理: other rules look at these first."""


def are_sure(cells: pl.Series) -> pl.Series:
    """Whether a cell names an organization whatever the other rules say; false of null."""
    cell = pl.col("cell")
    named = (cell.str.len_bytes() >= 3 * _SHORTEST) & cell.str.contains_any(rules.COMPANY_ANYWHERE.split("|"))
    found = cells.alias("cell").to_frame().select(named.fill_null(value=False)).to_series().to_numpy().copy()
    rows = np.flatnonzero(found)
    chosen = cells.gather(rows)
    chinese = gates.signs(chosen) & ~np.uint16(gates.HAN | gates.JOIN) == 0
    found[rows] = chinese & ~chosen.str.contains(_MAYBE_PERSON).to_numpy()
    return pl.Series(found)


def read(cells: pl.Series) -> pl.DataFrame:
    """``raw`` and the columns of the result for cells that :func:`are_sure`."""
    nothing = pl.lit(None, dtype=pl.String)
    names = pl.concat_list("raw")
    return (
        cells.alias("raw")
        .to_frame()
        .select(
            "raw", kind=pl.lit("company"), name="raw", names=names, surname=nothing, given=nothing, title=nothing, gender=nothing,
            pinyin=nothing, leftover_phone=nothing, reasons=pl.lit([], dtype=pl.List(pl.String)),
        )
        .select("raw", *COLUMNS)
    )  # fmt: skip
