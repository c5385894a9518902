"""The order in which a person's fields are struck.

What stays is enough to find the person: a name is lost only beside a phone, a phone only beside a name with an address or a car.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

from generator.arrays import Flags, Ints, ended, take
from generator.cells import Cells
from generator.columns import Column
from generator.context import Context
from generator.damage_addresses import damage_addresses
from generator.damage_names import damage_names
from generator.damage_numbers import damage_emails, damage_ids
from generator.damage_phones import damage_phones
from generator.errors import Breaker
from generator.places import district_table
from generator.world import emails

_TEST_NAMES = ("测试", "测试客户", "test", "测试1", "test001", "张三测试", "TEST", "系统测试")
_TEST_PHONES = ("13800138000", "11111111111", "13900000000", "12345678901", "13888888888")


def damaged_people(c: Context, b: Breaker, *, shown: dict[str, Flags], home: Ints, style: Ints) -> dict[str, Column]:
    """name, phone, id_number, email, address and its parts (province, city, district, detail) with errors.

    ``shown``: whose layout has the field; ``home``: the address, written in ``style`` (where one is shown). Test people get a name and
    a phone that nobody has.
    """
    name, phone = Cells(take(c.world.name, c.entity)), Cells(take(c.world.numbers, c.number))
    lost, plain = damage_names(name, c, b, phoned=phone.filled)
    damage_phones(phone, name, c, b, name_lost=lost, name_plain=plain)
    columns = {
        "id_number": _ids(c, b, shown["id_number"]),
        "email": _emails(c, b, shown["email"]),
        **_addresses(c, b, address=shown["address"], city=shown["city"], home=home, style=style),
    }
    tests = np.flatnonzero(c.test)
    name.put(tests, b.one_of(_TEST_NAMES, tests))
    phone.put(tests, b.one_of(_TEST_PHONES, tests))
    return {"name": name.column(), "phone": phone.column(), **columns}


def _ids(c: Context, b: Breaker, shown: Flags) -> Column:
    where = np.flatnonzero(shown)
    entity = c.entity[where]
    ids = Cells(take(c.world.id_number, entity))
    damage_ids(ids, b.among(where), person=entity < c.world.people, spreadsheet=c.spreadsheet[where], born=c.world.birth[entity])
    return ids.column(where, shown.size)


def _emails(c: Context, b: Breaker, shown: Flags) -> Column:
    where = np.flatnonzero(shown & (c.world.email_domain[c.entity] >= 0))
    entity = c.entity[where]
    cells = Cells(emails(entity, c.world.email_domain[entity]))
    damage_emails(cells, b.among(where))
    return cells.column(where, shown.size)


def _addresses(c: Context, b: Breaker, *, address: Flags, city: Flags, home: Ints, style: Ints) -> dict[str, Column]:
    """``city``: where the city stands, also without an address."""
    where = np.flatnonzero(address | city)
    whole, districts = address[where], district_table()
    place = c.world.addresses.district[home[where]].astype(np.int64)
    district = np.where(whole, place, -1)
    full = np.flatnonzero(whole)
    parts = pl.DataFrame(
        {
            "province": take(districts["province"], district),
            "city": take(districts["city"], place),
            "district": take(_shown_districts(), district),
            "detail": Column.dense(c.world.addresses.details(home[where[full]], style[where[full]])).spread(full, where.size).series(),
        }
    )
    one_cell = whole & c.one_cell[where]
    cells, joined, text = damage_addresses(parts, b.among(where), one_cell=one_cell, adcode=take(districts["adcode"], district))
    columns = {name: part.column(where, address.size) for name, part in cells.items()}
    return {**columns, "address": Column.dense(text).spread(where[joined], address.size)}


@cache
def _shown_districts() -> pl.Series:
    """Names of districts; none for a city without districts. Ends in a null."""
    names = district_table()["district"]
    return ended(names.zip_with(names != "东莞市", names.clear(1)))
