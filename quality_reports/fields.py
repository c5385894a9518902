"""The fields that are measured, and when each is filled: as it came (``records``) and after cleansing (``clean_records``).

A field *as it came* is filled where its text is more than blanks. After cleansing it is filled where a typed value
stands. The conditions are SQL of the portable subset; ``r`` is the record, ``c`` the clean record of the same id.

>>> [field.name for field in FIELDS][:4]
['name', 'phone', 'email', 'id_number']
>>> FIELDS[1].raw_sql, FIELDS[1].clean_sql
("trim(r.phone) <> ''", 'cardinality(c.phones) > 0')
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """One field: its name in ``records`` (and in ``problems``), and the condition under which its clean value stands."""

    name: str
    clean_sql: str

    @property
    def raw_sql(self) -> str:
        """The condition under which the text that came is more than blanks."""
        return f"trim(r.{self.name}) <> ''"

    @property
    def raw(self) -> str:
        """Column of the flag *filled as it came*."""
        return f"raw_{self.name}"

    @property
    def clean(self) -> str:
        """Column of the flag *filled after cleansing*."""
        return f"clean_{self.name}"


_SAME_NAME = (
    "id_number", "birth_date", "gender", "province", "city", "district", "address", "postcode", "vin", "plate", "brand", "model", "event_date",
)  # fmt: skip

FIELDS: tuple[Field, ...] = (
    Field("name", "c.name is not null"),
    Field("phone", "cardinality(c.phones) > 0"),
    Field("email", "cardinality(c.emails) > 0"),
    *(Field(name, f"c.{name} is not null") for name in _SAME_NAME),
)

CUSTOMER_FIELDS: tuple[str, ...] = (
    "name",
    "gender",
    "birth_date",
    "id_number",
    "mobile",
    "email",
    "province",
    "city",
    "district",
    "address",
)
"""Fields of the golden record whose filling is counted."""

CHANNELS: tuple[str, ...] = ("mobile", "sms", "post", "email")
"""Ways to reach a customer. SMS is a valid mobile whose owner has not opted out."""
