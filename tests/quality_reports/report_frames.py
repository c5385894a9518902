"""What a home holds after several runs of a dozen dealers: plausible measures, files and runs, seeded."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from engine.tables import schema
from quality_reports.customers import BUCKETS
from quality_reports.fields import CHANNELS, FIELDS
from quality_reports.reasons import DIMENSIONS, about

SOURCES = {"sale": 0.2, "service": 0.45, "lead": 0.15, "web": 0.1, "survey": 0.1}
FILLED = {
    "name": 0.99,
    "phone": 0.96,
    "email": 0.22,
    "id_number": 0.38,
    "birth_date": 0.35,
    "gender": 0.6,
    "address": 0.71,
    "vin": 0.64,
    "plate": 0.58,
}
PROBLEMS = [
    ("phone", "phone_repaired", 0.11), ("name", "name_title_removed", 0.082), ("address", "address_province_missing", 0.19),
    ("phone", "phone_placeholder", 0.031), ("name", "name_title_only", 0.042), ("id_number", "id_spreadsheet_damaged", 0.021),
    ("vin", "vin_check_digit", 0.018), ("vin", "vin_repaired", 0.022), ("address", "address_historic", 0.027), ("name", "name_traditional", 0.019),
    ("event_date", "date_unreadable", 0.012), ("", "stale_record", 0.09), ("gender", "gender_title_mismatch", 0.006), ("address", "address_mismatch", 0.008),
    ("phone", "phone_needs_area_code", 0.014), ("email", "email_invalid", 0.009), ("plate", "plate_length", 0.011), ("name", "name_junk", 0.004),
    ("name", "name_multiple", 0.007), ("phone", "phone_masked", 0.005), ("phone", "phone_digits_lost", 0.003), ("id_number", "id_checksum_or_date", 0.012),
]  # fmt: skip


@dataclass(frozen=True)
class Home:
    """The inputs of ``report.build``."""

    quality: pl.DataFrame
    runs: pl.DataFrame
    files: pl.DataFrame
    quarantine: pl.DataFrame
    identity: pl.DataFrame


def empty_home() -> Home:
    """Before anything ever ran."""
    return Home(
        *(pl.DataFrame(schema=schema(name)) for name in ("quality_history", "runs", "files")),
        pl.DataFrame(schema={"reason": pl.String(), "n": pl.Int64()}),
        pl.DataFrame(schema={"kind": pl.String(), "n": pl.Int64()}),
    )


def sample_home(dealers: int = 12, runs: int = 6, seed: int = 5) -> Home:
    """A home after ``runs`` nightly runs."""
    pick = random.Random(seed)
    names = [
        f"{city}{place:02d}" for place, city in zip(range(1, dealers + 1), ["BJ", "SH", "GZ", "HZ", "CD", "WH"] * dealers, strict=False)
    ]
    quality, run_rows, files = [], [], []
    for night in range(runs):
        day = date(2026, 1, 5) + timedelta(days=7 * night)
        run_id = f"{day:%Y%m%d}T020000Z-{night:04x}"
        per_dealer = {name: _dealer(random.Random(f"{seed}{name}"), night) for name in names}
        scopes = {("", ""): _add(list(per_dealer.values()))}
        scopes |= {(name, ""): cells for name, cells in per_dealer.items()}
        scopes |= {
            ("", source): {
                key: value if key[3] == "score" else round(value * part)
                for key, value in scopes["", ""].items()
                if key[0] in {"records", "clean_records"}
            }
            for source, part in SOURCES.items()
        }
        for (dealer, source), cells in scopes.items():
            quality += [
                (run_id, day, table, dealer, source, field, dimension, measure, float(value))
                for (table, field, dimension, measure), value in cells.items()
            ]
        overall = scopes["", ""]
        rows = overall["records", "", "", "rows"]
        start = datetime(day.year, day.month, day.day, 2, 0, tzinfo=UTC)
        run_rows.append(
            {
                "run_id": run_id, "version": night + 1, "as_of": day, "full": night == 0, "started_at": start, "finished_at": start + timedelta(seconds=84),
                "records": rows, "customers": overall["customers", "", "", "rows"],
            }
        )  # fmt: skip
    for place in range(40):
        rows_in = pick.randrange(300, 9000)
        bad, skipped = pick.choice([0, 0, 0, 3, 17]), pick.choice([1, 1, 4, 9])
        whole = place == 7
        files.append(
            {
                "file_id": f"{place:064x}", "dealer_id": pick.choice(names), "file_name": f"{pick.choice(['售后工单', '销售台账', 'leads'])}_2026-02-{place % 28 + 1:02d}.{pick.choice(['csv', 'xlsx'])}",
                "arrival": place + 1, "size": rows_in * 120, "source": None if whole else pick.choice(list(SOURCES)), "status": "quarantined" if whole else "ingested",
                "reason": "password" if whole else None, "rows_in": 0 if whole else rows_in, "rows_kept": 0 if whole else rows_in - bad - skipped,
                "rows_quarantined": 0 if whole else bad, "rows_blank": 0 if whole else skipped - 1, "rows_title": 0 if whole else 1, "rows_note": 0,
            }
        )  # fmt: skip
    return Home(
        pl.DataFrame(quality, schema=schema("quality_history"), orient="row"),
        _frame("runs", run_rows),
        _frame("files", files),
        pl.DataFrame({"reason": ["too_few_fields", "bad_quotes", "password"], "n": [41, 17, 1]}),
        pl.DataFrame({"kind": ["created", "merged", "split"], "n": [1830, 212, 9]}),
    )


def _frame(table: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame({name: pl.Series(name, [row.get(name) for row in rows], dtype=dtype) for name, dtype in schema(table).items()})


Cells = dict[tuple[str, str, str, str], float]


def _dealer(pick: random.Random, night: int) -> Cells:
    rows = round(pick.uniform(6_000, 42_000) * (1 + 0.02 * night))
    habit = pick.uniform(0.5, 1.8)
    cells: Cells = {("records", "", "", "rows"): rows, ("clean_records", "", "", "rows"): rows}
    by_field: dict[str, list[int]] = {}
    by_dimension: dict[str, list[int]] = {}
    for field, reason, rate in PROBLEMS:
        number = round(rows * rate * habit * pick.uniform(0.6, 1.4))
        repaired = reason.endswith(("_repaired", "_removed", "_missing", "_historic", "_traditional"))
        cells["clean_records", field, about(reason).dimension, ("repaired:" if repaired else "problem:") + reason] = number
        for group, key in ((by_field, field), (by_dimension, about(reason).dimension)):
            group.setdefault(key, [0, 0])[1 if repaired else 0] += number
    for field in FIELDS:
        expected = round(rows * pick.uniform(0.75, 1))
        filled = round(expected * FILLED.get(field.name, 0.5) * pick.uniform(0.93, 1))
        left, repaired = by_field.get(field.name, [0, 0])
        derived = round(
            (expected - filled) * (0.5 if field.name in {"gender", "birth_date", "province", "city", "district", "brand"} else 0)
        )
        cells["records", field.name, "completeness", "expected"] = expected
        cells["records", field.name, "completeness", "filled"] = filled
        cells["records", field.name, "conformity", "valid"] = max(0, filled - left - repaired)
        cells["clean_records", field.name, "conformity", "valid"] = max(0, filled - left + derived)
        cells["clean_records", field.name, "completeness", "filled"] = filled - left + derived
        cells["clean_records", field.name, "completeness", "derived"] = derived
    for dimension in DIMENSIONS:
        left, repaired = by_dimension.get(dimension, [0, 0])
        cells["records", "", dimension, "sound"] = rows - min(rows, round((left + repaired) * 0.9))
        cells["clean_records", "", dimension, "sound"] = rows - min(rows, round(left * 0.9))
        cells["clean_records", "", dimension, "score"] = 97 - 6 * habit * pick.random()
    cells["records", "", "", "score"] = 78 - 12 * habit + night * 0.4
    cells["clean_records", "", "", "score"] = 91 - 5 * habit + night * 0.5
    customers = round(rows * pick.uniform(0.38, 0.55))
    cells["customers", "", "", "rows"] = customers
    cells["customer_profile", "", "", "rows"] = customers
    cells["customers", "", "", "score"] = 95 - 4.5 * habit + night * 0.4
    for field, part in (("name", 0.98), ("mobile", 0.92), ("email", 0.24), ("address", 0.7), ("id_number", 0.4), ("birth_date", 0.44)):
        cells["customers", field, "completeness", "filled"] = round(customers * part)
    cells["customers", "", "uniqueness", "records"] = rows
    cells["customers", "", "uniqueness", "merged"] = rows - customers
    cells["customers", "", "uniqueness", "counted_twice"] = round(customers * 0.44)
    cells["customers", "", "uniqueness", "several_dealers"] = round(customers * 0.06)
    cells["records", "", "uniqueness", "exact_duplicates"] = round(rows * 0.013)
    for (name, _, _), part in zip(BUCKETS, (0.56, 0.2, 0.1, 0.06, 0.03, 0.04, 0.01), strict=True):
        cells["customers", "", "uniqueness", f"records_per_customer:{name}"] = round(customers * part)
    for channel, (before, after) in zip(CHANNELS, ((0.79, 0.93), (0.77, 0.905), (0.41, 0.66), (0.18, 0.27)), strict=True):
        cells["customers", "", "business", f"reach_{channel}_before"] = round(customers * before * (1 - 0.05 * habit))
        cells["customers", "", "business", f"reach_{channel}"] = round(customers * after * (1 - 0.02 * habit))
    cells["records", "", "business", "mailings_sms"] = round(rows * 0.96)
    cells["records", "", "business", "mailings_post"] = round(rows * 0.71)
    cells["customers", "", "business", "unreachable_before"] = round(customers * 0.12)
    cells["customers", "", "business", "unreachable"] = round(customers * 0.04)
    for name, part in (("value", 1.0), ("value_at_risk_before", 0.09), ("value_at_risk", 0.03)):
        cells["customer_profile", "", "business", name] = round(customers * 8200 * part)
    cells["clean_records", "vin", "business", "cars"] = round(customers * 0.9)
    cells["records", "vin", "business", "cars_with_owner"] = round(customers * 0.7)
    cells["clean_records", "vin", "business", "cars_with_owner"] = round(customers * 0.84)
    return cells


def _add(parts: list[Cells]) -> Cells:
    total: Cells = {}
    for cells in parts:
        for key, value in cells.items():
            total[key] = total.get(key, 0) + (value / len(parts) if key[3] == "score" else value)
    return total
