"""The shape of an address: one letter a character, runs shortened, so that addresses written alike have one shape.

长江路128号阳光花园3栋501室 and 文化路1066号锦绣家园7栋1203室 are both ``xR000HxP0B000M``: a shape is read once
(:mod:`cleansing.addresses.grammar`), however many addresses have it. Letters: of name endings in
:mod:`cleansing.addresses.endings`; 0 a digit (one, two, or three and more), A Latin (one, or two and more), x any other character of a name, y one of an ending's,
``-`` a dash, ``,`` what separates. Behind an x, a letter that ends no name says nothing more and is left out.

>>> read(pl.Series(["人民东路1288号3栋"])).shape.to_list()
['xR000H0B']
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from cleansing.addresses.endings import marks
from cleansing.addresses.points import BEYOND, Characters, Flags, Ints, Points, each
from cleansing.addresses.trie import Trie

Letters = npt.NDArray[np.uint8]
_DASHES = "-—–~－至"
_RUNS = b"xyN,d"
_AT_ONCE = 1 << 15
_INNER = b"yBUFMHGWESDQVKbdN"  # of a name's letters all but those that end one
_COUNTED = {"0": 3, "A": 2}  # one, two, and more


@dataclass(frozen=True)
class Shapes:
    """The different shapes, which of them each text has, and where (in bytes) each letter of a shape stands in its text."""

    distinct: pl.Series
    which: Ints
    places: npt.NDArray[np.int32]
    starts: Ints

    @property
    def shape(self) -> pl.Series:
        """Each text's shape."""
        return self.distinct.gather(self.which)

    def in_text(self, in_shape: Ints, rows: Ints) -> Ints:
        """Places in the shapes of some rows to the places in their texts, in bytes."""
        starts = self.starts[rows]
        found: Ints = (self.places[starts + in_shape] - self.places[starts]).astype(np.int64)
        return found


def read(texts: pl.Series) -> Shapes:
    """Shapes of texts without nulls and line breaks."""
    # In slices, so that what is made on the way stays in the processor's cache.
    lettered = [_lettered(texts.slice(at, _AT_ONCE)) for at in range(0, max(len(texts), 1), _AT_ONCE)]
    shape, places = (np.concatenate(column) for column in zip(*lettered, strict=True))
    starts = np.concatenate(([0], np.flatnonzero(shape == ord("\n")) + 1))[: len(texts) + 1]
    distinct, which = different(shape, starts)
    return Shapes(distinct, which, places, starts[:-1])


def _lettered(texts: pl.Series) -> tuple[Letters, npt.NDArray[np.int32]]:
    """The letters of the shapes of texts, each shape with a line break, and the byte that each begins at (from the first text's start)."""
    points = Characters.of(texts).points
    letters = each(_letter_of(), points)
    _write_endings(points, letters)
    kept = np.flatnonzero(~(_repeated(letters) | _inside_names(letters)))
    sizes = (points > 0x7F).view(np.uint8) + (points > 0x7FF) + (points > 0xFFFF)
    places = np.arange(len(points), dtype=np.int32)
    places[1:] += np.cumsum(sizes[:-1], dtype=np.int32)
    return letters[kept], places[kept]


def _write_endings(points: Points, letters: Letters) -> None:
    """Writes the letters of endings of several characters over those of the characters: the first word first, of two the longer."""
    endings = _endings()
    at = np.flatnonzero(each(endings.first, points[:-1]) & each(endings.second, points[1:]))
    number, end = endings.trie.longest(points, at, np.full(len(at), len(points)))
    found = np.flatnonzero(number >= 0)
    found = found[_apart(at[found], end[found])]
    at, end, number = at[found], end[found], number[found]
    for step in range(endings.letters.shape[1]):
        rows = np.flatnonzero(at + step < end)
        letters[at[rows] + step] = endings.letters[number[rows], step]


