"""The world: households with an address, people, companies, cars, and who owned which car from when to when.

Everything is a column; entities are numbered, people first (0 to ``people`` - 1), companies after them. Days count from
the first day of the exports and may be negative.
"""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import polars as pl

from generator.addresses import Addresses, draw_addresses
from generator.arrays import Flags, Ints, Rng, chance, pick, put, rank_within, rng_of, take
from generator.cars import NEVER, Cars, draw_cars
from generator.identities import credit_codes, landlines, mobiles, resident_ids
from generator.names import COMPANY_FORMS, COMPANY_HEADS, COMPANY_TRADES, draw_given_names, draw_surnames, surname_table
from generator.places import FORMER_ID_REGIONS, city_table, district_table


@dataclass(frozen=True)
class DealerSites:
    """Where the dealers are, and how large: ``city_id``, relative ``size`` and the brand (row of the list of brands)."""

    city: Ints
    size: Ints
    brand: pl.Series


@dataclass(frozen=True)
class World:
    """All entities. Arrays are indexed by entity unless their name says otherwise.

    ``name``, ``surname`` (companies: null), ``female``, ``birth`` (days since 1970; companies: 0), ``id_number``, ``email``;
    ``phone`` before ``phone_change``, ``phone_new`` from then on, ``phone_second`` (null for most); ``home_dealer``,
    ``other_dealer``. By household: ``address`` before ``move_day``, ``address_new`` after, ``landline`` (null for most).
    """

    people: int
    name: pl.Series
    surname: pl.Series
    female: Flags
    birth: Ints
    id_number: pl.Series
    email: pl.Series
    phone: pl.Series
    phone_new: pl.Series
    phone_second: pl.Series
    phone_change: Ints
    home_dealer: Ints
    other_dealer: Ints
    household: Ints
    relative: Ints
    addresses: Addresses
    address: Ints
    address_new: Ints
    move_day: Ints
    landline: pl.Series
    cars: Cars

    @property
    def entities(self) -> int:
        """People and companies."""
        return len(self.name)


