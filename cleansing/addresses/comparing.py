"""Whether two addresses mean one place (an estate, a house, a lane), from their parsed parts.

The evidence (:mod:`cleansing.addresses.evidence`) is what the divisions, towns, roads, numbers, buildings and names of both sides
have in common, and how rare it is. Shared pairs of characters speak for one place, the more the rarer they are in Chinese words and in
addresses; so does one road, the more with one number. Another road, or another number, speaks against it; a part that one side does not have
says little. Another building or room of the same estate is the same place. Two districts are two places.

The points that the evidence gives stand in data/reference/same_place.csv and same_place_words.csv; the script beside them fits them on
half of a public set of labelled pairs. An address whose parts are all the same is the same place, whatever they are.

>>> from cleansing.addresses import clean
>>> left, right = clean(pl.Series(["阳光花园3-2-501", "人民路12号"])), clean(pl.Series(["人民路12号阳光花园3号楼2单元501室", "人民路120号"]))
>>> same_place(left, right).to_list()
[True, False]
"""

from __future__ import annotations

import polars as pl

from cleansing.addresses import evidence, place_points, sides


def same_place(left: pl.DataFrame, right: pl.DataFrame) -> pl.Series:
    """Whether each address of ``left`` is the place of the one beside it in ``right``; symmetric.

    Args:
        left: columns of :func:`cleansing.addresses.clean`: adcode, district_as_written and the parts.
        right: the same, of the same height.

    Returns:
        ``same_place`` (Boolean, never null): False where the evidence is too little.
    """
    if left.is_empty():
        return pl.Series("same_place", dtype=pl.Boolean)
    said = pl.Series("same_place", place_points.total(evidence.gather(left, right)) >= 0)
    return (said & ~_two_districts(left, right)) | _all_the_same(left, right)


def _two_districts(left: pl.DataFrame, right: pl.DataFrame) -> pl.Series:
    """Whether both sides have a district written in full, and not the same; a short name (汉中) is often a road's or an estate's."""
    columns = [side.select(pl.col("adcode", "district_as_written").name.suffix(mark)) for side, mark in ((left, "_l"), (right, "_r"))]
    deep = pl.all_horizontal(
        ~pl.col(f"adcode_{side}").str.ends_with("00") & pl.col(f"district_as_written_{side}").str.contains("[区县市旗]$") for side in "lr"
    )
    frame = pl.concat(columns, how="horizontal")
    return frame.select((deep & (pl.col("adcode_l") != pl.col("adcode_r"))).fill_null(value=False)).to_series()


def _all_the_same(left: pl.DataFrame, right: pl.DataFrame) -> pl.Series:
    """Whether there is a part, and every part of both sides is the same."""
    parts = ("adcode", *sides.PARTS)
    both = pl.concat(
        [left.select(pl.col(part).alias(f"{part}_{side}") for part in parts) for left, side in ((left, "l"), (right, "r"))],
        how="horizontal",
    )
    same = pl.all_horizontal(pl.col(f"{part}_l").eq_missing(pl.col(f"{part}_r")) for part in parts)
    some = pl.any_horizontal(pl.col(f"{part}_l").is_not_null() for part in sides.PARTS)
    return both.select(same & some).to_series()
