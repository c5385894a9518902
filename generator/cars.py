"""Cars, and who owned which from when to when.

One car in eleven is sold on within the world; its VIN goes along, the plate does not (in China it stays with the owner).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from generator.arrays import Flags, Ints, Rng, Small, chance, ended, pick, rank_within, small, take
from generator.places import city_table
from generator.vehicles import CARS, electric_plates, ordinary_plates, vins

NEVER = 10**6
_CARS_BY_PLACE = np.array([0.86, 0.34, 0.20, 0.12])  # head of the household, partner, the others
_LONGEST_BEFORE = 2600


@dataclass(frozen=True)
class Cars:
    """By ownership: ``car``, ``owner``, ``begin`` and ``end`` (days), ``plate``, ``used`` (bought second-hand). By car: ``vin``, ``series``.

    ``plate`` and ``vin`` end in a null, for -1.
    """

    car: Small
    owner: Small
    begin: Small
    end: Small
    plate: pl.Series
    used: Flags
    vin: pl.Series
    series: Small


def draw_cars(rng: Rng, *, people: int, place: Ints, days: int, start: dt.date, city: Ints, brand: pl.Series) -> Cars:
    """Cars of all entities: people (the first ``people``) by their ``place`` in the household, companies one to four each.

    ``city`` and ``brand`` (of the home dealer) are by entity.
    """
    entity = np.arange(place.size)
    mean = _CARS_BY_PLACE[np.minimum(place, 3)]
    number = np.where(entity < people, rng.binomial(3, mean / 3), 1 + rng.binomial(3, 0.35, place.size))
    owner = np.repeat(entity, number)
    count = owner.size
    new = chance(rng, 0.22, count)
    begin = np.where(new, rng.integers(0, max(days, 1), count), -rng.integers(1, _LONGEST_BEFORE, count))
    end = begin + 1 + (rng.random(count) * np.maximum(days - begin, 1)).astype(np.int64)
    resold = chance(rng, 0.09, count) & (owner < people) & (end < days - 1)
    end = np.where(resold, end, NEVER)
    series = _series(rng, take(brand, owner))
    built = (np.datetime64(start) + begin - rng.integers(20, 300, count)).astype("datetime64[Y]").astype(np.int64) + 1970

    sold = np.flatnonzero(resold)
    owners = np.r_[owner, rng.integers(0, people, sold.size)]
    cars = np.r_[np.arange(count), sold]
    electric = np.array([c.electric for c in CARS])[series][cars]
    return Cars(
        car=small(cars), owner=small(owners), begin=small(np.r_[begin, end[sold]]), end=small(np.r_[end, np.full(sold.size, NEVER)]),
        plate=_plates(rng, city[owners], electric), used=cars.size - sold.size <= np.arange(cars.size),
        vin=ended(vins(series, np.arange(count), built)), series=small(series),
    )  # fmt: skip


def _series(rng: Rng, brand: pl.Series) -> Ints:
    """Four in five buy the brand of the dealer nearby."""
    brands = np.array([car.brand for car in CARS])
    weights = np.array([car.weight for car in CARS])
    series = pick(rng, weights, len(brand))
    loyal = chance(rng, 0.8, len(brand))
    for name in np.unique(brands):
        here = np.flatnonzero(loyal & (brand == name).to_numpy())
        series[here] = pick(rng, np.where(brands == name, weights, 0.0), here.size)
    return series


def _plates(rng: Rng, city: Ints, electric: Flags) -> pl.Series:
    """A plate of its own for each ownership, with one of the letters of its city."""
    cities = city_table()
    letters = cities["plates"].to_list()
    longest = max(map(len, letters))
    table = pl.Series([own[turn % len(own)] for turn in range(longest) for own in letters])
    prefix = rng.integers(0, longest, city.size) * cities.height + city
    same = table.rank("dense").cast(pl.Int64).to_numpy()
    serials = rank_within(same[prefix] * 2 + electric)
    ordinary, green = np.flatnonzero(~electric), np.flatnonzero(electric)
    plates = [
        ordinary_plates(take(table, prefix[ordinary]), serials[ordinary]), electric_plates(take(table, prefix[green]), serials[green]),
        pl.Series([None], dtype=pl.String),
    ]  # fmt: skip
    place = np.empty(city.size + 1, dtype=np.int64)
    place[np.r_[ordinary, green, city.size]] = np.arange(city.size + 1)
    return take(pl.concat(plates, rechunk=True), place)
