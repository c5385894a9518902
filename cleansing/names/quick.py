"""The most frequent cells in a few steps over columns of code points: two to four plain Chinese characters, alone or with a title.

What they give is what :mod:`cleansing.names.parse` would give (a test holds the two against each other); only the steps that
cannot find anything are left out.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing import lists, reference, strings
from cleansing.names import characters, numbered, rules, titled
from cleansing.names.characters import Counts, Mask, Points
from cleansing.names.numbered import FEMALE, MALE
from cleansing.names.plain import is_plain

Genders = npt.NDArray[np.int64]

# What is said of a plain name, a bit each; the lists of reasons are in the order of their sums.
TRADITIONAL, TITLED, PHONE, UNKNOWN = 1, 2, 4, 8


@dataclass(frozen=True)
class Others:
    """What is known of the rows that are no plain names."""

    rows: npt.NDArray[np.int64]
    found: pl.DataFrame
    """The columns of the result, in the order of ``rows``."""


@dataclass(frozen=True)
class Plain:
    """The plain names of a column of cells, alone or with a title; a row each."""

    points: Points
    count: Counts
    """Characters of the name; 0: the cell is no plain name."""
    traditional: Mask
    """Whether the name was written in traditional characters."""
    texts: pl.Series
    """The names; of a cell that is none, anything."""
    titles: pl.Series | None

    def people(self, others: Others | None = None) -> pl.DataFrame:
        """See :func:`people`."""
        return people(self.points, self.count, self.traditional, texts=self.texts, titles=self.titles, others=others)


def read(cells: pl.Series, rest: Callable[[pl.Series], pl.DataFrame]) -> pl.DataFrame:
    """The columns of the result for each cell; ``rest`` gives those of the cells that are no plain names, alone or with a title."""
    plain = split(cells)
    rows = np.flatnonzero(plain.count == 0)
    return plain.people(Others(rows, rest(cells.gather(rows))) if rows.size else None)


def split(cells: pl.Series) -> Plain:
    """The plain names of cells, and the titles behind them."""
    points, count, changed = characters.simplified(cells)
    plain = is_plain(points, count) & (count > 1)
    maybe = np.flatnonzero(~plain & (count > 1))
    behind = titled.long(cells, among=~plain), titled.short(points[:, maybe], count[maybe], changed[maybe])
    points *= plain
    count *= plain
    changed &= plain
    places = behind[0].rows, maybe[behind[1].rows]
    for found, rows in zip(behind, places, strict=True):
        points[:, rows], count[rows], changed[rows] = found.points, found.count, found.traditional
    rows = np.concatenate(places)
    titles = strings.sparse(rows, pl.concat([found.titles for found in behind]), height=len(cells)) if rows.size else None
    other = changed.copy()
    other[rows] = True
    rows = np.flatnonzero(other)
    texts = strings.put(cells, rows, characters.encoded(points[:, rows], count[rows])) if rows.size else cells
    return Plain(points, count, changed, texts, titles)


def people(
    points: Points,
    count: Counts,
    traditional: Mask,
    *,
    texts: pl.Series | None = None,
    titles: pl.Series | None = None,
    phones: pl.Series | None = None,
    genders: Genders | None = None,
    others: Others | None = None,
) -> pl.DataFrame:
    """The columns of the result for plain names by their code points.

    Args:
        points: columns of simplified code points.
        count: how many of each row are of the name; one only where it is a known surname and has a title.
        traditional: whether the name was written in traditional characters.
        texts: the names, where they are at hand.
        titles: what stood behind or around the name; null where nothing did.
        phones: phones left in the cell.
        genders: ``MALE``, ``FEMALE`` or 0 by what stood beside the name; else as the titles say.
        others: rows that are no plain names, which are as they are found there.
    """
    tables = characters.known(reference.folder())
    none = pl.repeat(None, len(count), dtype=pl.String, eager=True)
    titles, phones = none if titles is None else titles, none if phones is None else phones
    titled = titles.is_not_null().to_numpy()
    numbers = numbered.read(points, count, titled=titled)
    named = numbers.size < count
    told = by_title(titles) if genders is None else genders
    said = TRADITIONAL * traditional + TITLED * titled + PHONE * phones.is_not_null().to_numpy()
    core = characters.encoded(points, count) if texts is None else texts
    frame = pl.DataFrame({"core": core, "behind": numbers.given, "named": named, "split": named & (numbers.surname > 0)})
    frame = frame.select(
        kind=_chosen(pl.Series("kind", ["title_only", "person"]), named, others),
        name=pl.when("named").then("core"),
        names=lists.single(core if named.all() else core.filter(frame["named"]), named),
        surname=_chosen(tables.surnames.alias("surname"), numbers.surname, others),
        # Without a known surname nothing is split: the whole is the name.
        given=pl.when("split").then("behind"),
        title=titles,
        gender=_chosen(pl.Series("gender", [None, "M", "F"], dtype=pl.String), np.where(told > 0, told, named * numbers.gender), others),
        pinyin=_spelled(numbers, count, others),
        leftover_phone=phones,
        reasons=_chosen(_reasons(), np.where(named, said + UNKNOWN * (numbers.surname == 0), 16 + (said & ~TITLED)), others),
    )
    if others is None:
        return frame
    put = [strings.put(frame[name], others.rows, others.found[name]).alias(name) for name in ("name", "given", "title", "leftover_phone")]
    return frame.with_columns(*put, lists.put(frame["names"], others.rows, others.found["names"]).alias("names"))


def _chosen(table: pl.Series, places: npt.NDArray[np.integer | np.bool_], others: Others | None) -> pl.Series:
    """The values of a table at ``places``, and what is known of the others; the table has the column's name."""
    places = places.astype(np.uint32)
    if others is None:
        return table.gather(places)
    places[others.rows] = len(table) + np.arange(len(others.rows), dtype=np.uint32)
    return pl.concat([table, others.found[table.name]], rechunk=True).gather(places)


