"""Addresses: a district, a road with a number, an estate with building, unit and room; several ways to write the same one.

The ways differ as people differ: everything, the estate without the road, the road without the estate, the room as 5-2-301.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from generator.arrays import Ints, Rng, chance, take
from generator.places import ESTATE_HEADS, ESTATE_TAILS, ROAD_KINDS, ROADS, city_table, district_table

STYLES = 4
_LANE_CITIES = ("上海市",)


@dataclass(frozen=True)
class Addresses:
    """One element an address: ``district`` (row of the district table), postcode, and the detail in each of the ``STYLES``."""

    district: Ints
    postcode: pl.Series
    details: tuple[pl.Series, ...]


def draw_addresses(rng: Rng, city: Ints) -> Addresses:
    """One address in each of the given cities. Estates and roads repeat within a district, homes do not (much)."""
    size = city.size
    districts = district_table()
    first = np.searchsorted(districts["city_id"].to_numpy(), city)
    counts = np.bincount(districts["city_id"].to_numpy())[city]
    district = first + np.minimum((rng.random(size) ** 1.3 * counts).astype(np.int64), counts - 1)
    place = (rng.random(size) ** 1.4 * 48).astype(np.int64)  # one of 48 estates of the district, the first ones larger
    mixed = (district * 48 + place) * 2_654_435_761 % 1_000_003
    road = take(pl.Series(ROADS), mixed % len(ROADS)) + take(pl.Series(ROAD_KINDS), mixed // 97 % len(ROAD_KINDS))
    estate = take(pl.Series(ESTATE_HEADS), mixed // 13 % len(ESTATE_HEADS)) + take(
        pl.Series(ESTATE_TAILS), mixed // 997 % len(ESTATE_TAILS)
    )
    lane = take(city_table()["city"], city).is_in(list(_LANE_CITIES))
    parts = pl.DataFrame(
        {
            "road": road,
            "number": pl.Series(mixed % 980 + 1).cast(pl.String),
            "estate": estate,
            "building": pl.Series(rng.integers(1, 40, size)).cast(pl.String),
            "unit": pl.Series(rng.integers(1, 5, size)).cast(pl.String),
            "room": pl.Series(rng.integers(1, 33, size) * 100 + rng.integers(1, 5, size)).cast(pl.String),
            "lane": lane,
            "alone": pl.Series(chance(rng, 0.10, size)),  # a house of its own on a road: no estate, no unit
        }
    )
    return Addresses(district, _postcodes(city, district, first), _details(parts))


def _postcodes(city: Ints, district: Ints, first: Ints) -> pl.Series:
    tail = pl.Series((district - first) % 20).cast(pl.String).str.zfill(2)
    return take(city_table()["post4"], city) + tail


def _details(parts: pl.DataFrame) -> tuple[pl.Series, ...]:
    c = pl.col
    house = c("road") + c("number") + "号"
    lane = c("road") + c("number") + "弄"
    home = c("building") + "号楼" + c("unit") + "单元" + c("room") + "室"
    full = (
        pl.when("alone")
        .then(house + c("room") + "室")
        .when("lane")
        .then(lane + c("building") + "号" + c("room") + "室")
        .otherwise(house + c("estate") + home)
    )
    estate = (
        pl.when("alone").then(house + c("room"))
        .when("lane").then(c("estate") + c("building") + "号" + c("room") + "室")
        .otherwise(c("estate") + c("building") + "栋" + c("unit") + "单元" + c("room"))
    )  # fmt: skip
    dashed = (
        pl.when("alone").then(house + c("room"))
        .when("lane").then(lane + c("building") + "-" + c("room"))
        .otherwise(c("estate") + c("building") + "-" + c("unit") + "-" + c("room"))
    )  # fmt: skip
    short = (
        pl.when("alone").then(house).when("lane").then(lane + c("building") + "号").otherwise(house + c("estate") + c("building") + "号楼")
    )
    columns = parts.select(full=full, estate=estate, dashed=dashed, short=short)
    return tuple(columns[name] for name in columns.columns)
