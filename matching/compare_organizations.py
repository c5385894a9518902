"""Names of organizations by their parts (``matching.organizations``): 上海永达汽车销售服务有限公司 and 永达汽车(上海)有限公司 may be one, two branches are not.

Levels: ``exact`` text; ``same`` trade name, and nothing that differs in region, business or branch; ``head_office``: the same, but one names a branch
where the other names none; ``similar``: a trade name one character apart (of no number), or one of the same words in any order; ``shortened``: all words
of one are among the other's (Harbor Jones, Harbor Jones Furniture); ``elsewhere``: the trade name in another region or business; ``other_branch`` of the
same; of names in words, each by how rare it is, ``most`` (most of what is said is common, and no other number first) and ``some`` (most of what the
shorter one says); ``different``. Words of four letters and more may have a slip each, but for ``most`` and ``some``. A part that one side does not name is neither for nor against. Only pairs of
two organizations are known here, and what they are called says nothing in the comparison of people's names.

What agrees says as much as its frequency: the text, or the trade name. A registered name (``matching.organizations.registered``) says as much as a number
that is given once, however often it is seen: it has one owner.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from matching.compare_words import MOST, SOME, common
from matching.frequencies import Bits, Rarity
from matching.levels import Compared, Flags, Level, Sides, agreeing, leveled, with_bits
from matching.organizations import unpacked

MOST_DIFFERENT = 0.1
"""Bound of the share of matching pairs that have different names: slips and words left out are no difference here."""
_HAN = r"\p{Han}"
_LONG = 4
"""Letters from which on a word may have a slip."""
_MOST_WORDS = 20
"""Words of a name up to which each is held against each of the other's; what has more is a text, and no name."""
# Companies at one phone or address are often of one group, and called so.
ORGANIZATION_LEVELS = (
    Level("exact", 0.6, weighed=True, household=2e-3, fixed=True),
    Level("same", 0.2, weighed=True, household=3e-3, fixed=True),
    Level("similar", 0.04, household=2e-3, fixed=True),
    Level("shortened", 0.02, household=5e-3, fixed=True),
    Level("head_office", 0.08, weighed=True, household=1e-2, fixed=True),
    Level("elsewhere", 0.02, household=0.1),
    Level("other_branch", 0.005, household=0.15),
    Level("most", 0.02, household=1e-2, fixed=True),
    Level("some", 0.02, household=3e-2, fixed=True),
    Level("different", 0.055, household=0.693, most=MOST_DIFFERENT),
)
_HEAD_OFFICE = [level.label for level in ORGANIZATION_LEVELS].index("head_office")


def compare_organization(pairs: Sides, rarity: Rarity, *, name: str, slots: list[str]) -> Compared:
    """Levels of the names of two organizations; ``slots`` hold the words of names that are written in words."""
    trade = f"{name}__trade"
    known, equal = pairs.both(trade), pairs.exact(name)
    found = {level.label: np.zeros(pairs.height, dtype=bool) for level in ORGANIZATION_LEVELS[1:-1]}
    rows = np.flatnonzero(known & ~equal)
    if rows.size:
        texts = pairs.texts(f"{name}__organization", rows)
        parts = unpacked(pl.concat([texts["l"], texts["r"]]))
        for each, flags in levels_of(parts.head(len(rows)), parts.tail(len(rows))).items():
            found[each][rows] = flags
        if slots:
            both, either = common(pairs, rarity, slots)
            written = ~(parts["trade"].head(len(rows)).str.contains(_HAN) | parts["trade"].tail(len(rows)).str.contains(_HAN)).to_numpy()
            number = f"{name}__number"
            conflict = (pairs.both(number) & ~pairs.exact(number))[rows]
            found["most"][rows] = written & (both[rows] >= MOST) & ~conflict
            found["some"][rows] = written & ((both[rows] >= MOST) | (either[rows] >= SOME))
    bits = {0: _whole(pairs, rarity, name, name), 1: _whole(pairs, rarity, name, trade), _HEAD_OFFICE: agreeing(pairs, rarity, trade)}
    return with_bits(leveled([equal, *found.values()], known), bits)


def _whole(pairs: Sides, rarity: Rarity, name: str, feature: str) -> Callable[[npt.NDArray[np.intp]], Bits]:
    """Bits of a feature that is equal on both sides, or of the registered name that is."""
    registered = f"{name}__registered"
    alike, of_feature, of_registered = pairs.exact(registered), agreeing(pairs, rarity, feature), agreeing(pairs, rarity, registered)
    return lambda rows: np.where(alike[rows], np.maximum(of_feature(rows), of_registered(rows)), of_feature(rows))


