"""Tables of many files sorted out together: those of one layout as one frame of cells, those of one contract as one of records.

What Polars does costs some milliseconds a call, whatever it is given, and dealers send many small files; so whole tables wait
until enough are there. A table too large to be held goes through in batches. Rows know their table by its number, and are ordered by
``_place``: table, then row.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import polars as pl

from pipelines.ingest import reading, rows
from pipelines.ingest.contracts import Contract
from pipelines.ingest.limits import Limits
from pipelines.ingest.reading import Table
from pipelines.ingest.sinks import Sink
from pipelines.ingest.workbooks import Sheet

HELD_ROWS: Final = 65_536
"""Rows that wait for others of their contract before they are made into records."""
_TABLE: Final = 1 << 32


class Sorter:
    """Takes tables; gives their records, quarantined rows and counts to a sink."""

    def __init__(self, sink: Sink, limits: Limits) -> None:
        self._sink = sink
        self._limits = limits
        self._waiting: dict[tuple[object, ...], list[tuple[int, Table]]] = defaultdict(list)
        self._waiting_bytes = 0
        self._fields: dict[str, tuple[Contract, list[pl.DataFrame]]] = {}
        self._held_rows = 0

    def add(self, number: int, table: Table) -> None:
        """Takes a table, whose number is ``number``.

        Raises:
            RefusedError: it cannot be read to its end.
        """
        if callable(table.rows):
            for cells in table.rows():
                self._sort(cells.with_columns(table=pl.lit(number, pl.UInt32)), table)
            return
        self._waiting[reading.kind(table)].append((number, table))
        self._waiting_bytes += int(table.rows.cells.estimated_size()) if isinstance(table.rows, Sheet) else len(table.rows.text)
        if self._waiting_bytes > self._limits.batch_bytes:
            self._read()

    def finish(self) -> None:
        """Sorts out what still waits."""
        self._read()
        self._make()

    def _read(self) -> None:
        for waiting in self._waiting.values():
            numbers, tables = zip(*waiting, strict=True)
            self._sort(reading.cells_together(numbers, tables), tables[0])
        self._waiting.clear()
        self._waiting_bytes = 0

    def _sort(self, cells: pl.DataFrame, table: Table) -> None:
        layout = table.layout
        sorted_out = rows.sort_out(cells, layout, self._limits)
        kinds = self._sink.count(sorted_out)
        if kinds["quarantined"]:
            self._sink.quarantine(rows.quarantine(sorted_out))
        if kinds["data"]:
            self._fields.setdefault(layout.contract.source, (layout.contract, []))[1].append(rows.fields(sorted_out, layout))
            self._held_rows += kinds["data"]
            if self._held_rows > HELD_ROWS:
                self._make()

    def _make(self) -> None:
        for contract, frames in self._fields.values():
            fields = pl.concat(frames, how="diagonal").with_columns(_place=pl.col("table").cast(pl.Int64) * _TABLE + pl.col("row_number"))
            dealers = self._sink.dealers(fields["table"])
            self._sink.records(rows.records(fields.with_columns(dealers.alias("dealer_id")), contract))
        self._fields.clear()
        self._held_rows = 0