def _apart(at: Ints, end: Ints) -> Flags:
    """Which of some spans (by their beginnings) stay, where one that begins inside another that stays goes."""
    stays = np.ones(len(at), dtype=bool)
    doubtful = np.flatnonzero(at[1:] < np.maximum.accumulate(end)[:-1]) + 1
    reached, last = 0, -1
    for row, begin, before, behind in zip(
        *(column.tolist() for column in (doubtful, at[doubtful], end[doubtful - 1], end[doubtful])), strict=True
    ):
        if row - 1 != last:
            reached = before  # nothing stands before that one, so it stays
        if begin < reached:
            stays[row] = False
        else:
            reached = behind
        last = row
    return stays


@dataclass(frozen=True)
class _Endings:
    """Endings of several characters.

    Attributes:
        trie: of the words.
        letters: of each word, a row.
        first: whether a word begins with a character.
        second: whether it is a word's second.
    """

    trie: Trie
    letters: Letters
    first: Flags
    second: Flags


@functools.cache
def _endings() -> _Endings:
    marked = {word: letters for word, letters in marks().items() if len(word) > 1}
    longest = max(map(len, marked))
    rows = [list(letters.ljust(longest).encode("ascii")) for letters in marked.values()]
    first, second = np.zeros(BEYOND + 1, dtype=bool), np.zeros(BEYOND + 1, dtype=bool)
    for word in marked:
        first[ord(word[0])] = second[ord(word[1])] = True
    return _Endings(Trie.of(list(marked)), np.array(rows, dtype=np.uint8), first, second)


def different(letters: Letters, starts: Ints) -> tuple[pl.Series, Ints]:
    """The different ones of texts side by side in an array of ASCII letters (with what ends them), and which of them each is."""
    texts = pa.LargeStringArray.from_buffers(len(starts) - 1, pa.py_buffer(starts), pa.py_buffer(letters)).dictionary_encode()
    distinct = pl.Series(pl.from_arrow(texts.dictionary), dtype=pl.String)
    return distinct.str.strip_chars_end("\n"), texts.indices.to_numpy().astype(np.int64)


def _repeated(letters: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Letters that only lengthen a run."""
    same = np.zeros(len(letters), dtype=bool)
    same[1:] = letters[1:] == letters[:-1]
    repeated = same & _runs()[letters]
    for letter, most in _COUNTED.items():
        run = same & (letters == ord(letter))
        long = run.copy()
        for step in range(1, most):
            long[step:] &= run[:-step]
            long[:step] = False
        repeated |= long
    return repeated


def _inside_names(letters: Letters) -> npt.NDArray[np.bool_]:
    """Letters behind an x that end no name: they are inside the name that x begins or goes on, unless the next letter makes them an ending."""
    inside = np.zeros(len(letters), dtype=bool)
    letter, behind = letters[1:-1], letters[2:]
    inside[1:-1] = (letters[:-2] == ord("x")) & _inner()[letter] & (behind != ord("r")) & (behind != letter)
    return inside


@functools.cache
def _letter_of() -> npt.NDArray[np.uint8]:
    """Code point (the last stands for all beyond) to letter."""
    table = np.full(0x10000, ord("x"), dtype=np.uint8)
    table[:0x80] = ord(",")
    for low, high, letter in (("0", "9", "0"), ("A", "Z", "A"), ("a", "z", "A")):
        table[ord(low) : ord(high) + 1] = ord(letter)
    table[0x2000:0x2E80] = table[0x3000:0x3040] = table[0xFE00:0xFFFF] = ord(",")
    for dash in _DASHES:
        table[ord(dash)] = ord("-")
    table[ord("\n")], table[ord("#")] = ord("\n"), ord("#")
    for word, letter in marks().items():
        if len(word) == 1:
            table[ord(word)] = ord(letter)
    return table


@functools.cache
def _inner() -> npt.NDArray[np.bool_]:
    table = np.zeros(256, dtype=bool)
    table[list(_INNER)] = True
    return table


@functools.cache
def _runs() -> npt.NDArray[np.bool_]:
    table = np.zeros(256, dtype=bool)
    table[list(_RUNS)] = True
    return table
