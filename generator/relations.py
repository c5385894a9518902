"""The truth about people beside the records: who lives with whom, who owned which car, who bought whose."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
import polars as pl
import pyarrow as pa

from generator.arrays import Ints, take
from generator.cars import NEVER
from generator.world import World

_PIECE = 500_000


def person_ids(entity: Ints, people: int) -> pl.Series:
    """P and the number of a person, c and that of a company; null for -1."""
    company = entity >= people
    letter = take(pl.Series(["p", "c"]), np.where(entity < 0, -1, company))
    return (letter + pl.Series(np.where(company, entity - people, entity)).cast(pl.String)).alias("person_id")


def people_tables(world: World) -> Iterator[pa.Table]:
    """person_id, household_id, gender (null: company), birth_date (null: company), company; piece by piece."""
    for first in range(0, world.entities, _PIECE):
        who = np.arange(first, min(first + _PIECE, world.entities))
        person = pl.Series(who < world.people)
        frame = pl.DataFrame({"female": world.female[who], "birth": world.birth[who], "house": world.household[who]})
        yield frame.select(
            person_ids(who, world.people).alias("person_id"),
            household_id=pl.lit("h") + pl.col("house").cast(pl.String),
            gender=pl.when(person).then(pl.when("female").then(pl.lit("女")).otherwise(pl.lit("男"))),
            birth_date=pl.when(person).then(pl.col("birth").cast(pl.Date)),
            company=~person,
        ).to_arrow(compat_level=pl.CompatLevel.oldest())


def cars_tables(world: World, *, start: dt.date) -> Iterator[pa.Table]:
    """One row per ownership: vin, person_id, plate, from_date, to_date (null: still), bought_from (person_id; null: bought new)."""
    cars = world.cars
    new = cars.car.size - int(cars.used.sum())  # ownerships of new cars come first, one a car
    for first in range(0, cars.car.size, _PIECE):
        spell = np.arange(first, min(first + _PIECE, cars.car.size))
        seller = np.where(spell < new, -1, cars.owner[cars.car[spell]])
        frame = pl.DataFrame({"begin": cars.begin[spell], "end": cars.end[spell]})
        day = pl.lit(start) + pl.duration(days=pl.col("begin")), pl.lit(start) + pl.duration(days=pl.col("end"))
        yield frame.select(
            cars.vin.gather(pl.Series(cars.car[spell])).alias("vin"),
            person_ids(cars.owner[spell], world.people),
            cars.plate.gather(pl.Series(spell)).alias("plate"),
            from_date=day[0].cast(pl.Date),
            to_date=pl.when(pl.col("end") < NEVER).then(day[1]).cast(pl.Date),
            bought_from=person_ids(seller, world.people),
        ).to_arrow(compat_level=pl.CompatLevel.oldest())
