"""One head to its division: the words of divisions in a text, from left to right the longest, and what they mean together.

Words side by side from the start are taken as they are; behind other text only full names of three characters and more are
(荷花池街道 四川省 成都市). A short name before 路, 花园, 大学 … is part of a street's or an estate's name (南京路, 北京东路, 宁海花园).
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from cleansing.addresses.gazetteer import FILLERS, words_in
from cleansing.addresses.points import Ints
from cleansing.addresses.resolving import Division, resolve

LENGTH = 48
"""Characters in which the division is looked for."""
ENDINGS = "省市区县旗盟州"
_STREETISH = re.compile(
    "(?:[东西南北中上下前后新老]?[一二三四五六七八九十]?(?:环?路(?:[^桥]|$)|大?街(?:[^道]|$)|大道|道[0-9]|巷|弄|里[0-9]|胡同|公路|国道|高速|花园|花苑|小区|新村|公寓|大厦|大楼|广场|家园|雅苑|苑|宾馆|酒店|饭店|大学|学院|银行|医院|中学|小学|商城|市场|名都|名城|人家|山庄|豪庭|会馆|小吃|菜馆|面馆|火车|大桥|工业(?!园区)|机场|车站|新苑|花城|城市花|实业|服装|电子|塑料)"
    "|支路|镇(?!海区|海县|江市|江县|宁县|宁布|原县|平县|坪县|远县|康县|安县|雄县|沅县|巴县|赉县)|乡(?!宁县|城县)|街道|村|社区)"
)
# Even a full name is a street's before one of these: 鄞县大道.
_ROADISH = re.compile("大道|小吃|驾校")


@dataclass(frozen=True)
class Head:
    """The division, how many characters tell it, and the text among them that tells something else."""

    division: Division
    taken: int
    skipped: str
    full: bool
    """Whether the last of its words is a full name, and so no part of a longer name (杭州 学院路)."""


@dataclass(frozen=True)
class _Word:
    word: str
    start: int
    end: int
    gap: bool


@functools.lru_cache(maxsize=1 << 17)
def read(text: str, folder: str) -> Head:
    """The head of a text, by the reference data of a folder."""
    words = _kept(_words(text, folder), folder)
    (division,) = resolve("|".join("~" * word.gap + word.word for word in words)) if words else resolve("")
    used = words[: division.used]
    pieces = [text[before.end if before else 0 : word.start] for before, word in zip([None, *used], used, strict=False)]
    full = bool(used) and _lexicon(folder).full[used[-1].word]
    # A character between two names (宁波市 市 江东区) is a slip.
    return Head(division, used[-1].end if used else 0, "".join(piece for piece in pieces if len(piece) > 1), full)


def _words(text: str, folder: str) -> list[_Word]:
    """The words that may tell a division, the longest at each place."""
    lexicon = _lexicon(folder)
    found: list[_Word] = []
    at, end, head = 0, 0, text[:LENGTH]
    while at < len(head):
        for size in lexicon.sizes.get(head[at], ()):
            word = head[at : at + size]
            if word in lexicon.full:
                break
        else:
            at += 1
            continue
        start, at = at, at + len(word)
        if not _ROADISH.match(text, at) and (lexicon.full[word] or not _STREETISH.match(text, at, at + 6)):
            found.append(_Word(word, start, at, start != end))
            end = at
    return found


def _kept(words: list[_Word], folder: str) -> list[_Word]:
    """Words from the start, and those behind other text that a long full name leads."""
    full = _lexicon(folder).full
    kept, led = [], True
    for word in words:
        if word.gap:
            led = full[word.word] and len(word.word) >= 3 and word.word[-1] in ENDINGS
        if led:
            kept.append(word)
    return kept


@dataclass(frozen=True)
class _Lexicon:
    full: dict[str, bool]
    sizes: dict[str, tuple[int, ...]]


@functools.cache
def _lexicon(folder: str) -> _Lexicon:
    """Word to whether it is a full name, and first character to the lengths of words that begin with it, the longest first."""
    full = {word: any(not place.short for place in places) for word, places in words_in(folder).items()} | dict.fromkeys(FILLERS, True)
    sizes: dict[str, set[int]] = defaultdict(set)
    for word in full:
        sizes[word[0]].add(len(word))
    return _Lexicon(full, {first: tuple(sorted(found, reverse=True)) for first, found in sizes.items()})


@functools.cache
def long_names(folder: str) -> list[str]:
    """Full names of three characters and more: behind other text only these are looked for."""
    return [name for name, full in _lexicon(folder).full.items() if full and len(name) >= 3 and name[-1] in ENDINGS]


@functools.cache
def openings(folder: str) -> tuple[Ints, Ints]:
    """The first two characters of every word (code points, the first shifted by 16 bits; ascending), and words of one character."""
    known = _lexicon(folder).full
    pairs = {(ord(word[0]) << 16) | (ord(word[1]) & 0xFFFF) for word in known if len(word) > 1}
    return np.array(sorted(pairs), dtype=np.int64), np.array([ord(word) for word in known if len(word) == 1], dtype=np.int64)
