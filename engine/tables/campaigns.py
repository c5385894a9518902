"""Campaigns and best prospects."""

from __future__ import annotations

from engine.tables.column import DATE, FLAG, INT, REAL, TEXT, TableSpec, column

CAMPAIGN_LISTS = TableSpec(
    "campaign_lists",
    "whom each campaign asks, and who is held out to compare with; a list stays as it was made",
    ("campaign", "customer_id"),
    ("customer_id",),
    (
        column("campaign", TEXT, "name in the settings"),
        column("customer_id", TEXT, "customer"),
        column("side", TEXT, "contact | hold_out"),
        column("channel", TEXT, "phone | sms | email | post; null for the hold-out group"),
        column("cost", REAL, "yuan that the contact is taken to cost"),
        column("dealer_id", TEXT, "the customer's dealer"),
        column("listed_on", DATE, "when the list was made"),
    ),
)

CAMPAIGN_RESULTS = TableSpec(
    "campaign_results",
    "reach, responses, cost and uplift of each campaign",
    ("campaign", "origin"),
    (),
    (
        column("campaign", TEXT, "name"),
        column("origin", TEXT, "list (ours) | export (only reported by dealers)"),
        column("goal", TEXT, "test_drive | service | sale; null where only reported, or no longer in the settings"),
        column("from_date", DATE, "when the list was made, or the first contact"),
        column("listed", INT, "contact group"),
        column("held_out", INT, "hold-out group"),
        column("reached", INT, "of the contact group, those whom an export says were contacted"),
        column("responded", INT, "of them, those who answered"),
        column("outcomes", INT, "of the contact group, those with the goal within the window; null without a goal"),
        column("held_out_outcomes", INT, "of the hold-out group"),
        column("uplift", REAL, "difference of the two shares"),
        column("uplift_low", REAL, "lower end of its interval of 95 %"),
        column("uplift_high", REAL, "upper end"),
        column("uplift_reason", TEXT, "why it is not told: no_hold_out | not_in_settings (any more) | nobody_listed | running"),
        column("cost", REAL, "yuan that exports tell, of listed customers else what the list plans; null where neither is known"),
        column("test_drives", INT, "of the contact group, those with a test drive within the window"),
        column("sales", INT, "with a sale"),
        column("cost_per_response", REAL, "yuan"),
        column("cost_per_test_drive", REAL, "yuan"),
        column("cost_per_sale", REAL, "yuan"),
    ),
)

PROSPECTS = TableSpec(
    "prospects",
    "open leads, scored by what those who bought had in common: contact, demand, current car",
    ("lead_id", "customer_id"),
    ("customer_id",),
    (
        column("lead_id", TEXT, "the lead"),
        column("customer_id", TEXT, "who asked"),
        column("dealer_id", TEXT, "dealer who has the lead"),
        column("lead_date", DATE, "day of the lead"),
        column("grade", TEXT, "H | A | B | C: the best tenth, to three in ten, to six in ten, the rest (settings)"),
        column("score", REAL, "what they are ranked by: the probability, or points by rules"),
        column("probability", REAL, "of a sale within its time; null by rules"),
        column("reasons", TEXT, "the three traits that speak most for it: trait=value|…"),
        column("hand_over_to", TEXT, "dealer to whom it is handed: near the customer, and sells the brand"),
        column("hand_over_reason", TEXT, "own | city | province | none_near: why to him"),
        column("owner_before", FLAG, "whether the customer had a car of ours before"),
        column("phone", TEXT, "surest number", personal=True),
        column("email", TEXT, "surest e-mail", personal=True),
        column("best_channel", TEXT, "phone | sms | email | post"),
        column("contact_allowed", FLAG, "as in customer_reach"),
        column("city", TEXT, "of the customer"),
        column("wanted_brand", TEXT, "brand that the lead asks for"),
        column("wanted_model", TEXT, "model that the lead asks for"),
        column("wanted_color", TEXT, "null: no source has it"),
        column("budget", REAL, "null: no source has it"),
        column("time_to_buy", TEXT, "null: no source has it"),
        column("demand_reason", TEXT, "no_source: why colour, budget and time are missing"),
        column("current_vin", TEXT, "the customer's newest car", personal=True),
        column("current_model", TEXT, "its model"),
        column("current_in_use_from", DATE, "since when, where known"),
        column("as_of", DATE, "date of the computation"),
        column("version", TEXT, "version of the definitions"),
    ),
)

PROSPECT_MODEL = TableSpec(
    "prospect_model",
    "what the score of the prospects was learned from",
    ("as_of",),
    (),
    (
        column("as_of", DATE, "date of the computation"),
        column("version", TEXT, "version of the definitions"),
        column("method", TEXT, "model | rules"),
        column("method_reason", TEXT, "too_few_buyers: why rules"),
        column("learned_from", INT, "leads whose time is over"),
        column("buyers", INT, "of them, those who bought"),
        column("base_rate", REAL, "share of buyers"),
        column("lift", REAL, "of the best tenth, on the latest leads that the model tried on had not seen; null by rules"),
        column("scored", INT, "open leads"),
    ),
)
