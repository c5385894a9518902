"""What customers are worth, who is about to leave, the profile, and segments of it."""

from __future__ import annotations

from engine.tables.column import DATE, FLAG, INT, POINTS, REAL, TEXT, TEXTS, TableSpec, column

_DATED = (column("as_of", DATE, "date of the computation"), column("version", TEXT, "version of the definitions"))

CUSTOMER_VALUE = TableSpec(
    "customer_value",
    "what a customer is worth: RFM, lifetime value, the model of many indicators, acquisition",
    ("customer_id",),
    ("customer_id",),
    (
        column("customer_id", TEXT, "customer"),
        column("recency_days", INT, "days since the last purchase or service"),
        column("frequency", INT, "purchases and services in the last 36 months"),
        column("monetary", REAL, "yuan in the last 36 months"),
        column("rfm_recency", INT, "1 (worst) to 5"),
        column("rfm_frequency", INT, "1 (worst) to 5"),
        column("rfm_monetary", INT, "1 (worst) to 5"),
        column("value_segment", TEXT, "RFM segment as named in the settings"),
        column("value_reason", TEXT, "why RFM is missing: no_purchase"),
        column("alive", REAL, "probability that the customer still comes, from the rhythm of visits"),
        column("expected_visits", REAL, "visits expected in the coming 12 months"),
        column("expected_spend", REAL, "yuan expected of a coming visit"),
        column("lifetime_value", REAL, "yuan of margin expected within the settings' horizon, discounted"),
        column("lifetime_reason", TEXT, "why it is missing: no_visit | too_few_histories | not_fitted"),
        column("value_model", TEXT, "model that graded: owner | prospect, as named in the settings"),
        column("value_score", REAL, "0 to 100"),
        column("value_grade", TEXT, "grade as named in the settings"),
        column(
            "value_parts",
            POINTS,
            "each indicator's measure and its points: 100 times its place on the scale times its weight; null where unknown",
        ),
        column("value_idle", TEXTS, "indicators of the model for which no export is sent"),
        column("channel", TEXT, "kind of export that named the customer first"),
        column("acquisition_cost", REAL, "yuan that winning the customer cost"),
        column("acquisition_reason", TEXT, "campaign | no_purchase | no_campaign | no_cost | no_event"),
        *_DATED,
    ),
)

VALUE_GRADES = TableSpec(
    "value_grades",
    "history of a customer's grade, one row a stretch of time",
    ("customer_id", "valid_from"),
    ("customer_id",),
    (
        column("customer_id", TEXT, "customer"),
        column("value_model", TEXT, "model that graded"),
        column("value_grade", TEXT, "grade"),
        column("value_score", REAL, "score on the first day, 0 to 100"),
        column("valid_from", DATE, "as-of date of the run that said so first"),
        column("valid_to", DATE, "as-of date of the run that ended it; null while it holds"),
    ),
)

VALUE_GROUPS = TableSpec(
    "value_groups",
    "customers and their value by channel, dealer and segment",
    ("dimension", "name"),
    (),
    (
        column("dimension", TEXT, "channel | dealer | segment"),
        column("name", TEXT, "which one"),
        column("customers", INT, "customers; of a dealer: whose home dealer it is"),
        column("monetary", REAL, "yuan in the last 36 months; of a dealer: spent there, by whomever"),
        column("lifetime_value", REAL, "mean, yuan, of those of whom it is known"),
        column("acquisition_cost", REAL, "mean, yuan, of those of whom it is known"),
        *_DATED,
    ),
)

CUSTOMER_CHURN = TableSpec(
    "customer_churn",
    "after-sales customers: active or lost by their own rhythm, how likely the active are to be lost, and why",
    ("customer_id",),
    ("customer_id",),
    (
        column("customer_id", TEXT, "customer"),
        column("churn_status", TEXT, "active | lost (overdue beyond the own rhythm) | none (never in the workshop)"),
        column("last_visit", DATE, "latest workshop visit"),
        column("rhythm_days", INT, "days between visits: the customer's own, or the usual where too few visits tell"),
        column("allowance_days", INT, "days away after which the customer is lost"),
        column("lost_on", DATE, "first day on which the customer is lost if none comes before"),
        column("churn_risk", REAL, "probability that an active customer is lost within the settings' horizon; null by rules alone"),
        column("churn_level", TEXT, "low | medium | high, of active customers"),
        column("churn_reasons", TEXTS, "what raises the risk, strongest first; from medium on, by rules always"),
        column("churn_basis", TEXT, "model | rules (too little data for a model)"),
        column("churn_reason", TEXT, "why nothing is told: no_visit"),
        *_DATED,
    ),
)

