"""The one list of tables and columns: name, type, unit, meaning, and whether a column is personal.

Every room speaks through these tables. ``schema("records")`` gives names and Polars types in order; ``personal(...)``
is what logs, metadata, alerts and reports must never show unmasked.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

TEXT = pl.String()
INT = pl.Int64()
REAL = pl.Float64()
FLAG = pl.Boolean()
DATE = pl.Date()
TIME = pl.Datetime("us", "UTC")
TEXTS = pl.List(pl.String())
PROBLEMS = pl.List(pl.Struct({"field": pl.String(), "reason": pl.String(), "value": pl.String(), "repaired": pl.Boolean()}))
PROVENANCE = pl.List(
    pl.Struct({"field": pl.String(), "record_id": pl.String(), "rule": pl.String(), "date": pl.Date(), "runner_up": pl.String()})
)

POINTS = pl.List(pl.Struct({"indicator": pl.String(), "measure": pl.Float64(), "points": pl.Float64()}))


@dataclass(frozen=True)
class Column:
    """One column: its Polars type, what it means (with the unit), and whether it tells who somebody is."""

    name: str
    dtype: pl.DataType
    meaning: str
    personal: bool = False


@dataclass(frozen=True)
class TableSpec:
    """One table: the columns in order, those that identify a row, and those that spread rows over bucket files."""

    name: str
    meaning: str
    key: tuple[str, ...]
    bucket_by: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Names and Polars types, in order."""
        return {column.name: column.dtype for column in self.columns}

    @property
    def personal(self) -> frozenset[str]:
        """Names of the columns that must be masked wherever plain values do not belong."""
        return frozenset(column.name for column in self.columns if column.personal)


def _c(name: str, dtype: pl.DataType, meaning: str, *, personal: bool = False) -> Column:
    return Column(name, dtype, meaning, personal)


_WHERE_FROM = (
    _c("record_id", TEXT, "stable id of the record: hash of dealer, source, source key and role"),
    _c("row_id", TEXT, "stable id of the export's row: the same for all roles that the row names"),
    _c("dealer_id", TEXT, "the dealer's folder name in the inbox"),
    _c("source", TEXT, "kind of export: sale, service, lead, test_drive, call_center, web, survey, complaint, customer, …"),
    _c("role", TEXT, "customer, owner, buyer, driver, sender, contact, payer"),
    _c("source_key", TEXT, "the source's own key (客户编号, 工单号, …); null where the export has none"),
    _c("file_id", TEXT, "SHA-256 of the file, hexadecimal"),
    _c("row_number", INT, "row in the file or sheet as a person counts it, from 1"),
    _c("main", FLAG, "true for the one role of the row that its event hangs on"),
)

FILES = TableSpec(
    "files",
    "every file that was ever taken in, or refused, with its reconciled counts",
    ("file_id", "dealer_id"),
    (),
    (
        _c("file_id", TEXT, "SHA-256 of the file, hexadecimal"),
        _c("dealer_id", TEXT, "the dealer's folder name in the inbox"),
        _c("file_name", TEXT, "path below the dealer's folder"),
        _c("arrival", INT, "place in the order of arrival, from 1; a later file's rows replace an earlier one's"),
        _c("size", INT, "bytes"),
        _c("source", TEXT, "kind of export; null where it was not recognized"),
        _c("contract", TEXT, "name of the contract that read it"),
        _c("snapshot", FLAG, "true where what is missing was deleted at the source"),
        _c("encoding", TEXT, "encoding that made the headers known; null for workbooks and Parquet"),
        _c("status", TEXT, "ingested | quarantined"),
        _c("reason", TEXT, "reason code where the whole file is quarantined"),
        _c("rows_in", INT, "rows of the file, header included in skipped (title)"),
        _c("rows_kept", INT, "rows that became records"),
        _c("rows_quarantined", INT, "rows in quarantine"),
        _c("rows_blank", INT, "rows skipped: nothing in them"),
        _c("rows_title", INT, "rows skipped: titles and headers"),
        _c("rows_note", INT, "rows skipped: notes and totals below or between the data"),
        _c("records", INT, "records made of the kept rows (a row may name several people)"),
        _c("unknown_headers", TEXTS, "headers no contract knows; their values are kept in records.extra"),
    ),
)

RECORDS = TableSpec(
    "records",
    "one row per person or organization that a row of an export names; text as it came",
    ("record_id",),
    ("dealer_id",),
    (
        *_WHERE_FROM,
        _c("sheet", TEXT, "sheet of the workbook; null for text files"),
        _c("event_date", TEXT, "date of the row's event, as written"),
        _c("event_kind", TEXT, "what happened, as written (保养, 首保, 事故维修, 试驾 …)"),
        _c("name", TEXT, "name as written", personal=True),
        _c("gender", TEXT, "gender as written"),
        _c("phone", TEXT, "phones as written; several columns joined with ' ; '", personal=True),
        _c("email", TEXT, "e-mails as written", personal=True),
        _c("id_number", TEXT, "identity or organization number as written", personal=True),
        _c("birth_date", TEXT, "birth date as written", personal=True),
        _c("province", TEXT, "province column as written"),
        _c("city", TEXT, "city column as written"),
        _c("district", TEXT, "district column as written"),
        _c("address", TEXT, "address as written", personal=True),
        _c("postcode", TEXT, "postcode as written"),
        _c("vin", TEXT, "VIN as written", personal=True),
        _c("plate", TEXT, "plate as written", personal=True),
        _c("brand", TEXT, "brand as written"),
        _c("model", TEXT, "model as written"),
        _c("amount", TEXT, "amount as written"),
        _c("mileage", TEXT, "mileage as written"),
        _c("satisfaction", TEXT, "satisfaction as written"),
        _c("campaign", TEXT, "campaign or channel as written"),
        _c("cost", TEXT, "cost of the contact as written"),
        _c("response", TEXT, "response as written"),
        _c("remark", TEXT, "free text as written", personal=True),
        _c("extra", TEXT, "JSON object of the columns no contract knows", personal=True),
    ),
)

