"""The order in which a person's fields are struck.

What stays is enough to find the person: a name is lost only beside a phone, a phone only beside a name with an address or a car.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from generator.cells import Cells
from generator.context import Context
from generator.damage_addresses import damage_addresses
from generator.damage_names import damage_names
from generator.damage_numbers import damage_emails, damage_ids
from generator.damage_phones import damage_phones
from generator.errors import Breaker

_TEST_NAMES = ("测试", "测试客户", "test", "测试1", "test001", "张三测试", "TEST", "系统测试")
_TEST_PHONES = ("13800138000", "11111111111", "13900000000", "12345678901", "13888888888")


def damage_people(people: pl.DataFrame, context: Context, breaker: Breaker) -> pl.DataFrame:
    """The records with errors in name, phone, id_number, address (also in parts: province, city, district, detail) and email.

    Test people get a name and a phone that nobody has.
    """
    name, phone, ids, email = (Cells(people[column]) for column in ("name", "phone", "id_number", "email"))
    lost, plain = damage_names(name, context, breaker, phoned=phone.filled)
    damage_phones(phone, name, context, breaker, name_lost=lost, name_plain=plain)
    damage_ids(ids, context, breaker)
    damage_emails(email, breaker)
    parts = damage_addresses(people.select("province", "city", "district", "detail"), context, breaker)
    tests = np.flatnonzero(context.test)
    name.put(tests, breaker.one_of(_TEST_NAMES, tests))
    phone.put(tests, breaker.one_of(_TEST_PHONES, tests))
    return people.with_columns(*(cells.series() for cells in (name, phone, ids, email)), *parts.get_columns())
