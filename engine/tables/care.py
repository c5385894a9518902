"""How to reach a customer, what falls due, the lead loop and the calls of the day."""

from __future__ import annotations

from engine.tables.column import DATE, FLAG, INT, REAL, TEXT, TableSpec, column

CUSTOMER_REACH = TableSpec(
    "customer_reach",
    "how a customer is reached best, whether that is allowed, and when",
    ("customer_id",),
    ("customer_id",),
    (
        column("customer_id", TEXT, "customer"),
        column("phone", TEXT, "surest number to call; null without one", personal=True),
        column("phone_confidence", REAL, "0 to 1: by age, records, validity and how many customers share it; a rule, no probability"),
        column("phone_proof", DATE, "when somebody last gave it; null where undated"),
        column("sms", TEXT, "surest mobile for messages; null without one", personal=True),
        column("sms_confidence", REAL, "0 to 1: by age, records, validity and how many customers share it; a rule, no probability"),
        column("sms_proof", DATE, "when somebody last gave it; null where undated"),
        column("email", TEXT, "surest e-mail; null without one", personal=True),
        column("email_confidence", REAL, "0 to 1: by age, records, validity and how many customers share it; a rule, no probability"),
        column("email_proof", DATE, "when somebody last gave it; null where undated"),
        column("post", TEXT, "surest address that the post finds; null without one", personal=True),
        column("post_confidence", REAL, "0 to 1: by age, records, validity and how many customers share it; a rule, no probability"),
        column("post_proof", DATE, "when somebody last gave it; null where undated"),
        column("contact_allowed", FLAG, "false where any reason stands against it"),
        column("contact_reason", TEXT, "opt_out | deceased | minor | complaint: why not"),
        column("blocked_until", DATE, "until when not; null: for good"),
        column("best_channel", TEXT, "phone | sms | email | post; null where not allowed or no way is sure enough"),
        column("best_channel_reason", TEXT, "answered (a campaign) | surest | not_allowed | no_sure_way"),
        column("best_confidence", REAL, "confidence of the best channel's value"),
        column("best_days", TEXT, "workdays | weekends: when most visits were"),
        column("best_days_reason", TEXT, "why not told: too_few_visits (or as many on either)"),
        column("call_from", TEXT, "clock time from which calls are allowed"),
        column("call_until", TEXT, "clock time until which calls are allowed"),
        column("call_reason", TEXT, "no_time_of_day: exports give dates only, so the hours are those allowed to all"),
        column("as_of", DATE, "date of the computation"),
        column("version", TEXT, "version of the definitions"),
    ),
)

CARS = TableSpec(
    "cars",
    "each car that somebody has, with all that is due, and the reason where nothing is known",
    ("vin",),
    ("customer_id",),
    (
        column("vin", TEXT, "the car", personal=True),
        column("customer_id", TEXT, "whom it belongs to now"),
        column("model", TEXT, "model named last"),
        column("in_use_from", DATE, "its first sale, where that sold it new"),
        column("in_use_reason", TEXT, "first_sale | no_sale | used_when_sold"),
        column("last_service", DATE, "latest maintenance"),
        column("km_per_day", REAL, "kilometres a day from mileage readings"),
        column("next_service", DATE, "when the next maintenance is due"),
        column("next_service_reason", TEXT, "mileage | months | first_service | no_visit"),
        column("insurance_due", DATE, "a year after the last policy; null without one"),
        column("inspection_due", DATE, "next inspection by the age of the car; null where in_use_from is"),
        column("inspection_kind", TEXT, "label (a new mark only) | test (the car on the line)"),
        column("warranty_end", DATE, "end of the warranty, past or to come; null where in_use_from is"),
        column("warranty_reason", TEXT, "months | mileage | no_sale | used_when_sold"),
        column("replacement_from", DATE, "from when on another car may be in question"),
    ),
)

