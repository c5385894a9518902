"""What the readings of a head have in common: its division of today; and the choice between candidates by what else is known."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

from cleansing import reference
from cleansing.addresses.gazetteer import FILLERS, PROVINCE_LETTERS, short_name, words_in
from cleansing.addresses.readings import Reading
from cleansing.divisions import current


class Division(NamedTuple):
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


def conclude(readings: Sequence[Reading], used: int, folder: str, *, mismatch: bool, words_read: list[str]) -> Division:
    """What the readings that stand (the cheapest first) agree on."""
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