QUARANTINE = TableSpec(
    "quarantine",
    "rows and files that could not be read, with the reason and their text",
    ("file_id", "dealer_id", "sheet", "row_number"),
    (),
    (
        _c("file_id", TEXT, "SHA-256 of the file, hexadecimal"),
        _c("dealer_id", TEXT, "the dealer's folder name in the inbox"),
        _c("file_name", TEXT, "path below the dealer's folder"),
        _c("sheet", TEXT, "sheet of the workbook; null for text files"),
        _c("row_number", INT, "row in the file or sheet, from 1; null where the whole file is meant"),
        _c("reason", TEXT, "reason code"),
        _c("detail", TEXT, "what was found and what to do, without personal values"),
        _c("text", TEXT, "the row as it came, at most 4,000 characters", personal=True),
    ),
)

EVENTS = TableSpec(
    "events",
    "what happened, one row per row of an export that tells of something",
    ("row_id",),
    ("dealer_id",),
    (
        _c("row_id", TEXT, "the export's row"),
        _c("record_id", TEXT, "the main record of the row: who it happened to"),
        _c("dealer_id", TEXT, "dealer"),
        _c("source", TEXT, "kind of export"),
        _c("kind", TEXT, "event kind as coded: sale, maintenance, repair, accident, test_drive, lead, call, survey, complaint, …"),
        _c("event_date", DATE, "when; null where unreadable or impossible"),
        _c("vin", TEXT, "the car, normalized; null where not valid", personal=True),
        _c("plate", TEXT, "the car's plate, normalized", personal=True),
        _c("amount", REAL, "yuan"),
        _c("mileage", INT, "kilometres"),
        _c("satisfaction", REAL, "points, 0 to 100"),
        _c("campaign", TEXT, "campaign or channel"),
        _c("cost", REAL, "yuan that the contact cost"),
        _c("response", TEXT, "response as written"),
    ),
)

CLEAN_RECORDS = TableSpec(
    "clean_records",
    "typed fields, a reason for every problem, a score",
    ("record_id",),
    ("dealer_id",),
    (
        *_WHERE_FROM,
        _c("event_date", DATE, "when the record was true; null where unreadable or impossible"),
        _c("party", TEXT, "person | organization | test (a test of a system, nobody); null where the name says neither"),
        _c(
            "name",
            TEXT,
            "whole name, simplified Chinese, without titles; organization's name; null where only a title or junk",
            personal=True,
        ),
        _c("surname", TEXT, "surname (also known where only 王先生 was written)", personal=True),
        _c("given_name", TEXT, "given name", personal=True),
        _c("honorific", TEXT, "title as coded: 先生 女士 小姐 总 老板 …"),
        _c("name_pinyin", TEXT, "pinyin without tones, surname readings respected: 'wang xiao ming'", personal=True),
        _c("gender", TEXT, "M | F, from title, id or column"),
        _c("phones", TEXTS, "all valid numbers, E.164, mobiles first, in the order written", personal=True),
        _c("mobile", TEXT, "first valid mobile, E.164", personal=True),
        _c("phone_province", TEXT, "province of the mobile's prefix"),
        _c("phone_city", TEXT, "city of the mobile's prefix"),
        _c("emails", TEXTS, "all valid e-mails, lower case", personal=True),
        _c("id_type", TEXT, "resident_id | uscc | passport_cn | … of a valid id_number"),
        _c("id_number", TEXT, "valid number, normalized (15 digits upgraded to 18); null where not proven", personal=True),
        _c("birth_date", DATE, "from a valid id, else from the column", personal=True),
        _c("province", TEXT, "province of today"),
        _c("city", TEXT, "city of today"),
        _c("district", TEXT, "district of today"),
        _c("adcode", TEXT, "GB/T 2260 code of today, 6 digits, the deepest known level"),
        _c("town", TEXT, "town or street office", personal=True),
        _c("community", TEXT, "community or village", personal=True),
        _c("road", TEXT, "road", personal=True),
        _c("road_no", TEXT, "house number with lane: 123弄4号", personal=True),
        _c("estate", TEXT, "estate or building name", personal=True),
        _c("building", TEXT, "building number", personal=True),
        _c("unit", TEXT, "unit number", personal=True),
        _c("room", TEXT, "room number", personal=True),
        _c("address", TEXT, "normalized address in one line", personal=True),
        _c("postcode", TEXT, "6 digits"),
        _c("vin", TEXT, "17 characters; null where not valid or not provably repaired", personal=True),
        _c("plate", TEXT, "normalized plate; null where not valid", personal=True),
        _c("brand", TEXT, "brand as coded, else as written"),
        _c("model", TEXT, "model as coded, else as written"),
        _c("problems", PROBLEMS, "field, reason code, the value that had it, and whether it was repaired", personal=True),
        _c("score_raw", REAL, "quality of the record as it came, 0 to 100"),
        _c("score", REAL, "quality after cleansing, 0 to 100"),
        _c("score_conformity", REAL, "0 to 100"),
        _c("score_completeness", REAL, "0 to 100"),
        _c("score_accuracy", REAL, "0 to 100"),
        _c("score_consistency", REAL, "0 to 100"),
        _c("score_timeliness", REAL, "0 to 100"),
    ),
)

EDGES = TableSpec(
    "edges",
    "pairs in the review and link zones, each by itself, and why; of records alike in all that is compared one stands for all, and each other one has an edge to it alone",
    ("record_id_l", "record_id_r"),
    (),
    (
        _c("record_id_l", TEXT, "the smaller record_id"),
        _c("record_id_r", TEXT, "the larger record_id"),
        _c("weight", REAL, "match weight, log2 odds, a whole number of thousandths"),
        _c(
            "probability",
            REAL,
            "2**weight / (1 + 2**weight); `chezhu match` adds what clusters say (column collective, bits) to the weight first",
        ),
        # one more column a comparison: its part of the weight, same unit
    ),
)