def build_world(*, customers: int, days: int, start: dt.date, sites: DealerSites, seed: int) -> World:
    """A world of ``customers`` people (and one company per 25 of them) around the dealers of ``sites``."""
    rng = rng_of(seed, 1)
    house_of, place_in_house = _households(rng, customers)
    houses = int(house_of[-1]) + 1
    companies = max(1, customers // 25)
    units, total = houses + companies, customers + companies  # a company is a household of its own
    household = np.r_[house_of, houses + np.arange(companies)]
    serial = np.arange(total)

    home = pick(rng, sites.size, units)
    away = chance(rng, 0.06, units)
    city = np.where(away, pick(rng, city_table()["weight"].to_numpy(), units), sites.city[home])
    move_day = np.where(chance(rng, 0.10, units), rng.integers(-days // 4, days, units), NEVER)
    movers = np.flatnonzero(move_day < NEVER)
    elsewhere = pick(rng, city_table()["weight"].to_numpy(), movers.size)
    address_city = np.r_[city, np.where(chance(rng, 0.85, movers.size), city[movers], elsewhere)]
    address_new = np.arange(units)
    address_new[movers] = units + np.arange(movers.size)
    has_line = chance(rng, 0.22, units) | (np.arange(units) >= houses)
    changed = chance(rng, 0.17, total)
    second = chance(rng, 0.12, total)

    with ThreadPoolExecutor(2) as pool:  # what depends on nothing else, each from random numbers of its own
        drawn_people = pool.submit(_people, rng_of(seed, 1, 1), house_of, place_in_house, city, start)
        drawn_cars = pool.submit(
            draw_cars, rng_of(seed, 1, 2), people=customers, place=np.r_[place_in_house, np.zeros(companies, np.int64)], days=days, start=start,
            city=city[household], brand=take(sites.brand, home[household]),
        )  # fmt: skip
        drawn_addresses = pool.submit(draw_addresses, rng_of(seed, 1, 3), address_city)
        lines = pool.submit(landlines, take(city_table()["area_code"], city), np.arange(units))
        firms = _companies(rng, city[houses:], companies)
        phone = mobiles(serial * 3)
        other = _other_dealers(rng, home[household], sites)
        people, cars, addresses = drawn_people.result(), drawn_cars.result(), drawn_addresses.result()
        landline = take(lines.result(), np.where(has_line, np.arange(units), -1))
    return World(
        people=customers,
        name=pl.concat([people.name, firms.name]),
        surname=pl.concat([people.surname, pl.Series([None] * companies, dtype=pl.String)]),
        female=np.r_[people.female, np.zeros(companies, dtype=np.bool_)],
        birth=np.r_[people.birth, np.zeros(companies, dtype=np.int64)],
        id_number=pl.concat([people.id_number, firms.id_number]),
        email=_emails(rng, total),
        phone=phone,
        phone_new=put(phone, np.flatnonzero(changed), mobiles(serial[changed] * 3 + 1)),
        phone_second=put(phone.clear(total), np.flatnonzero(second), mobiles(serial[second] * 3 + 2)),
        phone_change=np.where(changed, rng.integers(-days // 3, days, total), NEVER),
        home_dealer=home[household],
        other_dealer=other,
        household=household,
        relative=_relatives(rng, house_of, total),
        addresses=addresses,
        address=np.arange(units),
        address_new=address_new,
        move_day=move_day,
        landline=landline,
        cars=cars,
    )


@dataclass(frozen=True)
class _Entities:
    name: pl.Series
    surname: pl.Series
    id_number: pl.Series
    female: Flags
    birth: Ints


def _households(rng: Rng, customers: int) -> tuple[Ints, Ints]:
    """The household of each person and the place in it: 0 head, 1 partner, 2 and 3 a grown child or a parent."""
    sizes = pick(rng, [0.34, 0.36, 0.20, 0.10], customers) + 1
    house = np.repeat(np.arange(customers), sizes)[:customers]
    return house, rank_within(house)


def _people(rng: Rng, house: Ints, place: Ints, city: Ints, start: dt.date) -> _Entities:
    size = house.size
    head_female = chance(rng, 0.32, int(house[-1]) + 1)[house]
    female = np.where(place == 0, head_female, np.where(place == 1, ~head_female, chance(rng, 0.5, size)))
    head_year = (start.year - 24 - np.minimum(pick(rng, 1.0 / (1 + np.abs(np.arange(46) - 14) / 9.0), size), 45))[_head(house)]
    child = place >= 2
    older = child & chance(rng, 0.45, size)
    year = np.where(place == 0, head_year, np.where(place == 1, head_year + rng.integers(-4, 5, size), 0))
    year = np.where(child, np.where(older, head_year - rng.integers(22, 30, size), head_year + rng.integers(22, 30, size)), year)
    year = np.clip(year, start.year - 78, start.year - 18)
    birth = _days(year) + rng.integers(0, 365, size)

    surnames = draw_surnames(rng, size)
    heads = surnames[_head(house)]
    partners = np.where(place == 1, surnames, -1)
    partner_of_house = np.maximum.reduceat(partners, np.flatnonzero(place == 0))[house]
    father = np.where(head_female & (partner_of_house >= 0), partner_of_house, heads)  # a child has the father's surname
    surname = take(surname_table()["surname"], np.where(place == 0, heads, np.where(child, father, surnames)))
    given = draw_given_names(rng, female=female, birth_years=year)
    return _Entities((surname + given).alias("name"), surname.alias("surname"), _ids(rng, city[house], birth, female), female, birth)


def _head(house: Ints) -> Ints:
    """Position of the first person of each person's household."""
    return np.flatnonzero(np.r_[True, house[1:] != house[:-1]])[house]


def _days(year: Ints) -> Ints:
    return np.asarray(np.asarray(year - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64))


def _ids(rng: Rng, city: Ints, birth: Ints, female: Flags) -> pl.Series:
    """Resident ids: six in ten born where they live, one in fourteen in a district that is no more."""
    size = birth.size
    districts = district_table()
    here = np.searchsorted(districts["city_id"].to_numpy(), city)
    counts = np.bincount(districts["city_id"].to_numpy())[city]
    local = here + (rng.random(size) * counts).astype(np.int64)
    codes = districts["adcode"].cast(pl.Int64).to_numpy()
    region = codes[np.where(chance(rng, 0.6, size), local, rng.integers(0, districts.height, size))]
    old = chance(rng, 0.07, size)
    region[old] = rng.choice(np.array(FORMER_ID_REGIONS, dtype=np.int64), int(old.sum()))
    born = pl.Series(birth.astype(np.int32)).cast(pl.Date).dt
    births = (born.year().cast(pl.Int64) * 10_000 + born.month().cast(pl.Int64) * 100 + born.day().cast(pl.Int64)).to_numpy()
    sequence = rng.integers(0, 500, size) * 2 + ~female
    while True:  # two people born in one place on one day with one number: rare, and not allowed
        ordinary = (region * 10**8 + births) * 1000 + sequence
        again = np.flatnonzero(~pl.Series(ordinary).is_first_distinct().to_numpy())
        if not again.size:
            return resident_ids(region, births, sequence)
        sequence[again] = (sequence[again] + 2 * rng.integers(1, 499, again.size)) % 1000


def _companies(rng: Rng, city: Ints, count: int) -> _Entities:
    cities = city_table()
    town = take(cities["city"], city).str.strip_suffix("市")
    head = take(pl.Series(COMPANY_HEADS), rng.integers(0, len(COMPANY_HEADS), count))
    trade = take(pl.Series(COMPANY_TRADES), rng.integers(0, len(COMPANY_TRADES), count))
    form = take(pl.Series(COMPANY_FORMS), rng.integers(0, len(COMPANY_FORMS), count))
    extra = take(pl.Series(list("源通达信诚泰兴盛隆昌和美佳利丰瑞祥福安康")), rng.integers(0, 20, count))
    heads = take("91" + cities["code4"] + "01", city).to_numpy().astype("U8")
    codes = credit_codes(heads, 10_000_000 + np.arange(count) * 4_999 % 89_999_999)
    zeros = np.zeros(count, dtype=np.int64)
    return _Entities((town + head + extra + trade + form).alias("name"), town, codes, zeros.astype(np.bool_), zeros)


def _other_dealers(rng: Rng, home: Ints, sites: DealerSites) -> Ints:
    """A second dealer for three in ten, near where there is one; for the others the home dealer again."""
    dealers = sites.city.size
    second = rng.integers(0, dealers, home.size)
    near = np.empty(dealers, dtype=np.int64)
    for city in np.unique(sites.city):
        here = np.flatnonzero(sites.city == city)
        near[here] = np.roll(here, 1)  # the next dealer in town; a dealer alone in town is its own neighbour
    second = np.where(chance(rng, 0.6, home.size), near[home], second)
    return np.where(chance(rng, 0.30, home.size), second, home)


def _relatives(rng: Rng, house: Ints, total: int) -> Ints:
    """Someone of the same household (for companies: an employee), -1 for people who live alone."""
    people = house.size
    first = _head(house)
    sizes = np.bincount(house)[house]
    place = np.arange(people) - first
    other = first + (place + 1 + (rng.random(people) * np.maximum(sizes - 1, 1)).astype(np.int64)) % sizes
    return np.asarray(np.r_[np.where(sizes > 1, other, -1), rng.integers(0, people, total - people)], dtype=np.int64)


def _emails(rng: Rng, total: int) -> pl.Series:
    serial = pl.Series(100_000_000 + (np.arange(total) * 7_368_787) % 2_900_000_000)
    domain = take(pl.Series(["@qq.com", "@163.com", "@126.com", "@sina.com", "@139.com"]), pick(rng, [6, 3, 1, 1, 1], total))
    return take(serial.cast(pl.String) + domain, np.where(chance(rng, 0.3, total), np.arange(total), -1))
