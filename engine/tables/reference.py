"""What reference sources knew of customers, and what became of it."""

from __future__ import annotations

from engine.tables.column import DATE, TEXT, TableSpec, column

REFERENCE_MATCHES = TableSpec(
    "reference_matches",
    "the keys of customers by which a reference source has a row",
    ("customer_id", "source", "keys", "key"),
    ("customer_id",),
    (
        column("customer_id", TEXT, "customer"),
        column("source", TEXT, "name of the reference source"),
        column("keys", TEXT, "columns that the key is made of: id_number, name+phone …"),
        column("key", TEXT, "their values, with | between them", personal=True),
    ),
)

REFERENCE_VALUES = TableSpec(
    "reference_values",
    "what reference sources said of customers, and what became of it",
    ("customer_id", "source", "field", "record_id"),
    ("customer_id",),
    (
        column("customer_id", TEXT, "customer"),
        column("source", TEXT, "name of the reference source"),
        column("field", TEXT, "name | id_number | birth_date | gender | phone | email | address | postcode"),
        column("record_id", TEXT, "reference:<source>:<row of its file, from 1>"),
        column(
            "outcome",
            TEXT,
            "filled | updated | struck (verified wrong) | confirmed | kept (what was there stays) | invalid | ambiguous",
        ),
        column("date", DATE, "date of the source's row"),
        column("old_value", TEXT, "the value before; null where there was none", personal=True),
        column("new_value", TEXT, "what the source says; null where it may not be gone by", personal=True),
    ),
)
