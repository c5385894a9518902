"""One head to its division: the words of divisions in a text, from left to right the longest, and what they mean together.

This is the way for a few texts, and for those with very many words; :mod:`cleansing.addresses.scanning` reads many at once.

Words side by side from the start are taken as they are; behind other text only full names of three characters and more are
(荷花池街道 四川省 成都市). A short name before 路, 花园, 大学 … is part of a street's or an estate's name (南京路, 北京东路,
宁海花园, 朝阳门外大街).
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from dataclasses import dataclass

from cleansing.addresses.concluding import Division
from cleansing.addresses.gazetteer import FILLERS, PROVINCE_LETTERS, words_in
from cleansing.addresses.resolving import resolve

LENGTH = 48
"""Characters in which the division is looked for."""
LOOKED_AT = LENGTH + 6
"""What follows a word matters, too."""
_ENDINGS = "省市区县旗盟州"
STREETISH = re.compile(
    "(?:[东西南北中上下前后新老]?[一二三四五六七八九十]?(?:环?路(?:[^桥]|$)|大?街(?:[^道]|$)|大道|道[0-9]|巷|弄|里[0-9]|胡同|公路|国道|高速|花园|花苑|小区|新村|公寓|大厦|大楼|广场|家园|雅苑|苑|宾馆|酒店|饭店|大学|学院|银行|医院|中学|小学|商城|市场|名都|名城|人家|山庄|豪庭|会馆|小吃|菜馆|面馆|火车|大桥|工业(?!园区)|机场|车站|新苑|花城|城市花|实业|服装|电子|塑料)"
    "|支路|门(?:[内外]|大?街|路)|[寺祠](?:大?街|路)|镇(?!海区|海县|江市|江县|宁县|宁布|原县|平县|坪县|远县|康县|安县|雄县|沅县|巴县|赉县)|乡(?!宁县|城县)|街道|村|社区)"
)
# Even a full name is a street's before one of these: 鄞县大道.
ROADISH = re.compile("大道|小吃|驾校")


@dataclass(frozen=True)
class Head:
    """The division, how many characters tell it, and the text among them that tells something else."""

    division: Division
    taken: int
    skipped: str


@dataclass(frozen=True)
class _Word:
    word: str
    start: int
    end: int
    gap: bool


@functools.lru_cache(maxsize=1 << 16)
def read(text: str, folder: str) -> Head:
    """The head of a text (its first ``LOOKED_AT`` characters tell), by the reference data of a folder."""
    words = _kept(_without_letter(_words(text, folder)), folder)
    division = resolve("|".join("~" * word.gap + word.word for word in words), folder)
    used = words[: division.used]
    pieces = [text[before.end if before else 0 : word.start] for before, word in zip([None, *used], used, strict=False)]
    # A character between two names (宁波市 市 江东区) is a slip.
    return Head(division, used[-1].end if used else 0, "".join(piece for piece in pieces if len(piece) > 1))


def _words(text: str, folder: str) -> list[_Word]:
    """The words that may tell a division, the longest at each place."""
    full, sizes = full_names(folder), _sizes(folder)
    found: list[_Word] = []
    at, end, head = 0, 0, text[:LENGTH]
    while at < len(head):
        for size in sizes.get(head[at], ()):
            word = head[at : at + size]
            if word in full:
                break
        else:
            at += 1
            continue
        start, at = at, at + len(word)
        if not ROADISH.match(text, at) and (full[word] or not STREETISH.match(text, at, at + 6)):
            found.append(_Word(word, start, at, start != end))
            end = at
    return found


def _without_letter(words: list[_Word]) -> list[_Word]:
    """Without a province's letter behind which other text stands (青年路 is no 青海)."""
    if words and words[0].word in PROVINCE_LETTERS and words[0].start == 0 and (len(words) == 1 or words[1].gap):
        return words[1:]
    return words


def _kept(words: list[_Word], folder: str) -> list[_Word]:
    """Words from the start, and those behind other text that a long full name leads."""
    kept, led = [], True
    for word in words:
        if word.gap:
            led = leads(word.word, folder)
        if led:
            kept.append(word)
    return kept


def leads(word: str, folder: str) -> bool:
    """Whether a word is taken behind other text."""
    return full_names(folder)[word] and len(word) >= 3 and word[-1] in _ENDINGS


@functools.cache
def full_names(folder: str) -> dict[str, bool]:
    """Word to whether it is a full name."""
    return {word: any(not place.short for place in places) for word, places in words_in(folder).items()} | dict.fromkeys(FILLERS, True)


@functools.cache
def _sizes(folder: str) -> dict[str, tuple[int, ...]]:
    """First character to the lengths of words that begin with it, the longest first."""
    sizes: dict[str, set[int]] = defaultdict(set)
    for word in full_names(folder):
        sizes[word[0]].add(len(word))
    return {first: tuple(sorted(found, reverse=True)) for first, found in sizes.items()}