CLUSTERS = TableSpec(
    "clusters",
    "which records are one customer in this run",
    ("record_id",),
    (),
    (_c("record_id", TEXT, "record"), _c("cluster_id", TEXT, "smallest record_id of the cluster")),
)

MATCH_RECORDS = TableSpec(
    "match_records",
    "what matching keeps of each record for the next run, in codes",
    ("record_id",),
    (),
    (
        _c("record_id", TEXT, "record"),
        _c("code", INT, "code of its id"),
        _c("content", INT, "code of all that is compared of it: equal where two records are alike", personal=True),
        _c("first", FLAG, "whether it is compared for all that are alike (the smallest id)"),
        _c("marked", FLAG, "whether a steward's decision is about it"),
        _c("part", INT, "code of the smallest record of its cluster before the entity pass; its own where it is alone or not the first"),
        _c("cluster", INT, "code of the smallest record of its cluster"),
    ),
)

MATCH_KEYS = TableSpec(
    "match_keys",
    "blocking keys of the records that are compared",
    ("code", "which", "key"),
    (),
    (
        _c("code", INT, "code of the record's id"),
        _c("which", pl.Int16(), "place of the key among those that the columns bring, from 0"),
        _c("key", INT, "code of the values that agree", personal=True),
    ),
)

MATCH_PAIRS = TableSpec(
    "match_pairs",
    "compared pairs from the weight on that clusters are made of, more than edges has",
    ("code_l", "code_r"),
    (),
    (
        _c("code_l", INT, "code of the record with the smaller id"),
        _c("code_r", INT, "code of the record with the larger id"),
        _c("weight", pl.Int32(), "match weight, log2 odds in thousandths"),
        _c("personal", pl.Int32(), "evidence about the person, the same unit"),
        # one more column a comparison, and household: its part of the weight, same unit
    ),
)

CROSSWALK = TableSpec(
    "crosswalk",
    "record to customer, with validity in time; valid_to null = now",
    ("record_id", "valid_from", "customer_id"),
    ("record_id",),
    (
        _c("dealer_id", TEXT, "dealer"),
        _c("source", TEXT, "kind of export"),
        _c("source_key", TEXT, "the source's own key"),
        _c("role", TEXT, "role in the row"),
        _c("record_id", TEXT, "record"),
        _c("customer_id", TEXT, "customer"),
        _c("valid_from", DATE, "as-of date of the run that said so first"),
        _c("valid_to", DATE, "as-of date of the run that ended it; null while it holds"),
        _c("run_id", TEXT, "run that said so first"),
        _c("merged_into", TEXT, "the id that took this customer's place when it ended in a merge; null otherwise"),
    ),
)

IDENTITY_EVENTS = TableSpec(
    "identity_events",
    "what became of customer ids",
    ("event_id",),
    (),
    (
        _c("event_id", TEXT, "hash of run, kind and ids"),
        _c("run_id", TEXT, "run"),
        _c("date", DATE, "as-of date of the run"),
        _c("kind", TEXT, "created | merged | split | retired | restored"),
        _c("customer_id", TEXT, "the customer it happened to (merged: the id that ended)"),
        _c("other_customer_id", TEXT, "merged: the surviving id; split: the id it came from"),
        _c("cause", TEXT, "new_evidence | model_change | source_correction | source_deletion | steward | erasure"),
        _c("records", INT, "number of records concerned"),
    ),
)

