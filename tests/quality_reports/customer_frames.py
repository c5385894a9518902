"""The published tables that the customers report is counted from, small and seeded, with plain personal values in them."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import polars as pl

from engine.tables import TABLES, schema
from quality_reports.customer_counts import NEEDED

AS_OF = date(2026, 2, 15)
DEALERS = ("BJ01", "SH02", "GZ03")
PERSONAL = ("+8613917852046", "wang.xm@example.com", "上海市浦东新区世纪大道1号", "LSVAA4182E2123456", "王晓明")
"""Values that stand in the tables and must stand in no report."""

_PHONE, _EMAIL, _POST, _VIN, _NAME = PERSONAL
_GRADES = "ABCD"


def customer_tables(customers: int = 300, seed: int = 7) -> dict[str, pl.DataFrame]:
    """All tables of ``NEEDED`` of so many customers."""
    pick = random.Random(seed)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in NEEDED}
    for place in range(customers):
        _customer(pick, f"C{place:05d}", rows)
    for dealer in ("", *DEALERS):
        rows["loop_measures"] += _loop(pick, dealer)
    groups = [("channel", "service"), ("channel", "lead"), *(("dealer", dealer) for dealer in DEALERS)]
    rows["value_groups"] = [
        {"dimension": dimension, "name": name, "customers": 40, "monetary": 9000.4, "lifetime_value": 812.5, "acquisition_cost": 3.25} for dimension, name in groups
    ]  # fmt: skip
    rows["churn_model"] = [{"model": "churn", "measure": name, "value": value} for name, value in (("auc", 0.81), ("ece", 0.012), ("lift_top_decile", 3.1), ("base_rate", 0.19), ("measured_on", 4000.0))]  # fmt: skip
    rows["customer_profile"] = [{"customer_id": f"C{place:05d}", "household_id": "C00000" if place < 3 else None} for place in range(9)]
    rows["fleets"] = [{"customer_id": "C00007", "cars": 4}]
    rows["value_models"] = [{"model": "lifetime", "measure": "idle:too_few_histories", "value": 1.0}]
    rows["campaign_results"] = [
        _campaign("秋季关怀", "list", 0.031, None), _campaign("冬季检测", "list", None, "running"), _campaign("老客户 13917852046", "export", None, "no_hold_out"),
    ]  # fmt: skip
    rows["prospect_model"] = [{"method": "model", "learned_from": 900, "buyers": 120, "base_rate": 0.1333, "lift": 2.1, "scored": 30}]
    names = ("多车客户", "流失预警")
    rows["segment_sizes"] = [{"segment": a, "other": b, "customers": 60 if a == b else 12} for a in names for b in names]
    return {name: table(name, found) for name, found in rows.items()}


def table(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows as a frame of one of our tables; what they do not say is null."""
    return pl.DataFrame({key: pl.Series(key, [row.get(key) for row in rows], dtype=dtype) for key, dtype in schema(name).items()})


def no_customer_tables() -> dict[str, pl.DataFrame]:
    """The same tables without a row."""
    return {name: pl.DataFrame(schema=TABLES[name].schema) for name in NEEDED}


def _day(pick: random.Random, first: int, last: int) -> date | None:
    return AS_OF + timedelta(days=pick.randint(first, last)) if pick.random() < 0.9 else None


