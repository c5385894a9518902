"""The head of an address to its division, in two ways that give the same.

The short way takes the text up to the last 省, 市, 区, 县 … before the street begins (浙江省杭州市余杭区|五常街道…). There are few
distinct ones; where all of such a head is read, down to the district, that is the answer. The long way reads the text itself
(:mod:`cleansing.addresses.heads`).
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing import reference
from cleansing.addresses import heads
from cleansing.addresses.points import CodePoints, Ints, Points, first_from
from cleansing.divisions import whole_cities

_STOPS = "路街道巷弄号村镇乡园厂楼栋幢室层、，,;；( "
_NO_DIVISION_BEFORE = "大小驾"  # 鄞县大道 is a road
_FIELDS = {
    "adcode": pl.String(), "as_written": pl.String(), "province_written": pl.Boolean(), "old": pl.Boolean(),
    "mismatch": pl.Boolean(), "province_as_written": pl.String(), "city_as_written": pl.String(),
}  # fmt: skip


def divide(addresses: pl.DataFrame, points: CodePoints) -> pl.DataFrame:
    """``text``, its code points (and any other columns) to the same with the division's columns and ``left``, the text without the head.

    Division columns: adcode, candidates (where ambiguous), as_written, province_written, old, mismatch, province_as_written,
    city_as_written.
    """
    folder = str(reference.folder())
    frame = addresses.hstack(_cut(*points, folder)).with_columns(head=pl.col("text").str.slice(0, "cut"))
    read = _read_whole(frame.select("head").unique(maintain_order=True))
    short = frame.join(read, on="head", how="left", maintain_order="left").with_columns(left=pl.col("text").str.slice("cut"))
    final = pl.when("road").then(pl.lit(value=False)).otherwise("deep") | ~pl.col("opens")
    certain = short.select("more", "left", certain=pl.col("deep").is_not_null() & final).with_row_index("at")
    asked = certain.filter("certain", "more").filter(pl.col("left").str.slice(0, heads.LENGTH).str.contains_any(heads.long_names(folder)))
    seen = certain["certain"].scatter(asked["at"], values=False)
    short = short.drop("cut", "opens", "road", "more", "head", "deep")
    if seen.all():
        return short
    long = addresses.filter(~seen)
    long = long.join(divide_long(long.select("text").unique(maintain_order=True)), on="text", how="left", maintain_order="left")
    order = pl.concat([seen.arg_true(), (~seen).arg_true()]).arg_sort()
    return pl.concat([short.filter(seen), long.select(short.columns)])[order]


def _read_whole(distinct: pl.DataFrame) -> pl.DataFrame:
    """The heads that are read to the end, with the division's columns and ``deep``: no division below can follow."""
    whole_city = pl.col("adcode").is_in(whole_cities().implode())
    deep = (pl.col("adcode").str.slice(4) != "00") | whole_city | (pl.col("candidates").list.len() > 1)
    found = divide_long(distinct.rename({"head": "text"})).filter("full", pl.col("left") == "")
    return found.rename({"text": "head"}).drop("left", "full").with_columns(deep=deep.fill_null(value=False))


def divide_long(distinct: pl.DataFrame) -> pl.DataFrame:
    """:func:`divide` of distinct texts, one by one."""
    folder = str(reference.folder())
    read = [heads.read(text[:_LOOKED_AT], folder) for text in distinct["text"]]
    columns = {name: pl.Series([getattr(one.division, name) for one in read], dtype=dtype) for name, dtype in _FIELDS.items()}
    several = pl.Series(["|".join(one.division.candidates) or None for one in read], dtype=pl.String)
    taken = pl.Series([one.taken for one in read], dtype=pl.Int64)
    skipped = pl.Series([one.skipped for one in read], dtype=pl.String)
    full = pl.Series([one.full or one.taken == 0 for one in read], dtype=pl.Boolean)
    return distinct.with_columns(**columns, full=full, candidates=several.str.split("|")).with_columns(
        left=skipped + pl.col("text").str.slice(taken)
    )


_LOOKED_AT = heads.LENGTH + 6  # what follows a word matters, too


def _cut(points: Points, starts: Ints, folder: str) -> pl.DataFrame:
    """``cut``: characters up to the last ending of a division's name before the street begins.

    ``opens``: a division's word may begin there; ``road``: a road's word does; ``more``: endings of divisions' names follow.
    """
    if not len(starts):
        return pl.DataFrame(schema={"cut": pl.Int64, "opens": pl.Boolean, "road": pl.Boolean, "more": pl.Boolean})
    kinds = _kind_of()[np.minimum(points, 0xFFFF)]
    endings = np.flatnonzero(kinds == _ENDING)
    stop = first_from(np.flatnonzero(kinds >= _STOP), starts, beyond=len(points))
    before = np.searchsorted(endings, stop)
    last = np.append(endings, -1)[before - 1]
    cut = np.where(last >= starts, last + 1 - starts, 0)
    at = np.minimum(starts + cut, len(points) - 1)
    pairs = (points[at].astype(np.int64) << 16) | (points[np.minimum(at + 1, len(points) - 1)] & 0xFFFF)
    known, letters = heads.openings(folder)
    opens = (known[np.minimum(np.searchsorted(known, pairs), len(known) - 1)] == pairs) | np.isin(points[at], letters)
    road = kinds[at] == _NO_DIVISION
    ends = np.append(starts[1:], len(points))
    more = np.append(endings, len(points))[before] < np.minimum(starts + heads.LENGTH, ends)
    return pl.DataFrame({"cut": cut, "opens": opens | road, "road": road, "more": more})


_ENDING, _STOP, _NO_DIVISION = 1, 2, 3


@functools.cache
def _kind_of() -> npt.NDArray[np.uint8]:
    table = np.zeros(0x10000, dtype=np.uint8)
    table[:0x80] = _STOP
    for characters, kind in ((heads.ENDINGS, _ENDING), (_STOPS, _STOP), (_NO_DIVISION_BEFORE, _NO_DIVISION)):
        for character in characters:
            table[ord(character)] = kind
    return table
