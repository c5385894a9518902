"""The words at an address's head to one division of today.

The words are read from left to right. Every word has some places it can mean; a place stands where it lies, or once lay,
in what was read before (湖北 襄樊市 襄阳区), or repeats it (杭州市 余杭区 杭州市). Of the readings that stand, the one with
the most recent and fullest names wins; where two different places stay, the address is ambiguous and their common part is
what is known.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

from cleansing.addresses.concluding import Division, conclude
from cleansing.addresses.gazetteer import FILLERS, NEVER_ALONE, PROVINCE_LETTERS, Place, words_in
from cleansing.addresses.readings import Reading
from cleansing.divisions import whole_cities

_MOST_READINGS = 64


def resolve(head: str, folder: str) -> Division:
    """The division that the words of a head (joined with "|", "~" before a word that other text precedes) name together."""
    words = [] if "~" in head else head.split("|")
    last = next((place for place in range(len(words), 0, -1) if may_close(words[place - 1], folder)), 0)
    if 0 < last < len(words) and closes(before := "|".join(words[:last]), division := _resolve(before, folder), folder):
        return division
    return _resolve(head, folder)


@functools.lru_cache(maxsize=1 << 16)
def may_close(word: str, folder: str) -> bool:
    """Whether it is a full name, or stands where one may (市辖区; 中国 begins a firm's name)."""
    filler = word in FILLERS and not word.startswith("中")
    return filler or any(not place.short for place in words_in(folder).get(word, ()))


def closes(head: str, division: Division, folder: str) -> bool:
    """Whether a head, whose last word may close one, ends there: a district, and what follows in short is the street's (余杭区 黄山 …)."""
    words = head.split("|")
    if "~" in head or division.used < len(words):
        return False
    last = next((word for word in reversed(words) if word not in FILLERS), "")
    codes = division.candidates or ((division.adcode,) if division.adcode and _is_whole(division.adcode, folder) else ())
    return any(place.code in codes for place in words_in(folder).get(last, ()))


@functools.cache
def _is_whole(adcode: str, _folder: str) -> bool:
    """Whether no division of today lies below."""
    return not adcode.endswith("00") or adcode in whole_cities()


class _State(NamedTuple):
    """What the words so far say: the readings that stand, how many words are used, and where the last head began."""

    readings: Sequence[Reading]
    used: int
    mismatch: bool
    since: int


_START = _State((Reading(None, 0, ()),), 0, mismatch=False, since=0)


@functools.lru_cache(maxsize=1 << 17)
def _resolve(head: str, folder: str) -> Division:
    read = head.split("|")
    begun = state = _begun("|".join(read[:-1]), folder)
    while state.used < len(read):
        after = _after(state, read, folder)
        if after is None:
            break
        state = after
    if 0 < state.used == begun.used < len(read):
        return _resolve("|".join(read[: begun.used]), folder)  # nothing behind the plain beginning counts
    told = [word.removeprefix("~") for word in read[state.since : state.used]]
    return conclude(state.readings, state.used, folder, mismatch=state.mismatch, words_read=told)


def _begun(head: str, folder: str) -> _State:
    """The state after the longest beginning that can be read plainly."""
    while head:
        if state := _plainly(head, folder):
            return state
        head, _, _ = head.rpartition("|")
    return _START


@functools.lru_cache(maxsize=1 << 16)
def _plainly(head: str, folder: str) -> _State | None:
    """The state after words each of which lies in those before it, so that no word behind them can change it; None after others.

    Many heads begin with the same province and city.
    """
    before, _, marked = head.rpartition("|")
    state = _plainly(before, folder) if before else _START
    word = marked.removeprefix("~")
    if state is None or word in FILLERS or (state.used and word in PROVINCE_LETTERS) or _deep(state):
        return None
    following = _following(state, _places(marked, state, folder), word)
    return _State(_cheapest(following), state.used + 1, state.mismatch, state.since) if following else None


def _after(state: _State, read: list[str], folder: str) -> _State | None:
    """The state after one word more, None where the head ends before it."""
    index = state.used
    word = read[index].removeprefix("~")
    if word in FILLERS:
        # 鹿城区 中国鞋都
        ends = index and word.startswith("中国") and (index + 1 == len(read) or read[index + 1].startswith("~"))
        return None if ends else state._replace(used=index + 1)
    if word in PROVINCE_LETTERS and index:
        return None
    places, since, mismatch = _places(read[index], state, folder), state.since, state.mismatch
    following = _following(state, places, word)
    if (not following or _deep(state)) and (again := _second_head(read[index:], state.readings, folder)):
        mismatch = mismatch or again not in {reading.place.code for reading in state.readings if reading.place}
        following, since = _following(_START, places, word), index
    elif not following:
        following = [Reading(place, place.cost, (place,), word) for place in _certain(places, state.readings)]
        mismatch = mismatch or bool(following)
    return _State(_cheapest(following), index + 1, mismatch, since) if following else None


def _places(marked: str, state: _State, folder: str) -> list[Place]:
    """What a word can mean where it stands."""
    word = marked.removeprefix("~")
    places = [place for place in words_in(folder).get(word, ()) if not (place.short and marked != word)]
    if state.used == state.since and word in NEVER_ALONE:
        return [place for place in places if not (place.short and place.level == 3)]
    return places


def _following(state: _State, places: list[Place], word: str) -> list[Reading]:
    return [after for reading in state.readings for place in places if (after := reading.then(place, word)) is not None]


def _cheapest(readings: list[Reading]) -> list[Reading]:
    return sorted(readings, key=lambda reading: reading.cost)[:_MOST_READINGS] if len(readings) > 1 else readings


def _deep(state: _State) -> bool:
    return any(reading.place is not None and reading.place.level == 3 for reading in state.readings)


def _certain(places: list[Place], readings: Sequence[Reading]) -> list[Place]:
    """A district that is alone in its name is believed against wrong upper levels."""
    certain = [place for place in places if not place.short and place.level == 3 and not place.old and len(place.name) > 2]
    districts = [reading.place for reading in readings if reading.place and reading.place.level == 3]
    if districts:
        # The seat of a prefecture stands for it: 吉首市 保靖县 is 保靖县 of the prefecture that 吉首市 is the seat of.
        return [
            place
            for place in certain
            if place.name[-1] == "县" and all(one.name[-1] == "市" and one.code[:4] == place.code[:4] for one in districts)
        ]
    return certain if len({place.code for place in certain}) == 1 else []


def _second_head(read: list[str], readings: Sequence[Reading], folder: str) -> str | None:
    """The adcode of a second head that begins here and is as deep as the first (浙江省 杭州市 西湖区 | 浙江省 杭州市 余杭区)."""
    first = words_in(folder).get(read[0].removeprefix("~"), ())
    if len(read) < 2 or not any(place.level <= 2 and not place.short for place in first):
        return None
    depth = max((reading.place.level for reading in readings if reading.place), default=0)
    again = _resolve("|".join([read[0].removeprefix("~"), *read[1:]]), folder)
    if again.used < 2 or again.adcode is None:
        return None
    level = 1 if again.adcode.endswith("0000") else 2 if again.adcode.endswith("00") else 3
    return again.adcode if level >= depth else None
