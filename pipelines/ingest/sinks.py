"""Where the rows of files go: counted only, or written as Parquet, with ids and scales settled once all files are known whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from engine.tables import QUARANTINE, RECORDS
from pipelines.ingest import identity, scales
from pipelines.ingest.inbox import InboxFile
from pipelines.ingest.reasons import REASONS, RefusedError

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetWriter

RECORDS_FILE: Final = "records.parquet"
QUARANTINE_FILE: Final = "quarantine.parquet"
SPILL_ROWS: Final = 500_000
"""Records held in memory while files are read; beyond, they go to disk."""
_SPILLED_ROWS: Final = 131_072
_QUICKLY: Final = {"compression": "lz4", "use_dictionary": False, "write_statistics": False}
"""How files are written that are read once, soon."""


class Sink:
    """Takes what some files give: counts it. The base of the writer, and nearly all that ``chezhu check`` needs.

    Files and tables are known by their numbers: a file's is its place in ``files``, a table's what :meth:`table` gave it.

    Attributes:
        kinds: rows of each table by kind.
        reasons: quarantined rows and notices of each file by reason code.
    """

    def __init__(self, files: Sequence[InboxFile]) -> None:
        self.kinds: list[Counter[str]] = []
        self.reasons: list[Counter[str]] = [Counter() for _ in files]
        self._files = files
        self._table_files: list[int] = []
        self._labels: list[str | None] = []
        self._dropped: set[int] = set()
        self._mains: list[pl.DataFrame] = []

    def table(self, file: int, label: str | None) -> int:
        """The number of a new table of ``file``: the sheet or archive member ``label``, None for a plain file."""
        self._table_files.append(file)
        self._labels.append(label)
        self.kinds.append(Counter())
        return len(self._labels) - 1

    def dealers(self, tables: pl.Series) -> pl.Series:
        """The dealer of each table number."""
        return pl.Series([self._files[file].dealer_id for file in self._table_files], dtype=pl.String).gather(tables)

    def count(self, rows: pl.DataFrame) -> Counter[str]:
        """Counts rows (``table``, ``kind``, ``padded``, ``cut``); how many of each kind there were."""
        counted = rows.group_by("table", "kind").agg(pl.len(), pl.col("padded").sum(), pl.col("cut").sum())
        total: Counter[str] = Counter()
        for table, kind, number, padded, cut in counted.iter_rows():
            self.kinds[table][kind] += number
            total[kind] += number
            for code, noticed in (("rows_padded", padded), ("scientific_notation", cut)):
                if noticed and kind == "data":
                    self.notice(self._table_files[table], code, noticed)
        return total

    def records(self, frame: pl.DataFrame) -> None:
        """Takes records as :func:`pipelines.ingest.rows.records` makes them."""
        mains = frame.filter("main")
        self._mains.append(mains.select("row_id", "_content", "_place", self._file_of(mains["table"])))

    def _file_of(self, tables: pl.Series) -> pl.Series:
        return pl.Series("_file", self._table_files, dtype=pl.Int32).gather(tables)

    def quarantine(self, frame: pl.DataFrame) -> None:
        """Takes quarantine rows: ``table``, ``row_number``, ``reason``, ``detail``, ``text``."""
        for table, reason, number in frame.group_by("table", "reason").len().iter_rows():
            self.notice(self._table_files[table], reason, number)

    def notice(self, file: int, code: str, number: int) -> None:
        """Takes note of something that stops nothing."""
        self.reasons[file][code] += number

    def refuse(self, table: int, refusal: RefusedError) -> None:
        """Takes a file, member or sheet that cannot be read at all."""
        self.refuse_rows(table, refusal, pl.DataFrame({"row_number": [None], "text": [None]}))

    def refuse_rows(self, table: int, refusal: RefusedError, rows: pl.DataFrame) -> None:
        """Takes the rows (``row_number`` and ``text``) of a sheet that cannot be read."""
        detail = f"{REASONS[refusal.reason].en}: {refusal.detail}; {REASONS[refusal.reason].advice}"
        self.quarantine(
            rows.select(
                pl.lit(table, pl.UInt32).alias("table"),
                pl.col("row_number").cast(pl.Int64),
                pl.lit(refusal.reason).alias("reason"),
                pl.lit(detail).alias("detail"),
                pl.col("text").cast(pl.String).str.head(4000),
            )
        )

    def drop(self, file: int) -> None:
        """Forgets all that ``file`` gave: it cannot be read as a whole. Only a refusal may follow."""
        self._dropped.add(file)
        self.reasons[file].clear()

    def settled(self) -> pl.DataFrame:
        """Rows whose id occurs more than once in their file (see :func:`pipelines.ingest.identity.settle`).

        Notices those that are replaced, and proves that the rows that were to be kept were.
        """
        empty = pl.DataFrame(schema={"row_id": pl.String(), "_content": pl.String(), "_place": pl.Int64(), "_file": pl.Int32()})
        mains = pl.concat([empty, *self._mains]).filter(~pl.col("_file").is_in(list(self._dropped)))
        self._reconcile(dict(mains.group_by("_file").len().iter_rows()))
        if mains["row_id"].n_unique() == mains.height:
            mains = mains.clear()
        settled = identity.settle(mains)
        replaced = settled.filter(pl.col("_number") == 0)
        for file, number in replaced.join(mains, on="_place").group_by("_file").len().iter_rows():
            self.notice(file, "key_repeated", number)
        return settled

    def _reconcile(self, kept: dict[int, int]) -> None:
        told: Counter[int] = Counter()
        for number, kinds in zip(self._table_files, self.kinds, strict=True):
            told[number] += kinds["data"]
        for number, file in enumerate(self._files):
            if number not in self._dropped and told[number] != kept.get(number, 0):
                message = f"{file.file_name}: {told[number]} rows were to be kept, {kept.get(number, 0)} were"
                raise ReconciliationError(message)


class ReconciliationError(Exception):
    """Rows in are not rows out: a fault of this program, never of the file."""


class Writer(Sink):
    """Writes records and quarantine rows as they come."""

    def __init__(self, files: Sequence[InboxFile], out: Path) -> None:
        super().__init__(files)
        self._out = out
        self._parts: list[pl.DataFrame] = []
        self._held = 0
        self._spill: ParquetWriter | None = None
        self._quarantined: list[pl.DataFrame] = []
        self._rated: list[pl.DataFrame] = []

    @property
    def _spilled(self) -> Path:
        return self._out / "records.spill"

    def records(self, frame: pl.DataFrame) -> None:
        """Writes records as :func:`pipelines.ingest.rows.records` makes them."""
        super().records(frame)
        if frame["_rated_in"].null_count() < frame.height:
            self._rated.append(scales.counted(frame))
        self._parts.append(frame)
        self._held += frame.height
        if self._held > SPILL_ROWS:
            self._flush()

    def _flush(self) -> None:
        import pyarrow.parquet as pq  # noqa: PLC0415 - takes a while to import, and few files are so large

        if not self._parts:
            return
        table = pl.concat(self._parts).to_arrow()
        if self._spill is None:
            self._spill = pq.ParquetWriter(self._spilled, table.schema, **_QUICKLY)
        self._spill.write_table(table)
        self._parts, self._held = [], 0

    def quarantine(self, frame: pl.DataFrame) -> None:
        """Writes quarantine rows."""
        super().quarantine(frame)
        self._quarantined.append(frame)

    def drop(self, file: int) -> None:
        """Forgets all that ``file`` gave."""
        super().drop(file)
        self._quarantined = [part.filter(self._file_of(part["table"]) != file) for part in self._quarantined]

    def finish(self) -> Counter[int]:
        """Writes the two files; the number of records of each file."""
        settled = self.settled()
        rated = scales.decided(self._rated)
        self._write_quarantine()
        if self._spill is not None:
            self._flush()
            self._spill.close()
            return self._write_spilled(settled, rated)
        empty = Counter[int](), pl.DataFrame(schema=RECORDS.schema)
        counts, records = self._complete(pl.concat(self._parts), settled, rated) if self._parts else empty
        records.write_parquet(self._out / RECORDS_FILE, compression="lz4", statistics=False)
        return counts

    def _write_spilled(self, settled: pl.DataFrame, rated: scales.Scales) -> Counter[int]:
        import pyarrow.parquet as pq  # noqa: PLC0415

        total: Counter[int] = Counter()
        schema = pl.DataFrame(schema=RECORDS.schema).to_arrow().schema
        with pq.ParquetFile(self._spilled) as spilled, pq.ParquetWriter(self._out / RECORDS_FILE, schema, **_QUICKLY) as sink:
            for batch in spilled.iter_batches(batch_size=_SPILLED_ROWS):
                counts, records = self._complete(pl.DataFrame(pl.from_arrow(batch)), settled, rated)
                total.update(counts)
                sink.write_table(records.to_arrow())
        self._spilled.unlink()
        return total

    def _complete(self, part: pl.DataFrame, settled: pl.DataFrame, rated: scales.Scales) -> tuple[Counter[int], pl.DataFrame]:
        """RECORDS of ``part``, ratings with their scale, and how many there are of each file."""
        part = part.with_columns(self._file_of(part["table"]))
        if self._dropped:
            part = part.filter(~pl.col("_file").is_in(list(self._dropped)))
        part = scales.completed(identity.renumber(part, settled), rated)
        ids = pl.Series([file.file_id for file in self._files], dtype=pl.String)
        labels = pl.Series(self._labels, dtype=pl.String)
        whole = part.with_columns(ids.gather(part["_file"]).alias("file_id"), labels.gather(part["table"]).alias("sheet"))
        return Counter(dict(part.group_by("_file").len().iter_rows())), whole.select(*RECORDS.schema)

    def _write_quarantine(self) -> None:
        raw = pl.DataFrame(
            schema={"table": pl.UInt32(), "row_number": pl.Int64(), "reason": pl.String(), "detail": pl.String(), "text": pl.String()}
        )
        rows = pl.concat([raw, *self._quarantined])
        files = [self._files[file] for file in self._table_files]
        origins = pl.DataFrame(
            {
                "file_id": [file.file_id for file in files],
                "dealer_id": [file.dealer_id for file in files],
                "file_name": [file.file_name for file in files],
                "sheet": self._labels,
            },
            schema_overrides={"sheet": pl.String()},
        )
        whole = pl.concat([rows, origins[rows["table"]]], how="horizontal") if rows.height else pl.DataFrame(schema=QUARANTINE.schema)
        whole.select(*QUARANTINE.schema).write_parquet(self._out / QUARANTINE_FILE)
