"""Whose records a pipeline run's customers hold, by the generator's truth."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import polars as pl

from engine.contract import Table
from engine.duckdb import DuckDBEngine
from generator.answers import entities


class Whose(NamedTuple):
    """``records``: the asked columns of each record, customer_id and person_id; ``customers``: customer_id, person_id of whom most of its records are."""

    records: pl.DataFrame
    customers: pl.DataFrame


def whose(engine: DuckDBEngine, read: dict[str, Table], exports: Path, *columns: str) -> Whose:
    """Records with the customer who holds them and the person who they are of; ``columns``: more of ``clean_records`` to bring along."""
    more = "".join(f", r.{column}" for column in columns)
    query = (
        "select r.record_id, r.row_id, r.dealer_id, r.source, r.source_key, r.role, r.file_id, r.row_number, r.event_date, coalesce(r.vin, e.vin) as vin,"
        f" c.customer_id{more} from r join c on r.record_id = c.record_id and c.valid_to is null left join e on r.row_id = e.row_id"
    )
    records = engine.collect(engine.sql(query, r=read["clean_records"], c=read["crosswalk"], e=read["events"]), max_rows=100_000_000)
    files = engine.collect(engine.sql("select file_id, dealer_id, file_name from f", f=read["files"]), max_rows=100_000_000)
    named = entities(records, files=files, truth=pl.read_parquet(exports / "truth" / "records.parquet"))
    known = records.join(named.rename({"entity_id": "person_id"}), on="record_id")
    most = known.group_by("customer_id", "person_id").len().sort("len", "person_id")
    return Whose(known, most.unique("customer_id", keep="last").select("customer_id", "person_id"))
