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
from cleansing.names import characters, rules
from cleansing.names.characters import Counts, Mask, Points

Genders = npt.NDArray[np.int64]

# What is said of a plain name, a bit each; the lists of reasons are in the order of their sums.
TRADITIONAL, TITLED, PHONE, UNKNOWN = 1, 2, 4, 8
MALE, FEMALE = 1, 2
_TITLED_CELL = rf"^(.{{1,4}}?)({rules.TITLE})$"
_TITLED_BYTES = (3 * 3, 3 * 7)


@dataclass(frozen=True)
class Others:
    """What is known of the rows that are no plain names."""

    rows: npt.NDArray[np.int64]
    found: pl.DataFrame
    """The columns of the result, in the order of ``rows``."""


def read(cells: pl.Series, rest: Callable[[pl.Series], pl.DataFrame]) -> pl.DataFrame:
    """The columns of the result for each cell; ``rest`` gives those of the cells that are no plain names, alone or with a title."""
    points, count, changed, titles = split(cells)
    rows = np.flatnonzero(count == 0)
    others = Others(rows, rest(cells.gather(rows))) if rows.size else None
    return people(points, count, changed, titles=titles, others=others)


def split(cells: pl.Series) -> tuple[Points, Counts, Mask, pl.Series | None]:
    """The code points of plain names, how many there are (0: no plain name), whether they were traditional, the titles behind them."""
    points, count, changed = characters.simplified(cells)
    plain = is_plain(points, count) & (count > 1)
    points *= plain
    count *= plain
    sizes = strings.lengths(cells)
    rest = np.flatnonzero(~plain & (sizes >= _TITLED_BYTES[0]) & (sizes <= _TITLED_BYTES[1]) & (sizes % 3 == 0))
    parted = cells.gather(rest).str.extract_groups(_TITLED_CELL).struct.unnest()
    before, length, also = characters.simplified(parted["1"])
    # 老先生 is a title, not 先生 behind 老.
    named = ~cells.gather(rest).is_in(rules.TITLE.split("|")).to_numpy()
    good = named & is_plain(before, length) & ((length > 1) | (_tables().surname[before[0]] > 0))
    rows = rest[good]
    if not rows.size:
        return points, count, changed, None
    points[:, rows], count[rows], changed[rows] = before[:, good], length[good], also[good]
    none = pl.repeat(None, len(cells), dtype=pl.String, eager=True)
    return points, count, changed, strings.put(none, rows, parted["2"].filter(pl.Series(good)))


def are_plain(names: pl.Series) -> pl.Series:
    """Whether nothing but the surname's rule applies to names."""
    points, count, _ = characters.simplified(names)
    return pl.Series(is_plain(points, count) & (count > 1), dtype=pl.Boolean)


def is_plain(points: Points, count: Counts) -> Mask:
    """Whether columns of code points are a whole name, or the part before a title: no other rule has anything to look for in it."""
    kinds = np.take(characters.kinds(), points)
    plain: Mask = (count > 0) & (np.bitwise_or.reduce(kinds, axis=0) & characters.WORD == 0)
    plain &= ((_last(kinds, count) & characters.TITLE_END == 0) | (count == 1)) & ((kinds[0] & characters.NICK == 0) | (count != 2))
    plain &= (points[0] != points[1]) | ((points[2] > 0) & (points[2] != points[0])) | (count == 1)  # 哈哈哈
    begun = (kinds[:-1] & characters.WORD_FIRST > 0) & (kinds[1:] & characters.WORD_SECOND > 0)
    doubtful = np.flatnonzero(plain & (begun.any(axis=0) | ((count == characters.LONGEST) & (kinds[0] & characters.UNSPLIT > 0))))
    cell = pl.col("cell")
    texts = characters.encoded(points[:, doubtful], count[doubtful]).alias("cell").to_frame()
    unsplit = (cell.str.len_chars() == characters.LONGEST) & cell.str.contains(rules.UNSPLIT)
    plain[doubtful] = ~texts.select(cell.str.contains_any(list(characters.words())) | unsplit).to_series().to_numpy()
    return plain