SAVE_LIST = TableSpec(
    "save_list",
    "active customers at risk who may be contacted, by what is at stake, with an offer",
    ("customer_id",),
    (),
    (
        column("customer_id", TEXT, "customer"),
        column("dealer_id", TEXT, "home dealer"),
        column("rank", INT, "place on the dealer's list, from 1"),
        column("at_stake", REAL, "yuan: risk times lifetime value"),
        column("churn_risk", REAL, "probability of being lost; null by rules alone"),
        column("churn_level", TEXT, "medium | high"),
        column("lifetime_value", REAL, "yuan"),
        column("value_grade", TEXT, "grade of the value model"),
        column("churn_reasons", TEXTS, "what raises the risk, strongest first"),
        column("offer", TEXT, "suggested, by the strongest reason"),
        *_DATED,
    ),
)

_MODEL = (
    column("model", TEXT, "lifetime | spend | churn"),
    column("measure", TEXT, "parameter or measure; idle:<reason> where there is no model"),
    column("value", REAL, "the number"),
    *_DATED,
)
VALUE_MODELS = TableSpec("value_models", "the fitted models of lifetime value, or why there is none", ("model", "measure"), (), _MODEL)
CHURN_MODEL = TableSpec(
    "churn_model", "how well the model of churn holds on customers it has not seen, or why there is none", ("model", "measure"), (), _MODEL
)

SEGMENTS = TableSpec(
    "segments",
    "which named segments a customer is in and was in, one row a stretch of time",
    ("customer_id", "segment", "valid_from"),
    ("customer_id",),
    (
        column("customer_id", TEXT, "customer"),
        column("segment", TEXT, "segment as named in the settings"),
        column("valid_from", DATE, "as-of date of the run that said so first"),
        column("valid_to", DATE, "as-of date of the run that ended it; null while it holds"),
    ),
)

SEGMENT_SIZES = TableSpec(
    "segment_sizes",
    "size of each segment and overlap of each two",
    ("segment", "other"),
    (),
    (
        column("segment", TEXT, "segment"),
        column("other", TEXT, "another segment, or the same: its size"),
        column("customers", INT, "customers who are in both"),
        column("reason", TEXT, "idle:<fields> where a field that the rule asks for is unknown of everybody"),
        *_DATED,
    ),
)

CUSTOMER_PROFILE = TableSpec(
    "customer_profile",
    "the enrichment: what we can tell about a customer, with the reason where we cannot",
    ("customer_id",),
    ("customer_id",),
    (
        column("customer_id", TEXT, "customer"),
        column("household_id", TEXT, "shared address, phone or car with another person; null where alone"),
        column("household_size", INT, "persons in the household"),
        column(
            "household_reason",
            TEXT,
            "address | phone | address_and_phone: what they share; car: only that one brings the car of another; too_many: shared by more people than live together",
        ),
        column("cars", INT, "number of cars"),
        column("recency_days", INT, "days since the last purchase or service"),
        column("frequency", INT, "purchases and services in the last 36 months"),
        column("monetary", REAL, "yuan in the last 36 months"),
        column("rfm_recency", INT, "1 (worst) to 5"),
        column("rfm_frequency", INT, "1 (worst) to 5"),
        column("rfm_monetary", INT, "1 (worst) to 5"),
        column("value_segment", TEXT, "segment as named in the settings"),
        column("value_reason", TEXT, "why a value is missing: no_purchase …"),
        column("alive", REAL, "probability that the customer still comes"),
        column("expected_visits", REAL, "visits expected in the coming 12 months"),
        column("lifetime_value", REAL, "yuan of margin expected within the settings' horizon, discounted"),
        column("lifetime_reason", TEXT, "why it is missing: no_visit | too_few_histories | not_fitted"),
        column("value_score", REAL, "score of the model of many indicators, 0 to 100"),
        column("value_grade", TEXT, "its grade, as named in the settings"),
        column("churn_status", TEXT, "active | lost (overdue beyond the own rhythm) | none (never in the workshop)"),
        column("churn_risk", REAL, "probability that an active customer is lost within the settings' horizon; null by rules alone"),
        column("churn_level", TEXT, "low | medium | high, of active customers"),
        column("last_service", DATE, "latest maintenance"),
        column("km_per_day", REAL, "kilometres a day from mileage readings"),
        column("next_service", DATE, "when the next maintenance is due"),
        column("next_service_vin", TEXT, "the car it is due for", personal=True),
        column("next_service_reason", TEXT, "mileage | months | first_service | no_car | no_visit"),
        column("reach_mobile", FLAG, "has a valid mobile"),
        column("reach_post", FLAG, "has an address down to a house or estate"),
        column("reach_email", FLAG, "has a valid e-mail"),
        column("contact_allowed", FLAG, "false where an opt_out record, or a name cell that says 勿扰, names the customer"),
        column("as_of", DATE, "date of the computation"),
        column("version", TEXT, "version of the definitions"),
    ),
)
