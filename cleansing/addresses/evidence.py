"""What two addresses, by their parts, say for and against being one place: one number for each kind of evidence.

Here divisions, towns, roads and numbers; what the wording says is in :mod:`cleansing.addresses.wording`.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing import reference
from cleansing.addresses import sides, wording
from cleansing.divisions import towns

Values = npt.NDArray[np.float64]

_ROAD_END = "[东西南北中]?[0-9]*(?:大道|公路|[省县国乡]道|胡同|[路街巷弄])[东西南北中]?段?$"
_PLACE_END = "(?:街道办事处|街道|镇|乡|苏木)$"
_FURTHEST = 5000  # between the numbers of a road


def gather(left: pl.DataFrame, right: pl.DataFrame) -> dict[str, Values]:
    """Each kind of evidence for every pair, the same whichever side is left.

    Args:
        left: columns of :func:`cleansing.addresses.clean`.
        right: the same, of the same height.

    Returns:
        Names of evidence to numbers; what cannot be compared is -1.
    """
    both = _in_order(sides.texts(left), sides.texts(right))
    return _division(*both) | _roads(*both) | _numbers(*both) | wording.gather(*both)


def _in_order(left: pl.DataFrame, right: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The same pairs with the lesser text first, so that ties are resolved alike whichever side is left."""
    turned = left["text"] > right["text"]
    return (
        pl.DataFrame([right[name].zip_with(turned, left[name]) for name in left.columns]),
        pl.DataFrame([left[name].zip_with(turned, right[name]) for name in left.columns]),
    )


def _division(left: pl.DataFrame, right: pl.DataFrame) -> dict[str, Values]:
    """``division``: how far the codes agree.

    Of codes that differ: 0 the province, 1 the city, 2 the district. Else 3 where neither is known, 4 to 6 where one is (province,
    city, district), 7 to 9 where both are and agree so far. ``written``: how many districts are written in full.
    """
    codes = [side["adcode"].str.replace("(?:00)+$", "") for side in (left, right)]
    frame = pl.DataFrame({"a": codes[0], "b": codes[1]})
    a, b = pl.col("a"), pl.col("b")
    agreeing = [
        ((a.str.slice(0, n) == b.str.slice(0, n)) & (a.str.len_bytes() >= n) & (b.str.len_bytes() >= n)).cast(pl.Int8) for n in (2, 4, 6)
    ]
    got = frame.select(
        depth=pl.min_horizontal(a.str.len_bytes(), b.str.len_bytes()) // 2,
        deepest=pl.max_horizontal(a.str.len_bytes(), b.str.len_bytes()) // 2,
        agree=pl.sum_horizontal(agreeing),
    )
    depth, deepest, agree = (_floats(got[name]) for name in ("depth", "deepest", "agree"))
    full = [side["district_as_written"].str.contains("[区县市旗]$").cast(pl.Int8) for side in (left, right)]
    towns_of = [_stem(side["town"]) for side in (left, right)]
    lies = [_lies(town, code) for town, code in zip(towns_of, reversed(codes), strict=True)]
    return {
        "division": np.where(depth > agree, agree, np.where(depth == 0, 3 + deepest, 6 + agree)),
        "written": _floats(full[0] + full[1]),
        "town_lies": np.where(np.minimum(*lies) < 0, np.minimum(*lies), np.maximum(*lies)),
    }


def _floats(values: pl.Series) -> Values:
    return values.cast(pl.Float64).to_numpy()


def _stem(town: pl.Series) -> pl.Series:
    return town.str.replace(_PLACE_END, "")


@functools.cache
def _towns_by_stem(_folder: str) -> pl.DataFrame:
    """Stems of towns' names with the codes of the districts that have one."""
    known = towns().select(town=_stem(towns()["name"]), adcode=pl.col("adcode")).filter(pl.col("town").str.len_chars() > 1).unique()
    return known.group_by("town").agg("adcode")


def _lies(town: pl.Series, code: pl.Series) -> Values:
    """1 where a town of that name lies in the division, -1 in its city but elsewhere, -2 in no such city, 0 unknown."""
    asked = pl.DataFrame({"town": town, "code": code}).with_row_index("row").filter((pl.col("town") != "") & (pl.col("code") != ""))
    found = asked.join(_towns_by_stem(str(reference.folder())), on="town").explode("adcode")
    same_city = pl.col("adcode").str.slice(0, 4) == pl.col("code").str.slice(0, 4)
    level = pl.when(pl.col("adcode").str.starts_with(pl.col("code"))).then(1).when(same_city).then(-1).otherwise(-2)
    best = found.group_by("row").agg(level=level.max())
    values = np.zeros(len(town))
    values[best["row"].to_numpy()] = best["level"].to_numpy()
    return values


