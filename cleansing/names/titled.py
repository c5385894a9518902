"""Plain names with a title behind them: 王伟先生, 张总, 王小明总.

A short title (总, 工, 哥) is one only behind a surname alone, or behind a surname and two characters: 王明工 is a name. 总 ends no given name,
so it is one behind a surname and one character, too.

>>> cells = pl.Series(["王伟先生", "张总", "王小明总", "王明工", "欧阳总"])
>>> points, count, changed = characters.simplified(cells)
>>> [found.titles.to_list() for found in (long(cells), short(points, count, changed))]
[['先生'], ['总', '总', None]]
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing import reference, strings
from cleansing.names import characters, numbered, rules
from cleansing.names.characters import Counts, Mask, Points
from cleansing.names.plain import is_plain

_CELL = rf"^(.{{1,4}}?)({rules.TITLE})$"
_BYTES = (3 * 3, 3 * 7)


@dataclass(frozen=True)
class Titled:
    """Names and the titles behind them."""

    rows: npt.NDArray[np.int64]
    """The rows of the cells."""
    points: Points
    count: Counts
    traditional: Mask
    titles: pl.Series
    """Null where there is none after all."""


def long(cells: pl.Series, *, among: Mask | None = None) -> Titled:
    """Cells (``among`` some) that are a plain name, or a surname, before a title of two characters and more."""
    sizes = strings.lengths(cells)
    chosen = (sizes >= _BYTES[0]) & (sizes <= _BYTES[1]) & (sizes % 3 == 0)
    rows = np.flatnonzero(chosen if among is None else chosen & among)
    some = cells.gather(rows)
    parted = some.str.extract_groups(_CELL).struct.unnest()
    points, count, changed = characters.simplified(parted["1"])
    # 老先生 is a title, not 先生 behind 老.
    named = ~some.is_in(rules.TITLE.split("|")).to_numpy()
    surnames = characters.known(reference.folder()).surname
    # 张三丰妈妈 and 王伟的司机 are somebody else, 王妈妈 is not.
    kin = parted["2"].is_in(rules.KIN.split("|")).fill_null(value=False).to_numpy() & (count > 1)
    another = kin | parted["1"].str.ends_with("的").fill_null(value=False).to_numpy()
    good = named & ~another & is_plain(points, count) & ((count > 1) | (surnames[points[0]] > 0))
    return Titled(rows[good], points[:, good], count[good], changed[good], parted["2"].filter(pl.Series(good)))


def short(points: Points, count: Counts, changed: Mask) -> Titled:
    """Cells by their code points that would be plain but for a last character that can be a title."""
    kinds = np.take(characters.kinds(), points)
    begun = (kinds[0] & characters.COMPOUND_FIRST > 0) & (kinds[1] & characters.COMPOUND_SECOND > 0)
    ended = (numbered.last(kinds, points) & characters.TITLE_END > 0) & (count > 1) & ~begun
    rows = np.flatnonzero(ended)
    rows = rows[is_plain(points[:, rows], count[rows], titled=True)]
    points, count, kinds = points[:, rows], count[rows], kinds[:, rows]
    tables = characters.known(reference.folder())
    surname = np.take(tables.surname, points[0])
    # 王总哥哥 is of 王总; a surname that is rare has no name of three characters.
    good = (count < characters.LONGEST) | (tables.frequent[surname] & (kinds[2] & characters.TITLE_END == 0))
    titles = np.zeros_like(points)
    titles[0] = numbered.last(points, points)
    titled = (count == characters.LONGEST) | ((count == 2) & (surname > 0)) | ((count == 3) & (surname > 0) & (titles[0] == ord("总")))
    said = pl.DataFrame({"title": characters.encoded(titles, np.ones_like(count)), "titled": titled})
    points[np.maximum(count - 1, 0), np.arange(len(count))] *= ~titled
    found = Titled(rows, points, (count - titled).astype(np.int8), changed[rows], said.select(pl.when("titled").then("title")).to_series())
    return _only(found, good)


def _only(found: Titled, which: Mask) -> Titled:
    return Titled(
        found.rows[which], found.points[:, which], found.count[which], found.traditional[which], found.titles.filter(pl.Series(which))
    )
