"""Which code points are a plain name: two to four Chinese characters in which no rule but the surname's has anything to look for.

>>> points, count, _ = characters.simplified(pl.Series(["王伟", "王经理", "张总", "哈哈哈"]))
>>> is_plain(points, count).tolist()
[True, False, False, False]
"""

from __future__ import annotations

import numpy as np
import polars as pl

from cleansing import strings
from cleansing.names import characters, numbered, rules
from cleansing.names.characters import Counts, Mask, Points


def are_plain(names: pl.Series) -> pl.Series:
    """Whether nothing but the surname's rule applies to names."""
    points, count, _ = characters.simplified(names)
    return pl.Series(is_plain(points, count) & (count > 1), dtype=pl.Boolean)


def is_plain(points: Points, count: Counts, *, titled: bool = False) -> Mask:
    """Whether columns of code points are a whole name, or the part before a title: no other rule has anything to look for in it.

    ``titled``: the last character may be a title.
    """
    plain, doubtful = np.empty(len(count), dtype=np.bool_), np.empty(len(count), dtype=np.bool_)
    for part in strings.parts(len(count)):
        plain[part], doubtful[part] = _seems_plain(points[:, part], count[part], titled=titled)
    rows, cell = np.flatnonzero(doubtful), pl.col("cell")
    texts = characters.encoded(points[:, rows], count[rows]).alias("cell").to_frame()
    unsplit = (cell.str.len_chars() == characters.LONGEST) & cell.str.contains(rules.UNSPLIT)
    plain[rows] = ~texts.select(cell.str.contains_any(list(characters.words())) | unsplit).to_series().to_numpy()
    return plain


def _seems_plain(points: Points, count: Counts, *, titled: bool) -> tuple[Mask, Mask]:
    """What is plain by the kinds of its characters, and what of it may have a word or a beginning that other rules look for."""
    kinds = np.take(characters.kinds(), points)
    plain: Mask = (count > 0) & (np.bitwise_or.reduce(kinds, axis=0) & characters.WORD == 0)
    plain &= (kinds[0] & characters.NICK == 0) | (count != 2)
    if not titled:
        plain &= (numbered.last(kinds, points) & characters.TITLE_END == 0) | (count == 1)
    plain &= (points[0] != points[1]) | ((points[2] > 0) & (points[2] != points[0])) | (count == 1)  # 哈哈哈
    begun = np.bitwise_or.reduce((kinds[:-1] & characters.WORD_FIRST > 0) & (kinds[1:] & characters.WORD_SECOND > 0), axis=0)
    return plain, plain & (begun | ((count == characters.LONGEST) & (kinds[0] & characters.UNSPLIT > 0)))
