"""Plain names by number: where a name's surname, readings and gender stand in the tables of :mod:`cleansing.names.characters`.

>>> points, count, _ = characters.simplified(pl.Series(["王娜", "欧阳伟"]))
>>> numbers = read(points, count, titled=np.zeros(2, dtype=np.bool_))
>>> numbers.size.tolist(), numbers.given.to_list(), [[None, "M", "F"][gender] for gender in numbers.gender]
([1, 2], ['娜', '伟'], ['F', None])
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing import reference, strings
from cleansing.names import characters
from cleansing.names.characters import Counts, Mask, Points

MALE, FEMALE = 1, 2


@dataclass(frozen=True)
class Numbers:
    """A row each."""

    surname: Points
    """Number of the surname; 0: none is known."""
    size: Counts
    """Characters of the surname."""
    given: pl.Series
    """What stands behind the surname."""
    gender: npt.NDArray[np.uint8]
    """``MALE`` or ``FEMALE`` by what stands behind the surname, else 0."""
    first: Points
    """Number of the reading that the name begins with: of the surname where it is known."""
    following: npt.NDArray[np.uint32]
    """Number of the readings of the second and third character, as far as they are not of the surname."""
    last: npt.NDArray[np.uint32]
    """The same of the fourth character."""


def read(points: Points, count: Counts, *, titled: Mask) -> Numbers:
    """The numbers of names by their code points (``count`` 0: no name); ``titled``: a title stands behind the name."""
    height = len(count)
    surname, first = np.empty(height, dtype=np.uint16), np.empty(height, dtype=np.uint16)
    size, gender = np.empty(height, dtype=np.int8), np.empty(height, dtype=np.uint8)
    following, last = np.empty(height, dtype=np.uint32), np.empty(height, dtype=np.uint32)
    given = np.empty((height, 4), dtype=np.uint32)
    for part in strings.parts(height):
        some, length = points[:, part], count[part]
        kinds = np.take(characters.kinds(), some)
        surname[part], size[part] = surnamed(some, length, kinds, titled[part])
        gender[part] = _gender(some, kinds, size[part])
        first[part], following[part], last[part] = _readings(some, surname[part], size[part])
        given[part] = characters.views(_behind(some, size[part]), length - size[part])
    return Numbers(surname, size, strings.of_views(given), gender, first, following, last)


def surnamed(points: Points, count: Counts, kinds: Points, titled: Mask) -> tuple[Points, Counts]:
    """The number of each surname (0: none is known) and its characters: the longest known one that leaves a name, or a title."""
    tables = characters.known(reference.folder())
    number = np.take(tables.surname, points[0])
    # Four characters have a surname of one only where it is a frequent one.
    four = np.flatnonzero(count == characters.LONGEST)
    number[four] *= tables.frequent[number[four]]
    size = (number > 0).astype(np.int8)
    begun = np.flatnonzero((kinds[0] & characters.COMPOUND_FIRST > 0) & (kinds[1] & characters.COMPOUND_SECOND > 0) & (count + titled > 2))
    key = points[0, begun].astype(np.uint64)
    for length in (2, 3):
        key = key << np.uint64(16) | points[length - 1, begun]
        keys, numbers = tables.compound[length]
        places = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
        same = (keys[places] == key) & (count[begun] + titled[begun] > length)
        same &= (count[begun] == characters.LONGEST) | ~tables.doubtful[numbers[places]]
        number[begun[same]], size[begun[same]] = numbers[places[same]], length
    return number, size


def last(columns: Points, points: Points) -> Points:
    """Of each row the column of its last code point."""
    found: Points = columns[0]
    for place in range(1, characters.LONGEST):
        found = np.where(points[place] > 0, columns[place], found)
    return found


def _behind(points: Points, size: Counts) -> Points:
    """The code points behind the first ``size`` of each row."""
    rest = np.vstack([points[1:], np.zeros_like(points[:1])])
    for length in (0, 2, 3):
        rows = np.flatnonzero(size == length)
        moved = points[length:, rows]
        rest[:, rows] = 0
        rest[: len(moved), rows] = moved
    return rest


def _gender(points: Points, kinds: Points, size: Counts) -> npt.NDArray[np.uint8]:
    """What the characters behind a known surname say, where it is one thing."""
    within = kinds[3] | kinds[2] * (size < 3) | kinds[1] * (size < 2)
    female, male = within & characters.FEMALE > 0, last(kinds, points) & characters.MALE_END > 0
    found: npt.NDArray[np.uint8] = ((size > 0) & (female ^ male)) * (MALE + female.astype(np.uint8))
    return found


def _readings(points: Points, surname: Points, size: Counts) -> tuple[Points, npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Numbers of the readings: what the name begins with, the second and third character, the fourth."""
    tables = characters.known(reference.folder())
    slots = np.take(tables.reading, points).astype(np.uint32)
    for length in (2, 3):
        slots[1:length, np.flatnonzero(size == length)] = 0
    first = np.where(surname > 0, surname + np.uint16(tables.first), slots[0]).astype(np.uint16)
    return first, slots[1] * tables.wide + slots[2], slots[3]
