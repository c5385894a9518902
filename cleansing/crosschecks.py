"""Contradictions inside a record: two of its fields cannot both be right.

Checked: gender column against the id and against the title, the title against the id, birth date column against the id, kind of name against kind of
id (a company with a resident id), brand against the VIN's maker, and the provinces of address, phone, plate and id. Of these:

- the address stands alone (``region_mismatch``): two of phone, plate and id agree with each other, and none with the address;
- the plate stands alone (``plate_region_mismatch``): the address has another province, and so has the phone or the id, with it.

These are weak signs and cost little. A phone or an id that stands alone is no problem of the record: people move and keep their
number (one record in eight), and an id tells where somebody was first registered.

The problem is on the pair of fields ("gender/id_number"), its value is that of the first. What the records of one car say of each
other is found later (:mod:`cleansing.cars`).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from cleansing import reference
from cleansing.vehicles import makers

_PERSONS_IDS = (
    "resident_id", "hkmt_residence_permit", "foreigner_permit", "passport_cn", "passport", "hkm_travel_permit", "tw_travel_permit", "military_id",
    "hk_id", "macau_id", "tw_id", "hkm_exit_permit", "tw_exit_permit",
)  # fmt: skip
ORGANIZATION_IDS = ("uscc", "org_code")


@dataclass(frozen=True)
class Check:
    """One rule: the pair of fields, the reason, the column whose value is told, and the condition."""

    field: str
    reason: str
    value: str
    wrong: pl.Expr


def problems(facts: pl.DataFrame) -> pl.DataFrame:
    """Contradictions of records: row, field, reason, value (String).

    Args:
        facts: one row a record: gender_column, gender_title, gender_id, birth_column, birth_id (Date), name_kind, id_type,
            brand, brand_known, wmi, province, phone_province (of the mobile, else of the landline), plate_province, id_province, and the text as written of gender,
            birth_date, name, brand, address, plate (``…_written``).
    """
    person_name, company_name = pl.col("name_kind") == "person", pl.col("name_kind") == "company"
    person_id, company_id = pl.col("id_type").is_in(_PERSONS_IDS), pl.col("id_type").is_in(ORGANIZATION_IDS)
    # Where the column contradicts the id as well, the title adds nothing.
    column_says_it = (pl.col("gender_column") != pl.col("gender_id")).fill_null(value=False)
    title_against_id = (pl.col("gender_title") != pl.col("gender_id")) & ~column_says_it
    checks = (
        Check("gender/id_number", "gender_id_mismatch", "gender_written", pl.col("gender_column") != pl.col("gender_id")),
        Check("name/id_number", "gender_id_mismatch", "name_written", title_against_id),
        Check("gender/name", "gender_title_mismatch", "gender_written", pl.col("gender_column") != pl.col("gender_title")),
        Check("birth_date/id_number", "birth_id_mismatch", "birth_date_written", pl.col("birth_column") != pl.col("birth_id")),
        Check("name/id_number", "party_id_mismatch", "name_written", (person_name & company_id) | (company_name & person_id)),
        Check("brand/vin", "brand_vin_mismatch", "brand_written", pl.col("brand_known") & ~pl.col("maker_has_brand")),
        *_regions(),
    )
    frame = facts.with_row_index("row").with_columns(maker_has_brand=_maker_has_brand(facts))
    found = [
        frame.filter(check.wrong.fill_null(value=False)).select(
            "row", field=pl.lit(check.field), reason=pl.lit(check.reason), value=pl.col(check.value)
        )
        for check in checks
    ]  # fmt: skip
    return pl.concat(found)


def _regions() -> tuple[Check, ...]:
    """Which of the provinces stands alone."""
    home, phone, plate, born = (pl.col(name) for name in ("province", "phone_province", "plate_province", "id_province"))

    def same(left: pl.Expr, right: pl.Expr) -> pl.Expr:
        return (left == right).fill_null(value=False)

    nobody_home = ~(same(phone, home) | same(plate, home) | same(born, home))
    elsewhere = home.is_not_null() & nobody_home
    two_agree_with_phone = same(phone, plate) | same(phone, born)
    return (
        Check("address/phone", "region_mismatch", "address_written", elsewhere & two_agree_with_phone),
        Check("address/plate", "region_mismatch", "address_written", elsewhere & ~two_agree_with_phone & same(plate, born)),
        Check(
            "plate/address",
            "plate_region_mismatch",
            "plate_written",
            (plate != home) & ~same(phone, plate) & (same(phone, home) | same(born, home)),
        ),
    )


def _maker_has_brand(facts: pl.DataFrame) -> pl.Series:
    """Whether the VIN's maker may carry the brand; null where the maker is not in the table."""
    table = makers.table(reference.path("wmi.csv")).select("wmi", "brands")
    joined = facts.select("wmi", "brand").join(table, on="wmi", how="left", maintain_order="left")
    return joined.select(pl.col("brands").list.contains(pl.col("brand"))).to_series()
