"""Names of two to four Chinese characters as columns of code points, and what each character tells of itself.

A common character has three bytes in UTF-8, so a name of four lies in the twelve bytes of Arrow's string view: columns of code
points are made of it by shifting bits, and what a character is (a surname, its reading, the beginning of a word) is a place in
a table of 65,536.

>>> points, count, changed = simplified(pl.Series(["張偉", "王wei", None]))
>>> points[:, 0].tolist() == [ord("张"), ord("伟"), 0, 0], count.tolist(), changed.tolist()
(True, [2, 0, 0], [True, False, False])
>>> encoded(points, count).to_list()
['张伟', '', '']
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing import reference, strings, text
from cleansing.names import rules
from cleansing.names.readings import surnames

Points = npt.NDArray[np.uint16]
Counts = npt.NDArray[np.int8]
Mask = npt.NDArray[np.bool_]
LONGEST = 4
_ALL = 65_536

# What a character can be, a bit each.
WORD_FIRST, WORD_SECOND, WORD, TITLE_END, UNSPLIT, FEMALE, MALE_END, COMPOUND_FIRST, COMPOUND_SECOND, NICK = (1 << bit for bit in range(10))


def simplified(cells: pl.Series, *, proven: bool = False) -> tuple[Points, Counts, Mask]:
    """Four columns of simplified code points (0 behind the end), how many there are (0: the cell is anything else), which changed.

    A cell that may be UTF-8 read as GBK is anything else, unless it is ``proven`` that none is.
    """
    views = strings.views(cells)
    height = len(views)
    points, count, changed = np.empty((LONGEST, height), dtype=np.uint16), np.empty(height, dtype=np.int8), np.empty(height, dtype=np.bool_)
    for part in strings.parts(height):
        points[:, part], count[part], changed[part] = _simplified(views[part], proven=proven)
    return points, count, changed


def _simplified(views: strings.Words, *, proven: bool) -> tuple[Points, Counts, Mask]:
    raw = decoded(views[:, 1], views[:, 2], views[:, 3])
    points = np.take(_simple(), raw)
    count = (points > 0).sum(axis=0, dtype=np.int8)
    good = 3 * count == views[:, 0]  # no other character, none behind the fourth
    if not proven:
        good &= ~misread()[raw[0]]
    points *= good
    return points, count * good, (points != raw).any(axis=0) & good


def begun(cells: pl.Series) -> tuple[Points, Counts, Mask]:
    """As :func:`simplified`, of the Chinese characters that cells of any length begin with: at most four are looked at."""
    words = np.ascontiguousarray(strings.matrix(cells, width=strings.INLINE)).view(np.uint32)
    raw = decoded(words[:, 0], words[:, 1], words[:, 2])
    points = np.take(_simple(), raw)
    points *= np.logical_and.accumulate(points > 0, axis=0) & ~misread()[raw[0]]
    return points, (points > 0).sum(axis=0, dtype=np.int8), ((points != raw) & (points > 0)).any(axis=0)


def decoded(first: strings.Words, second: strings.Words, third: strings.Words) -> Points:
    """Code points of four characters of three bytes, from the three words that they fill; 0 for characters of other lengths."""
    found = np.empty((LONGEST, len(first)), dtype=np.uint16)
    apart = (first, first >> 24 | second << 8, second >> 16 | third << 16, third >> 8)
    for place, code in enumerate(apart):
        point = (code & 0xF) << 12 | (code >> 2 & 0xFC0) | (code >> 16 & 0x3F)
        found[place] = point * (code & 0xF0 == 0xE0)
    return found


def encoded(points: Points, count: Counts) -> pl.Series:
    """The texts of columns of code points (all of three bytes, 0 behind the end)."""
    found = np.empty((points.shape[1], 4), dtype=np.uint32)
    for part in strings.parts(len(found)):
        found[part] = views(points[:, part], count[part])
    return strings.of_views(found)


def views(points: Points, count: Counts) -> strings.Words:
    """The texts of columns of code points as views (see :mod:`cleansing.strings`)."""
    one, two, three, four = np.take(_codes(), points)
    found = np.empty((len(count), 4), dtype=np.uint32)
    found[:, 0] = 3 * count
    found[:, 1] = one | two << 24
    found[:, 2] = two >> 8 | three << 16
    found[:, 3] = three >> 16 | four << 8
    return found


@functools.cache
def _codes() -> strings.Words:
    """The three bytes of each code point as a word, the first lowest; 0 of 0."""
    points = np.arange(_ALL, dtype=np.uint32)
    codes = 0x8080E0 | points >> 12 | (points >> 6 & 0x3F) << 8 | (points & 0x3F) << 16
    return np.where(points > 0, codes, 0).astype(np.uint32)


@functools.cache
def _simple() -> Points:
    """For each code point its simplified character, 0 where it is no common Chinese character."""
    table = np.zeros(_ALL, dtype=np.uint16)
    for low, high in ((0x3400, 0x4DC0), (0x4E00, 0xA000)):
        table[low:high] = np.arange(low, high)
    for old, new in text.traditional().items():
        table[ord(old)] = ord(new) if ord(new) < _ALL else 0
    return table


@functools.cache
def misread() -> Mask:
    """Whether a text that begins so may be UTF-8 read as GBK."""
    table = np.zeros(_ALL, dtype=np.bool_)
    table[[ord(character) for character in text.utf8_as_gbk_starts() if ord(character) < _ALL]] = True
    return table


@functools.cache
def kinds() -> Points:
    """For each code point the bits of what it can be in a name cell."""
    table = np.zeros(_ALL, dtype=np.uint16)

    def mark(characters: str, bit: int) -> None:
        table[[ord(character) for character in characters if ord(character) < _ALL]] |= bit

    for word in words():
        mark(word[0], WORD_FIRST if len(word) > 1 else WORD)
        mark(word[1:2], WORD_SECOND)
    mark("".join((*rules.TITLES_SHORT_M, *rules.TITLES_SHORT_F, *rules.TITLES_SHORT_N)), TITLE_END)
    mark(rules.UNSPLIT_FIRST, UNSPLIT)
    mark(rules.FEMALE, FEMALE)
    mark(rules.MALE_AT_END, MALE_END)
    mark("小老", NICK)
    mark("某姓", WORD)
    for name in surnames()["surname"]:
        if len(name) > 1:
            mark(name[0], COMPOUND_FIRST)
            mark(name[1], COMPOUND_SECOND)
    return table


@functools.cache
def words() -> tuple[str, ...]:
    """Words that another rule looks for: a cell that has one is not plain."""
    listed = f"{rules.TITLE}|{rules.ROLES}|{rules.NOBODY}|{rules.COMPANY_ANYWHERE}|{rules.BODIES}|{rules.PLACES}|{rules.UNWANTED}|{rules.RELATIVES}|{rules.COUPLE}|{rules.KIN}|{rules.DECEASED}|拒访|免打扰|谢绝|的车|代办|代签|法人|潜客|访客|不愿|不肯|不想|拒绝|提供|透露|私家车|试驾|车管所|共青团|尊敬|亲爱|敬爱|员工|职工|业主|户主|战败|流失|成交|订车|提车|退车|退订|无效|过户|报废".split(
        "|"
    )
    return tuple(sorted({*listed, *text.JUNK_WORDS, "测试", "锟斤", "斤拷", "烫烫", "屯屯屯"}))


@dataclass(frozen=True)
class Known:
    """Surnames and readings by number; number 0 is none."""

    surname: npt.NDArray[np.uint16]
    """Number of the surname of one character, for each code point."""
    frequent: Mask
    """Whether a surname, by number, is one of the frequent ones."""
    compound: dict[int, tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint16]]]
    """Surnames of two and of three characters: their keys (16 bits a character), sorted, and their numbers."""
    reading: npt.NDArray[np.uint16]
    """Number of the reading of each code point, in ``readings``."""
    doubtful: Mask
    """Whether a compound surname, by number, is one only with two characters behind it."""
    surnames: pl.Series
    readings: pl.Series
    """Readings of characters, then those of surnames: surname n is at ``first + n``."""
    following: pl.Series
    """Readings of two characters with a space before each: m and n (of ``wide`` each, 0 is none) are at ``m * wide + n``."""
    wide: int
    first: int


@functools.cache
def known(folder: Path) -> Known:
    """The reference data of a folder as tables by code point."""
    del folder  # it tells one set of data from another; what is loaded is that of the folder set
    table = surnames()
    names = table["surname"].to_list()
    single = np.zeros(_ALL, dtype=np.uint16)
    for number, name in enumerate(names, 1):
        if len(name) == 1 and ord(name) < _ALL:
            single[ord(name)] = number
    characters = reference.load("name_characters.parquet")
    syllables = sorted(set(characters["reading"]))
    place = {syllable: number for number, syllable in enumerate(syllables, 1)}
    reading = np.zeros(_ALL, dtype=np.uint16)
    for character, syllable in characters.select("character", "reading").iter_rows():
        if ord(character) < _ALL:
            reading[ord(character)] = place[syllable]
    return Known(
        surname=single,
        frequent=np.array([False, *table["rank"].is_not_null()]),
        compound={length: _keyed(names, length) for length in (2, 3)},
        reading=reading,
        doubtful=np.array([False, *(name in rules.DOUBTFUL_COMPOUNDS for name in names)]),
        surnames=pl.Series([None, *names], dtype=pl.String),
        readings=pl.Series(["", *syllables, *table["reading"]], dtype=pl.String),
        following=_pairs(pl.Series(["", *(f" {syllable}" for syllable in syllables)], dtype=pl.String)),
        wide=1 + len(syllables),
        first=len(syllables),
    )


def _pairs(readings: pl.Series) -> pl.Series:
    wide = len(readings)
    both = pl.DataFrame(
        {"first": readings.gather(np.repeat(np.arange(wide), wide)), "second": readings.gather(np.tile(np.arange(wide), wide))}
    )
    return both.select(pl.concat_str("first", "second")).to_series()


def _keyed(names: list[str], length: int) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint16]]:
    keys = {int.from_bytes(name.encode("utf-16-be")): number for number, name in enumerate(names, 1) if len(name) == length}
    ordered = sorted(keys)
    return np.array(ordered, dtype=np.uint64), np.array([keys[key] for key in ordered], dtype=np.uint16)
