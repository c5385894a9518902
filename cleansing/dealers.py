"""Where dealers are: the places of dealers.csv, for what a record leaves open.

A dealer is found by its id, its name or a synonym of it, so that a folder of the inbox may be called either. Places are read as addresses are
(上海, 沪, 上海市浦东新区): a user writes them as he likes.
"""

from __future__ import annotations

import functools
from pathlib import Path

import polars as pl

from cleansing import addresses, coding, dictionaries, reference

_PLACE = ("province", "city")


def places(dealer_ids: pl.Series, *, listed: pl.DataFrame | None = None) -> pl.DataFrame:
    """``province`` and ``city`` of each dealer (official names; a county below its province counts as a city); null where unknown.

    ``listed`` (dealer_id, province, city) stands in for dealers.csv.
    """
    listed = known() if listed is None else listed.unique("dealer_id", keep="first", maintain_order=True)
    if listed.is_empty():
        return pl.DataFrame({name: pl.repeat(None, len(dealer_ids), dtype=pl.String, eager=True) for name in _PLACE})
    coded = coding.dealer(dealer_ids).select("dealer_id")
    return coded.join(listed, on="dealer_id", how="left", maintain_order="left").select(_PLACE)


def known() -> pl.DataFrame:
    """dealer_id, province, city of the dealers whose place dealers.csv tells."""
    return _known(reference.folder())


@functools.cache
def _known(_folder: Path) -> pl.DataFrame:
    listed = dictionaries.table("dealers.csv", "dealer_id", "name", *_PLACE).unique("dealer_id", keep="first", maintain_order=True)
    return official(listed.select("dealer_id", *_PLACE))


def official(listed: pl.DataFrame) -> pl.DataFrame:
    """The same with official names of today, without the dealers whose place cannot be read."""
    written = listed.select(pl.concat_str(*_PLACE, ignore_nulls=True)).to_series()
    read = addresses.divisions(written).select("province", city=pl.coalesce("city", "district"))
    return listed.select("dealer_id").hstack(read).filter(pl.col("province").is_not_null())