def people(
    points: Points,
    count: Counts,
    traditional: Mask,
    *,
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
        titles: what stood behind or around the name; null where nothing did.
        phones: phones left in the cell.
        genders: ``MALE``, ``FEMALE`` or 0 by what stood beside the name; else as the titles say.
        others: rows that are no plain names, which are as they are found there.
    """
    tables, kinds = _tables(), np.take(characters.kinds(), points)
    none = pl.repeat(None, len(count), dtype=pl.String, eager=True)
    titles, phones = none if titles is None else titles, none if phones is None else phones
    titled = titles.is_not_null().to_numpy()
    number, size = surnamed(points, count, kinds, titled)
    named = size < count
    split = named & (number > 0)
    given, rest = _behind(points, count, size)
    female = (np.bitwise_or.reduce(_behind(kinds, count, size)[0], axis=0) & characters.FEMALE > 0) & (size > 0)
    male = (_last(kinds, count) & characters.MALE_END > 0) & (size > 0)
    by_name = (named * (male + 2 * female)) % (MALE + FEMALE)
    told = by_title(titles) if genders is None else genders
    said = TRADITIONAL * traditional + TITLED * titled + PHONE * phones.is_not_null().to_numpy()
    core = characters.encoded(points, count)
    frame = pl.DataFrame({"core": core, "behind": characters.encoded(given, rest), "named": named, "split": split})
    frame = frame.select(
        kind=_chosen(pl.Series("kind", ["title_only", "person"]), named.astype(np.uint32), others),
        name=pl.when("named").then("core"),
        names=lists.gather(core if named.all() else core.filter(frame["named"]), pl.Series(np.flatnonzero(named)), height=len(count)),
        surname=_chosen(tables.surnames.alias("surname"), number, others),
        # Without a known surname nothing is split: the whole is the name.
        given=pl.when("split").then("behind"),
        title=titles,
        gender=_chosen(pl.Series("gender", [None, "M", "F"], dtype=pl.String), np.where(told > 0, told, by_name), others),
        pinyin=_spelled(points, count, number, size, others),
        leftover_phone=phones,
        reasons=_chosen(_reasons(), np.where(named, said + UNKNOWN * (number == 0), 16 + (said & ~TITLED)), others),
    )
    if others is None:
        return frame
    put = [strings.put(frame[name], others.rows, others.found[name]).alias(name) for name in ("name", "given", "title", "leftover_phone")]
    return frame.with_columns(*put, lists.put(frame["names"], others.rows, others.found["names"]).alias("names"))


def _chosen(table: pl.Series, places: npt.NDArray[np.integer], others: Others | None) -> pl.Series:
    """The values of a table at ``places``, and what is known of the others; the table has the column's name."""
    if others is None:
        return table.gather(places.astype(np.uint32))
    places = places.astype(np.uint32)
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


def surnamed(points: Points, count: Counts, kinds: Points, titled: Mask) -> tuple[Points, Counts]:
    """The number of each surname (0: none is known) and its characters: the longest known one that leaves a name, or a title."""
    tables = _tables()
    number = np.take(tables.surname, points[0])
    # Four characters have a surname of one only where it is a frequent one.
    number[(count == characters.LONGEST) & ~tables.frequent[number]] = 0
    size = (number > 0).astype(np.int64)
    begun = (kinds[0] & characters.COMPOUND_FIRST > 0) & (kinds[1] & characters.COMPOUND_SECOND > 0) & (count + titled > 2)
    key = points[0].astype(np.uint64)
    for length in (2, 3):
        key = key << np.uint64(16) | points[length - 1]
        rows = np.flatnonzero(begun & (count + titled > length))
        keys, numbers = tables.compound[length]
        places = np.minimum(np.searchsorted(keys, key[rows]), len(keys) - 1)
        same = (keys[places] == key[rows]) & ((count[rows] == characters.LONGEST) | ~tables.doubtful[numbers[places]])
        number[rows[same]], size[rows[same]] = numbers[places[same]], length
    return number, size


def _behind(columns: Points, count: Counts, size: Counts) -> tuple[Points, Counts]:
    """The columns behind the first ``size`` of each row, and how many there are."""
    rest = np.vstack([columns[1:], np.zeros_like(columns[:1])])
    for length in (0, 2, 3):
        rows = np.flatnonzero(size == length)
        moved = columns[length:, rows]
        rest[:, rows] = 0
        rest[: len(moved), rows] = moved
    return rest, count - size


def _last(columns: Points, count: Counts) -> Points:
    found: Points = np.take_along_axis(columns, np.maximum(count - 1, 0)[None, :], axis=0)[0]
    return found


def _spelled(points: Points, count: Counts, number: Points, size: Counts, others: Others | None) -> pl.Series:
    """Pinyin: the surname as surnames are read, then each character; a space before each but the first."""
    tables = _tables()
    slots = np.take(tables.reading, points).astype(np.uint32)
    for length in (2, 3):
        slots[1:length, size == length] = 0
    first = np.where(number > 0, tables.first + number, slots[0])
    if others is not None:
        slots[1:, others.rows] = 0
    parts = [
        _chosen(tables.readings.alias("pinyin"), first, others),
        tables.following.gather(slots[1] * tables.wide + slots[2]).alias("behind"),
    ]
    if slots[3].any():
        parts.append(tables.following.gather(slots[3]).alias("last"))
    spelled = pl.DataFrame(parts).select(pl.concat_str(pl.all())).to_series()
    unread = np.flatnonzero((first == 0) & (count > 0))
    if not unread.size:
        return spelled
    return strings.put(spelled, unread, spelled.gather(unread).str.strip_chars_start(" ").replace("", None))


def _tables() -> characters.Known:
    return characters.known(reference.folder())


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
