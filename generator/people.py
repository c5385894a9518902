"""The people that rows name, as text: who they are on the day of the row, and what the dealer's layout shows of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from generator.activity import ROLES, Activity
from generator.addresses import STYLES, postcodes
from generator.arrays import Flags, Ints, Rng, chance
from generator.columns import Column
from generator.context import Context
from generator.damage import damaged_people
from generator.dealers import SOURCES, Network
from generator.errors import Breaker
from generator.facts import Facts
from generator.world import World

_OWNER = ROLES.index("owner")
_PERSONAL = ("phone2", "id_number", "address", "city", "postcode", "email", "gender", "birth_date")
_FIRST_BIRTH = 15_000


@dataclass(frozen=True)
class Who:
    """One element per person that a row's layout names, by dealer, source, role, row: position of the row, role, entity.

    ``blocks`` says which elements belong to a dealer, source and role.
    """

    row: Ints
    role: Ints
    entity: Ints
    blocks: dict[tuple[int, int, int], slice]


def named_people(network: Network, a: Activity) -> Who:
    """Who is named where; a role's cell may stay empty."""
    rows: list[Ints] = []
    roles: list[Ints] = []
    entities: list[Ints] = []
    blocks: dict[tuple[int, int, int], slice] = {}
    done = 0
    for first, end in a.groups():
        dealer, source = int(a.dealer[first]), int(a.source[first])
        for place, role in enumerate(network.dealers[dealer].layouts[SOURCES[source]].roles):
            who = (a.main if place == 0 else getattr(a, role))[first:end]
            named = np.flatnonzero(who >= 0)
            code = ROLES.index(role)
            blocks[dealer, source, code] = slice(done, done + named.size)
            done += named.size
            rows.append(first + named)
            roles.append(np.full(named.size, code))
            entities.append(who[named].astype(np.int64))
    return Who(np.concatenate(rows), np.concatenate(roles), np.concatenate(entities), blocks)


@dataclass(frozen=True)
class People:
    """The elements of ``who`` as text: ``entity`` (negative: a test person) and their ``cells`` by field."""

    who: Who
    entity: Ints
    cells: dict[str, Column]


def render_people(world: World, facts: Facts, a: Activity, who: Who, breaker: Breaker, *, test: Flags) -> People:
    """The fields of the elements of ``who`` with their errors.

    ``test``: elements of test rows; each names a person of its own, entity -1 - position, of whom there is a name and a phone.
    """
    rng = breaker.rng
    row, entity = who.row, who.entity
    day, dealer = a.day[row], a.dealer[row]
    at = dealer * len(SOURCES) + a.source[row]
    main = who.role == facts.main[at]
    full = (main | (who.role == _OWNER)) & ~test  # the others are named with name and phone only
    shown = {field: facts.has[field][at] & full for field in _PERSONAL}
    house = world.household[entity]
    home = np.where(day >= world.move_day[house], world.address_new[house], world.address[house])
    number, other = _phones(world, entity, day, shown["phone2"], rng)
    style = np.zeros(entity.size, dtype=np.int64)
    restyled = breaker.hit("address_style", shown["address"])
    style[restyled] = rng.integers(1, STYLES, restyled.size)
    main_of_row = np.full(len(a), -1, dtype=np.int64)
    main_of_row[row[main]] = entity[main]
    car_shown = (a.spell[row] >= 0) & (facts.has["vin"][at] | facts.has["plate"][at])
    context = Context(
        world, role=who.role, dealer=dealer, entity=entity, number=number, main=main, same=~main & (main_of_row[row] == entity),
        spreadsheet=facts.spreadsheet[dealer], one_cell=facts.has["one_cell"][at], evidence=shown["address"] | car_shown, test=test,
    )  # fmt: skip
    person = ~context.company
    cells = damaged_people(context, breaker, shown=shown, home=home, style=style)
    cells["phone2"] = Column.of(world.numbers, other)
    cells["postcode"] = Column.of(postcodes(), np.where(shown["postcode"], world.addresses.district[home], -1))
    cells["gender"] = Column.of(pl.Series(["男", "女"]), np.where(shown["gender"] & person, world.female[entity], -1))
    cells["birth_date"] = Column.of(_birth_dates(), np.where(shown["birth_date"] & person, world.birth[entity] + _FIRST_BIRTH, -1))
    return People(who, np.where(test, -1 - np.arange(entity.size), entity), cells)


@cache
def _birth_dates() -> pl.Series:
    return pl.Series(np.arange(-_FIRST_BIRTH, _FIRST_BIRTH, dtype=np.int32)).cast(pl.Date).dt.strftime("%Y-%m-%d")


def _phones(world: World, entity: Ints, day: Ints, two_columns: Flags, rng: Rng) -> tuple[Ints, Ints]:
    """The number given on the day, and what goes into a second column (-1: nothing): the other mobile, the former one, the landline."""
    size = entity.size
    second, line = world.phone_second[entity], world.landline[world.household[entity]]
    moved_on = day >= world.phone_change[entity]
    usual = np.where(moved_on, world.phone_new[entity], world.phone[entity])
    swap = (second >= 0) & chance(rng, 0.20, size)
    home = (line >= 0) & ~swap & chance(rng, np.where(entity >= world.people, 0.30, 0.06), size)
    other = np.where(swap | home, usual, np.where(second >= 0, second, line))
    former = moved_on & ~swap & ~home & chance(rng, 0.4, size)
    other = np.where(former, world.phone[entity], other)
    return np.where(swap, second, np.where(home, line, usual)), np.where(two_columns & chance(rng, 0.75, size), other, -1)
