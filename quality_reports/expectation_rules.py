"""The expectations: which table and column, of which Great Expectations type, how grave. ``expectations`` says how each is decided.

Raw: ``records``. Clean: ``clean_records``. Golden: ``customers``. Published beside them: ``crosswalk``, ``customer_profile``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from quality_reports.fields import CUSTOMER_FIELDS, FIELDS

SUITES: tuple[str, ...] = ("records", "clean_records", "customers", "crosswalk", "customer_profile")
"""Tables with a suite."""

Severity = Literal["critical", "warning", "info"]
Scope = Literal["whole table", "sample"]


@dataclass(frozen=True)
class Rule:
    """One expectation: on which table and column, of which Great Expectations type, with which arguments."""

    table: str
    column: str
    expectation: str
    arguments: dict[str, Any]
    severity: Severity


MOBILE = r"^\+861[3-9][0-9]{9}$"
VIN = r"^[A-HJ-NPR-Z0-9]{17}$"
SIX_DIGITS = r"^[0-9]{6}$"
SHA_256 = r"^[0-9a-f]{64}$"
EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"

SAMPLE_RULES: tuple[Rule, ...] = (
    Rule("clean_records", "record_id", "ExpectColumnValuesToNotBeNull", {}, "critical"),
    Rule("clean_records", "record_id", "ExpectColumnValuesToBeUnique", {}, "critical"),
    Rule("clean_records", "dealer_id", "ExpectColumnValuesToNotBeNull", {}, "critical"),
    Rule("clean_records", "party", "ExpectColumnValuesToBeInSet", {"value_set": ["person", "organization", "test"]}, "critical"),
    Rule("clean_records", "gender", "ExpectColumnValuesToBeInSet", {"value_set": ["M", "F"]}, "critical"),
    Rule("clean_records", "mobile", "ExpectColumnValuesToMatchRegex", {"regex": MOBILE}, "critical"),
    Rule("clean_records", "vin", "ExpectColumnValuesToMatchRegex", {"regex": VIN}, "critical"),
    Rule("clean_records", "adcode", "ExpectColumnValuesToMatchRegex", {"regex": SIX_DIGITS}, "critical"),
    Rule("clean_records", "postcode", "ExpectColumnValuesToMatchRegex", {"regex": SIX_DIGITS}, "critical"),
    Rule("clean_records", "score_raw", "ExpectColumnValuesToBeBetween", {"min_value": 0, "max_value": 100}, "critical"),
    Rule("clean_records", "score", "ExpectColumnValuesToBeBetween", {"min_value": 0, "max_value": 100}, "critical"),
    Rule("records", "record_id", "ExpectColumnValuesToNotBeNull", {}, "critical"),
    Rule("records", "record_id", "ExpectColumnValuesToBeUnique", {}, "critical"),
    Rule("records", "dealer_id", "ExpectColumnValuesToNotBeNull", {}, "critical"),
    Rule("records", "file_id", "ExpectColumnValuesToMatchRegex", {"regex": SHA_256}, "critical"),
    Rule("records", "row_number", "ExpectColumnValuesToBeBetween", {"min_value": 1}, "critical"),
    Rule("crosswalk", "record_id", "ExpectColumnValuesToNotBeNull", {}, "critical"),
    Rule("crosswalk", "customer_id", "ExpectColumnValuesToNotBeNull", {}, "critical"),
    Rule("crosswalk", "valid_from", "ExpectColumnValuesToNotBeNull", {}, "critical"),
    Rule("customer_profile", "customer_id", "ExpectColumnValuesToNotBeNull", {}, "critical"),
    Rule("customer_profile", "customer_id", "ExpectColumnValuesToBeUnique", {}, "critical"),
    Rule("customer_profile", "monetary", "ExpectColumnValuesToBeBetween", {"min_value": 0}, "critical"),
    Rule("customers", "customer_id", "ExpectColumnValuesToNotBeNull", {}, "critical"),
    Rule("customers", "customer_id", "ExpectColumnValuesToBeUnique", {}, "critical"),
    Rule("customers", "party", "ExpectColumnValuesToBeInSet", {"value_set": ["person", "organization", "test"]}, "critical"),
    Rule("customers", "gender", "ExpectColumnValuesToBeInSet", {"value_set": ["M", "F"]}, "critical"),
    Rule("customers", "mobile", "ExpectColumnValuesToMatchRegex", {"regex": MOBILE}, "critical"),
    Rule("customers", "email", "ExpectColumnValuesToMatchRegex", {"regex": EMAIL}, "critical"),
    Rule("customers", "records", "ExpectColumnValuesToBeBetween", {"min_value": 1}, "critical"),
    Rule("customers", "dealers", "ExpectColumnValuesToBeBetween", {"min_value": 1}, "critical"),
    Rule("customers", "score", "ExpectColumnValuesToBeBetween", {"min_value": 0, "max_value": 100}, "critical"),
)
"""Form, scanned on samples: after cleansing these hold for every row."""

MEASURE_RULES: tuple[Rule, ...] = (
    Rule("clean_records", "rows_lost", "ExpectColumnMaxToBeBetween", {"min_value": 0, "max_value": 0}, "critical"),
    *(
        Rule("clean_records", f"{field.name}.valid_share", "ExpectColumnMinToBeBetween", {"min_value": 0.8, "max_value": 1}, "warning")
        for field in FIELDS
    ),
    Rule("clean_records", "name.filled_share", "ExpectColumnMinToBeBetween", {"min_value": 0.8}, "warning"),
    Rule("clean_records", "phone.filled_share", "ExpectColumnMinToBeBetween", {"min_value": 0.6}, "warning"),
    Rule("clean_records", "score_gain", "ExpectColumnMinToBeBetween", {"min_value": 0}, "critical"),
    Rule("clean_records", "score", "ExpectColumnMinToBeBetween", {"min_value": 60}, "warning"),
    Rule("records", "score", "ExpectColumnMinToBeBetween", {"min_value": 50}, "warning"),
    Rule("records", "repeated_share", "ExpectColumnMaxToBeBetween", {"min_value": 0, "max_value": 0.05}, "warning"),
    Rule("records", "name.filled_share", "ExpectColumnMinToBeBetween", {"min_value": 0.8}, "warning"),
    Rule("records", "phone.filled_share", "ExpectColumnMinToBeBetween", {"min_value": 0.6}, "warning"),
    *(
        Rule("records", f"{field.name}.valid_share", "ExpectColumnMinToBeBetween", {"min_value": 0.6, "max_value": 1}, "warning")
        for field in FIELDS
    ),
    Rule("crosswalk", "records_without_customer", "ExpectColumnMaxToBeBetween", {"min_value": 0, "max_value": 0}, "critical"),
    Rule("customer_profile", "customers_without_profile", "ExpectColumnMaxToBeBetween", {"min_value": 0, "max_value": 0}, "critical"),
    Rule("customers", "per_record", "ExpectColumnMaxToBeBetween", {"min_value": 0, "max_value": 1}, "critical"),
    Rule("customers", "name.filled_share", "ExpectColumnMinToBeBetween", {"min_value": 0.8}, "warning"),
    Rule("customers", "mobile.filled_share", "ExpectColumnMinToBeBetween", {"min_value": 0.6}, "warning"),
    Rule("customers", "score", "ExpectColumnMinToBeBetween", {"min_value": 60}, "warning"),
    *(
        Rule("customers", f"{field}.filled_share", "ExpectColumnMinToBeBetween", {"min_value": 0, "max_value": 1}, "info")
        for field in CUSTOMER_FIELDS
        if field not in {"name", "mobile"}
    ),
)
"""Counts, decided on the whole table; a rule whose measure does not exist (no rows, no such field) is left out."""


def scanned(table: str) -> list[str]:
    """The columns of a table whose form is scanned on a sample.

    >>> scanned("crosswalk")
    ['customer_id', 'record_id', 'valid_from']
    """
    return sorted({rule.column for rule in SAMPLE_RULES if rule.table == table})