CARE_TASKS = TableSpec(
    "care_tasks",
    "dated tasks: why to turn to a customer and when, and what is held back",
    ("customer_id", "task", "vin", "due_date"),
    ("customer_id",),
    (
        column("customer_id", TEXT, "customer"),
        column("task", TEXT, "next_service | insurance | inspection | warranty_end | replacement | birthday | lunar_birthday | a festival"),
        column("vin", TEXT, "the car it is about", personal=True),
        column("due_date", DATE, "when it is due; a birthday's tells the day of birth", personal=True),
        column("do_date", DATE, "when to turn to the customer", personal=True),
        column("reason", TEXT, "what the date follows from"),
        column("channel", TEXT, "best channel of the customer"),
        column("dealer_id", TEXT, "the customer's dealer"),
        column("status", TEXT, "planned | held"),
        column("held_reason", TEXT, "not_allowed | household | limit"),
        column("as_of", DATE, "date of the computation"),
        column("version", TEXT, "version of the definitions"),
    ),
)

LEADS = TableSpec(
    "leads",
    "who asked at which dealer, how far it went, and whether the dealer answered in time",
    ("lead_id", "customer_id"),
    ("customer_id",),
    (
        column("lead_id", TEXT, "row_id of the lead's first row"),
        column("customer_id", TEXT, "who asked"),
        column("dealer_id", TEXT, "dealer"),
        column("source", TEXT, "lead | web"),
        column("channel", TEXT, "where it came from, as coded; null where not written"),
        column("lead_date", DATE, "day of the first row"),
        column("rows", INT, "rows that are this lead"),
        column("verified", FLAG, "whether the customer has a valid phone or e-mail"),
        column("owner_before", FLAG, "whether the customer had a car of ours before"),
        column("stage", TEXT, "new | contacted | visited | lost | won: the furthest"),
        column("lost_reason", TEXT, "bought_elsewhere | price | no_car | not_reached | no_interest | not_given"),
        column("answer", TEXT, "in_time | late | undated | waiting | overdue | escalate"),
        column("answer_due", DATE, "until when the dealer has to answer"),
        column("answer_days", INT, "days to the dealer's first dated act; null without one"),
        column("drive_date", DATE, "first test drive after it"),
        column("sale_date", DATE, "first sale within its time, at whatever dealer"),
        column("sale_dealer_id", TEXT, "that dealer"),
    ),
)

LOOP_MEASURES = TableSpec(
    "loop_measures",
    "conversion, answers, satisfaction, loyalty, complaints by dealer, channel and month",
    ("measure", "dealer_id", "channel", "month"),
    (),
    (
        column(
            "measure",
            TEXT,
            "lead_conversion | lead_answered | lead_lost | csat | nps | satisfaction_fell | service_retention | repurchase | complaints_open | complaints_repeated",
        ),
        column("dealer_id", TEXT, "dealer; '' = all"),
        column("channel", TEXT, "channel, for lead_lost the reason; '' = all"),
        column("month", TEXT, "YYYY-MM; '' = all"),
        column("numerator", INT, "those of whom it is true (nps: promoters less detractors)"),
        column("denominator", INT, "all who count"),
        column("value", REAL, "share; null with too few"),
    ),
)

CALL_LIST = TableSpec(
    "call_list",
    "whom each dealer calls today, the most urgent first, everybody once",
    ("customer_id",),
    (),
    (
        column("dealer_id", TEXT, "dealer"),
        column("customer_id", TEXT, "customer"),
        column("call_date", DATE, "day of the list"),
        column("place", INT, "place on the dealer's list, from 1"),
        column("reason", TEXT, "complaint | lead_overdue | lead_waiting | after_visit | a task of the care calendar"),
        column("since", DATE, "day of what it is about"),
        column("vin", TEXT, "the car it is about", personal=True),
        column("phone", TEXT, "surest number", personal=True),
        column("version", TEXT, "version of the definitions"),
    ),
)
