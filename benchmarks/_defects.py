"""What each error of the generator looks like in a single record: a reason, an empty cell, another form of a value, or nothing at all.

``docs/reports.md`` shows the same lists (a test holds both together, and that no error is missing).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from generator.errors import ERRORS

MUNICIPALITIES = ["北京市", "天津市", "上海市", "重庆市"]
TEST_PHONE = "test_phone"
"""The phone of a test_record, whose name is another cell."""
_UNBROKEN, _NONE = pl.lit(value=True), pl.lit(value=False)


@dataclass(frozen=True)
class Defect:
    """A defect that cleansing names.

    Attributes:
        field: where it is named.
        reasons: any of them names it.
        shows: where the planted error can be seen at all, by columns of ``records``; else it changed nothing that the record tells.
        why_not: in words, what ``shows`` leaves out.
        alike: records that look the same whether the error struck them or not, and are named; they are counted apart from what was planted.
        why_alike: in words, what ``alike`` is.
    """

    field: str
    reasons: tuple[str, ...]
    shows: pl.Expr = _UNBROKEN
    why_not: str = ""
    alike: pl.Expr = _NONE
    why_alike: str = ""


_ONE_CELL = pl.all_horizontal(pl.col("province", "city", "district").is_null())
_PROVINCE_LACKS = _ONE_CELL & ~pl.col("clean_province").is_in(MUNICIPALITIES).fill_null(value=False)
NO_PROVINCE = ("address_province_missing", "address_ambiguous", "address_resolved_by_hint", "address_division_unknown")
_OF_PERSON = "people of the row whose record has none"
_TRADITIONAL = "characters that are the same in both"


def _check_fits(number: pl.Expr) -> pl.Expr:
    """Whether the last of 18 digits is the check digit (GB 11643: 2 to the power of its place, modulo 11)."""
    total = pl.sum_horizontal(number.str.slice(place, 1).cast(pl.Int64, strict=False) * (2 ** (17 - place) % 11) for place in range(18))
    return number.str.contains("^[0-9]{18}$") & (total % 11 == 1)


_ZEROS = pl.col("id_number").str.ends_with("000") & _check_fits(pl.col("id_number"))
_ZEROS_SAY = "ends in 000 with the right check digit, as one true id of 1,100 does: named, for it is no proof, but it may be whole"

NAMED: Mapping[str, Defect] = {
    "name_traditional": Defect("name", ("name_traditional",), pl.col("name") != pl.col("name_simple"), _TRADITIONAL),
    "name_title_only": Defect("name", ("name_title_only",)),
    "name_with_title": Defect("name", ("name_title_removed",)),
    "name_with_phone": Defect("name", ("name_phone_split",)),
    "name_placeholder": Defect("name", ("name_junk", "name_title_only")),
    "name_same_as_owner": Defect("name", ("name_junk",)),
    "mojibake": Defect("name", ("name_mojibake",)),
    "test_record": Defect("name", ("name_test", "name_junk")),
    TEST_PHONE: Defect("phone", ("phone_placeholder",)),
    "phone_cut": Defect("phone", ("phone_invalid", "phone_extra_unreadable")),
    "phone_fullwidth": Defect("phone", ("phone_repaired",)),
    "phone_decimal": Defect("phone", ("phone_repaired",)),
    "phone_scientific": Defect("phone", ("phone_digits_lost", "phone_extra_unreadable")),
    "phone_placeholder": Defect("phone", ("phone_placeholder", "phone_invalid", "phone_extra_unreadable"), ~pl.col("phone").str.contains("^(?:[^0-9]*|1) ; "), "a word for none beside a second phone"),
    "phone_no_area_code": Defect("phone", ("phone_needs_area_code", "phone_area_code_added", "phone_extra_unreadable")),
    "id_spreadsheet": Defect("id_number", ("id_spreadsheet_damaged",), alike=_ZEROS, why_alike=_ZEROS_SAY),
    "id_scientific": Defect("id_number", ("id_spreadsheet_damaged",)),
    "id_digit": Defect("id_number", ("id_checksum_or_date", "id_region_unknown", "id_check_digit")),
    "id_15_digits": Defect("id_number", ("id_upgraded",)),
    "id_masked": Defect("id_number", ("id_masked",)),
    "id_placeholder": Defect("id_number", ("id_placeholder", "id_checksum_or_date", "id_unknown")),
    "address_no_province": Defect("address", NO_PROVINCE, _PROVINCE_LACKS, "municipalities, whose province is their city"),
    "address_no_city": Defect("address", NO_PROVINCE, _PROVINCE_LACKS, "municipalities, whose province is their city"),
    "address_reordered": Defect("address", NO_PROVINCE, _PROVINCE_LACKS, "municipalities; what lacks is the province"),
    "address_former": Defect("address", ("address_historic",), pl.col("address").is_not_null(), "divisions without an address beside them"),
    "address_traditional": Defect("address", ("address_traditional",), pl.col("address") != pl.col("address_simple"), _TRADITIONAL),
    "address_junk": Defect("address", ("address_junk",), pl.col("address").is_not_null(), "exports without a column for the address"),
    "vin_o_i": Defect("vin", ("vin_repaired",), pl.col("vin").is_not_null(), _OF_PERSON),
    "vin_digit": Defect("vin", ("vin_check_digit", "vin_check_digit_warning"), pl.col("vin").is_not_null(), _OF_PERSON),
    "vin_cut": Defect("vin", ("vin_length",), pl.col("vin").is_not_null(), _OF_PERSON),
    "vin_placeholder": Defect("vin", ("vin_placeholder", "vin_not_a_vin"), pl.col("vin").is_not_null(), _OF_PERSON),
    "plate_no_province": Defect("plate", ("plate_province",), ~pl.col("plate").str.contains("^[A-Z]{2}[0-9]{5}$"), "AK12345 is also a military plate"),
    "plate_placeholder": Defect("plate", ("plate_placeholder",), pl.col("plate").is_not_null(), _OF_PERSON),
    "email_wrong": Defect("email", ("email_invalid", "email_typo_domain", "email_placeholder"), ~pl.col("email").str.contains("＠"), "a full-width @ is a form"),
    "date_wrong": Defect("event_date", ("date_placeholder", "date_in_future", "date_impossible", "date_unreadable"), pl.col("event_date").is_not_null(), "dates of rows that have no date column for the person"),
}  # fmt: skip
"""By error: named by a reason."""

EMPTY: Mapping[str, str] = {
    "phone_missing": "phone", "id_missing": "id_number", "address_missing": "address", "vin_missing": "vin", "plate_missing": "plate",
}  # fmt: skip
"""By error: the field that has no value, which completeness tells. Counted with the cells that never had one: not counted here."""

FORMS: Mapping[str, pl.Expr] = {
    "name_spaces": pl.col("clean_name").str.contains(r"^\p{Han}+$"),
    "name_with_role": pl.col("clean_name").str.contains(r"^\p{Han}+$"),
    "phone_separators": pl.col("clean_phones").list.len() > 0,
    "phone_prefix": pl.col("clean_phones").list.len() > 0,
    "phone_two": pl.col("clean_phones").list.len() >= pl.col("phone").str.extract_all("1[0-9]{10}").list.n_unique(),
    "id_lower_x": pl.col("clean_id_number").str.ends_with("X"),
    "address_no_suffix": pl.col("clean_adcode").is_not_null() | (pl.col("clean_city").is_not_null()),
    "vin_lower": pl.col("vin").is_null() | pl.col("clean_vin").str.contains("^[A-Z0-9]{17}$"),
    "vin_spaces": pl.col("vin").is_null() | pl.col("clean_vin").str.contains("^[A-Z0-9]{17}$"),
    "plate_dot": pl.col("plate").is_null() | pl.col("clean_plate").str.contains(r"^\p{Han}[A-Z][A-Z0-9]{5,6}$"),
    "plate_lower": pl.col("plate").is_null() | pl.col("clean_plate").str.contains(r"^\p{Han}[A-Z][A-Z0-9]{5,6}$"),
}
"""By error: no defect but a form of its own, and what the clean value looks like when it is in the standard form."""

UNSEEN: Mapping[str, str] = {
    "name_homophone": "王玮 is as good a name as 王伟",
    "name_typo": "another character makes another name",
    "name_swapped": "a given name that is a surname too; where it is none, name_surname_unknown says so",
    "name_latin": "pinyin may be how a foreigner is called",
    "company_short": "a short name may be the whole",
    "phone_digit": "the wrong number is another valid one",
    "phone_of_dealer": "a valid number; that many customers have it shows in matching only",
    "phone_of_relative": "a valid number",
    "address_style": "both ways to write a home are right",
    "address_typo": "another road or estate, as good as the first",
    "plate_wrong": "plates have no check digit",
    "amount_text": "amounts are read as they stand, and have no reason",
    "junk": "remarks are not judged",
    "formula": "remarks are not judged; exports make formulas inert",
    "empty_row": "no record; the file's count of skipped rows has it",
    "row_twice": "each of the two is right; exact_duplicates counts them",
}
"""By error: why a single record cannot show it."""

OVERWRITES: Mapping[str, frozenset[str]] = {
    "name": frozenset({"name_same_as_owner", "name_title_only", "name_placeholder", "mojibake", "name_latin", "test_record"}),
    "phone": frozenset({"phone_placeholder", "phone_of_dealer", "phone_of_relative", "phone_missing", "name_with_phone", TEST_PHONE}),
    "address": frozenset({"address_junk", "address_missing"}),
}
"""By field: errors that leave nothing of the errors before them in the cell."""


def fields() -> dict[str, str]:
    """The field of the records that each error strikes."""
    return {error.name: {"date": "event_date", "row": "name"}.get(error.field, error.field) for error in ERRORS}


def markdown_table() -> str:
    """The lists as they stand in docs/reports.md."""
    lines = ["| error | what a single record shows |", "| --- | --- |"]
    for name, defect in NAMED.items():
        reasons = ", ".join(defect.reasons)
        apart = f" (not {defect.why_not})" if defect.why_not else f" (counted apart: {defect.why_alike})" if defect.why_alike else ""
        lines.append(f"| {name} | {reasons}{apart} |")
    lines += [f"| {name} | the field {field} is empty |" for name, field in EMPTY.items()]
    lines += [f"| {name} | a form: the value is put into the standard form |" for name in FORMS]
    lines += [f"| {name} | nothing: {why} |" for name, why in UNSEEN.items()]
    return "\n".join(lines) + "\n"
