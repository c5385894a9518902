"""What two addresses, by their parts, say for and against being one place: one number for each kind of evidence.

The name of a place stands in community, estate or rest, among words that say where it lies (与中山路交叉口西南150米), which gate is
meant (东门) and what kind of thing it is (小区). Roads of such a crossing count as roads; the words are taken off; what is left
is compared as names are. Numbers are compared as numbers, Chinese ones too. A pair of characters that two texts share says the
more the rarer it is in Chinese words (:func:`_rarity`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl
from rapidfuzz import fuzz, process

from cleansing import reference
from cleansing.addresses.points import Ints, code_points
from cleansing.divisions import towns

Values = npt.NDArray[np.float64]

PARTS = ("town", "community", "road", "road_no", "estate", "building", "unit", "floor", "room", "rest")
_DIGITS = {digit: str(value) for value, digit in enumerate("零一二三四五六七八九")}
_ROAD = r"\p{Han}{1,6}?[0-9]*(?:大道|公路|[省县国乡]道|胡同|[路街巷弄])"
_WHERE = (
    r"(?:正?[东西南北]{1,2}(?:方向|[行侧边面首角])?|[向往][东西南北])?[0-9]+米|^米|\|米|与|交叉口|交汇处|交叉路口|交口|路口|附近|斜?对面|旁边?|隔壁"
    r"|[东西南北]{1,2}[0-9]?门|[正大]门|[0-9]+号?门|停车场|[出入]口|[()（）·,，;；\-]"
)
_ROAD_END = "[东西南北中]?[0-9]*(?:大道|公路|[省县国乡]道|胡同|[路街巷弄])[东西南北中]?段?$"
_PAIR = (1 << 42) - 1
_GENERIC = [
    "有限责任公司",
    "有限公司",
    "公司",
    "小区",
    "花园",
    "社区",
    "新村",
    "广场",
    "大厦",
    "中心",
    "家园",
    "公寓",
    "花苑",
    "苑",
    "村",
    "工业区",
    "工业园",
    "科技园",
    "酒店",
    "学校",
    "医院",
    "超市",
    "店",
    "宿舍",
    "市场",
    "商场",
    "商城",
    "写字楼",
    "号楼",
    "号",
]


def gather(left: pl.DataFrame, right: pl.DataFrame) -> dict[str, Values]:
    """Each kind of evidence for every pair, the same whichever side is left.

    Args:
        left: columns of :func:`cleansing.addresses.clean`.
        right: the same, of the same height.

    Returns:
        Names of evidence to numbers; what cannot be compared is -1.
    """
    sides = (_side(left), _side(right))
    return _division(*sides) | _roads(*sides) | _numbers(*sides) | _names(*sides) | _wholes(*sides)


def _side(cleaned: pl.DataFrame) -> pl.DataFrame:
    """The texts that are compared: whole, road, name (what is left of the named parts), its first and last piece, core."""
    frame = cleaned.select(pl.col("adcode", "district_as_written", *PARTS).fill_null(""))
    frame = frame.with_columns(
        whole=pl.concat_str(PARTS).str.replace_many(_DIGITS),
        road=pl.col("road").str.replace_many(_DIGITS),
        bare=pl.concat_str("community", "estate", "rest", separator="|")
        .str.replace_many(_DIGITS)
        .str.replace_all(f"{_WHERE}|{_ROAD}", "|")
        .str.strip_chars("|"),
    )
    frame = frame.with_columns(
        name=pl.col("bare").str.replace_all("|", "", literal=True),
        last=pl.col("bare").str.extract(r"([^|]*)$", 1),
        first=pl.col("bare").str.extract(r"^([^|]*)", 1),
    )
    return frame.with_columns(core=pl.col("name").str.replace_many(_GENERIC, [""] * len(_GENERIC)))


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
    return town.str.replace("(?:街道办事处|街道|镇|乡|苏木)$", "")


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
    """``road``: how alike the roads are without direction and ending; ``road_named``: 3 the same, 2 one stands in the other's text.

    ``road_named`` is below that -1 where both have a road, else how many sides have one.
    """
    frame = pl.DataFrame({"a": left["road"], "b": right["road"], "whole_a": left["whole"], "whole_b": right["whole"]})
    a, b = pl.col("a"), pl.col("b")
    in_b = (a.str.len_chars() > 2) & pl.col("whole_b").str.contains(a, literal=True)
    in_a = (b.str.len_chars() > 2) & pl.col("whole_a").str.contains(b, literal=True)
    both = (a != "") & (b != "")
    one = ((a != "") | (b != "")).cast(pl.Int8)
    named = frame.select(pl.when((a == b) & both).then(3).when(in_a | in_b).then(2).when(both).then(-1).otherwise(one)).to_series()
    return {
        "road": _alike(fuzz.ratio, *(side["road"].str.replace(_ROAD_END, "").to_list() for side in (left, right))),
        "road_named": _floats(named),
    }


def _numbers(left: pl.DataFrame, right: pl.DataFrame) -> dict[str, Values]:
    """``number`` of the road: 0 the same, 1 neither, 2 one, above: how far apart; building and room; numbers that both could share."""
    a, b = (_floats(side["road_no"].str.extract("([0-9]{1,6})", 1).cast(pl.Float64).fill_null(-1)) for side in (left, right))
    known = (a >= 0).astype(np.float64) + (b >= 0)
    far = np.minimum(np.abs(a - b), 100)
    frame = pl.DataFrame({"a": left["whole"].str.extract_all("[0-9A-Za-z]+"), "b": right["whole"].str.extract_all("[0-9A-Za-z]+")})
    least = pl.min_horizontal(pl.col(side).list.n_unique() for side in ("a", "b"))
    alone = frame.select(least - pl.col("a").list.set_intersection("b").list.len()).to_series()
    return {
        "number": np.where(known == 2, np.where(far == 0, 0, far + 2), known + 1),
        "building": _same(left["building"], right["building"]), "room": _same(left["room"], right["room"]), "numbers_alone": _floats(alone),
    }  # fmt: skip


def _same(left: pl.Series, right: pl.Series) -> Values:
    """1 the same, 0 another, -1 one is empty, -2 both are."""
    frame = pl.DataFrame({"a": left, "b": right})
    empty = (pl.col("a") == "").cast(pl.Int8) + (pl.col("b") == "").cast(pl.Int8)
    return _floats(frame.select(pl.when(empty > 0).then(-empty).otherwise((pl.col("a") == pl.col("b")).cast(pl.Int8))).to_series())


def _names(left: pl.DataFrame, right: pl.DataFrame) -> dict[str, Values]:
    """How alike first and last pieces are, how well the shorter core fits into the longer, and a last piece into the other's core."""
    one, other = ({name: side[name].to_list() for name in ("core", "first", "last")} for side in (left, right))
    lengths = [_floats(side["core"].str.len_chars()) for side in (left, right)]
    return {
        "core_within": _alike(fuzz.partial_ratio, one["core"], other["core"]),
        "last": _alike(fuzz.ratio, one["last"], other["last"]), "first": _alike(fuzz.ratio, one["first"], other["first"]),
        "last_within": np.maximum(_alike(fuzz.partial_ratio, one["last"], other["core"]), _alike(fuzz.partial_ratio, one["core"], other["last"])),
        "core_length": np.maximum(*lengths),
    }  # fmt: skip


