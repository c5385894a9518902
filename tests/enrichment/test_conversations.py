"""Conversations: each event of a campaign or a complaint with the customer of its record, and nothing else."""

from __future__ import annotations

from datetime import date

import polars as pl

from engine.duckdb import DuckDBEngine
from engine.tables import schema
from enrichment.conversations import conversations
from enrichment.members import numbered


def test_campaigns_and_complaints_with_the_customer_that_holds_now(engine: DuckDBEngine) -> None:
    day = date(2026, 6, 1)
    customers = engine.from_frame(pl.DataFrame([{"customer_id": name} for name in ("B", "A")], schema=schema("customers")))
    whose = [
        {"record_id": "r1", "customer_id": "A", "valid_from": day, "valid_to": day},
        {"record_id": "r1", "customer_id": "B", "valid_from": day},
        {"record_id": "r2", "customer_id": "A", "valid_from": day},
    ]
    events = [
        {"record_id": "r1", "source": "campaign", "campaign": "spring", "cost": 0.6, "response": "是", "event_date": day},
        {"record_id": "r2", "source": "complaint", "dealer_id": "D1"},
        {"record_id": "r2", "source": "service", "event_date": day},
        {"record_id": "r3", "source": "complaint"},
    ]
    made = conversations(
        engine,
        events=engine.from_frame(pl.DataFrame(events, schema=schema("events"))),
        customers=numbered(engine, customers),
        crosswalk=engine.from_frame(pl.DataFrame(whose, schema=schema("crosswalk"))),
    )
    assert engine.collect(made).sort("customer").rows() == [
        (1, "A", "r2", "complaint", "D1", None, None, None, None),
        (2, "B", "r1", "campaign", None, day, "spring", 0.6, "是"),
    ]