CUSTOMERS = TableSpec(
    "customers",
    "the golden record",
    ("customer_id",),
    ("customer_id",),
    (
        _c("customer_id", TEXT, "id for life"),
        _c("party", TEXT, "person | organization | test (nobody: not delivered)"),
        _c("name", TEXT, "name", personal=True),
        _c("surname", TEXT, "surname", personal=True),
        _c("given_name", TEXT, "given name", personal=True),
        _c("gender", TEXT, "M | F"),
        _c("birth_date", DATE, "birth date (survives together with id_number)", personal=True),
        _c("id_type", TEXT, "kind of id_number"),
        _c("id_number", TEXT, "valid number", personal=True),
        _c("mobile", TEXT, "primary mobile, E.164", personal=True),
        _c("phones", TEXTS, "all valid numbers, the primary first, then the latest seen", personal=True),
        _c("email", TEXT, "primary e-mail", personal=True),
        _c("emails", TEXTS, "all e-mails, the primary first", personal=True),
        _c("province", TEXT, "of the surviving address"),
        _c("city", TEXT, "of the surviving address"),
        _c("district", TEXT, "of the surviving address"),
        _c("adcode", TEXT, "of the surviving address"),
        _c("address", TEXT, "surviving address, normalized", personal=True),
        _c("postcode", TEXT, "of the surviving address"),
        _c("vins", TEXTS, "cars, latest seen first", personal=True),
        _c("plates", TEXTS, "plates, latest seen first", personal=True),
        _c("home_dealer_id", TEXT, "dealer of the latest event"),
        _c("records", INT, "number of records"),
        _c("dealers", INT, "number of dealers"),
        _c("first_seen", DATE, "earliest event"),
        _c("last_seen", DATE, "latest event"),
        _c("score", REAL, "quality of the golden record, 0 to 100"),
        _c(
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
        _c("customer_id", TEXT, "customer"),
        _c("field", TEXT, "phone | email | address | vin | plate"),
        _c("value", TEXT, "the value as in the golden record", personal=True),
        _c("primary", FLAG, "true for the one that the golden record puts first"),
        _c("valid", FLAG, "true where a record gives it without doubt, or a steward has said it"),
        _c("first_seen", DATE, "earliest date of those who say it; null where none has a date"),
        _c("last_seen", DATE, "latest date of those who say it; null where none has a date"),
        _c("records", INT, "number of the customer's records that say it; 0 where only a steward does"),
        _c("source_record_id", TEXT, "the best of them by the field's rule; decision:<number> where only a steward says it"),
        _c("rule", TEXT, "what made it the primary one (as in customers.provenance); null for the others"),
        _c("decision", INT, "number of the steward's decision that corrected or preferred it; null without one"),
    ),
)

_DATED = (_c("as_of", DATE, "date of the computation"), _c("version", TEXT, "version of the definitions"))

CUSTOMER_VALUE = TableSpec(
    "customer_value",
    "what a customer is worth: RFM, lifetime value, the model of many indicators, acquisition",
    ("customer_id",),
    ("customer_id",),
    (
        _c("customer_id", TEXT, "customer"),
        _c("recency_days", INT, "days since the last purchase or service"),
        _c("frequency", INT, "purchases and services in the last 36 months"),
        _c("monetary", REAL, "yuan in the last 36 months"),
        _c("rfm_recency", INT, "1 (worst) to 5"),
        _c("rfm_frequency", INT, "1 (worst) to 5"),
        _c("rfm_monetary", INT, "1 (worst) to 5"),
        _c("value_segment", TEXT, "RFM segment as named in the settings"),
        _c("value_reason", TEXT, "why RFM is missing: no_purchase"),
        _c("alive", REAL, "probability that the customer still comes, from the rhythm of visits"),
        _c("expected_visits", REAL, "visits expected in the coming 12 months"),
        _c("expected_spend", REAL, "yuan expected of a coming visit"),
        _c("lifetime_value", REAL, "yuan of margin expected within the settings' horizon, discounted"),
        _c("lifetime_reason", TEXT, "why it is missing: no_visit | too_few_histories | not_fitted"),
        _c("value_model", TEXT, "model that graded: owner | prospect, as named in the settings"),
        _c("value_score", REAL, "0 to 100"),
        _c("value_grade", TEXT, "grade as named in the settings"),
        _c(
            "value_parts",
            POINTS,
            "each indicator's measure and its points: 100 times its place on the scale times its weight; null where unknown",
        ),
        _c("value_idle", TEXTS, "indicators of the model for which no export is sent"),
        _c("channel", TEXT, "kind of export that named the customer first"),
        _c("acquisition_cost", REAL, "yuan that winning the customer cost"),
        _c("acquisition_reason", TEXT, "campaign | no_purchase | no_campaign | no_cost | no_event"),
        *_DATED,
    ),
)

VALUE_GRADES = TableSpec(
    "value_grades",
    "history of a customer's grade, one row a stretch of time",
    ("customer_id", "valid_from"),
    ("customer_id",),
    (
        _c("customer_id", TEXT, "customer"),
        _c("value_model", TEXT, "model that graded"),
        _c("value_grade", TEXT, "grade"),
        _c("value_score", REAL, "score on the first day, 0 to 100"),
        _c("valid_from", DATE, "as-of date of the run that said so first"),
        _c("valid_to", DATE, "as-of date of the run that ended it; null while it holds"),
    ),
)

VALUE_GROUPS = TableSpec(
    "value_groups",
    "customers and their value by channel, dealer and segment",
    ("dimension", "name"),
    (),
    (
        _c("dimension", TEXT, "channel | dealer | segment"),
        _c("name", TEXT, "which one"),
        _c("customers", INT, "customers; of a dealer: whose home dealer it is"),
        _c("monetary", REAL, "yuan in the last 36 months; of a dealer: spent there, by whomever"),
        _c("lifetime_value", REAL, "mean, yuan, of those of whom it is known"),
        _c("acquisition_cost", REAL, "mean, yuan, of those of whom it is known"),
        *_DATED,
    ),
)

CUSTOMER_CHURN = TableSpec(
    "customer_churn",
    "after-sales customers: active or lost by their own rhythm, how likely the active are to be lost, and why",
    ("customer_id",),
    ("customer_id",),
    (
        _c("customer_id", TEXT, "customer"),
        _c("churn_status", TEXT, "active | lost (overdue beyond the own rhythm) | none (never in the workshop)"),
        _c("last_visit", DATE, "latest workshop visit"),
        _c("rhythm_days", INT, "days between visits: the customer's own, or the usual where too few visits tell"),
        _c("allowance_days", INT, "days away after which the customer is lost"),
        _c("lost_on", DATE, "first day on which the customer is lost if none comes before"),
        _c("churn_risk", REAL, "probability that an active customer is lost within the settings' horizon; null by rules alone"),
        _c("churn_level", TEXT, "low | medium | high, of active customers"),
        _c("churn_reasons", TEXTS, "what raises the risk, strongest first; from medium on, by rules always"),
        _c("churn_basis", TEXT, "model | rules (too little data for a model)"),
        _c("churn_reason", TEXT, "why nothing is told: no_visit"),
        *_DATED,
    ),
)

SAVE_LIST = TableSpec(
    "save_list",
    "active customers at risk who may be contacted, by what is at stake, with an offer",
    ("customer_id",),
    (),
    (
        _c("customer_id", TEXT, "customer"),
        _c("dealer_id", TEXT, "home dealer"),
        _c("rank", INT, "place on the dealer's list, from 1"),
        _c("at_stake", REAL, "yuan: risk times lifetime value"),
        _c("churn_risk", REAL, "probability of being lost; null by rules alone"),
        _c("churn_level", TEXT, "medium | high"),
        _c("lifetime_value", REAL, "yuan"),
        _c("value_grade", TEXT, "grade of the value model"),
        _c("churn_reasons", TEXTS, "what raises the risk, strongest first"),
        _c("offer", TEXT, "suggested, by the strongest reason"),
        *_DATED,
    ),
)

_MODEL = (
    _c("model", TEXT, "lifetime | spend | churn"),
    _c("measure", TEXT, "parameter or measure; idle:<reason> where there is no model"),
    _c("value", REAL, "the number"),
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
        _c("customer_id", TEXT, "customer"),
        _c("segment", TEXT, "segment as named in the settings"),
        _c("valid_from", DATE, "as-of date of the run that said so first"),
        _c("valid_to", DATE, "as-of date of the run that ended it; null while it holds"),
    ),
)

