"""Latin names as people write them: nicknames, initials, double names.

Names are read as words, with blanks, hyphens and full stops between them. A *nickname* is a pair of data/reference/nicknames.csv (bill,
william) or two nicknames of one name (bill, will). A name is *part* of another if all its words are words of the other, at least one of
them written out (anna, anna maria; smith, smith-jones), or if one begins as the other does (j, john).

>>> nicknames(pl.Series(["bill", "bill", "liz ann", "bob"]), pl.Series(["william", "will", "elizabeth", "ann"])).tolist()
[True, True, True, False]
>>> parts(pl.Series(["smith", "jones", "j.", "an"]), pl.Series(["smith-jones", "smith jones", "john", "maria"])).tolist()
[True, True, True, False]
"""

from __future__ import annotations

from functools import cache
from itertools import combinations

import numpy as np
import numpy.typing as npt
import polars as pl

from matching import reference
from matching.codes import MISSING, Codes, codes, joined

Flags = npt.NDArray[np.bool_]
_SIGNS = r"[\s\-.,]+"


def words(text: pl.Expr) -> pl.Expr:
    """The words of a name, as a list.

    >>> pl.select(words(pl.lit("anna-maria st. clair"))).item().to_list()
    ['anna', 'maria', 'st', 'clair']
    """
    return text.str.replace_all(_SIGNS, " ").str.strip_chars().str.split(" ")


def nicknames(left: pl.Series, right: pl.Series) -> Flags:
    """Whether the first words of two names are nicknames of each other, or of one name; symmetric."""
    first = pl.DataFrame({"l": left, "r": right}).select(words(pl.col("l", "r")).list.first())
    return nicknames_by_code(codes(first["l"]), codes(first["r"]))


def nicknames_by_code(left: Codes, right: Codes) -> Flags:
    """The same of names of one word, by their codes (``matching.codes``)."""
    pair = _pair(left, right)
    known = _known()
    return np.asarray(known[np.minimum(np.searchsorted(known, pair), len(known) - 1)] == pair, dtype=np.bool_)


def several_words(left: pl.Series, right: pl.Series) -> Flags:
    """Whether one of two names has more than one word, or a sign."""
    return (left.str.contains(_SIGNS) | right.str.contains(_SIGNS)).to_numpy()


def parts(left: pl.Series, right: pl.Series) -> Flags:
    """Whether one name is part of the other, or its beginning; symmetric."""
    begins = pl.col("l").str.starts_with(pl.col("r")) | pl.col("r").str.starts_with(pl.col("l"))
    found = pl.DataFrame({"l": left, "r": right}).select(begins.fill_null(value=False)).to_series().to_numpy(writable=True)
    rows = np.flatnonzero(several_words(left, right))
    if rows.size:
        found[rows] = _parts(left.gather(rows), right.gather(rows))
    return found


def _parts(left: pl.Series, right: pl.Series) -> Flags:
    bare = pl.DataFrame({"l": left, "r": right}).with_columns(pl.col("l", "r").str.strip_chars(". "))
    one, two = pl.col("one"), pl.col("two")
    begins = (one.str.starts_with(two) | two.str.starts_with(one)) & (pl.min_horizontal(one.str.len_chars(), two.str.len_chars()) > 0)
    listed = bare.select(words(pl.col("l", "r")), one="l", two="r")
    written = pl.col("l").list.set_intersection("r").list.eval(pl.element().str.len_chars().max()).list.first() > 1
    return listed.select((begins | (_inside("l", "r") & written)).fill_null(value=False)).to_series().to_numpy()


def nicknamed_or_abbreviated(left: pl.Series, right: pl.Series) -> tuple[Flags, Flags]:
    """Whole names, given name first; both symmetric, and false where both names are one word.

    *Nicknamed*: a nickname beside the same surname, or a double name beside a part of it. *Abbreviated*: an initial in place of the given name,
    beside the same surname.

    >>> nicknamed, abbreviated = nicknamed_or_abbreviated(
    ...     pl.Series(["bill smith", "anna lee", "j smith"]), pl.Series(["william h. smith-jones", "anna maria lee", "john smith"]))
    >>> nicknamed.tolist(), abbreviated.tolist()
    ([True, True, False], [False, False, True])
    """
    found = [np.zeros(len(left), dtype=np.bool_) for _ in range(2)]
    rows = np.flatnonzero(several_words(left, right))
    if rows.size:
        some_left, some_right = left.gather(rows), right.gather(rows)
        one, two = (pl.col(f"{side}_words").list.first() for side in "lr")
        initial = (pl.min_horizontal(one.str.len_chars(), two.str.len_chars()) == 1) & (one.str.head(1) == two.str.head(1))
        double = _inside("l", "r") & (_shared("l", "r") > 1)
        nickname = pl.Series(nicknames(some_left, some_right))
        answers = _whole(some_left, some_right).select(
            ((nickname & _same_rest()) | double).fill_null(value=False).alias("nicknamed"),
            (initial & _same_rest()).fill_null(value=False).alias("abbreviated"),
        )
        for flags, answer in zip(found, answers.iter_columns(), strict=True):
            flags[rows] = answer.to_numpy()
    return found[0], found[1]


def _whole(left: pl.Series, right: pl.Series) -> pl.DataFrame:
    """The words of both (``l_words``), those that are written out (``l``), and those after the first (``l_rest``)."""
    listed = pl.DataFrame({"l": left, "r": right}).select(words(pl.col("l", "r")).name.suffix("_words"))
    return listed.with_columns(
        expr
        for side in "lr"
        for expr in (
            pl.col(f"{side}_words").list.filter(pl.element().str.len_chars() > 1).alias(side),
            pl.col(f"{side}_words").list.slice(1).list.filter(pl.element().str.len_chars() > 1).alias(f"{side}_rest"),
        )
    )


def _same_rest() -> pl.Expr:
    return _inside("l_rest", "r_rest") & (_shared("l_rest", "r_rest") > 0)


def _inside(one: str, two: str) -> pl.Expr:
    """All words of one side are words of the other."""
    return pl.any_horizontal(pl.col(a).list.set_difference(b).list.len() == 0 for a, b in ((one, two), (two, one)))


def _shared(one: str, two: str) -> pl.Expr:
    return pl.col(one).list.set_intersection(two).list.len()


def _pair(left: Codes, right: Codes) -> Codes:
    """One code of two, whichever comes first; ``MISSING`` where one is."""
    return np.where((left != MISSING) & (right != MISSING), joined([np.minimum(left, right), np.maximum(left, right)]), MISSING)


@cache
def _known() -> Codes:
    """Codes of all pairs that are nicknames, sorted."""
    of: dict[str, list[str]] = {}
    for name, nickname in reference.table("nicknames.csv").iter_rows():
        of.setdefault(name, []).append(nickname)
    pairs = {tuple(sorted(pair)) for name, nicks in of.items() for pair in combinations({name, *nicks}, 2)}
    frame = pl.DataFrame(sorted(pairs), schema=["l", "r"], orient="row")
    return np.unique(_pair(codes(frame["l"]), codes(frame["r"])))