def levels_of(left: pl.DataFrame, right: pl.DataFrame) -> dict[str, Flags]:
    """Which levels between exact and different hold for the parts of two names, best first; symmetric.

    >>> from matching.organizations import parse
    >>> left, right = parse(pl.Series(["永达汽车一店"])), parse(pl.Series(["上海永达汽车销售有限公司二店"]))
    >>> levels_of(left, right)["other_branch"].tolist()
    [True]
    """
    frame = pl.DataFrame(
        [column.alias(f"{column.name}_{side}") for side, parts in (("l", left), ("r", right)) for column in parts.iter_columns()]
    )
    region = _agree(
        "region", pl.col("region_l").str.starts_with(pl.col("region_r")), pl.col("region_r").str.starts_with(pl.col("region_l"))
    )
    business = _agree("business", _holds("business_l", "business_r"), _holds("business_r", "business_l"))
    same = pl.col("trade_l") == pl.col("trade_r")
    branches = pl.col("branch_l").is_not_null().cast(pl.Int8) + pl.col("branch_r").is_not_null().cast(pl.Int8)
    other = (branches == 2) & (pl.col("branch_l") != pl.col("branch_r"))
    numbers = pl.col("trade_l").str.replace_all("[^0-9]", "") == pl.col("trade_r").str.replace_all("[^0-9]", "")
    alike, shortened = by_words(left["trade"], right["trade"])
    conditions = {
        "same": same & region & business & (branches != 1) & ~other,
        "similar": (_one_edit(left["trade"], right["trade"]) | alike) & numbers & region & business & ~other,
        "shortened": shortened & ~other,
        "head_office": same & region & business & (branches == 1),
        "elsewhere": same & ~other,
        "other_branch": same,
    }
    found = frame.select(condition.fill_null(value=False).alias(name) for name, condition in conditions.items())
    return {name: found[name].to_numpy() for name in conditions}


def _one_edit(left: pl.Series, right: pl.Series) -> pl.Series:
    """Whether two trade names are one edit apart, both of three characters or more."""
    long = (
        pl.DataFrame({"l": left, "r": right})
        .select(pl.all_horizontal(pl.col("l", "r").str.len_chars() >= 3).fill_null(value=False))
        .to_series()
    )
    rows = long.arg_true()
    distance = cpdist(left.gather(rows).to_list(), right.gather(rows).to_list(), scorer=OSA.distance, score_cutoff=1, dtype=np.int32)
    return long.scatter(rows, pl.Series(distance == 1))


def by_words(left: pl.Series, right: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Whether all words of both trade names are the other's as well, and whether all of only one are; of two words or more, up to one edit in long ones.

    >>> by_words(pl.Series(["royal johnsyon plumbing", "harbor jones"]), pl.Series(["plumbivng royal johnson", "harbor jones steel"]))[1].to_list()
    [False, True]
    """
    place = pl.int_range(len(left), eager=True, dtype=pl.UInt32)
    several = (each.str.count_matches(" ", literal=True).is_between(1, _MOST_WORDS - 1) for each in (left, right))
    rows = (next(several) & next(several)).fill_null(value=False).arg_true()
    sides = [
        pl.DataFrame({"row": rows, side: each.gather(rows).str.split(" ").list.unique()}).with_columns(
            pl.col(side).list.len().alias(f"n_{side}")
        )
        for side, each in (("l", left), ("r", right))
    ]
    words = sides[0].explode("l").join(sides[1].explode("r"), on="row")
    long = pl.min_horizontal(pl.col("l", "r").str.len_chars()) >= _LONG
    numbered = pl.any_horizontal(pl.col("l", "r").str.contains("[0-9]"))
    words = words.with_columns(equal=pl.col("l") == pl.col("r"), open=(pl.col("l") != pl.col("r")) & long & ~numbered)
    asked = words.filter("open")
    near = cpdist(asked["l"].to_list(), asked["r"].to_list(), scorer=OSA.distance, score_cutoff=1, dtype=np.int32) == 1
    hit = pl.concat([words.filter("equal"), asked.filter(pl.Series(near, dtype=pl.Boolean))])
    counted = hit.group_by("row").agg(l=pl.col("l").n_unique() == pl.col("n_l").first(), r=pl.col("r").n_unique() == pl.col("n_r").first())
    alike, one = (counted.filter(which)["row"] for which in (pl.col("l") & pl.col("r"), pl.col("l") ^ pl.col("r")))
    return place.is_in(alike.implode()), place.is_in(one.implode())


def _agree(part: str, *inside: pl.Expr) -> pl.Expr:
    """Whether a part is missing on a side, or one side's is inside the other's."""
    missing = pl.col(f"{part}_l").is_null() | pl.col(f"{part}_r").is_null()
    return missing | pl.any_horizontal(each.fill_null(value=False) for each in inside)


def _holds(one: str, other: str) -> pl.Expr:
    return pl.col(one).str.contains(pl.col(other), literal=True)
