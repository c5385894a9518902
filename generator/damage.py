"""The order in which a person's fields are struck.

What stays is enough to find the person: a name is lost only beside a phone, a phone only beside a name with an address or a car.
"""

from __future__ import annotations

import polars as pl

from generator.context import Context
from generator.damage_addresses import damage_addresses
from generator.damage_names import damage_names
from generator.damage_numbers import damage_emails, damage_ids
from generator.damage_phones import damage_phones
from generator.errors import Breaker


def damage_people(people: pl.DataFrame, context: Context, breaker: Breaker) -> pl.DataFrame:
    """The records with errors in name, phone, id_number, address (also in parts: province, city, district, detail) and email."""
    named = damage_names(people["name"], context, breaker, phoned=people["phone"].is_not_null().to_numpy())
    name, phone = damage_phones(people["phone"], named, context, breaker)
    ids = damage_ids(people["id_number"], breaker, company=context.company, spreadsheet=context.spreadsheet, born=context.born)
    parts = damage_addresses(people.select("province", "city", "district", "detail"), context.adcode, breaker, one_cell=context.one_cell)
    return people.with_columns(
        name.alias("name"),
        phone.alias("phone"),
        ids.alias("id_number"),
        damage_emails(people["email"], breaker).alias("email"),
        *parts.get_columns(),
    )
