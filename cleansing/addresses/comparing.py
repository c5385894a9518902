"""Whether two addresses mean one place (an estate, a house, a lane), from their parsed parts.

The evidence is added up in points. Shared pairs of characters speak for one place, in the names (village, estate, what is left)
more than in the whole; so does one road, the more with one number. Another road, or another number, speaks against it; a part
that one side does not have says nothing. Another building or room of the same estate is the same place. Two districts are two
places. The points were set on half of a public set of labelled pairs.

>>> from cleansing.addresses import clean
>>> left, right = clean(pl.Series(["锦绣花园3号楼", "人民路12号"])), clean(pl.Series(["建设路8号锦绣花园", "人民路120号"]))
>>> same_place(left, right).to_list()
[True, False]
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing.addresses.points import Ints, code_points

_ALL = ("town", "community", "road", "road_no", "estate", "building", "rest")
_NAMES = ("community", "estate", "rest")
_GENERIC = "交叉口|交汇处|附近|对面|[东西南北]侧|[东西南北][0-9]*米|第?[一二三四五六七八九十0-9]+期|[东西南北中]门|小区|花园|公寓|大厦|广场|有限公司|公司|工业园|工业区|科技园|新村|家园|中心|社区|市场|商场|酒店|学校|号|[()（）·,，-]"
_NEEDED = 30
_POINTS = {
    "share_small": 4, "share_large": 4, "names_small": 14, "names_large": 6, "pairs": 2.6, "road_same": 10, "road_other": -4,
    "number_same": 7, "number_other": -8, "house_same": 11, "nameless": 7,
}  # fmt: skip


def same_place(left: pl.DataFrame, right: pl.DataFrame) -> pl.Series:
    """Whether each address of ``left`` is the place of the one beside it in ``right``; symmetric.

    Args:
        left: columns of :func:`cleansing.addresses.clean`: adcode and the parts.
        right: the same, of the same height.

    Returns:
        ``same_place`` (Boolean, never null): False where the evidence is too little.
    """
    sides = [side.select("adcode", *(pl.col(part).fill_null("") for part in _ALL)) for side in (left, right)]
    whole = [side.select(pl.concat_str(_ALL)).to_series() for side in sides]
    names = _names(*sides)
    both = pl.concat(
        [side.rename({name: f"{name}_{mark}" for name in side.columns}) for side, mark in zip(sides, "lr", strict=True)], how="horizontal"
    )
    road, number = both.select(_roads(whole), _numbers()).get_columns()
    shared, sizes = _pairs_shared(*whole)
    shared_names, sizes_names = _pairs_shared(*names)
    lengths = [name.str.len_chars().to_numpy() for name in names]
    evidence = {
        "share_small": shared / np.maximum(np.minimum(*sizes), 1), "share_large": shared / np.maximum(np.maximum(*sizes), 1),
        "names_small": shared_names / np.maximum(np.minimum(*sizes_names), 1), "names_large": shared_names / np.maximum(np.maximum(*sizes_names), 1),
        "pairs": shared, "road_same": (road > 0).to_numpy(), "road_other": (road < 0).to_numpy(), "number_same": (number > 0).to_numpy(),
        "number_other": (number < 0).to_numpy(), "house_same": ((road > 0) & (number > 0)).to_numpy(), "nameless": np.minimum(*lengths) == 0,
    }  # fmt: skip
    total = sum(weight * evidence[name].astype(np.float64) for name, weight in _POINTS.items())
    return pl.Series("same_place", total >= _NEEDED) & ~both.select(_two_districts()).to_series()


def _names(left: pl.DataFrame, right: pl.DataFrame) -> list[pl.Series]:
    """What has a name, without the roads of either side and without words that many names have."""
    frame = pl.DataFrame({"l": left.select(pl.concat_str(_NAMES)).to_series(), "r": right.select(pl.concat_str(_NAMES)).to_series()})
    roads = {"road_l": left["road"], "road_r": right["road"]}
    frame = frame.with_columns(**roads)
    without = [pl.col(side).str.split(pl.col("road_l")).list.join("").str.split(pl.col("road_r")).list.join("") for side in ("l", "r")]
    return frame.select(name.str.replace_all(_GENERIC, "") for name in without).get_columns()


def _roads(whole: list[pl.Series]) -> pl.Expr:
    """1 the same road, -1 another, 0 unknown; a road that the other side names anywhere is the same."""
    left, right = pl.col("road_l"), pl.col("road_r")
    named = ((left != "") & pl.lit(whole[1]).str.contains(left, literal=True)) | (
        (right != "") & pl.lit(whole[0]).str.contains(right, literal=True)
    )
    same = named | ((left != "") & (right != "") & (left.str.ends_with(right) | right.str.ends_with(left)))
    return pl.when(same).then(1).when((left != "") & (right != "")).then(-1).otherwise(0).alias("road")


def _numbers() -> pl.Expr:
    """1 where the roads' numbers share one, -1 where they share none, 0 unknown."""
    left, right = (pl.col(f"road_no_{side}").str.extract_all("[0-9]+") for side in "lr")
    known = (left.list.len() > 0) & (right.list.len() > 0)
    shared = left.list.set_intersection(right).list.len() > 0
    return pl.when(known & shared).then(1).when(known).then(-1).otherwise(0).alias("number")


def _two_districts() -> pl.Expr:
    """Whether both sides have a district, and not the same."""
    left, right = pl.col("adcode_l"), pl.col("adcode_r")
    deep = ~left.str.ends_with("00") & ~right.str.ends_with("00")
    return (deep & (left != right)).fill_null(value=False)


def _pairs_shared(left: pl.Series, right: pl.Series) -> tuple[Ints, tuple[Ints, Ints]]:
    """How many distinct pairs of neighbouring characters two texts share, and how many each has."""
    sets = [_pairs(side) for side in (left, right)]
    counts = [np.bincount(side >> 42, minlength=len(left)) for side in sets]
    shared: Ints = np.bincount(np.intersect1d(sets[0], sets[1], assume_unique=True) >> 42, minlength=len(left))
    return shared, (counts[0], counts[1])


def _pairs(texts: pl.Series) -> Ints:
    """Row (above 42 bits) and pair of characters (21 bits each), ascending, each once."""
    if texts.is_empty():
        return np.empty(0, np.int64)
    points, starts = code_points(texts)
    rows: npt.NDArray[np.int64] = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(points))))
    wide = points.astype(np.int64)
    inside = (wide[:-1] != ord("\n")) & (wide[1:] != ord("\n"))
    return np.unique((rows[:-1] << 42 | wide[:-1] << 21 | wide[1:])[inside])
