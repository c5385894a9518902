"""Addresses: a district, a road with a number, an estate with building, unit and room; several ways to write the same one.

The ways differ as people differ: everything, the estate without the road, the road without the estate, the room as 5-2-301.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from generator.arrays import Flags, Ints, Rng, Small, chance, ended, small, take
from generator.places import ESTATE_HEADS, ESTATE_TAILS, ROAD_KINDS, ROADS, city_table, district_table

STYLES = 4
_LANE_CITIES = ("上海市",)


@dataclass(frozen=True)
class Addresses:
    """One element an address, as numbers.

    ``district`` (row of the district table), ``estate`` (what stands for road, number and estate), ``building``, ``unit``, ``room``,
    ``alone`` (a house of its own on a road: no estate, no unit).
    """

    district: Small
    estate: Small
    building: Small
    unit: Small
    room: Small
    alone: Flags

    def details(self, which: Ints, style: Ints) -> pl.Series:
        """Road, estate, building and room of these addresses, each written in its style (0 to ``STYLES`` - 1)."""
        texts: list[pl.Series] = []
        order: list[Ints] = []
        for number in range(STYLES):
            here = np.flatnonzero(style == number)
            order.append(here)
            texts.append(self._parts(which[here]).select(_STYLES[number]().alias("detail")).to_series())
        place = np.empty(which.size, dtype=np.int64)
        place[np.concatenate(order)] = np.arange(which.size)
        return pl.concat(texts, rechunk=True).gather(pl.Series(place))

    def _parts(self, which: Ints) -> pl.DataFrame:
        mixed = self.estate[which].astype(np.int64)
        road = take(pl.Series(ROADS), mixed % len(ROADS)) + take(pl.Series(ROAD_KINDS), mixed // 97 % len(ROAD_KINDS))
        heads, tails = pl.Series(ESTATE_HEADS), pl.Series(ESTATE_TAILS)
        return pl.DataFrame(
            {
                "road": road,
                "number": take(_numbers(), mixed % 980 + 1),
                "estate": take(heads, mixed // 13 % len(ESTATE_HEADS)) + take(tails, mixed // 997 % len(ESTATE_TAILS)),
                "building": take(_numbers(), self.building[which]),
                "unit": take(_numbers(), self.unit[which]),
                "room": take(_numbers(), self.room[which]),
                "lane": _lane_districts()[self.district[which]],
                "alone": self.alone[which],
            }
        )


def draw_addresses(rng: Rng, city: Ints) -> Addresses:
    """One address in each of the given cities. Estates and roads repeat within a district, homes do not (much)."""
    size = city.size
    districts = district_table()
    first = np.searchsorted(districts["city_id"].to_numpy(), city)
    counts = np.bincount(districts["city_id"].to_numpy())[city]
    district = first + np.minimum((rng.random(size) ** 1.3 * counts).astype(np.int64), counts - 1)
    place = (rng.random(size) ** 1.4 * 48).astype(np.int64)  # one of 48 estates of the district, the first ones larger
    return Addresses(
        district=small(district),
        estate=small((district * 48 + place) * 2_654_435_761 % 1_000_003),
        building=small(rng.integers(1, 40, size)),
        unit=small(rng.integers(1, 5, size)),
        room=small(rng.integers(1, 33, size) * 100 + rng.integers(1, 5, size)),
        alone=chance(rng, 0.10, size),
    )


@cache
def postcodes() -> pl.Series:
    """The postcode of each district, and null at the end."""
    frame = district_table().join(city_table().select("city_id", "post4"), on="city_id", maintain_order="left")
    turn = pl.int_range(pl.len()).over("city_id") % 20
    return ended(frame.select(pl.col("post4") + turn.cast(pl.String).str.zfill(2)).to_series())


@cache
def _numbers() -> pl.Series:
    return pl.Series([str(number) for number in range(3300)])


@cache
def _lane_districts() -> Flags:
    return district_table()["city"].is_in(list(_LANE_CITIES)).to_numpy()


def _full() -> pl.Expr:
    return (
        pl.when("alone").then(_house() + pl.col("room") + "室")
        .when("lane").then(_lane() + pl.col("building") + "号" + pl.col("room") + "室")
        .otherwise(_house() + pl.col("estate") + pl.col("building") + "号楼" + pl.col("unit") + "单元" + pl.col("room") + "室")
    )  # fmt: skip


def _estate() -> pl.Expr:
    return (
        pl.when("alone").then(_house() + pl.col("room"))
        .when("lane").then(pl.col("estate") + pl.col("building") + "号" + pl.col("room") + "室")
        .otherwise(pl.col("estate") + pl.col("building") + "栋" + pl.col("unit") + "单元" + pl.col("room"))
    )  # fmt: skip


def _dashed() -> pl.Expr:
    return (
        pl.when("alone").then(_house() + pl.col("room"))
        .when("lane").then(_lane() + pl.col("building") + "-" + pl.col("room"))
        .otherwise(pl.col("estate") + pl.col("building") + "-" + pl.col("unit") + "-" + pl.col("room"))
    )  # fmt: skip


def _short() -> pl.Expr:
    return (
        pl.when("alone").then(_house())
        .when("lane").then(_lane() + pl.col("building") + "号")
        .otherwise(_house() + pl.col("estate") + pl.col("building") + "号楼")
    )  # fmt: skip


def _house() -> pl.Expr:
    return pl.col("road") + pl.col("number") + "号"


def _lane() -> pl.Expr:
    return pl.col("road") + pl.col("number") + "弄"


_STYLES = (_full, _estate, _dashed, _short)
