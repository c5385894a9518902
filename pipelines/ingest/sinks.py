"""Where the rows of a file go: counted only, or written as Parquet, with ids settled once the whole file is known."""

from __future__ import annotations

import io
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow.parquet as pq

from engine.tables import QUARANTINE, RECORDS
from pipelines.ingest import identity
from pipelines.ingest.inbox import InboxFile
from pipelines.ingest.reasons import REASONS, RefusedError

RECORDS_FILE: Final = "records.parquet"
QUARANTINE_FILE: Final = "quarantine.parquet"
SPILL_ROWS: Final = 500_000
"""Records held in memory while a file is read; beyond, they go to disk."""


@cache
def _no_quarantine() -> bytes:
    """A quarantine file without rows: most files have none."""
    buffer = io.BytesIO()
    pl.DataFrame(schema=QUARANTINE.schema).write_parquet(buffer)
    return buffer.getvalue()


class Sink:
    """Takes what a file gives: counts it. The base of the writer, and all that ``chezhu check`` needs."""

    scratch: Path | None = None

    def __init__(self) -> None:
        self.places = 0
        self.reasons: Counter[str] = Counter()
        self.record_count = 0
        self._mains: list[pl.DataFrame] = []

    def records(self, frame: pl.DataFrame) -> None:
        """Takes records (RECORDS with ``_place`` and ``_content``)."""
        mains = frame.filter("main").select("row_id", "_content", "_place")
        mains = mains.join(frame.group_by("_place").agg(pl.len().alias("_records")), on="_place", how="left", maintain_order="left")
        self._mains.append(mains)
        self.places += mains.height
        self.record_count += frame.height

    def quarantine(self, frame: pl.DataFrame) -> None:
        """Takes quarantine rows."""
        self.reasons.update(dict(frame.group_by("reason").len().iter_rows()))

    def notice(self, code: str, number: int) -> None:
        """Takes note of something that stops nothing."""
        self.reasons[code] += number

    def refuse(self, label: str | None, refusal: RefusedError) -> None:  # noqa: ARG002 - the writer wants the label
        """Takes a file or member that cannot be read."""
        self.reasons[refusal.reason] += 1

    def refuse_rows(self, label: str | None, refusal: RefusedError, frame: pl.DataFrame) -> None:  # noqa: ARG002 - the writer wants the label
        """Takes the rows of a sheet that cannot be read (``row_number`` and ``text``)."""
        self.reasons[refusal.reason] += frame.height

    def records_of(self, places: pl.Series) -> int:
        """Number of records of the rows at ``places``."""
        return sum(int(part.filter(pl.col("_place").is_in(places.implode()))["_records"].sum()) for part in self._mains)

    def settled(self) -> pl.DataFrame:
        """Rows whose id occurs more than once (see :func:`pipelines.ingest.identity.settle`)."""
        if not self._mains:
            return pl.DataFrame(schema={"_place": pl.Int64(), "_number": pl.Int64()})
        mains = pl.concat(self._mains)
        if mains["row_id"].n_unique() == mains.height:
            return identity.settle(mains.clear())
        settled = identity.settle(mains)
        replaced = settled.filter(pl.col("_number") == 0).height
        if replaced:
            self.notice("key_repeated", replaced)
        return settled


class Writer(Sink):
    """Writes records and quarantine rows as they come."""

    def __init__(self, file: InboxFile, out: Path) -> None:
        super().__init__()
        self._file = file
        self._out = out
        self.scratch = out
        self._parts: list[pl.DataFrame] = []
        self._spill: pq.ParquetWriter | None = None
        self._quarantined: list[pl.DataFrame] = []

    @property
    def records_path(self) -> Path:
        """Where records are written."""
        return self._out / RECORDS_FILE

    @property
    def quarantine_path(self) -> Path:
        """Where quarantine rows are written."""
        return self._out / QUARANTINE_FILE

    @property
    def _spilled(self) -> Path:
        return self._out / "records.spill"

    def records(self, frame: pl.DataFrame) -> None:
        """Writes records (RECORDS with ``_place`` and ``_content``)."""
        super().records(frame)
        self._parts.append(frame)
        if sum(part.height for part in self._parts) > SPILL_ROWS:
            self._flush()

    def _flush(self) -> None:
        table = pl.concat(self._parts).to_arrow()
        if self._spill is None:
            self._spill = pq.ParquetWriter(self._spilled, table.schema, compression="zstd")
        self._spill.write_table(table)
        self._parts = []

    def quarantine(self, frame: pl.DataFrame) -> None:
        """Writes quarantine rows."""
        super().quarantine(frame)
        self._quarantined.append(frame.select(*QUARANTINE.schema))

    def refuse(self, label: str | None, refusal: RefusedError) -> None:
        """Writes a file or member that cannot be read."""
        super().refuse(label, refusal)
        row = pl.DataFrame({"row_number": [None], "text": [None]}, schema={"row_number": pl.Int64(), "text": pl.String()})
        self._quarantined.append(self._quarantine_rows(label, refusal, row))

    def refuse_rows(self, label: str | None, refusal: RefusedError, frame: pl.DataFrame) -> None:
        """Writes the rows of a sheet that cannot be read."""
        super().refuse_rows(label, refusal, frame)
        self._quarantined.append(self._quarantine_rows(label, refusal, frame))

    def _quarantine_rows(self, label: str | None, refusal: RefusedError, frame: pl.DataFrame) -> pl.DataFrame:
        detail = f"{REASONS[refusal.reason].en}: {refusal.detail}; {REASONS[refusal.reason].advice}"
        return frame.select(
            pl.lit(self._file.file_id).alias("file_id"),
            pl.lit(self._file.dealer_id).alias("dealer_id"),
            pl.lit(self._file.file_name).alias("file_name"),
            pl.lit(label, pl.String).alias("sheet"),
            "row_number",
            pl.lit(refusal.reason).alias("reason"),
            pl.lit(detail).alias("detail"),
            pl.col("text").str.head(4000),
        ).cast(pl.Schema(QUARANTINE.schema))

    def discard(self) -> None:
        """Forgets all that was written."""
        if self._spill is not None:
            self._spill.close()
            self._spilled.unlink(missing_ok=True)

    def finish(self) -> int:
        """Writes the two files; the number of records."""
        settled = self.settled()
        target = self.records_path
        if self._quarantined:
            pl.concat(self._quarantined).write_parquet(self.quarantine_path)
        else:
            self.quarantine_path.write_bytes(_no_quarantine())
        if self._spill is None:
            whole = (
                pl.concat(self._parts)
                if self._parts
                else pl.DataFrame(schema={**RECORDS.schema, "_place": pl.Int64(), "_content": pl.String()})
            )
            records = identity.renumber(whole, settled).select(*RECORDS.schema)
            records.write_parquet(target, compression="lz4", statistics=False)
            return records.height
        if self._parts:
            self._flush()
        self._spill.close()
        count = 0
        with pq.ParquetFile(self._spilled) as spilled:
            sink: pq.ParquetWriter | None = None
            for batch in spilled.iter_batches(batch_size=131_072):
                frame = identity.renumber(pl.DataFrame(pl.from_arrow(batch)), settled).select(*RECORDS.schema)
                count += frame.height
                table = frame.to_arrow()
                sink = sink or pq.ParquetWriter(target, table.schema, compression="zstd")
                sink.write_table(table)
            if sink is not None:
                sink.close()
        self._spilled.unlink()
        return count