def _customer(pick: random.Random, key: str, rows: dict[str, list[dict[str, Any]]]) -> None:
    dealer = pick.choice([*DEALERS, None])
    allowed = pick.random() < 0.9
    owner = pick.random() < 0.6
    rows["customers"].append({"customer_id": key, "home_dealer_id": dealer, "name": _NAME})
    rows["customer_reach"].append(
        {
            "customer_id": key, "phone": pick.choice([_PHONE, None]), "sms": pick.choice([_PHONE, None]), "email": pick.choice([_EMAIL, None]), "post": pick.choice([_POST, None]),
            "contact_allowed": allowed, "contact_reason": None if allowed else pick.choice(["opt_out", "minor"]), "best_channel": pick.choice(["sms", "post", None]) if allowed else None,
        }
    )  # fmt: skip
    rows["customer_value"].append(
        {
            "customer_id": key, "value_model": "owner" if owner else "prospect", "value_grade": pick.choice(_GRADES), "value_segment": pick.choice(["重要价值客户", "一般保持客户", None]),
            "monetary": round(pick.uniform(0, 90_000), 2), "lifetime_value": round(pick.uniform(0, 9_000), 2) if pick.random() < 0.5 else None,
        }
    )  # fmt: skip
    status = pick.choice(["active", "lost", "none"])
    level = pick.choice(["low", "medium", "high"]) if status == "active" else None
    rows["customer_churn"].append({"customer_id": key, "churn_status": status, "churn_level": level})
    if level in {"medium", "high"} and dealer:
        rows["save_list"].append({"customer_id": key, "dealer_id": dealer, "offer": pick.choice(["关怀回访", "免费检测一次"]), "churn_level": level, "at_stake": round(pick.uniform(1, 900), 2)})  # fmt: skip
    if owner:
        rows["cars"].append(
            {
                "vin": f"{_VIN[:12]}{key[1:]}", "customer_id": key, "next_service": _day(pick, -300, 500), "next_service_reason": pick.choice(["mileage", "months", "no_visit"]),
                "insurance_due": _day(pick, -300, 500), "inspection_due": _day(pick, -300, 500), "warranty_end": _day(pick, -300, 500), "replacement_from": _day(pick, -300, 500),
            }
        )  # fmt: skip
        held = pick.choice([None, None, "household", "limit"])
        rows["care_tasks"].append({"customer_id": key, "task": pick.choice(["next_service", "lunar_birthday", "spring_festival"]), "vin": _VIN, "due_date": AS_OF, "do_date": _day(pick, -90, 60) or AS_OF, "dealer_id": dealer, "status": "held" if held else "planned", "held_reason": held})  # fmt: skip
    else:
        asked = dealer or DEALERS[0]
        lost = pick.choice([None, "price"])
        rows["leads"].append({"lead_id": key, "customer_id": key, "dealer_id": asked, "stage": "lost" if lost else pick.choice(["new", "won"]), "answer": pick.choice(["in_time", "overdue", "escalate"]), "lost_reason": lost})  # fmt: skip
        rows["prospects"].append({"lead_id": key, "customer_id": key, "dealer_id": asked, "grade": pick.choice("HABC"), "hand_over_to": pick.choice([*DEALERS, None]), "hand_over_reason": "city", "contact_allowed": allowed, "owner_before": False, "phone": _PHONE, "email": _EMAIL})  # fmt: skip
        rows["call_list"].append({"dealer_id": asked, "customer_id": key, "reason": "lead_overdue", "vin": _VIN, "phone": _PHONE})


def _loop(pick: random.Random, dealer: str) -> list[dict[str, Any]]:
    told = [("lead_conversion", "汽车之家", f"2025-0{month}") for month in (5, 6)] + [
        ("lead_answered", "", ""),
        ("complaints_open", "", ""),
        ("service_retention", "", ""),
    ]
    told += [(measure, "", f"2026-0{month}") for measure in ("csat", "nps") for month in (1, 2)]
    return [{"measure": measure, "dealer_id": dealer, "channel": channel, "month": month, "numerator": pick.randint(-3 if measure == "nps" else 0, 9), "denominator": 10} for measure, channel, month in told]  # fmt: skip


def _campaign(name: str, origin: str, uplift: float | None, reason: str | None) -> dict[str, Any]:
    ends = (None, None) if uplift is None else (uplift - 0.02, uplift + 0.02)
    return {
        "campaign": name, "origin": origin, "from_date": AS_OF, "listed": 400, "held_out": 100, "reached": 380, "responded": 22, "uplift": uplift, "uplift_low": ends[0],
        "uplift_high": ends[1], "uplift_reason": reason, "cost": 812.5, "test_drives": 9, "sales": 3, "cost_per_response": 36.93, "cost_per_sale": 270.83,
    }  # fmt: skip
