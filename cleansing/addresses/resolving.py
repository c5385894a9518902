"""The words at an address's head to one division of today.

The words are read from left to right. Every word has some places it can mean; a place stands where it lies, or once lay,
in what was read before (湖北 襄樊市 襄阳区), or repeats it (杭州市 余杭区 杭州市). Of the readings that stand, the one with
the most recent and fullest names wins; where two different places stay, the address is ambiguous and their common part is
what is known.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from cleansing import reference
from cleansing.addresses.gazetteer import FILLERS, NEVER_ALONE, PROVINCE_LETTERS, Place, short_name, words_in
from cleansing.divisions import current

_MOST_READINGS = 64


@dataclass(frozen=True)
class Division:
    """What the head says: how many words were used, the adcode of today, the other candidates, and what was found."""

    used: int
    adcode: str | None
    candidates: tuple[str, ...]
    as_written: str | None
    province_written: bool
    old: bool
    mismatch: bool
    province_as_written: str | None = None
    city_as_written: str | None = None


NOTHING = Division(0, None, (), None, province_written=False, old=False, mismatch=False)


@dataclass(frozen=True)
class _Reading:
    place: Place | None
    cost: int
    seen: tuple[Place, ...]
    word: str | None = None  # how the district was written
    upper: tuple[tuple[int, str], ...] = ()  # level and word of what else was read

    def then(self, place: Place, word: str) -> _Reading | None:
        """This reading with one more word, or None where the place does not fit."""
        written = word if place.level == 3 else self.word
        upper = self.upper if place.level == 3 else (*self.upper, (place.level, word))
        if self.place is None:
            return _Reading(place, place.cost, (place,), written, upper)
        before = self.place
        if before.level == 3 and place.short:
            return None
        if before.name in place.inside and (place.level >= before.level or place.code == before.code):
            fits = all(seen.name in place.inside or seen.code == place.code for seen in self.seen)
            return _Reading(place, self.cost + place.cost, (*self.seen, place), written, upper) if fits else None
        if place.code == before.code and place.level == before.level:
            # 昭通地区 昭通市: the second word is rather the county-level city of then than the prefecture again.
            again = 8 if before.old and before.name != place.name else 0
            return _Reading(before if place.old else place, self.cost + place.cost + again, self.seen, self.word, upper)
        if place.name in before.inside:
            return _Reading(before, self.cost + place.cost, (*self.seen, place), self.word, upper)
        return None


def resolve(*heads: str) -> list[Division]:
    """The division that the words of each head (joined with "|", "~" before a word that other text precedes) name together."""
    folder = str(reference.folder())
    return [_resolve(head, folder) for head in heads]


@functools.lru_cache(maxsize=1 << 17)
def _resolve(head: str, folder: str) -> Division:
    lexicon = words_in(folder)
    start = [_Reading(None, 0, ())]
    readings, used, mismatch, since, read = start, 0, False, 0, head.split("|")
    for index, marked in enumerate(read):
        word, gap = marked.removeprefix("~"), marked.startswith("~")
        if word in FILLERS:
            if index and word.startswith("中国") and (index + 1 == len(read) or read[index + 1].startswith("~")):  # 鹿城区 中国鞋都
                break
            used = index + 1
            continue
        places = [place for place in lexicon.get(word, ()) if not (gap and place.short)]
        if word in PROVINCE_LETTERS and index:
            break
        if index == since:
            places = [place for place in places if not (place.short and place.level == 3 and word in NEVER_ALONE)]
        following = [after for reading in readings for place in places if (after := reading.then(place, word)) is not None]
        deep = any(reading.place and reading.place.level == 3 for reading in readings)
        if (not following or deep) and (again := _second_head(read[index:], readings, folder)):
            mismatch = mismatch or again not in {reading.place.code for reading in readings if reading.place}
            following, since = [after for place in places if (after := start[0].then(place, word)) is not None], index
        elif not following:
            following = [_Reading(place, place.cost, (place,), word) for place in _certain(places, readings)]
            mismatch = mismatch or bool(following)
        if not following:
            break
        readings = sorted(following, key=lambda reading: reading.cost)[:_MOST_READINGS]
        used = index + 1
    return _conclude(readings, used, folder, mismatch=mismatch, words_read=[word.removeprefix("~") for word in read[since:used]])


def _certain(places: list[Place], readings: list[_Reading]) -> list[Place]:
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


def _second_head(read: list[str], readings: list[_Reading], folder: str) -> str | None:
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


def _conclude(readings: list[_Reading], used: int, folder: str, *, mismatch: bool, words_read: list[str]) -> Division:
    told = [word for word in words_read if word not in FILLERS]
    standing = [reading for reading in readings if reading.place is not None]
    if not standing or (len(told) == 1 and told[0] in PROVINCE_LETTERS):
        return NOTHING
    cheapest = standing[0].cost
    best = [reading for reading in standing if reading.cost == cheapest]
    if (
        len(told) == 1
        and all(place.short and place.level == 3 for reading in best if (place := reading.place))
        and len({r.place.code for r in best if r.place}) > 1
    ):
        return NOTHING
    places = {reading.place.code: reading.place for reading in best if reading.place is not None}
    levels = {place.level for place in places.values()}
    if len(levels) > 1:
        # 吉林 alone is the province rather than the city.
        places = {code: place for code, place in places.items() if place.level == min(levels)}
    written = any(word in PROVINCE_LETTERS or word in _province_words(folder) for word in told)
    first = next(iter(places.values()))
    as_written = best[0].word if first.level == 3 else None
    adcode = first.code if len(places) == 1 else common_part(tuple(places), folder)
    old = first.old or any(seen.old for seen in best[0].seen)
    upper = dict(best[0].upper)
    return Division(
        used, adcode, tuple(sorted(places)) if len(places) > 1 else (), as_written, province_written=written, old=old, mismatch=mismatch,
        province_as_written=upper.get(1), city_as_written=upper.get(2),
    )  # fmt: skip


def common_part(codes: tuple[str, ...], folder: str) -> str | None:
    """The division that all of ``codes`` lie in, or None."""
    for size, zeros in ((4, "00"), (2, "0000")):
        if len({code[:size] for code in codes}) == 1:
            code = codes[0][:size] + zeros
            return code if code in _today_of(folder) else None
    return None


def choose(candidates: tuple[str, ...], hints: tuple[str | None, str | None, str | None]) -> str | None:
    """The one candidate that the hints (province, city, district) point to, or None."""
    today = _today_of(str(reference.folder()))
    left = candidates
    for hint, level in zip(hints, ("province", "city", "district"), strict=True):
        if hint:
            meant = {hint.strip(), short_name(hint.strip()) or hint.strip()}
            fitting = tuple(code for code in left if (name := today[code][level]) and meant & {name, short_name(name) or name})
            left = fitting or left
    return left[0] if len(left) == 1 and len(candidates) > 1 else None


@functools.cache
def _today_of(_folder: str) -> dict[str, dict[str, str | None]]:
    return {row["adcode"]: row for row in current().iter_rows(named=True)}


@functools.cache
def _province_words(folder: str) -> frozenset[str]:
    return frozenset(word for word, places in words_in(folder).items() if any(place.level == 1 for place in places))