SEGMENT_SIZES = TableSpec(
    "segment_sizes",
    "size of each segment and overlap of each two",
    ("segment", "other"),
    (),
    (
        _c("segment", TEXT, "segment"),
        _c("other", TEXT, "another segment, or the same: its size"),
        _c("customers", INT, "customers who are in both"),
        _c("reason", TEXT, "idle:<fields> where a field that the rule asks for is unknown of everybody"),
        *_DATED,
    ),
)

CUSTOMER_PROFILE = TableSpec(
    "customer_profile",
    "the enrichment: what we can tell about a customer, with the reason where we cannot",
    ("customer_id",),
    ("customer_id",),
    (
        _c("customer_id", TEXT, "customer"),
        _c("household_id", TEXT, "shared address or phone with another person; null where alone"),
        _c("household_size", INT, "persons in the household"),
        _c(
            "household_reason",
            TEXT,
            "address | phone | address_and_phone: what they share; too_many: shared by more people than live together",
        ),
        _c("cars", INT, "number of cars"),
        _c("recency_days", INT, "days since the last purchase or service"),
        _c("frequency", INT, "purchases and services in the last 36 months"),
        _c("monetary", REAL, "yuan in the last 36 months"),
        _c("rfm_recency", INT, "1 (worst) to 5"),
        _c("rfm_frequency", INT, "1 (worst) to 5"),
        _c("rfm_monetary", INT, "1 (worst) to 5"),
        _c("value_segment", TEXT, "segment as named in the settings"),
        _c("value_reason", TEXT, "why a value is missing: no_purchase …"),
        _c("alive", REAL, "probability that the customer still comes"),
        _c("expected_visits", REAL, "visits expected in the coming 12 months"),
        _c("lifetime_value", REAL, "yuan of margin expected within the settings' horizon, discounted"),
        _c("lifetime_reason", TEXT, "why it is missing: no_visit | too_few_histories | not_fitted"),
        _c("value_score", REAL, "score of the model of many indicators, 0 to 100"),
        _c("value_grade", TEXT, "its grade, as named in the settings"),
        _c("churn_status", TEXT, "active | lost (overdue beyond the own rhythm) | none (never in the workshop)"),
        _c("churn_risk", REAL, "probability that an active customer is lost within the settings' horizon; null by rules alone"),
        _c("churn_level", TEXT, "low | medium | high, of active customers"),
        _c("last_service", DATE, "latest maintenance"),
        _c("km_per_day", REAL, "kilometres a day from mileage readings"),
        _c("next_service", DATE, "when the next maintenance is due"),
        _c("next_service_vin", TEXT, "the car it is due for", personal=True),
        _c("next_service_reason", TEXT, "mileage | months | first_service | no_car | no_visit"),
        _c("reach_mobile", FLAG, "has a valid mobile"),
        _c("reach_post", FLAG, "has an address down to a house or estate"),
        _c("reach_email", FLAG, "has a valid e-mail"),
        _c("contact_allowed", FLAG, "false where an opt_out record names the customer"),
        _c("as_of", DATE, "date of the computation"),
        _c("version", TEXT, "version of the definitions"),
    ),
)

TIMELINE = TableSpec(
    "timeline",
    "what happened with each customer, over all dealers and channels: one row per row of an export that names the customer",
    ("customer_id", "row_id"),
    ("customer_id",),
    (
        _c("customer_id", TEXT, "customer"),
        _c("event_date", DATE, "when"),
        _c("row_id", TEXT, "the export's row"),
        _c("source", TEXT, "kind of export"),
        _c("kind", TEXT, "event kind as coded"),
        _c("dealer_id", TEXT, "dealer"),
        _c(
            "role",
            TEXT,
            "the customer's role in the row: the main one, else the first of owner, buyer, customer, driver, sender, payer, contact",
        ),
        _c("vin", TEXT, "the car", personal=True),
        _c("amount", REAL, "yuan"),
        _c("mileage", INT, "kilometres"),
        _c("satisfaction", REAL, "points, 0 to 100"),
        _c("campaign", TEXT, "campaign or channel"),
        _c("response", TEXT, "response as written"),
    ),
)

CAR_ROLES = TableSpec(
    "car_roles",
    "who has which role on which car, from when to when",
    ("vin", "customer_id", "role"),
    ("customer_id",),
    (
        _c("vin", TEXT, "the car", personal=True),
        _c("customer_id", TEXT, "customer"),
        _c("role", TEXT, "owner | buyer | driver | payer | contact"),
        _c("from_date", DATE, "first seen in the role; an owner who took the car over: the day it changed hands; null where undated"),
        _c("to_date", DATE, "when the car went to another owner; null while the role lasts"),
        _c("last_seen", DATE, "last seen in the role"),
        _c("records", INT, "records that say it"),
        _c("dealers", INT, "dealers that say it"),
    ),
)

CAR_TRANSFERS = TableSpec(
    "car_transfers",
    "cars that went from one customer to another",
    ("vin", "to_customer_id"),
    (),
    (
        _c("vin", TEXT, "the car", personal=True),
        _c("from_customer_id", TEXT, "who had it before"),
        _c("to_customer_id", TEXT, "who has taken it over"),
        _c("transfer_date", DATE, "when the new owner was first seen with it"),
        _c("evidence", TEXT, "plate (another one) | sale (to the new owner) | name (both called owner, whole names)"),
    ),
)

