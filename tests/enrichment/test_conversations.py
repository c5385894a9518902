"""Conversations: each event of a campaign or a complaint with the customer whom its row is about, and nothing else."""

from __future__ import annotations

from datetime import date

import polars as pl

from engine.duckdb import DuckDBEngine
from engine.tables import schema
from enrichment.conversations import conversations
from enrichment.members import numbered


def test_campaigns_and_complaints_with_the_customer_of_their_row(engine: DuckDBEngine) -> None:
    day = date(2026, 6, 1)
    customers = engine.from_frame(pl.DataFrame([{"customer_id": name} for name in ("B", "A")], schema=schema("customers")))
    numbers = numbered(engine, customers)
    whom = [(2, "1", "campaign", True), (1, "1", "campaign", False), (1, "2", "complaint", True), (1, "3", "service", True)]
    named = pl.DataFrame(whom, schema=["customer", "row_id", "source", "main"], orient="row")
    events = [
        {"row_id": "1", "record_id": "r1", "source": "campaign", "campaign": "spring", "cost": 0.6, "response": "是", "event_date": day},
        {"row_id": "2", "record_id": "r2", "source": "complaint", "dealer_id": "D1"},
        {"row_id": "3", "record_id": "r2", "source": "service", "event_date": day},
        {"row_id": "4", "record_id": "r3", "source": "complaint"},
    ]
    made = conversations(
        engine,
        events=engine.from_frame(pl.DataFrame(events, schema=schema("events"))),
        named=engine.from_frame(named),
        numbers=numbers,
    )
    assert engine.collect(made).sort("customer").rows() == [
        (1, "A", "r2", "complaint", "D1", None, None, None, None),
        (2, "B", "r1", "campaign", None, day, "spring", 0.6, "是"),
    ]
