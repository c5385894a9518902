"""The people that rows name, as text: who they are on the day of the row, and what the dealer's layout shows of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from generator.activity import ROLES, Activity
from generator.arrays import Flags, Ints, Rng, chance, put, take
from generator.context import Context
from generator.damage import damage_people
from generator.dealers import SOURCES, Network
from generator.errors import Breaker
from generator.facts import Facts
from generator.identities import mobiles
from generator.places import district_table
from generator.world import World

_OWNER = ROLES.index("owner")


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
            entities.append(who[named])
    return Who(np.concatenate(rows), np.concatenate(roles), np.concatenate(entities), blocks)


def render_people(world: World, network: Network, a: Activity, who: Who, breaker: Breaker, *, test: Flags) -> pl.DataFrame:
    """One row per element of ``who``: row, role, dealer, source, entity and the person's fields with their errors (null: empty).

    ``test``: elements of test rows; each names a person of its own, entity -1 - position, of whom there is a name and a phone.
    """
    rng = breaker.rng
    row, entity = who.row, who.entity
    day, dealer, source = a.day[row], a.dealer[row], a.source[row]
    facts = Facts.of(network)
    at = dealer * len(SOURCES) + source
    main = who.role == facts.main[at]
    full = (main | (who.role == _OWNER)) & ~test  # the others are named with name and phone only
    company = entity >= world.people
    house = world.household[entity]
    home = np.where(day >= world.move_day[house], world.address_new[house], world.address[house])
    shown = facts.has["address"][at] & full
    address = np.where(shown, home, -1)
    districts = district_table()
    district = np.where(shown, world.addresses.district[home], -1)
    place = np.where(shown | (facts.has["city"][at] & full), world.addresses.district[home], -1)
    district_name = take(districts["district"], district)

    def if_shown(field: str, table: pl.Series, index: Ints) -> pl.Series:
        return take(table, np.where(facts.has[field][at] & full, index, -1))

    phone, other_phone = _phones(world, entity, day, facts.has["phone2"][at] & full, rng)
    people = pl.DataFrame(
        {
            "row": row, "role": who.role, "dealer": dealer, "source": source, "entity": np.where(test, -1 - np.arange(entity.size), entity),
            "name": take(world.name, entity), "phone": phone, "phone2": other_phone,
            "id_number": if_shown("id_number", world.id_number, entity),
            "province": take(districts["province"], district), "city": take(districts["city"], place),
            "district": district_name.zip_with(district_name != "东莞市", district_name.clear(1)),  # a city without districts
            "detail": _details(world, address, breaker),
            "postcode": if_shown("postcode", world.addresses.postcode, home),
            "email": if_shown("email", world.email, entity),
            "gender": if_shown("gender", pl.Series(["男", "女"]), np.where(company, -1, world.female[entity])),
            "birth_date": if_shown("birth_date", pl.Series(np.arange(-15_000, 15_000, dtype=np.int32)).cast(pl.Date).dt.strftime("%Y-%m-%d"), np.where(company, -1, world.birth[entity] + 15_000)),
        }
    )  # fmt: skip
    relative = world.relative[entity]
    main_of_row = np.full(len(a), -1, dtype=np.int64)
    main_of_row[row[main]] = entity[main]
    car_shown = (a.spell[row] >= 0) & (facts.has["vin"][at] | facts.has["plate"][at])
    context = Context(
        role=take(pl.Series(ROLES), who.role), company=company, main=main, same=~main & (main_of_row[row] == entity),
        spreadsheet=facts.spreadsheet[dealer], one_cell=facts.has["one_cell"][at], evidence=shown | car_shown,
        female=world.female[entity], surname=take(world.surname, entity), relative_phone=take(world.phone, np.where(company, -1, relative)),
        second_phone=take(world.phone_second, entity), dealer_phone=mobiles(3 * world.entities + dealer),
        born=world.birth[entity], adcode=take(districts["adcode"], district), test=test,
    )  # fmt: skip
    return damage_people(people, context, breaker)


def _details(world: World, address: Ints, breaker: Breaker) -> pl.Series:
    """Road, estate, building and room; some written another way than the usual."""
    styles = world.addresses.details
    struck = breaker.hit("address_style", address >= 0)
    style = np.zeros(address.size, dtype=np.int64)
    style[struck] = breaker.rng.integers(1, len(styles), struck.size)
    detail = take(styles[0], address)
    for number, text in enumerate(styles[1:], 1):
        here = np.flatnonzero(style == number)
        detail = put(detail, here, take(text, address[here]))
    return detail


def _phones(world: World, entity: Ints, day: Ints, two_columns: Flags, rng: Rng) -> tuple[pl.Series, pl.Series]:
    """The number given on the day, and what goes into a second column: the other mobile, the former one, the landline."""
    size = entity.size
    second = take(world.phone_second, entity)
    line = take(world.landline, world.household[entity])
    has_second, has_line = second.is_not_null().to_numpy(), line.is_not_null().to_numpy()
    moved_on = day >= world.phone_change[entity]
    phone = put(take(world.phone, entity), np.flatnonzero(moved_on), take(world.phone_new, entity[moved_on]))
    company = entity >= world.people
    swap = has_second & chance(rng, 0.20, size)
    home = has_line & ~swap & chance(rng, np.where(company, 0.30, 0.06), size)
    usual = phone
    phone = put(phone, np.flatnonzero(swap), second.filter(pl.Series(swap)))
    phone = put(phone, np.flatnonzero(home), line.filter(pl.Series(home)))
    other = second.zip_with(pl.Series(has_second), line)
    other = put(other, np.flatnonzero(swap | home), usual.filter(pl.Series(swap | home)))
    former = np.flatnonzero(moved_on & ~swap & ~home & chance(rng, 0.4, size))
    other = put(other, former, take(world.phone, entity[former]))
    return phone, other.zip_with(pl.Series(two_columns & chance(rng, 0.75, size)), other.clear(1))