def _roads(left: pl.DataFrame, right: pl.DataFrame) -> dict[str, Values]:
    """``road_named``: 3 the same road, 2 one stands in the other's text, -1 others, else how many sides have one.

    ``road_there``: how many sides' roads stand in the other's text, without direction and ending, less those that do not.
    """
    frame = pl.DataFrame({"a": left["road"], "b": right["road"], "whole_a": left["whole"], "whole_b": right["whole"]})
    a, b = pl.col("a"), pl.col("b")
    in_b = (a.str.len_chars() > 2) & pl.col("whole_b").str.contains(a, literal=True)
    in_a = (b.str.len_chars() > 2) & pl.col("whole_a").str.contains(b, literal=True)
    both = (a != "") & (b != "")
    one = ((a != "") | (b != "")).cast(pl.Int8)
    named = pl.when((a == b) & both).then(3).when(in_a | in_b).then(2).when(both).then(-1).otherwise(one)
    there = _there(a, pl.col("whole_b")) + _there(b, pl.col("whole_a"))
    return {name: _floats(frame.select(value).to_series()) for name, value in (("road_named", named), ("road_there", there))}


def _there(road: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """1 where the road's stem stands in the text, -1 where it does not, 0 where there is none of two characters."""
    stem = road.str.replace(_ROAD_END, "")
    return pl.when(stem.str.len_chars() <= 1).then(0).when(whole.str.contains(stem, literal=True)).then(1).otherwise(-1).cast(pl.Int8)


def _numbers(left: pl.DataFrame, right: pl.DataFrame) -> dict[str, Values]:
    """``number`` of the road: 0 the same, 1 neither, 2 one, above: how far apart (102 at most); ``number_far`` without that limit.

    ``number_ratio``: the lesser to the greater. ``building_far``: how far apart buildings are (50 at most). ``numbers_alone``: how many more both texts could share; ``number_shared``: digits of the longest that they do.
    """
    a, b = (_first_number(side["road_no"]) for side in (left, right))
    known = (a >= 0).astype(np.float64) + (b >= 0)
    apart = np.abs(a - b)
    one, other = (_first_number(side["building"]) for side in (left, right))
    texts = [side.select(pl.concat_str(sides.PARTS, separator="|").str.extract_all("[0-9A-Za-z]+")).to_series() for side in (left, right)]
    frame = pl.DataFrame({"a": texts[0], "b": texts[1]})
    least = pl.min_horizontal(pl.col(side).list.n_unique() for side in ("a", "b"))
    in_both = pl.col("a").list.set_intersection("b")
    got = frame.select(
        alone=least - in_both.list.len(),
        longest=in_both.list.eval(pl.element().str.extract("^([0-9]+)$", 1).str.len_chars()).list.max().fill_null(0).clip(0, 9),
    )
    return {
        "number": np.where(known == 2, np.where(apart == 0, 0, np.minimum(apart, 100) + 2), known + 1),
        "number_far": np.where(known == 2, np.minimum(apart, _FURTHEST), -1),
        "number_ratio": np.where(known == 2, np.minimum(a, b) / np.maximum(np.maximum(a, b), 1), -1),
        "building_far": np.where((one >= 0) & (other >= 0), np.minimum(np.abs(one - other), 50), -1),
        "building": _same(left["building"], right["building"]), "room": _same(left["room"], right["room"]),
        "numbers_alone": _floats(got["alone"]), "number_shared": _floats(got["longest"]),
    }  # fmt: skip


def _first_number(written: pl.Series) -> Values:
    return _floats(written.str.extract("([0-9]{1,6})", 1).cast(pl.Float64).fill_null(-1))


def _same(left: pl.Series, right: pl.Series) -> Values:
    """1 the same, 0 another, -1 one is empty, -2 both are."""
    frame = pl.DataFrame({"a": left, "b": right})
    empty = (pl.col("a") == "").cast(pl.Int8) + (pl.col("b") == "").cast(pl.Int8)
    return _floats(frame.select(pl.when(empty > 0).then(-empty).otherwise((pl.col("a") == pl.col("b")).cast(pl.Int8))).to_series())
