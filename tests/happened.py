"""The customer file of a few events, for tests of what is told from it: every event is a row of its own, about one customer."""

from __future__ import annotations

from datetime import date

import polars as pl

from engine.contract import Engine, Table
from engine.tables import schema
from enrichment.members import members_by_number
from enrichment.relationships.named import named
from enrichment.relationships.timeline import timeline


def happened(engine: Engine, *, numbers: Table, crosswalk: Table, events: Table, as_of: date) -> tuple[Table, Table]:
    """Whom each row names, and the table ``timeline`` as a version has it; ``numbers``: see ``enrichment.members.numbered``."""
    rows = engine.collect(events)
    same = ("record_id", "row_id", "source", "dealer_id", "event_date", "vin")
    columns = [
        pl.col(name) if name in same else pl.lit({"role": "customer", "main": True}.get(name), dtype).alias(name)
        for name, dtype in schema("clean_records").items()
    ]
    members = members_by_number(engine, customers=numbers, crosswalk=crosswalk)
    whom = named(engine, members=members, clean_records=engine.from_frame(rows.select(columns)))
    told = engine.collect(timeline(engine, named=whom, events=events, numbers=numbers, as_of=as_of))
    return whom, engine.from_frame(told.sort("customer_id", "row_id"))
