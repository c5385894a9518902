"""What two addresses, by their parts, say for and against being one place: one number for each kind of evidence.

The texts that are compared are those of :mod:`cleansing.addresses.sides`; how rare what they share is says
:mod:`cleansing.addresses.shared`, how long it runs :mod:`cleansing.addresses.runs`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from rapidfuzz import fuzz, process
from rapidfuzz.distance import Indel, Levenshtein

from cleansing import reference
from cleansing.addresses import runs, shared, sides
from cleansing.addresses.points import Flags, Ints
from cleansing.divisions import towns

Values = npt.NDArray[np.float64]

_ROAD_END = "[东西南北中]?[0-9]*(?:大道|公路|[省县国乡]道|胡同|[路街巷弄])[东西南北中]?段?$"
_PLACE_END = "(?:街道办事处|街道|镇|乡|苏木)$"
_KINDS = {"village": "村|组$|队$|屯|庄$", "firm": "公司|厂"}
_FURTHEST = 5000  # between the numbers of a road
_COMPARED = 400  # characters of a text that a string distance looks at


def gather(left: pl.DataFrame, right: pl.DataFrame) -> dict[str, Values]:
    """Each kind of evidence for every pair, the same whichever side is left.

    Args:
        left: columns of :func:`cleansing.addresses.clean`.
        right: the same, of the same height.

    Returns:
        Names of evidence to numbers; what cannot be compared is -1.
    """
    both = _in_order(sides.texts(left), sides.texts(right))
    return _division(*both) | _roads(*both) | _numbers(*both) | _names(*both) | _wholes(*both) | _streets(*both) | _runs(*both)


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
    """``road_named``: 3 the same road, 2 one stands in the other's text, -1 others, else how many sides have one; ``road_there``: how many
    sides' roads stand in the other's text, without direction and ending, less those that do not."""
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


def _names(left: pl.DataFrame, right: pl.DataFrame) -> dict[str, Values]:
    """How alike last pieces are, how well the shorter core fits into the longer; ``village``, ``firm``: how many sides name one."""
    one, other = ({name: side[name].str.head(_COMPARED).to_list() for name in ("core", "last")} for side in (left, right))
    kinds = {kind: sum((_floats(side["text"].str.contains(words)) for side in (left, right)), np.zeros(len(left))) for kind, words in _KINDS.items()}
    return kinds | {
        "core_within": _alike(fuzz.partial_ratio, one["core"], other["core"]),
        "last": _alike(fuzz.ratio, one["last"], other["last"]),
    }  # fmt: skip


def _alike(scorer: Callable[..., float], left: list[str], right: list[str]) -> Values:
    """The score of each pair, -1 where a side is empty."""
    score: Values = process.cpdist(left, right, scorer=scorer, dtype=np.float64)
    empty = [not (one and other) for one, other in zip(left, right, strict=True)]
    return np.where(empty, -1.0, score)


@dataclass(frozen=True)
class _Pairs:
    """The pairs of characters of a text of either side, how rare each is in addresses, and the sum of that for each row."""

    keys: tuple[Ints, Ints]
    weights: tuple[Values, Values]
    totals: tuple[Values, Values]

    @classmethod
    def of(cls, left: pl.Series, right: pl.Series) -> _Pairs:
        keys = shared.pairs(left), shared.pairs(right)
        weights = shared.rarity(keys[0], "street"), shared.rarity(keys[1], "street")
        one, other = (_sums(side, weight, len(left)) for side, weight in zip(keys, weights, strict=True))
        return cls(keys, weights, (one, other))

    @property
    def less(self) -> Values:
        return np.minimum(*self.totals)

    @property
    def more(self) -> Values:
        return np.maximum(*self.totals)

    def in_common(self) -> Values:
        return _sums(self.keys[0], self.weights[0] * shared.among(*self.keys), len(self.less))

    def there(self, whole: _Pairs) -> tuple[Values, Values]:
        """The share of each side's weight that stands in the other's whole text: the lower and the higher, -1 where there is none."""
        shares = []
        for keys, weights, total, others in zip(self.keys, self.weights, self.totals, reversed(whole.keys), strict=True):
            there = _sums(keys, weights * shared.among(keys, others), len(total))
            shares.append(_share(there, total))
        return np.minimum(*shares), np.maximum(*shares)


def _sums(keys: Ints, weights: Values, height: int) -> Values:
    return np.bincount(shared.rows_of_pairs(keys), weights, minlength=height)


def _share(part: Values, whole: Values) -> Values:
    return np.where(whole > 0, part / np.maximum(whole, 1e-9), -1)


def _wholes(left: pl.DataFrame, right: pl.DataFrame) -> dict[str, Values]:
    """What the whole texts share: the weight of pairs of characters by their rarity in words, the share of the shorter; what characters say."""
    height = len(left)
    keys = shared.pairs(left["whole"]), shared.pairs(right["whole"])
    both = keys[0][shared.among(*keys)]
    counts = [np.bincount(shared.rows_of_pairs(side), minlength=height) for side in keys]
    lengths = [_floats(side["text"].str.len_chars()) for side in (left, right)]
    return {
        "weight": _sums(both, shared.rarity(both, "word"), height),
        "share_small": np.bincount(shared.rows_of_pairs(both), minlength=height) / np.maximum(np.minimum(*counts), 1),
        "characters": shared.points_of_characters(left["text"], right["text"]),
        "length_least": np.minimum(*lengths), "length_most": np.maximum(*lengths),
    }  # fmt: skip


def _streets(left: pl.DataFrame, right: pl.DataFrame) -> dict[str, Values]:
    """What texts, names, cores and single parts share, weighed by how rare it is in addresses.

    ``alone``: what the side with less and the one with more has alone; ``within``: the share of the lesser; ``there``: how much of a part
    stands in the other's text; ``first``, ``second``: the rarest pairs of characters in both texts.
    """
    text, name, core, road, estate, first = (_Pairs.of(left[of], right[of]) for of in ("text", "bare", "core", "road", "estate", "first"))
    common, common_core = text.in_common(), core.in_common()
    both = shared.among(*text.keys)
    rarest = shared.rarest(shared.rows_of_pairs(text.keys[0][both]), text.weights[0][both], len(left), 2)
    estate_there, first_there = estate.there(text), first.there(text)
    return {
        "street_weight": common, "street_first": rarest[0], "street_second": rarest[1],
        "street_alone_least": text.less - common, "street_alone_most": text.more - common, "street_within": _share(common, text.less),
        "name_alone_most": name.more - name.in_common(),
        "core_weight": common_core, "core_share": _share(common_core, core.less),
        "road_there_most": road.there(text)[1],
        "estate_there_least": estate_there[0], "estate_there_most": estate_there[1],
        "first_there_least": first_there[0], "first_there_most": first_there[1],
    }  # fmt: skip


def _runs(left: pl.DataFrame, right: pl.DataFrame) -> dict[str, Values]:
    """The weight of the longest run of characters in both texts and of the longest without it; the same of names, and where it begins.

    ``run_begins``: how many sides have a piece of the name that begins with the run. Of the two pieces that the run is in:
    how many characters stand in place of others (``piece_replaced``), and how many of these have the same sound.
    """
    one, other = (runs.table(side["text"]) for side in (left, right))
    first = runs.longest(one, other)
    second = runs.longest(runs.without(one, first.left, first.length), runs.without(other, first.right, first.length))
    names = [runs.table(side["bare"]) for side in (left, right)]
    run = runs.longest(*names)
    begins = [_begins(name, at) for name, at in zip(names, (run.left, run.right), strict=True)]
    some = run.length > 0
    pieces = [_pieces(side["bare"], at, some) for side, at in ((left, run.left), (right, run.right))]
    sounds = [shared.sounds(piece) for piece in pieces]
    replaced = _replaced(*pieces)
    return {
        "run_weight": runs.weight(one, first), "run_second": runs.weight(one, second),
        "run_begins": np.where(some, begins[0] + begins[1], -1),
        "piece_replaced": replaced, "piece_sound_kept": replaced - _replaced(*sounds),
    }  # fmt: skip


def _begins(texts: runs.Texts, at: Ints) -> Values:
    """1 where a piece begins at that place."""
    return ((at == 0) | (texts[np.arange(len(texts)), at - 1] == 0)).astype(np.float64)


def _pieces(texts: pl.Series, at: Ints, some: Flags) -> list[str]:
    """The piece of each text that the place is in; nothing where there is no run."""
    cut = [text[text.rfind("|", 0, place) + 1 :] if is_in else "" for text, place, is_in in zip(texts.to_list(), at.tolist(), some.tolist(), strict=True)]
    return [text.partition("|")[0][:_COMPARED] for text in cut]


def _replaced(left: list[str], right: list[str]) -> Values:
    """How many characters stand in place of others: such a one is one edit, or one taken out and one put in."""
    apart = _alike(Indel.distance, left, right)
    return np.where(apart < 0, -1, apart - _alike(Levenshtein.distance, left, right))
