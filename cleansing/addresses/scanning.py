"""The words of divisions in many texts at once, as :func:`cleansing.addresses.heads.words` finds them in one.

All texts go on together, a word at a time: first those whose words follow each other from the start; then, a character at a time,
the few in which a long full name may stand behind other text.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cleansing.addresses import heads
from cleansing.addresses.distinct import numbered
from cleansing.addresses.gazetteer import PROVINCE_LETTERS
from cleansing.addresses.points import BEYOND, BLOCK, Characters, Flags, Ints, Points
from cleansing.addresses.resolving import may_close
from cleansing.addresses.trie import Trie

_ROWS = 1 << 16  # of a block that stays in the processor's cache
_WINDOW = 6  # characters that STREETISH looks at
MOST = 8
"""Words of a text that are told; a head of more is read by itself."""


@dataclass(frozen=True)
class Lexicon:
    """The words that may tell a division, by number; the last place of the flags stands for no word (-1).

    Attributes:
        words: in the order of their numbers.
        trie: of the words.
        full: whether it is a full name.
        leads: whether it is taken behind other text.
        closing: whether it may be the last word of a head.
        letter: whether it is a province's letter (京).
        bits: of a mark: a word's number and one, and in the lowest bit whether other text precedes it.
        keyed: marks that one number has room for.
        kinds: character to what it may be in a word that leads: the last (1), the last but one (2), the third last (4).
    """

    words: list[str]
    trie: Trie
    full: Flags
    leads: Flags
    closing: Flags
    letter: Flags
    bits: int
    keyed: int
    kinds: npt.NDArray[np.uint8]

    def spelled(self, key: int) -> str:
        """The words of a key (marks side by side, the first in the lowest bits) as :func:`cleansing.addresses.resolving.resolve` takes them."""
        said = []
        while key:
            said.append("~" * (key & 1) + self.words[((key & ((1 << self.bits) - 1)) >> 1) - 1])
            key >>= self.bits
        return "|".join(said)


@functools.cache
def lexicon(folder: str) -> Lexicon:
    """The words of the reference data of a folder."""
    full = heads.full_names(folder)
    leads = [heads.leads(word, folder) for word in full]
    kinds = np.zeros(BEYOND + 1, dtype=np.uint8)
    for word in (word for word, first in zip(full, leads, strict=True) if first):
        for place, kind in ((-1, 1), (-2, 2), (-3, 4)):
            kinds[ord(word[place])] |= kind
    bits = (2 * len(full) + 1).bit_length()
    return Lexicon(
        words=list(full),
        trie=Trie.of(list(full)),
        full=np.array([*full.values(), False]),
        leads=np.array([*leads, False]),
        closing=np.array([*(may_close(word, folder) for word in full), False]),
        letter=np.array([*(word in PROVINCE_LETTERS for word in full), False]),
        bits=bits,
        keyed=63 // bits,
        kinds=kinds,
    )


@dataclass(frozen=True)
class Words:
    """The words that count, in each text.

    Attributes:
        marks: (MOST, texts) the first, second … word; 0 where there is none.
        closed: how many there are up to the last that may close a head.
        count: how many there are; ``MOST`` + 1 where there are more.
        ends: (MOST + 1, texts) where the first, second … word ends, from the text's start; the first line is 0.
        skipped: (MOST + 1, texts) how many characters stand before the word that no word before it claims.
    """

    marks: npt.NDArray[np.uint16]
    closed: npt.NDArray[np.uint8]
    count: npt.NDArray[np.uint8]
    ends: npt.NDArray[np.uint8]
    skipped: npt.NDArray[np.uint8]

    @classmethod
    def none(cls, rows: int) -> Words:
        """Of texts that are not read yet."""
        each, lines = (np.zeros(rows, np.uint8) for _ in range(2)), (np.zeros((MOST + 1, rows), np.uint8) for _ in range(2))
        return cls(np.zeros((MOST, rows), np.uint16), *each, *lines)

    def keys(self, bits: int, count: int) -> Ints:
        """The first words of each text as one number, each in so many bits."""
        key: Ints = self.marks[0].astype(np.int64)
        for place in range(1, count):
            there = np.flatnonzero(self.marks[place])
            key[there] |= self.marks[place].take(there).astype(np.int64) << (bits * place)
        return key


def scan(characters: Characters, folder: str) -> Words:
    """The words of each text."""
    known, rows = lexicon(folder), len(characters.starts)
    words = Words.none(rows)
    limits = np.minimum(characters.ends, characters.starts + heads.LENGTH)
    scanned = _Scan(characters, known, limits, _ends_of_leading(characters.points, known.kinds), words)
    order = np.argsort(characters.starts, kind="stable")
    left = [scanned.from_start(order[begin : begin + _ROWS]) for begin in range(0, rows, _ROWS)]
    if left:
        scanned.behind_text(*(np.concatenate(parts) for parts in zip(*left, strict=True)))
    return words


@dataclass(frozen=True)
class _Scan:
    texts: Characters
    known: Lexicon
    limits: Ints
    leading: npt.NDArray[np.uint8]
    words: Words

    def from_start(self, block: Ints) -> tuple[Ints, Ints, Ints]:
        """Words side by side from the start; then the rows where more may come, where their last word ended, where to look on."""
        at, limits = self.texts.starts.take(block), self.limits.take(block)
        ended, looks, places = at.copy(), limits.copy(), np.arange(len(block))
        for count in range(MOST + 1):
            number, end = self.known.trie.longest(self.texts.points, at, limits.take(places))
            good = self._accepted(number, end)
            bad = np.flatnonzero(~good)
            ended[places.take(bad)], looks[places.take(bad)] = at.take(bad), np.maximum(end.take(bad), at.take(bad) + 1)
            if count == 1:
                self._forget(block, places.take(bad), ended)
            on = np.flatnonzero(good)
            if not len(on):
                break
            places, number, at = places.take(on), number.take(on), end.take(on)
            self._keep_next(count, block.take(places), number, at)
        more = self._may_follow(looks, limits)
        return block.take(more), ended.take(more), looks.take(more)

    def _forget(self, block: Ints, places: Ints, ended: Ints) -> None:
        """Takes back a province's letter behind which other text stands: 青年路 is no 青海."""
        rows = block.take(places)
        letters = np.flatnonzero(self.known.letter.take((self.words.marks[0].take(rows) >> 1).astype(np.int64) - 1))
        rows, places = rows.take(letters), places.take(letters)
        self.words.marks[0][rows] = 0
        for line in (self.words.closed, self.words.count, self.words.ends[1]):
            line[rows] = 0
        ended[places] = self.texts.starts.take(rows)

    def behind_text(self, rows: Ints, ended: Ints, at: Ints) -> None:
        """Words behind other text that a long full name leads."""
        led = np.ones(len(rows), dtype=bool)
        while len(rows):
            number, end = self.known.trie.longest(self.texts.points, at, self.limits.take(rows))
            good = self._accepted(number, end)
            led = np.where(good & (at != ended), self.known.leads.take(number), led)
            kept = np.flatnonzero(good & led)
            self._keep(rows.take(kept), number.take(kept), at.take(kept), end.take(kept))
            ended, at = np.where(good, end, ended), np.maximum(end, at + 1)
            on = np.flatnonzero((at < self.limits.take(rows)) & (self.words.count.take(rows) <= MOST))
            rows, ended, at, led = rows.take(on), ended.take(on), at.take(on), led.take(on)

    def _accepted(self, number: Ints, end: Ints) -> Flags:
        """Whether there is a word, and it is no part of a street's name."""
        good = number >= 0
        found = np.flatnonzero(good)
        good[found[_roadish(self.texts.points, end.take(found))]] = False
        short = np.flatnonzero(good & ~self.known.full.take(number))
        good[short[_streetish(self.texts.points, end.take(short))]] = False
        return good

    def _keep_next(self, count: int, rows: Ints, number: Ints, end: Ints) -> None:
        """Words that begin where the last one, the ``count``-th of its text, ended."""
        words = self.words
        words.count[rows] = count + 1
        if count < MOST:
            words.marks[count][rows] = (number + 1) << 1
            words.closed[rows[self.known.closing.take(number)]] = count + 1
            words.ends[count + 1][rows] = end - self.texts.starts.take(rows)

    def _keep(self, rows: Ints, number: Ints, start: Ints, end: Ints) -> None:
        """Words that begin anywhere behind the last one of their text."""
        words = self.words
        words.count[rows] += 1
        room = np.flatnonzero(words.count.take(rows) <= MOST)
        rows, number, start, end = rows.take(room), number.take(room), start.take(room), end.take(room)
        count, first = words.count.take(rows).astype(np.int64), self.texts.starts.take(rows)
        skipped = start - first - words.ends[count - 1, rows]
        words.marks[count - 1, rows] = ((number + 1) << 1) | (skipped > 0)
        closing = np.flatnonzero(self.known.closing.take(number))
        words.closed[rows.take(closing)] = count.take(closing)
        words.ends[count, rows] = end - first
        words.skipped[count, rows] = skipped

    def _may_follow(self, looks: Ints, limits: Ints) -> Ints:
        """Which of some texts (in the order of their characters) may have a word that leads between a place and their limit."""
        asked = np.flatnonzero(looks + 2 < limits)
        if not len(asked):
            return asked
        spans = np.stack([looks.take(asked) + 2, limits.take(asked)], axis=1).ravel()
        return asked[np.flatnonzero(np.bitwise_or.reduceat(self.leading[: spans[-1] + 1], spans)[::2])]


