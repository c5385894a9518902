"""Addresses by their parsed parts, plain text where nothing was parsed; postcodes.

House and room numbers weigh more than street words: 人民路12号501室 and 人民路12号502室 are neighbours. Levels: ``exact`` text;
``door`` (the same road, house and room); ``house`` (the same road and house, a room is missing); ``text`` (nearly the same text);
``neighbours`` (the same house, another room); ``road``; ``area`` (the same district); ``different``.
"""

from __future__ import annotations

import polars as pl

from matching.codes import MISSING
from matching.frequencies import Rarity
from matching.levels import Compared, Flags, Level, Sides, agreeing, jaro_winkler, leveled, on_rows, with_bits

ADDRESS_LEVELS = (
    Level("exact", 0.4, weighed=True),
    Level("door", 0.15),
    Level("house", 0.05),
    Level("text", 0.05),
    Level("neighbours", 0.02),
    Level("road", 0.03),
    Level("area", 0.1),
    Level("different", 0.2),
)
POSTCODE_LEVELS = (Level("exact", 0.7, weighed=True), Level("close", 0.1), Level("area", 0.1), Level("different", 0.1))


def compare_address(pairs: Sides, rarity: Rarity, *, name: str) -> Compared:
    """Levels of an address with its parts; a part that is missing on one side is neither for nor against."""
    known, equal, long = pairs.both(name), pairs.exact(name), pairs.both(f"{name}__long")
    road, number_known = pairs.exact(f"{name}__road"), pairs.both(f"{name}__road_no")
    room_known, room = pairs.both(f"{name}__room"), pairs.exact(f"{name}__room")
    area = pairs.exact(f"{name}__adcode")
    # districts are confused, and named at different depths; another city is another place
    elsewhere = pairs.both(f"{name}__adcode") & ~pairs.exact(f"{name}__city")
    house = road & pairs.exact(f"{name}__road_no") & ~elsewhere
    parsed = pairs.both(f"{name}__road") & number_known
    inside = ~_differ(pairs, f"{name}__building") & ~_differ(pairs, f"{name}__unit")
    same_text = known & long & inside & ~(room_known & ~room)
    alike = jaro_winkler(pairs, name, same_text & ~parsed)
    bare = (pairs.codes(f"{name}__road")[0] == MISSING) & (pairs.codes(f"{name}__room")[0] == MISSING)
    level = leveled(
        [
            equal & (long | ~bare),
            house & room & inside,
            house & ~room_known & inside,
            alike >= 0.93,
            house,
            road & ~elsewhere,
            area | equal,
        ],
        known,
    )
    return with_bits(level, {0: agreeing(pairs, rarity, name)})


def compare_postcode(pairs: Sides, rarity: Rarity, *, name: str) -> Compared:
    """Equal; nearly equal text; the same delivery area (all but the last three characters); different."""
    known, equal = pairs.both(name), pairs.exact(name)
    alike = jaro_winkler(pairs, name, known)
    left, right = (pl.col(side).str.replace_all(" ", "", literal=True).str.head(-3) for side in "lr")
    (area,) = on_rows(pairs, name, known & ~equal, left == right)
    return with_bits(leveled([equal, alike >= 0.95, area], known), {0: agreeing(pairs, rarity, name)})


def _differ(pairs: Sides, name: str) -> Flags:
    return pairs.both(name) & ~pairs.exact(name)
