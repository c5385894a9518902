"""The records that hold now, of all files that ever arrived.

A row of the source (``row_id``) is what its latest file says: all of its records come from that file, so that a
corrected row without a 送修人 has none. Of a snapshot source only what the newest snapshot of the dealer holds is left, and what
later files add; the newest file alone is the snapshot, so a dealer whose snapshot comes in several parts sends them as one
archive or workbook. A file of several sources counts as a snapshot only if all of them are.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from engine.contract import Engine, Table
from engine.tables import RECORDS

_NOW = """
WITH arrived AS (
    SELECT staged.*, files.arrival AS arrival_, files.snapshot AS snapshot_
    FROM staged JOIN files ON staged.file_id = files.file_id AND staged.dealer_id = files.dealer_id
),
newest AS (
    SELECT dealer_id AS dealer_, source AS source_, MAX(arrival_) AS since_ FROM arrived WHERE snapshot_ GROUP BY dealer_id, source
),
latest AS (
    SELECT row_id AS row_, MAX(arrival_) AS last_ FROM arrived GROUP BY row_id
)
SELECT {columns}
FROM arrived
JOIN latest ON arrived.row_id = latest.row_ AND arrived.arrival_ = latest.last_
LEFT JOIN newest ON arrived.dealer_id = newest.dealer_ AND arrived.source = newest.source_
WHERE newest.since_ IS NULL OR arrived.arrival_ >= newest.since_
"""


def records(engine: Engine, files: pl.DataFrame, staged: Mapping[tuple[str, str], Path]) -> Table:
    """The records valid now (schema of RECORDS, a ``record_id`` once).

    Args:
        engine: where the tables are.
        files: FILES rows with ``arrival`` (each arrival once); those not in ``staged`` or not ingested are passed over.
        staged: records.parquet of each file, by (file_id, dealer_id).
    """
    ingested = files.filter(pl.col("status") == "ingested").select("file_id", "dealer_id", "arrival", "snapshot")
    paths = [staged[key] for key in ingested.select("file_id", "dealer_id").iter_rows() if key in staged]
    if not paths:
        return engine.from_frame(pl.DataFrame(schema=RECORDS.schema))
    columns = ", ".join(f"arrived.{name}" for name in RECORDS.schema)
    return engine.sql(_NOW.format(columns=columns), staged=engine.read(paths), files=engine.from_frame(ingested))
