"""The most frequent cells in a few steps over columns of code points: two to four plain Chinese characters, alone or with a title.

What they give is what :mod:`cleansing.names.parse` would give (a test holds the two against each other); only the steps that
cannot find anything are left out.
"""

from __future__ import annotations

import functools

import numpy as np
import polars as pl

from cleansing import reference, strings
from cleansing.names import characters, rules
from cleansing.names.characters import Counts, Mask, Points

# What is said of a plain name, a bit each; the lists of reasons are in the order of their sums.
_TRADITIONAL, _TITLED, _PHONE, _UNKNOWN = 1, 2, 4, 8
_TITLED_CELL = rf"^(.{{1,4}}?)({rules.TITLE})$"
_TITLED_BYTES = (3 * 3, 3 * 7)


def read(cells: pl.Series) -> tuple[pl.Series, pl.DataFrame]:
    """The rows that are plain names, alone or with a title, and the columns of the result for those rows, in this order."""
    points, count, changed = characters.simplified(cells)
    plain = is_plain(points, count) & (count > 1)
    alone = np.flatnonzero(plain)
    found = people(points, count, changed) if alone.size == len(cells) else people(points[:, alone], count[alone], changed[alone])
    sizes = strings.lengths(cells)
    rest = np.flatnonzero(~plain & (sizes >= _TITLED_BYTES[0]) & (sizes <= _TITLED_BYTES[1]) & (sizes % 3 == 0))
    parted = cells.gather(rest).str.extract_groups(_TITLED_CELL).struct.unnest()
    points, count, changed = characters.simplified(parted["1"])
    # 老先生 is a title, not 先生 behind 老.
    named = ~cells.gather(rest).is_in(rules.TITLE.split("|")).to_numpy()
    good = named & is_plain(points, count) & ((count > 1) | (_tables().surname[points[0]] > 0))
    if not good.any():
        return pl.Series(alone, dtype=pl.UInt32), found
    titled = people(points[:, good], count[good], changed[good], titles=parted["2"].filter(pl.Series(good)))
    return pl.Series(np.concatenate([alone, rest[good]]), dtype=pl.UInt32), pl.concat([found, titled])


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
    points: Points, count: Counts, traditional: Mask, *, titles: pl.Series | None = None, phones: pl.Series | None = None
) -> pl.DataFrame:
    """The columns of the result for plain names by their code points.

    Args:
        points: columns of simplified code points.
        count: how many of each row are of the name; one only where it is a known surname and has a title.
        traditional: whether the name was written in traditional characters.
        titles: what stood behind or around the name; null where nothing did.
        phones: phones left in the cell.
    """
    tables, kinds = _tables(), np.take(characters.kinds(), points)
    none = pl.repeat(None, len(count), dtype=pl.String, eager=True)
    titles, phones = none if titles is None else titles, none if phones is None else phones
    titled = titles.is_not_null().to_numpy()
    number, size = _surnames(points, count, kinds, titled)
    named = size < count
    given, rest = _behind(points, count, size)
    female = (np.bitwise_or.reduce(_behind(kinds, count, size)[0], axis=0) & characters.FEMALE > 0) & (size > 0)
    male = (_last(kinds, count) & characters.MALE_END > 0) & (size > 0)
    said = _TRADITIONAL * traditional + _TITLED * titled + _PHONE * phones.is_not_null().to_numpy()
    frame = pl.DataFrame(
        {
            "core": characters.encoded(points, count),
            "behind": characters.encoded(given, rest),
            "by_name": pl.Series([None, "M", "F", None], dtype=pl.String).gather(named * (male + 2 * female)),
            "title": titles,
            "leftover_phone": phones,
            "named": named,
            "split": named & (number > 0),
        }
    )
    by_title = pl.col("title").str.to_lowercase().replace_strict(rules.GENDERS, default=None, return_dtype=pl.String)
    return frame.select(
        kind=pl.when("named").then(pl.lit("person")).otherwise(pl.lit("title_only")),
        name=pl.when("named").then("core"),
        names=pl.when("named").then(pl.concat_list("core")).otherwise(pl.lit([], dtype=pl.List(pl.String))),
        surname=tables.surnames.gather(number),
        # Without a known surname nothing is split: the whole is the name.
        given=pl.when("split").then("behind"),
        title="title",
        gender=pl.coalesce(by_title, "by_name") if titled.any() else "by_name",
        pinyin=_spelled(points, count, number, size),
        leftover_phone="leftover_phone",
        reasons=_reasons().gather(np.where(named, said + _UNKNOWN * (number == 0), 16 + (said & ~_TITLED))),
    )


def _surnames(points: Points, count: Counts, kinds: Points, titled: Mask) -> tuple[Points, Counts]:
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


def _spelled(points: Points, count: Counts, number: Points, size: Counts) -> pl.Series:
    """Pinyin: the surname as surnames are read, then each character; a space before each but the first."""
    tables = _tables()
    slots = np.take(tables.reading, points)
    for length in (2, 3):
        slots[1:length, size == length] = 0
    first = np.where(number > 0, tables.first + number, slots[0])
    width = max(2, int(count.max(initial=0)))
    parts = [
        tables.readings.gather(first).alias("0"),
        *(tables.following.gather(slots[place]).alias(str(place)) for place in range(1, width)),
    ]
    spelled = pl.DataFrame(parts).select(pl.concat_str(pl.all())).to_series()
    return spelled if first.all() else spelled.str.strip_chars_start(" ").replace("", None)


def _tables() -> characters.Known:
    return characters.known(reference.folder())


@functools.cache
def _reasons() -> pl.Series:
    """The reasons of people by the sum of their bits, then those of surnames with a title."""
    names = {_TRADITIONAL: "name_traditional", _TITLED: "name_title_removed", _PHONE: "name_phone_split", _UNKNOWN: "name_surname_unknown"}
    people = [[names[bit] for bit in names if bits & bit] for bits in range(16)]
    return pl.Series([*people, *(["name_title_only", *said] for said in people[:8])], dtype=pl.List(pl.String))