COMPANY_PEOPLE = TableSpec(
    "company_people",
    "people who come with a company's cars or are to be called for it",
    ("company_id", "person_id"),
    (),
    (
        _c("company_id", TEXT, "customer that is an organization"),
        _c("person_id", TEXT, "customer that is a person"),
        _c("role", TEXT, "driver | contact | payer | other: the first of them"),
        _c("visits", INT, "rows that name both"),
        _c("cars", INT, "cars named in them"),
        _c("first_seen", DATE, "earliest of them"),
        _c("last_seen", DATE, "latest of them"),
    ),
)

FLEETS = TableSpec(
    "fleets",
    "organizations with their cars and people",
    ("customer_id",),
    (),
    (
        _c("customer_id", TEXT, "organization"),
        _c("cars", INT, "cars it owns"),
        _c("cars_before", INT, "cars that went to another owner"),
        _c("people", INT, "people who come for it"),
        _c("main_person_id", TEXT, "of them the one who comes most"),
        _c("last_seen", DATE, "last time it was seen with a car"),
    ),
)

REFERRALS = TableSpec(
    "referrals",
    "who was recommended by whom, as far as a source names it",
    ("customer_id",),
    (),
    (
        _c("customer_id", TEXT, "customer"),
        _c("referrer_id", TEXT, "the customer who recommended"),
        _c("top_id", TEXT, "the customer at the chain's head"),
        _c("depth", INT, "steps from there"),
        _c("referral_date", DATE, "date of the row that says it"),
    ),
)

CUSTOMER_REACH = TableSpec(
    "customer_reach",
    "how a customer is reached best, whether that is allowed, and when",
    ("customer_id",),
    ("customer_id",),
    (
        _c("customer_id", TEXT, "customer"),
        _c("phone", TEXT, "surest number to call; null without one", personal=True),
        _c("phone_confidence", REAL, "0 to 1: by age, records, validity and how many customers share it; a rule, no probability"),
        _c("phone_proof", DATE, "when somebody last gave it; null where undated"),
        _c("sms", TEXT, "surest mobile for messages; null without one", personal=True),
        _c("sms_confidence", REAL, "0 to 1: by age, records, validity and how many customers share it; a rule, no probability"),
        _c("sms_proof", DATE, "when somebody last gave it; null where undated"),
        _c("email", TEXT, "surest e-mail; null without one", personal=True),
        _c("email_confidence", REAL, "0 to 1: by age, records, validity and how many customers share it; a rule, no probability"),
        _c("email_proof", DATE, "when somebody last gave it; null where undated"),
        _c("post", TEXT, "surest address that the post finds; null without one", personal=True),
        _c("post_confidence", REAL, "0 to 1: by age, records, validity and how many customers share it; a rule, no probability"),
        _c("post_proof", DATE, "when somebody last gave it; null where undated"),
        _c("contact_allowed", FLAG, "false where any reason stands against it"),
        _c("contact_reason", TEXT, "opt_out | deceased | minor | complaint: why not"),
        _c("blocked_until", DATE, "until when not; null: for good"),
        _c("best_channel", TEXT, "phone | sms | email | post; null where not allowed or no way is sure enough"),
        _c("best_channel_reason", TEXT, "answered (a campaign) | surest | not_allowed | no_sure_way"),
        _c("best_confidence", REAL, "confidence of the best channel's value"),
        _c("best_days", TEXT, "workdays | weekends: when most visits were"),
        _c("best_days_reason", TEXT, "why not told: too_few_visits (or as many on either)"),
        _c("call_from", TEXT, "clock time from which calls are allowed"),
        _c("call_until", TEXT, "clock time until which calls are allowed"),
        _c("call_reason", TEXT, "no_time_of_day: exports give dates only, so the hours are those allowed to all"),
        _c("as_of", DATE, "date of the computation"),
        _c("version", TEXT, "version of the definitions"),
    ),
)

CARS = TableSpec(
    "cars",
    "each car that somebody has, with all that is due, and the reason where nothing is known",
    ("vin",),
    ("customer_id",),
    (
        _c("vin", TEXT, "the car", personal=True),
        _c("customer_id", TEXT, "whom it belongs to now"),
        _c("model", TEXT, "model named last"),
        _c("in_use_from", DATE, "its first sale, where that sold it new"),
        _c("in_use_reason", TEXT, "first_sale | no_sale | used_when_sold"),
        _c("last_service", DATE, "latest maintenance"),
        _c("km_per_day", REAL, "kilometres a day from mileage readings"),
        _c("next_service", DATE, "when the next maintenance is due"),
        _c("next_service_reason", TEXT, "mileage | months | first_service | no_visit"),
        _c("insurance_due", DATE, "a year after the last policy; null without one"),
        _c("inspection_due", DATE, "next inspection by the age of the car; null where in_use_from is"),
        _c("inspection_kind", TEXT, "label (a new mark only) | test (the car on the line)"),
        _c("warranty_end", DATE, "end of the warranty, past or to come; null where in_use_from is"),
        _c("warranty_reason", TEXT, "months | mileage | no_sale | used_when_sold"),
        _c("replacement_from", DATE, "from when on another car may be in question"),
    ),
)

CARE_TASKS = TableSpec(
    "care_tasks",
    "dated tasks: why to turn to a customer and when, and what is held back",
    ("customer_id", "task", "vin", "due_date"),
    ("customer_id",),
    (
        _c("customer_id", TEXT, "customer"),
        _c("task", TEXT, "next_service | insurance | inspection | warranty_end | replacement | birthday | lunar_birthday | a festival"),
        _c("vin", TEXT, "the car it is about", personal=True),
        _c("due_date", DATE, "when it is due; a birthday's tells the day of birth", personal=True),
        _c("do_date", DATE, "when to turn to the customer", personal=True),
        _c("reason", TEXT, "what the date follows from"),
        _c("channel", TEXT, "best channel of the customer"),
        _c("dealer_id", TEXT, "the customer's dealer"),
        _c("status", TEXT, "planned | held"),
        _c("held_reason", TEXT, "not_allowed | household | limit"),
        _c("as_of", DATE, "date of the computation"),
        _c("version", TEXT, "version of the definitions"),
    ),
)

