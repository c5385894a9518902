"""Random small tables of one run, seeded: every shape of value that the measures must tell apart."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from engine.tables import schema

SOURCES = ["sale", "service", "lead", "web", "opt_out"]
ROLES = ["owner", "buyer", "sender", "contact", "customer"]
REASONS = [
    ("phone", "phone_placeholder"), ("phone", "phone_repaired"), ("name", "name_junk"), ("name", "name_title_removed"), ("address", "address_junk"),
    ("vin", "vin_repaired"), ("", "stale_record"), ("id_number", "id_masked"), ("gender", "gender_id_mismatch"), ("address", "a_new_reason"),
]  # fmt: skip


@dataclass(frozen=True)
class Run:
    """The tables that ``measure`` reads, as frames."""

    records: pl.DataFrame
    clean_records: pl.DataFrame
    customers: pl.DataFrame
    customer_profile: pl.DataFrame
    crosswalk: pl.DataFrame


def frame(table: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows (missing columns are null) as a frame of a table's schema."""
    columns = schema(table)
    return pl.DataFrame(
        {name: pl.Series(name, [row.get(name) for row in rows], dtype=dtype) for name, dtype in columns.items()}, schema=columns
    )


def random_run(seed: int, rows: int = 60, dealers: int = 3) -> Run:
    """A run of ``rows`` records, about two thirds as many customers."""
    pick = random.Random(seed)
    records, clean, crosswalk = [], [], []
    customers: dict[str, list[int]] = {}
    for number in range(rows):
        key = {
            "record_id": f"r{number}", "row_id": f"w{number}", "dealer_id": f"D{pick.randrange(dealers)}", "source": pick.choice(SOURCES),
            "role": pick.choice(ROLES), "source_key": str(number), "file_id": "f", "row_number": number, "main": number % 3 > 0,
        }  # fmt: skip
        mobile = f"139{pick.randrange(20):08d}"
        vin = f"LSVAA{pick.randrange(12):012d}"
        email = f"p{pick.randrange(9)}@example.com"
        records.append(
            key
            | {
                "name": pick.choice(["王伟", "李娜", " ", "", None, "先生"]),
                "phone": pick.choice(
                    [
                        mobile,
                        f"0755-8888 ; {mobile}",
                        f"{mobile[:3]}-{mobile[3:]}",
                        " ",
                        None,
                        "无",
                        f" {mobile} ",
                        f"+86 {mobile}",
                        f"0086{mobile}",
                        "1.39E+10",
                        f"{mobile}.0",
                        "02165551234",
                        f"{mobile}/{mobile}",
                    ]
                ),
                "email": pick.choice([email, email.upper(), f"{email},", None]),
                "vin": pick.choice([vin, vin.lower(), None]),
                "address": pick.choice(["长安街1号", "长安街", None]),
                "gender": pick.choice(["男", None]),
                "model": pick.choice(["CR-V", "雅阁 260TURBO", "朗逸", None]),
                "event_date": pick.choice(["2026-01-01", None]),
                "province": pick.choice(["江苏", "江苏省", " ", None]),
                "city": pick.choice(["苏州", " 南京市", None]),
                "event_kind": pick.choice(["保养", " 保养 ", "事故维修", "新车", " ", None]),
            }
        )
        problems = [
            {"field": field, "reason": reason, "value": "x", "repaired": pick.choice([True, False, None])}
            for field, reason in pick.sample(REASONS, pick.randrange(4))
        ]
        clean.append(
            key
            | {
                "name": pick.choice(["王伟", "李娜", None]),
                "gender": pick.choice(["M", None]),
                "phones": pick.choice([["+86" + mobile], ["+86" + mobile, "+8675588888888"], [], None]),
                "emails": pick.choice([[email], [], None]),
                "address": pick.choice(["北京市长安街1号", None]),
                "road_no": pick.choice(["1号", None]),
                "estate": pick.choice(["花园", None]),
                "vin": pick.choice([vin, None]),
                "event_date": pick.choice([date(2026, 1, 1), None]),
                "problems": pick.choice([problems, problems, problems or None]),
                "score_raw": pick.choice([pick.uniform(0, 100), None]),
                "score": pick.uniform(0, 100),
                "score_accuracy": pick.uniform(0, 100),
            }
        )
        if pick.random() < 0.95:
            customer = f"c{pick.randrange(max(1, rows * 2 // 3))}"
            customers.setdefault(customer, []).append(number)
            crosswalk.append(key | {"customer_id": customer, "valid_from": date(2026, 1, 1), "run_id": "1"})
        if pick.random() < 0.1:
            crosswalk.append(key | {"customer_id": "old", "valid_from": date(2025, 1, 1), "valid_to": date(2026, 1, 1), "run_id": "0"})
    for _ in range(rows // 10):
        twin = dict(pick.choice(records))
        twin["record_id"] = f"t{len(records)}"
        records.append(twin)  # a copy that cleansing has not seen
    golden = [
        {
            "customer_id": customer, "name": pick.choice(["王伟", None]), "mobile": pick.choice(["+8613900000000", None]),
            "email": pick.choice(["a@example.com", None]), "records": len(held), "dealers": len({records[number]["dealer_id"] for number in held}),
            "score": pick.uniform(0, 100),
        }
        for customer, held in customers.items()
    ]  # fmt: skip
    profile = [
        {
            "customer_id": customer,
            "reach_post": pick.choice([True, False, None]),
            "contact_allowed": pick.choice([True, True, False]),
            "value_segment": "A",
            "monetary": pick.choice([1200.0, 88000.4, None]),
        }
        for customer in customers
        if pick.random() < 0.9
    ]
    return Run(
        frame("records", records),
        frame("clean_records", clean),
        frame("customers", golden),
        frame("customer_profile", profile),
        frame("crosswalk", crosswalk),
    )
