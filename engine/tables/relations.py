"""The customer file: timeline, roles on cars, transfers, companies, referrals."""

from __future__ import annotations

from engine.tables.column import DATE, FLAG, INT, REAL, TEXT, TableSpec, column

TIMELINE = TableSpec(
    "timeline",
    "what happened with each customer, over all dealers and channels: one row per row of an export that names the customer",
    ("customer_id", "row_id"),
    ("customer_id",),
    (
        column("customer_id", TEXT, "customer"),
        column("event_date", DATE, "when"),
        column("row_id", TEXT, "the export's row"),
        column("source", TEXT, "kind of export"),
        column("kind", TEXT, "event kind as coded"),
        column("dealer_id", TEXT, "dealer"),
        column(
            "role",
            TEXT,
            "the customer's role in the row: the main one, else the first of owner, buyer, customer, driver, sender, payer, contact",
        ),
        column("main", FLAG, "the row is about this customer first: whose visit, call or answer it is"),
        column("vin", TEXT, "the car", personal=True),
        column("amount", REAL, "yuan"),
        column("mileage", INT, "kilometres"),
        column("satisfaction", REAL, "points, 0 to 100"),
        column("campaign", TEXT, "campaign or channel"),
        column("response", TEXT, "response as written"),
    ),
)

CAR_ROLES = TableSpec(
    "car_roles",
    "who has which role on which car, from when to when",
    ("vin", "customer_id", "role"),
    ("customer_id",),
    (
        column("vin", TEXT, "the car", personal=True),
        column("customer_id", TEXT, "customer"),
        column("role", TEXT, "owner | buyer | driver | payer | contact"),
        column("from_date", DATE, "first seen in the role; an owner who took the car over: the day it changed hands; null where undated"),
        column("to_date", DATE, "when the car went to another owner; null while the role lasts"),
        column("last_seen", DATE, "last seen in the role"),
        column("records", INT, "records that say it"),
        column("dealers", INT, "dealers that say it"),
    ),
)

CAR_TRANSFERS = TableSpec(
    "car_transfers",
    "cars that went from one customer to another",
    ("vin", "to_customer_id"),
    (),
    (
        column("vin", TEXT, "the car", personal=True),
        column("from_customer_id", TEXT, "who had it before"),
        column("from_role", TEXT, "owner: called so on papers | buyer: signed the purchase, which a relative of the owner may do"),
        column("to_customer_id", TEXT, "who has taken it over"),
        column("to_role", TEXT, "owner | buyer, as from_role"),
        column("transfer_date", DATE, "when the new owner was first seen with it"),
        column("evidence", TEXT, "plate (another one) | sale (to the new owner) | name (both called owner, whole names)"),
    ),
)

COMPANY_PEOPLE = TableSpec(
    "company_people",
    "people who come with a company's cars or are to be called for it",
    ("company_id", "person_id"),
    (),
    (
        column("company_id", TEXT, "customer that is an organization"),
        column("person_id", TEXT, "customer that is a person"),
        column("role", TEXT, "driver | contact | payer | other: the first of them"),
        column("visits", INT, "rows that name both"),
        column("cars", INT, "cars named in them"),
        column("first_seen", DATE, "earliest of them"),
        column("last_seen", DATE, "latest of them"),
    ),
)

FLEETS = TableSpec(
    "fleets",
    "organizations with their cars and people",
    ("customer_id",),
    (),
    (
        column("customer_id", TEXT, "organization"),
        column("cars", INT, "cars it owns"),
        column("cars_before", INT, "cars that went to another owner"),
        column("people", INT, "people who come for it"),
        column("main_person_id", TEXT, "of them the one who comes most"),
        column("last_seen", DATE, "last time it was seen with a car"),
    ),
)

REFERRALS = TableSpec(
    "referrals",
    "who was recommended by whom, as far as a source names it",
    ("customer_id",),
    (),
    (
        column("customer_id", TEXT, "customer"),
        column("referrer_id", TEXT, "the customer who recommended"),
        column("top_id", TEXT, "the customer at the chain's head"),
        column("depth", INT, "steps from there"),
        column("referral_date", DATE, "date of the row that says it"),
    ),
)