LEADS = TableSpec(
    "leads",
    "who asked at which dealer, how far it went, and whether the dealer answered in time",
    ("lead_id", "customer_id"),
    ("customer_id",),
    (
        _c("lead_id", TEXT, "row_id of the lead's first row"),
        _c("customer_id", TEXT, "who asked"),
        _c("dealer_id", TEXT, "dealer"),
        _c("source", TEXT, "lead | web"),
        _c("channel", TEXT, "where it came from, as coded; null where not written"),
        _c("lead_date", DATE, "day of the first row"),
        _c("rows", INT, "rows that are this lead"),
        _c("verified", FLAG, "whether the customer has a valid phone or e-mail"),
        _c("owner_before", FLAG, "whether the customer had a car of ours before"),
        _c("stage", TEXT, "new | contacted | visited | lost | won: the furthest"),
        _c("lost_reason", TEXT, "bought_elsewhere | price | no_car | not_reached | no_interest | not_given"),
        _c("answer", TEXT, "in_time | late | undated | waiting | overdue | escalate"),
        _c("answer_due", DATE, "until when the dealer has to answer"),
        _c("answer_days", INT, "days to the dealer's first dated act; null without one"),
        _c("drive_date", DATE, "first test drive after it"),
        _c("sale_date", DATE, "first sale within its time, at whatever dealer"),
        _c("sale_dealer_id", TEXT, "that dealer"),
    ),
)

LOOP_MEASURES = TableSpec(
    "loop_measures",
    "conversion, answers, satisfaction, loyalty, complaints by dealer, channel and month",
    ("measure", "dealer_id", "channel", "month"),
    (),
    (
        _c(
            "measure",
            TEXT,
            "lead_conversion | lead_answered | lead_lost | csat | nps | satisfaction_fell | service_retention | repurchase | complaints_open | complaints_repeated",
        ),
        _c("dealer_id", TEXT, "dealer; '' = all"),
        _c("channel", TEXT, "channel, for lead_lost the reason; '' = all"),
        _c("month", TEXT, "YYYY-MM; '' = all"),
        _c("numerator", INT, "those of whom it is true (nps: promoters less detractors)"),
        _c("denominator", INT, "all who count"),
        _c("value", REAL, "share; null with too few"),
    ),
)

CALL_LIST = TableSpec(
    "call_list",
    "whom each dealer calls today, the most urgent first, everybody once",
    ("customer_id",),
    (),
    (
        _c("dealer_id", TEXT, "dealer"),
        _c("customer_id", TEXT, "customer"),
        _c("call_date", DATE, "day of the list"),
        _c("place", INT, "place on the dealer's list, from 1"),
        _c("reason", TEXT, "complaint | lead_overdue | lead_waiting | after_visit | a task of the care calendar"),
        _c("since", DATE, "day of what it is about"),
        _c("vin", TEXT, "the car it is about", personal=True),
        _c("phone", TEXT, "surest number", personal=True),
        _c("version", TEXT, "version of the definitions"),
    ),
)

CAMPAIGN_LISTS = TableSpec(
    "campaign_lists",
    "whom each campaign asks, and who is held out to compare with; a list stays as it was made",
    ("campaign", "customer_id"),
    ("customer_id",),
    (
        _c("campaign", TEXT, "name in the settings"),
        _c("customer_id", TEXT, "customer"),
        _c("side", TEXT, "contact | hold_out"),
        _c("channel", TEXT, "phone | sms | email | post; null for the hold-out group"),
        _c("cost", REAL, "yuan that the contact is taken to cost"),
        _c("dealer_id", TEXT, "the customer's dealer"),
        _c("listed_on", DATE, "when the list was made"),
    ),
)

CAMPAIGN_RESULTS = TableSpec(
    "campaign_results",
    "reach, responses, cost and uplift of each campaign",
    ("campaign", "origin"),
    (),
    (
        _c("campaign", TEXT, "name"),
        _c("origin", TEXT, "list (ours) | export (only reported by dealers)"),
        _c("goal", TEXT, "test_drive | service | sale; null where only reported"),
        _c("from_date", DATE, "when the list was made, or the first contact"),
        _c("listed", INT, "contact group"),
        _c("held_out", INT, "hold-out group"),
        _c("reached", INT, "of the contact group, those whom an export says were contacted"),
        _c("responded", INT, "of them, those who answered"),
        _c("outcomes", INT, "of the contact group, those with the goal within the window"),
        _c("held_out_outcomes", INT, "of the hold-out group"),
        _c("uplift", REAL, "difference of the two shares"),
        _c("uplift_low", REAL, "lower end of its interval of 95 %"),
        _c("uplift_high", REAL, "upper end"),
        _c("uplift_reason", TEXT, "why it is not told: no_hold_out | nobody_listed | running"),
        _c("cost", REAL, "yuan"),
        _c("test_drives", INT, "of the contact group, those with a test drive within the window"),
        _c("sales", INT, "with a sale"),
        _c("cost_per_response", REAL, "yuan"),
        _c("cost_per_test_drive", REAL, "yuan"),
        _c("cost_per_sale", REAL, "yuan"),
    ),
)

