"""Addresses by their parsed parts, plain text where nothing was parsed; postcodes.

House and room numbers weigh more than street words: 人民路12号501室 and 人民路12号502室 are neighbours. Levels: ``exact`` text;
``door`` (the same road, house and room); ``house`` (the same road and house, a room is missing); ``text`` (nearly the same text);
``neighbours`` (the same house, another room); ``road``; ``area`` (the same district); ``different``.
"""

from __future__ import annotations

import polars as pl

from matching.levels import Level, both, exact, jaro_winkler, leveled, with_bits

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


def compare_address(frame: pl.DataFrame, *, name: str) -> pl.DataFrame:
    """Levels of an address with its parts; a part that is missing on one side is neither for nor against."""
    known, equal = both(frame, name), exact(frame, name)
    road, number = exact(frame, f"{name}__road"), exact(frame, f"{name}__road_no")
    room_known, room = both(frame, f"{name}__room"), exact(frame, f"{name}__room")
    other_building = both(frame, f"{name}__building") & ~exact(frame, f"{name}__building")
    other_unit = both(frame, f"{name}__unit") & ~exact(frame, f"{name}__unit")
    number_known = both(frame, f"{name}__road_no")
    area_known, area = both(frame, f"{name}__adcode"), exact(frame, f"{name}__adcode")
    elsewhere = area_known & ~area & ~_same_city(frame, name)
    house = road & number & ~elsewhere
    parsed = both(frame, f"{name}__road") & number_known
    alike = jaro_winkler(frame, f"{name}_l", f"{name}_r", known & ~equal & ~parsed)
    inside = ~other_building & ~other_unit
    bare = frame.select(pl.col(f"{name}__road_l").is_null() & pl.col(f"{name}__room_l").is_null()).to_series()
    level = leveled(
        [
            equal & ~bare | (equal & _long(frame, name)),
            house & room & inside,
            house & ~room_known & inside,
            pl.Series(alike >= 0.93) & ~(room_known & ~room) & inside & _long(frame, name),
            house,
            road & ~elsewhere,
            area | equal,
        ],
        known,
        7,
    )
    return with_bits(level, {0: frame[f"{name}__bits_l"]})


def _same_city(frame: pl.DataFrame, name: str) -> pl.Series:
    """Districts are confused, and named at different depths; another city is another place."""
    left, right = pl.col(f"{name}__adcode_l").str.slice(0, 4), pl.col(f"{name}__adcode_r").str.slice(0, 4)
    return frame.select((left == right).fill_null(value=False)).to_series()


def _long(frame: pl.DataFrame, name: str) -> pl.Series:
    """Enough text to be a place and not a city's name."""
    return frame.select(
        (pl.min_horizontal(pl.col(f"{name}_l").str.len_chars(), pl.col(f"{name}_r").str.len_chars()) >= 8).fill_null(value=False)
    ).to_series()


def compare_postcode(frame: pl.DataFrame, *, name: str) -> pl.DataFrame:
    """Equal; nearly equal text; the same delivery area (all but the last three characters); different."""
    known, equal = both(frame, name), exact(frame, name)
    alike = jaro_winkler(frame, f"{name}_l", f"{name}_r", known & ~equal)
    area = frame.select(
        (pl.col(f"{name}_l").str.replace_all(" ", "").str.head(-3) == pl.col(f"{name}_r").str.replace_all(" ", "").str.head(-3)).fill_null(
            value=False
        )
    ).to_series()
    return with_bits(leveled([equal, alike >= 0.95, area], known, 3), {0: frame[f"{name}__bits_l"]})
