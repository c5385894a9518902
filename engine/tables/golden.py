"""Golden records and all values that a customer has."""

from __future__ import annotations

from engine.tables.column import DATE, FLAG, INT, PROVENANCE, REAL, TEXT, TEXTS, TableSpec, column

CUSTOMERS = TableSpec(
    "customers",
    "the golden record",
    ("customer_id",),
    ("customer_id",),
    (
        column("customer_id", TEXT, "id for life"),
        column("party", TEXT, "person | organization | test (nobody: not delivered)"),
        column("name", TEXT, "name", personal=True),
        column("surname", TEXT, "surname", personal=True),
        column("given_name", TEXT, "given name", personal=True),
        column("gender", TEXT, "M | F"),
        column("birth_date", DATE, "birth date (survives together with id_number)", personal=True),
        column("id_type", TEXT, "kind of id_number"),
        column("id_number", TEXT, "valid number", personal=True),
        column("mobile", TEXT, "primary mobile, E.164", personal=True),
        column("phones", TEXTS, "all valid numbers, the primary first, then the latest seen", personal=True),
        column("email", TEXT, "primary e-mail", personal=True),
        column("emails", TEXTS, "all e-mails, the primary first", personal=True),
        column("province", TEXT, "of the surviving address"),
        column("city", TEXT, "of the surviving address"),
        column("district", TEXT, "of the surviving address"),
        column("adcode", TEXT, "of the surviving address"),
        column("address", TEXT, "surviving address, normalized", personal=True),
        column("postcode", TEXT, "of the surviving address"),
        column("vins", TEXTS, "cars, latest seen first", personal=True),
        column("plates", TEXTS, "plates, latest seen first", personal=True),
        column("home_dealer_id", TEXT, "dealer of the latest event"),
        column("records", INT, "number of records"),
        column("dealers", INT, "number of dealers"),
        column("first_seen", DATE, "earliest event"),
        column("last_seen", DATE, "latest event"),
        column("score", REAL, "quality of the golden record, 0 to 100"),
        column(
            "provenance",
            PROVENANCE,
            "beside each value: source record (decision:<number> where a steward said it), rule, date, runner-up value",
            personal=True,
        ),
    ),
)

CUSTOMER_VALUES = TableSpec(
    "customer_values",
    "all values of the fields of which a customer may have several, one row a value",
    ("customer_id", "field", "value"),
    ("customer_id",),
    (
        column("customer_id", TEXT, "customer"),
        column("field", TEXT, "phone | email | address | vin | plate"),
        column("value", TEXT, "the value as in the golden record", personal=True),
        column("primary", FLAG, "true for the one that the golden record puts first"),
        column("valid", FLAG, "true where a record gives it without doubt, or a steward has said it"),
        column("first_seen", DATE, "earliest date of those who say it; null where none has a date"),
        column("last_seen", DATE, "latest date of those who say it; null where none has a date"),
        column("records", INT, "number of the customer's records that say it; 0 where only a steward does"),
        column("source_record_id", TEXT, "the best of them by the field's rule; decision:<number> where only a steward says it"),
        column("rule", TEXT, "what made it the primary one (as in customers.provenance); null for the others"),
        column("decision", INT, "number of the steward's decision that corrected or preferred it; null without one"),
    ),
)