def by_title(titles: pl.Series) -> Genders:
    """What titles say of the gender."""
    found = np.zeros(len(titles), dtype=np.int64)
    rows = titles.is_not_null().arg_true()
    numbers = {title: MALE if gender == "M" else FEMALE for title, gender in rules.GENDERS.items()}
    said = titles.gather(rows).str.to_lowercase().replace_strict(numbers, default=0, return_dtype=pl.Int64)
    found[rows.to_numpy()] = said.to_numpy()
    return found


def _spelled(numbers: numbered.Numbers, count: Counts, others: Others | None) -> pl.Series:
    """Pinyin: the surname as surnames are read, then each character; a space before each but the first."""
    tables = characters.known(reference.folder())
    following, last = numbers.following, numbers.last
    if others is not None:
        following[others.rows], last[others.rows] = 0, 0
    parts = [_chosen(tables.readings.alias("pinyin"), numbers.first, others), tables.following.gather(following).alias("behind")]
    if last.any():
        parts.append(tables.following.gather(last).alias("last"))
    spelled = pl.DataFrame(parts).select(pl.concat_str(pl.all())).to_series()
    unread = np.flatnonzero((numbers.first == 0) & (count > 0))
    if not unread.size:
        return spelled
    return strings.put(spelled, unread, spelled.gather(unread).str.strip_chars_start(" ").replace("", None))


@functools.cache
def _reasons() -> pl.Series:
    """The reasons of people by the sum of their bits, then those of surnames with a title."""
    return pl.Series(
        "reasons",
        [*(reasons(bits) for bits in range(16)), *(["name_title_only", *reasons(bits)] for bits in range(8))],
        dtype=pl.List(pl.String),
    )


def reasons(bits: int) -> list[str]:
    """The reasons that the sum of some bits stands for."""
    names = {TRADITIONAL: "name_traditional", TITLED: "name_title_removed", PHONE: "name_phone_split", UNKNOWN: "name_surname_unknown"}
    return [names[bit] for bit in names if bits & bit]
