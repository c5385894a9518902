"""The world: households with an address, people, companies, cars, and who owned which car from when to when.

Everything is a column; entities are numbered, people first (0 to ``people`` - 1), companies after them. Days count from
the first day of the exports and may be negative.
"""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from generator.addresses import Addresses, draw_addresses
from generator.arrays import Flags, Ints, Rng, Small, chance, ended, pick, rank_within, rng_of, small, take
from generator.cars import NEVER, Cars, draw_cars
from generator.identities import credit_codes, landlines, mobiles, resident_ids
from generator.lookalikes import NameTraits
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

    ``name``, ``surname`` (row of :func:`surnames_and_towns`), ``female``, ``birth`` (days since 1970; companies: 0), ``id_number``;
    ``email_domain`` (-1: no e-mail); ``phone`` before ``phone_change``, ``phone_new`` from then on, ``phone_second`` (-1 for most), all
    positions in ``numbers`` (landlines from ``first_line`` on); ``home_dealer``, ``other_dealer``. By household: ``address`` before
    ``move_day``, ``address_new`` after, ``landline`` (-1 for most). ``id_number`` and ``numbers`` end in a null, for -1.
    """

    people: int
    name: pl.Series
    surname: Small
    traits: NameTraits
    female: Flags
    birth: Small
    id_number: pl.Series
    email_domain: Small
    numbers: pl.Series
    first_line: int
    phone: Small
    phone_new: Small
    phone_second: Small
    phone_change: Small
    home_dealer: Small
    other_dealer: Small
    household: Small
    relative: Small
    addresses: Addresses
    address: Small
    address_new: Small
    move_day: Small
    landline: Small
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
        with_line, changing, with_second = np.flatnonzero(has_line), np.flatnonzero(changed), np.flatnonzero(second)
        mobile = pool.submit(mobiles, np.r_[serial * 3, changing * 3 + 1, with_second * 3 + 2])
        lines = pool.submit(landlines, take(city_table()["area_code"], city[with_line]), with_line)
        firms = _companies(rng, city[houses:], companies)
        other = _other_dealers(rng, home[household], sites)
        people, cars, addresses = drawn_people.result(), drawn_cars.result(), drawn_addresses.result()
        numbers = ended(pl.concat([mobile.result(), lines.result()]))
    first_line = total + changing.size + with_second.size
    name = pl.concat([people.name, firms.name], rechunk=True)
    return World(
        people=customers,
        name=name,
        surname=small(np.r_[people.surname, firms.surname]),
        traits=NameTraits.of(name),
        female=np.r_[people.female, firms.female],
        birth=small(np.r_[people.birth, firms.birth]),
        id_number=ended(pl.concat([people.id_number, firms.id_number])),
        email_domain=_email_domains(rng, total),
        numbers=numbers,
        first_line=first_line,
        phone=small(serial),
        phone_new=_placed(serial, changing, first=total),
        phone_second=_placed(np.full(total, -1), with_second, first=total + changing.size),
        phone_change=small(np.where(changed, rng.integers(-days // 3, days, total), NEVER)),
        home_dealer=small(home[household]),
        other_dealer=small(other),
        household=small(household),
        relative=_relatives(rng, house_of, total),
        addresses=addresses,
        address=small(np.arange(units)),
        address_new=small(address_new),
        move_day=small(move_day),
        landline=_placed(np.full(units, -1), with_line, first=first_line),
        cars=cars,
    )


def _placed(positions: Ints, where: Ints, *, first: int) -> Small:
    """``positions`` with running numbers from ``first`` on at ``where``."""
    placed = small(positions)
    placed[where] = np.arange(first, first + where.size)
    return placed


@dataclass(frozen=True)
class _Entities:
    name: pl.Series
    surname: Ints
    id_number: pl.Series
    female: Flags
    birth: Ints


@cache
def surnames_and_towns() -> pl.Series:
    """Surnames of people, then, for companies, the names of the cities as they begin a company's name."""
    return pl.concat([surname_table()["surname"], city_table()["city"].str.strip_suffix("市")], rechunk=True)


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
    surname = np.where(place == 0, heads, np.where(child, father, surnames))
    given = draw_given_names(rng, female=female, birth_years=year)
    name = (take(surname_table()["surname"], surname) + given).alias("name")
    return _Entities(name, surname, _ids(rng, city[house], birth, female), female, birth)


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
    born = pl.Series(birth.astype(np.int32)).cast(pl.Date).dt
    old = np.flatnonzero(chance(rng, 0.07, size))
    drawn = rng.choice(np.array(list(FORMER_ID_REGIONS), dtype=np.int64), old.size)
    there = born.year().to_numpy()[old] <= pl.Series(drawn).replace_strict(FORMER_ID_REGIONS).to_numpy()
    region[old[there]] = drawn[there]
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
    own = len(surname_table()) + city
    return _Entities((town + head + extra + trade + form).alias("name"), own, codes, zeros.astype(np.bool_), zeros)


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


def _relatives(rng: Rng, house: Ints, total: int) -> Small:
    """Someone of the same household (for companies: an employee), -1 for people who live alone."""
    people = house.size
    first = _head(house)
    sizes = np.bincount(house)[house]
    place = np.arange(people) - first
    other = first + (place + 1 + (rng.random(people) * np.maximum(sizes - 1, 1)).astype(np.int64)) % sizes
    return small(np.r_[np.where(sizes > 1, other, -1), rng.integers(0, people, total - people)])


def emails(entity: Ints, domain: Ints) -> pl.Series:
    """The addresses of these entities at these domains."""
    return pl.Series(100_000_000 + (entity * 7_368_787) % 2_900_000_000).cast(pl.String) + take(pl.Series(_DOMAINS), domain)


_DOMAINS = ("@qq.com", "@163.com", "@126.com", "@sina.com", "@139.com")


def _email_domains(rng: Rng, total: int) -> Small:
    domain = pick(rng, [6, 3, 1, 1, 1], total)
    return small(np.where(chance(rng, 0.3, total), domain, -1))