PROSPECTS = TableSpec(
    "prospects",
    "open leads, scored by what those who bought had in common: contact, demand, current car",
    ("lead_id", "customer_id"),
    ("customer_id",),
    (
        _c("lead_id", TEXT, "the lead"),
        _c("customer_id", TEXT, "who asked"),
        _c("dealer_id", TEXT, "dealer who has the lead"),
        _c("lead_date", DATE, "day of the lead"),
        _c("grade", TEXT, "H | A | B | C: the best tenth, to three in ten, to six in ten, the rest (settings)"),
        _c("score", REAL, "what they are ranked by: the probability, or points by rules"),
        _c("probability", REAL, "of a sale within its time; null by rules"),
        _c("reasons", TEXT, "the three traits that speak most for it: trait=value|…"),
        _c("owner_before", FLAG, "whether the customer had a car of ours before"),
        _c("phone", TEXT, "surest number", personal=True),
        _c("email", TEXT, "surest e-mail", personal=True),
        _c("best_channel", TEXT, "phone | sms | email | post"),
        _c("contact_allowed", FLAG, "as in customer_reach"),
        _c("city", TEXT, "of the customer"),
        _c("wanted_brand", TEXT, "brand that the lead asks for"),
        _c("wanted_model", TEXT, "model that the lead asks for"),
        _c("wanted_color", TEXT, "null: no source has it"),
        _c("budget", REAL, "null: no source has it"),
        _c("time_to_buy", TEXT, "null: no source has it"),
        _c("demand_reason", TEXT, "no_source: why colour, budget and time are missing"),
        _c("current_vin", TEXT, "the customer's newest car", personal=True),
        _c("current_model", TEXT, "its model"),
        _c("current_in_use_from", DATE, "since when, where known"),
        _c("as_of", DATE, "date of the computation"),
        _c("version", TEXT, "version of the definitions"),
    ),
)

PROSPECT_MODEL = TableSpec(
    "prospect_model",
    "what the score of the prospects was learned from",
    ("as_of",),
    (),
    (
        _c("as_of", DATE, "date of the computation"),
        _c("version", TEXT, "version of the definitions"),
        _c("method", TEXT, "model | rules"),
        _c("method_reason", TEXT, "too_few_buyers: why rules"),
        _c("learned_from", INT, "leads whose time is over"),
        _c("buyers", INT, "of them, those who bought"),
        _c("base_rate", REAL, "share of buyers"),
        _c("lift", REAL, "of the best tenth, on the latest leads that the model tried on had not seen; null by rules"),
        _c("scored", INT, "open leads"),
    ),
)

QUALITY_HISTORY = TableSpec(
    "quality_history",
    "measures of each run",
    ("run_id", "table", "dealer_id", "source", "field", "dimension", "measure"),
    (),
    (
        _c("run_id", TEXT, "run"),
        _c("as_of", DATE, "as-of date of the run"),
        _c("table", TEXT, "records | clean_records | customers | customer_profile | crosswalk"),
        _c("dealer_id", TEXT, "dealer; '' = all"),
        _c("source", TEXT, "source; '' = all"),
        _c("field", TEXT, "field; '' = the record as a whole"),
        _c("dimension", TEXT, "conformity | completeness | accuracy | consistency | timeliness | uniqueness | business"),
        _c("measure", TEXT, "rows, filled, problem:<reason>, score, id_churn:<what> (a share), …"),
        _c("value", REAL, "the number"),
    ),
)

RUNS = TableSpec(
    "runs",
    "what went in and what came out, reconciled",
    ("run_id",),
    (),
    (
        _c("run_id", TEXT, "run"),
        _c("version", INT, "published version it made, from 1"),
        _c("as_of", DATE, "the date that dated rules used"),
        _c("full", FLAG, "rebuilt from the inbox"),
        _c("started_at", TIME, "UTC"),
        _c("finished_at", TIME, "UTC"),
        _c("files_new", INT, "files taken in by this run"),
        _c("files_quarantined", INT, "of them, whole files in quarantine"),
        _c("rows_in", INT, "rows of the new files"),
        _c("rows_kept", INT, "of them, kept"),
        _c("rows_quarantined", INT, "of them, in quarantine"),
        _c("rows_skipped", INT, "of them, skipped (blank, title, note)"),
        _c("records", INT, "records that are valid now"),
        _c("customers", INT, "customers now"),
        _c("duplicates_merged", INT, "records minus customers"),
        _c("score_before", REAL, "mean score of the records as they came, 0 to 100"),
        _c("score_after", REAL, "mean score of the golden records, 0 to 100"),
    ),
)

TABLES: dict[str, TableSpec] = {
    spec.name: spec
    for spec in (
        FILES,
        RECORDS,
        QUARANTINE,
        EVENTS,
        CLEAN_RECORDS,
        EDGES,
        CLUSTERS,
        MATCH_RECORDS,
        MATCH_KEYS,
        MATCH_PAIRS,
        CROSSWALK,
        IDENTITY_EVENTS,
        CUSTOMERS,
        CUSTOMER_VALUES,
        CUSTOMER_VALUE,
        VALUE_GRADES,
        VALUE_GROUPS,
        VALUE_MODELS,
        CUSTOMER_CHURN,
        CHURN_MODEL,
        CUSTOMER_PROFILE,
        SAVE_LIST,
        SEGMENTS,
        SEGMENT_SIZES,
        TIMELINE,
        CAR_ROLES,
        CAR_TRANSFERS,
        COMPANY_PEOPLE,
        FLEETS,
        REFERRALS,
        CUSTOMER_REACH,
        CARS,
        CARE_TASKS,
        LEADS,
        LOOP_MEASURES,
        CALL_LIST,
        CAMPAIGN_LISTS,
        CAMPAIGN_RESULTS,
        PROSPECTS,
        PROSPECT_MODEL,
        QUALITY_HISTORY,
        RUNS,
    )
}


def schema(table: str) -> dict[str, pl.DataType]:
    """Names and Polars types of a table's columns, in order.

    >>> schema("clusters")
    {'record_id': String, 'cluster_id': String}
    """
    return TABLES[table].schema


def personal(table: str) -> frozenset[str]:
    """Columns of a table that logs, metadata, alerts and reports never show unmasked.

    >>> sorted(personal("crosswalk"))
    []
    """
    return TABLES[table].personal
