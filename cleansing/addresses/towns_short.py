"""Towns written without their kind: 余杭区 闲林 is 闲林街道, 慈溪 观海卫 is 观海卫镇. They are known by the district they lie in."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing import reference, strings
from cleansing.addresses.points import code_points
from cleansing.divisions import towns

_KIND = "(?:街道办事处|街道|地区办事处|苏木|镇|乡)$"
# A town's name before one of these is a road's, a village's or a place's.
_NOT_BEFORE = "^(?:[东西南北中上下前后新老]?[一二三四五六七八九十]?(?:路|大?街|大道|巷|弄|桥|支路)|[村市区县镇乡城园苑社]|街道|公路|大桥|小区|花园|新村|广场|中学|小学|医院|大厦|公寓|[A-Za-z])"
_SIZES = (4, 3, 2)


def cut_off(frame: pl.DataFrame) -> pl.DataFrame:
    """``tail`` and ``adcode`` (and any other columns) to the same without the short town, ``town_known`` and ``town_written``."""
    asked = _may_begin_with_town(frame["tail"], frame["adcode"])
    rows = frame.select("tail", pl.col("adcode").fill_null("0")).with_row_index("at").filter(asked)
    nothing = pl.repeat(None, len(frame), dtype=pl.String, eager=True)
    if rows.is_empty():
        return frame.with_columns(town_known=nothing, town_written=nothing)
    found = pl.concat(
        rows.with_columns(short=pl.col("tail").str.slice(0, size), behind=pl.col("tail").str.slice(size))
        .join(_short_towns(str(reference.folder())), on=["adcode", "short"], how="inner", maintain_order="left")
        .filter(~pl.col("behind").str.contains(_NOT_BEFORE))
        for size in _SIZES
    ).unique("at", keep="first", maintain_order=True)
    at = found["at"].to_numpy().astype(np.int64)
    return frame.with_columns(
        tail=strings.put(frame["tail"], at, found["behind"]),
        town_known=strings.put(nothing, at, found["town"]),
        town_written=strings.put(nothing, at, found["short"]),
    )


def _may_begin_with_town(tails: pl.Series, adcodes: pl.Series) -> pl.Series:
    """Whether the first two characters begin a town's short name in the district."""
    points, starts = code_points(tails.str.slice(0, 2))
    if not len(points):
        return pl.Series(dtype=pl.Boolean)
    first, second = (points[np.minimum(starts + step, len(points) - 1)].astype(np.int64) & 0xFFFF for step in (0, 1))
    code = adcodes.cast(pl.Int64, strict=False).fill_null(0).to_numpy()
    keys = (code << 32) | (first << 16) | second
    known = _keys(str(reference.folder()))
    return pl.Series(known[np.minimum(np.searchsorted(known, keys), len(known) - 1)] == keys)


@functools.cache
def _keys(folder: str) -> npt.NDArray[np.int64]:
    known = _short_towns(folder)
    points, starts = code_points(known["short"])
    code = known["adcode"].cast(pl.Int64).to_numpy()
    return np.unique((code << 32) | (points[starts].astype(np.int64) << 16) | points[starts + 1].astype(np.int64))


@functools.cache
def _short_towns(_folder: str) -> pl.DataFrame:
    """Adcode (of the district; of the city, or 0 for the country, where only one town there is called so), the short name, the town."""
    named = towns().rename({"name": "town"}).with_columns(short=pl.col("town").str.replace(_KIND, ""))
    named = named.filter(pl.col("short").str.len_chars().is_between(2, 4) & ~pl.col("short").str.contains("[路街道巷里]$"))
    city = named.with_columns(pl.col("adcode").str.slice(0, 4) + "00").filter(pl.len().over("adcode", "short") == 1)
    country = named.with_columns(adcode=pl.lit("0")).filter(pl.len().over("short") == 1)
    return (
        pl.concat([named, city, country]).unique(["adcode", "short"], keep="first", maintain_order=True).select("adcode", "short", "town")
    )