def _alike(scorer: Callable[..., float], left: list[str], right: list[str]) -> Values:
    """The score of each pair, -1 where a side is empty."""
    score: Values = process.cpdist(left, right, scorer=scorer, dtype=np.float64)
    empty = [not (one and other) for one, other in zip(left, right, strict=True)]
    return np.where(empty, -1.0, score)


def _wholes(left: pl.DataFrame, right: pl.DataFrame) -> dict[str, Values]:
    """What the whole texts share: pairs of characters, their weight (rarity), the rarest, the share of the shorter and the longer."""
    height = len(left)
    rows, pairs, counts = _shared_pairs(left["whole"], right["whole"])
    shared = np.bincount(rows, minlength=height).astype(np.float64)
    rarity = _rarity(pairs)
    rarest = np.zeros(height)
    if len(rows):
        heads = np.flatnonzero(np.diff(rows, prepend=-1))
        rarest[rows[heads]] = np.maximum.reduceat(rarity, heads)
    lengths = [_floats(side["whole"].str.len_chars()) for side in (left, right)]
    return {
        "pairs": shared, "weight": np.bincount(rows, rarity, minlength=height), "rarest": rarest,
        "share_small": shared / np.maximum(np.minimum(*counts), 1), "share_large": shared / np.maximum(np.maximum(*counts), 1),
        "length_least": np.minimum(*lengths), "length_most": np.maximum(*lengths),
    }  # fmt: skip


def _shared_pairs(left: pl.Series, right: pl.Series) -> tuple[Ints, Ints, tuple[Values, Values]]:
    """Row and pair of the distinct pairs of neighbouring characters that both texts have, and how many distinct ones each has."""
    keys = np.sort(np.concatenate([_pairs(side) << 1 | mark for mark, side in enumerate((left, right))]))
    keys = keys[np.diff(keys, prepend=-1) != 0]
    rows, of_right = keys >> 43, (keys & 1).astype(np.bool_)
    count_left, count_right = (np.bincount(rows[which], minlength=len(left)).astype(np.float64) for which in (~of_right, of_right))
    both = np.flatnonzero((keys[:-1] ^ keys[1:]) == 1)
    return rows[both], (keys[both] >> 1) & _PAIR, (count_left, count_right)


@functools.cache
def _rarities(folder: str) -> tuple[Ints, Values]:
    table = pl.read_parquet(f"{folder}/word_pairs.parquet")
    points, starts = code_points(table["pair"])
    keys = points[starts].astype(np.int64) << 21 | points[starts + 1].astype(np.int64)
    order = np.argsort(keys)
    return keys[order], table["rarity"].to_numpy().astype(np.float64)[order] / 100


def _rarity(pairs: Ints) -> Values:
    """From 0 (的人) to 1 (in no dictionary): how rare a pair of characters is in Chinese words."""
    known, rarities = _rarities(str(reference.folder()))
    at = np.minimum(np.searchsorted(known, pairs), len(known) - 1)
    return np.where(known[at] == pairs, rarities[at], 1.0)


def _pairs(texts: pl.Series) -> Ints:
    """Row (above 42 bits) and pair of characters (21 bits each)."""
    if texts.is_empty():
        return np.empty(0, np.int64)
    points, starts = code_points(texts)
    rows: npt.NDArray[np.int64] = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(points))))
    wide = points.astype(np.int64)
    inside = (wide[:-1] != ord("\n")) & (wide[1:] != ord("\n"))
    pairs: Ints = (rows[:-1] << 42 | wide[:-1] << 21 | wide[1:])[inside]
    return pairs
