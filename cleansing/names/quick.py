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
_TRADITIONAL, _TITLED, _UNKNOWN = 1, 2, 4
_TITLES = tuple(rules.TITLE.split("|"))
_TITLED_CELL = rf"^(.{{1,4}}?)({rules.TITLE})$"
_TITLED_BYTES = (3 * 3, 3 * 7)


def read(cells: pl.Series) -> tuple[pl.Series, pl.DataFrame]:
    """The rows that are plain names, alone or with a title, and the columns of the result for those rows, in this order."""
    points, count = characters.simplified(cells)
    plain = is_plain(points, count) & (count > 1)
    alone = np.flatnonzero(plain)
    whole = alone.size == len(cells)
    found = people(points if whole else points[:, alone], count if whole else count[alone], cells if whole else cells.gather(alone))
    sizes = strings.lengths(cells)
    rest = np.flatnonzero(~plain & (sizes >= _TITLED_BYTES[0]) & (sizes <= _TITLED_BYTES[1]) & (sizes % 3 == 0))
    parted = cells.gather(rest).str.extract_groups(_TITLED_CELL).struct.unnest()
    points, count = characters.simplified(parted["1"])
    good = is_plain(points, count) & ((count > 1) | (_tables().surname[points[0]] > 0))
    rest, parted = rest[good], parted.filter(pl.Series(good))
    if not rest.size:
        return pl.Series(alone, dtype=pl.UInt32), found
    titled = people(points[:, good], count[good], parted["1"], titles=parted["2"])
    return pl.Series(np.concatenate([alone, rest]), dtype=pl.UInt32), pl.concat([found, titled])


def is_plain(points: Points, count: Counts) -> Mask:
    """Whether columns of code points are a whole name, or the part before a title: no other rule has anything to look for in it."""
    kinds = np.take(characters.kinds(), points)
    plain: Mask = (count > 0) & (np.bitwise_or.reduce(kinds, axis=0) & characters.WORD == 0)
    plain &= ((_last(kinds, count) & characters.TITLE_END == 0) | (count == 1)) & ((kinds[0] & characters.NICK == 0) | (count != 2))
    begun = (kinds[:-1] & characters.WORD_FIRST > 0) & (kinds[1:] & characters.WORD_SECOND > 0)
    doubtful = np.flatnonzero(plain & (begun.any(axis=0) | ((count == characters.LONGEST) & (kinds[0] & characters.UNSPLIT > 0))))
    cell = pl.col("cell")
    texts = characters.encoded(points[:, doubtful], count[doubtful]).alias("cell").to_frame()
    unsplit = (cell.str.len_chars() == characters.LONGEST) & cell.str.contains(rules.UNSPLIT)
    plain[doubtful] = ~texts.select(cell.str.contains_any(list(characters.words())) | unsplit).to_series().to_numpy()
    return plain


def people(points: Points, count: Counts, written: pl.Series, *, titles: pl.Series | None = None) -> pl.DataFrame:
    """The columns of the result for plain names by their code points; ``written``: as they came; ``titles``: what stood behind each."""
    tables, kinds = _tables(), np.take(characters.kinds(), points)
    number, size = _surnames(points, count, kinds, titled=titles is not None)
    named = size < count
    core = characters.encoded(points, count)
    given, rest = _behind(points, count, size)
    female = (np.bitwise_or.reduce(_behind(kinds, count, size)[0], axis=0) & characters.FEMALE > 0) & (size > 0)
    male = (_last(kinds, count) & characters.MALE_END > 0) & (size > 0)
    gender = pl.Series([None, "M", "F", None]).gather(named * (male + 2 * female))
    title = pl.repeat(None, len(count), dtype=pl.String, eager=True) if titles is None else titles
    said = _TRADITIONAL * (core != written).to_numpy() + (0 if titles is None else _TITLED * named) + _UNKNOWN * (number == 0)
    frame = pl.DataFrame(
        {"core": core, "given": characters.encoded(given, rest), "gender": gender, "title": title, "named": named, "split": number > 0}
    )
    by_title = pl.col("title").replace_strict(_genders(), default=None, return_dtype=pl.String)
    return frame.select(
        kind=pl.when("named").then(pl.lit("person")).otherwise(pl.lit("title_only")),
        name=pl.when("named").then("core"),
        names=pl.when("named").then(pl.concat_list("core")).otherwise(pl.lit([], dtype=pl.List(pl.String))),
        surname=tables.surnames.gather(number),
        # Without a known surname nothing is split: the whole is the name.
        given=pl.when(pl.col("named") & pl.col("split")).then("given"),
        title="title",
        gender="gender" if titles is None else pl.coalesce(by_title, "gender"),
        pinyin=_spelled(points, count, number, size),
        leftover_phone=pl.lit(None, dtype=pl.String),
        reasons=_reasons().gather(np.where(named, said, 8 + (said & _TRADITIONAL))),
    )


def _surnames(points: Points, count: Counts, kinds: Points, *, titled: bool) -> tuple[Points, Counts]:
    """The number of each surname (0: none is known) and its characters: the longest known one that leaves a name, or a title."""
    tables = _tables()
    number = np.take(tables.surname, points[0])
    # Four characters have a surname of one only where it is a frequent one.
    number[(count == characters.LONGEST) & ~tables.frequent[number]] = 0
    size = (number > 0).astype(np.int64)
    begun = (kinds[0] & characters.COMPOUND_FIRST > 0) & (kinds[1] & characters.COMPOUND_SECOND > 0) & (count + titled > 2)
    for row in np.flatnonzero(begun):  # few
        for length in (3, 2):
            found = tables.compound.get("".join(map(chr, points[:length, row])), 0) if count[row] + titled > length else 0
            if found:
                number[row], size[row] = found, length
                break
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
    """The reasons of people by the sum of their bits, then those of a surname with a title, alone and in traditional characters."""
    names = {_TRADITIONAL: "name_traditional", _TITLED: "name_title_removed", _UNKNOWN: "name_surname_unknown"}
    people = [[names[bit] for bit in names if bits & bit] for bits in range(8)]
    return pl.Series([*people, ["name_title_only"], ["name_title_only", "name_traditional"]], dtype=pl.List(pl.String))


@functools.cache
def _genders() -> dict[str, str]:
    return dict.fromkeys(rules.TITLES_M, "M") | dict.fromkeys(rules.TITLES_F, "F")
