"""Generated exports to clean records and the truth about them, in parts, so that ten million fit on a small machine."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[1]
AS_OF = dt.date(2026, 6, 30)
BATCH = 131_072
PARTS_OF = 1_000_000
"""About so many records are in memory at once."""


def to_clean_records(exports: Path, folder: Path, table: Path, answers: Path) -> None:
    """Writes the clean records (``table``) and the truth about them (``answers``: record_id, entity_id) of exports (inbox/, truth/).

    They are read by the pipeline's own intake and cleansed by its own kernels; of several records with one id the last one counts.
    """
    from cleansing import records as cleansing_records
    from generator.answers import entities
    from pipelines.ingest import batch, contracts, inbox
    from pipelines.ingest.limits import Limits
    from pipelines.settings import Settings

    settings = Settings()
    limits = Limits(
        max_file_bytes=settings.max_file_bytes, max_unpacked_bytes=settings.max_unpacked_bytes, max_row_bytes=settings.max_row_bytes
    )
    files = inbox.scan(exports / "inbox", settle_seconds=0, now=time.time())
    results = batch.ingest_all(files, contracts.load(ROOT / "data" / "contracts"), limits, folder / "staged")
    raw = pl.scan_parquet(list(dict.fromkeys(result.records for result in results if result is not None)))
    names = pl.DataFrame({name: [getattr(file, name) for file in files] for name in ("dealer_id", "file_id", "file_name")})
    truth = pl.read_parquet(exports / "truth" / "records.parquet")
    parts = 1 + raw.select(pl.len()).collect().item() // PARTS_OF
    known, writer = [], None
    for part in range(parts):
        records = raw.filter(pl.col("record_id").hash(seed=1) % parts == part).collect()
        records = records.unique("record_id", keep="last", maintain_order=True)
        known.append(entities(records, files=names, truth=truth))
        for rows in records.iter_slices(BATCH):
            clean = cleansing_records.clean(rows, as_of=AS_OF).to_arrow()
            writer = writer or pq.ParquetWriter(table, clean.schema)
            writer.write_table(clean)
    if writer is not None:
        writer.close()
    pl.concat(known).write_parquet(answers)