def _ends_of_leading(points: Points, kinds: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """1 where the last character of a word that leads may stand: the two before it may stand there in such a word."""
    found = np.zeros(len(points), dtype=np.uint8)
    for begin in range(2, len(points), BLOCK):
        kind = kinds.take(points[begin - 2 : begin + BLOCK], mode="clip")
        np.bitwise_and((kind[1:-1] >> 1) & (kind[:-2] >> 2), kind[2:], out=found[begin : begin + BLOCK])
    return found


_ROADISH = [(ord(word[0]), ord(word[1])) for word in heads.ROADISH.pattern.split("|")]


def _roadish(points: Points, at: Ints) -> Ints:
    """Those of the places where ROADISH begins."""
    first = points.take(at)
    found = [np.flatnonzero(first == one) for one, _ in _ROADISH]
    return np.concatenate([rows[points.take(at.take(rows) + 1) == two] for rows, (_, two) in zip(found, _ROADISH, strict=True)])


def _streetish(points: Points, at: Ints) -> Ints:
    """Those of the places where STREETISH begins."""
    kinds = _letters()
    first = kinds.take(points.take(at), mode="clip")
    named = np.flatnonzero(first > _OTHER)
    at, key, inside = at.take(named), first.take(named).astype(np.int64), np.ones(len(named), dtype=bool)
    for step in range(1, _WINDOW):
        kind = kinds.take(points.take(at + step, mode="clip"), mode="clip")
        key |= (kind * inside).astype(np.int64) << (8 * step)
        inside &= kind > _OTHER  # STREETISH does not look behind a digit, or a character that it does not name
    distinct, numbers = numbered(key)
    found: Ints = named[np.array([_begins_street(one) for one in distinct], dtype=bool)[numbers]]
    return found


_ALPHABET = "".join(sorted(set(re.sub("[^\u4e00-\u9fff]", "", heads.STREETISH.pattern))))
_END, _DIGIT, _OTHER = 0, 1, 2


@functools.cache
def _letters() -> npt.NDArray[np.uint8]:
    """Character to its kind for STREETISH: 0 the end, 1 a digit, 2 any that it does not name, 3 and on those that it names."""
    table = np.full(BEYOND + 1, _OTHER, dtype=np.uint8)
    table[ord("\n")] = _END
    table[ord("0") : ord("9") + 1] = _DIGIT
    for kind, character in enumerate(_ALPHABET, _OTHER + 1):
        table[ord(character)] = kind
    return table


@functools.lru_cache(maxsize=1 << 16)
def _begins_street(key: int) -> bool:
    spelled = "\n0x" + _ALPHABET
    return heads.STREETISH.match("".join(spelled[kind] for kind in key.to_bytes(_WINDOW, "little") if kind)) is not None
