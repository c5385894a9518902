"""Files taken in: records, quarantine and reconciled counts, written so that a result that is there is whole.

Law 1 holds for every file: rows in = kept + quarantined + blank + title + note. A file that cannot be read is quarantined
whole, with one quarantine row that says why; of an archive or workbook only what cannot be read, if something else can. What
becomes of a file does not depend on the files that are read with it.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from engine.tables import FILES
from pipelines.ingest import rows
from pipelines.ingest.contracts import Contracts
from pipelines.ingest.inbox import InboxFile
from pipelines.ingest.limits import Limits
from pipelines.ingest.reading import Table, Unread, tables
from pipelines.ingest.reasons import RefusedError
from pipelines.ingest.sinks import QUARANTINE_FILE, RECORDS_FILE, Sink, Writer
from pipelines.ingest.sorting import Sorter

RESULT_FILE: Final = "result.json"
SMALL_SHEET_ROWS: Final = 40
"""A sheet without a known header beside good ones is a cover, a legend or a list of choices if it has no more rows than this."""


@dataclass(frozen=True)
class TableSummary:
    """What became of one table: its place, how it was written, its columns (header, role, field), and its rows by kind."""

    label: str | None
    source: str | None
    encoding: str | None
    delimiter: str | None
    header_rows: tuple[int, int] | None
    columns: tuple[tuple[str, str, str], ...]
    unknown_headers: tuple[str, ...]
    rows: dict[str, int]
    problem: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class FileResult:
    """What became of one file.

    Attributes:
        row: a FILES row without ``arrival``.
        tables: each table of the file.
        reasons: quarantined rows and notices by reason code.
        records: path of the RECORDS of this file and of those read with it; a file has a record_id once.
        quarantine: path of their QUARANTINE.
    """

    row: dict[str, Any]
    tables: tuple[TableSummary, ...]
    reasons: dict[str, int]
    records: Path
    quarantine: Path


@dataclass(frozen=True)
class FileReading:
    """What was found in one file: its tables, or why it cannot be read."""

    tables: tuple[TableSummary, ...]
    refusal: RefusedError | None = None


def ingest(files: Sequence[InboxFile], contracts: Contracts, limits: Limits, out: Path) -> list[FileResult | None]:
    """Reads ``files`` and writes records.parquet, quarantine.parquet and, last, result.json into ``out``.

    The same content with the same contracts gives the same results. Bad content never raises: it is quarantined with its reason.

    Args:
        files: files of the inbox, in state ready or refused.
        contracts: what is known.
        limits: what is allowed for each.
        out: a folder for these files alone; made if missing, what is in it is replaced.

    Returns:
        What became of each file, in their order; None where it has vanished or changed since it was listed: the next run reads it.

    Raises:
        OSError: our own disk cannot be written.
        ReconciliationError: the program lost a row.
    """
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    (out / RESULT_FILE).unlink(missing_ok=True)
    writer = Writer(files, out)
    readings = read_files(files, contracts, limits, writer, scratch=out)
    counts = writer.finish()
    results: list[FileResult | None] = []
    for number, (file, reading) in enumerate(zip(files, readings, strict=True)):
        if reading is None:
            results.append(None)
            continue
        row, reasons = _row(file, contracts, reading, counts[number]), dict(sorted(writer.reasons[number].items()))
        results.append(FileResult(row, reading.tables, reasons, out / RECORDS_FILE, out / QUARANTINE_FILE))
    content = [
        {"row": result.row, "tables": [vars(table) for table in result.tables], "reasons": result.reasons} for result in results if result
    ]
    partial = out / f"{RESULT_FILE}.part"
    partial.write_text(json.dumps({"contracts": contracts.digest, "files": content}, ensure_ascii=False), encoding="utf-8")
    for name in (partial, out / RECORDS_FILE, out / QUARANTINE_FILE):
        name.chmod(0o600)
    partial.replace(out / RESULT_FILE)
    return results


def load(out: Path, contracts: Contracts) -> list[FileResult]:
    """The results that :func:`ingest` left in ``out`` with the same contracts; none where no whole result is there."""
    try:
        content = json.loads((out / RESULT_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    if content["contracts"] != contracts.digest:
        return []
    return [
        FileResult(file["row"], tuple(map(_summary, file["tables"])), file["reasons"], out / RECORDS_FILE, out / QUARANTINE_FILE)
        for file in content["files"]
    ]


def _summary(table: dict[str, Any]) -> TableSummary:
    return TableSummary(
        **{
            **table,
            "header_rows": tuple(table["header_rows"]) if table["header_rows"] else None,
            "columns": tuple(tuple(column) for column in table["columns"]),
            "unknown_headers": tuple(table["unknown_headers"]),
        }
    )


def read_files(
    files: Sequence[InboxFile], contracts: Contracts, limits: Limits, sink: Sink, *, scratch: Path | None = None
) -> list[FileReading | None]:
    """Sorts out every row of ``files`` into ``sink``; what was found in each, None where it has vanished or changed since it was listed."""
    sorter = Sorter(sink, limits)
    folder = Path(tempfile.mkdtemp(prefix="chezhu-", dir=scratch))
    try:
        opened = [_open(number, file, contracts, limits, sorter, sink, folder) for number, file in enumerate(files)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sorter.finish()
    return [_close(number, found, sink) for number, found in enumerate(opened)]


Opened = list[tuple[int, TableSummary]] | RefusedError | None
"""The tables of a file by number, their rows not counted yet; or why it cannot be read; or None where it has vanished or changed since it was listed."""


def _open(number: int, file: InboxFile, contracts: Contracts, limits: Limits, sorter: Sorter, sink: Sink, scratch: Path) -> Opened:
    opened = _read(number, file, contracts, limits, sorter, sink, scratch)
    return None if file.changed() else opened  # what was read is not what its id says


def _read(number: int, file: InboxFile, contracts: Contracts, limits: Limits, sorter: Sorter, sink: Sink, scratch: Path) -> Opened:
    found: list[tuple[int, TableSummary]] = []
    try:
        if file.state == "refused":
            return RefusedError(file.reason or "unreadable", "not taken from the inbox")
        for table in tables(file.path, file.file_name, contracts, limits, scratch):
            place = sink.table(number, table.label)
            if isinstance(table, Unread):
                _skip(place, number, table, sink)
                refusal = table.refusal
                found.append((place, TableSummary(table.label, None, None, None, None, (), (), {}, refusal.reason, refusal.detail)))
            else:
                sorter.add(place, table)
                _notice(number, table, sink)
                found.append((place, _summary_of(table)))
    except RefusedError as refusal:
        return refusal
    except FileNotFoundError:
        if file.path.exists() and not file.changed():
            raise
        return None
    return found or RefusedError("empty_file", "nothing in it")


def _close(number: int, found: Opened, sink: Sink) -> FileReading | None:
    if found is None:
        sink.drop(number)
        return None
    if isinstance(found, list):
        summaries = tuple(replace(table, rows={kind: sink.kinds[place][kind] for kind in rows.DATA_KINDS}) for place, table in found)
        read = [table for table in summaries if table.source]
        if read and any(table.rows["data"] or table.rows["quarantined"] for table in summaries):
            return FileReading(summaries)
        first = summaries[0]
        found = RefusedError("only_header", "no row below the header") if read else RefusedError(first.problem or "", first.detail or "")
    sink.drop(number)
    sink.refuse(sink.table(number, None), found)
    return FileReading((TableSummary(None, None, None, None, None, (), (), {}, found.reason, found.detail),), found)


def _summary_of(table: Table) -> TableSummary:
    layout = table.layout
    header = (layout.first + 1, layout.last + 1) if layout.last >= 0 else None
    columns = tuple((c.header, c.role, c.field) for c in layout.columns if c.field != "unnamed")
    return TableSummary(table.label, layout.contract.source, table.encoding, table.delimiter, header, columns, layout.unknown, {})


def _notice(file: int, table: Table, sink: Sink) -> None:
    notices = (("duplicate_header", len(table.layout.duplicates)), ("unknown_header", len(table.layout.unknown)))
    for code, number in (*notices, *((code, 1) for code in sorted(table.notices))):
        if number:
            sink.notice(file, code, number)


def _skip(table: int, file: int, unread: Unread, sink: Sink) -> None:
    """A member or sheet that cannot be read: a small sheet without a table is skipped as notes, all else is quarantined."""
    refusal = unread.refusal
    if unread.batches is None:
        sink.refuse(table, refusal)
        return
    kinds = sink.kinds[table]
    frames = [frame.with_columns(_text()) for frame in unread.batches()]
    filled = sum(frame.filter(pl.col("text").is_not_null()).height for frame in frames)
    kinds["blank"] = sum(frame.height for frame in frames) - filled
    if filled <= SMALL_SHEET_ROWS and refusal.reason == "no_header":
        kinds["note"] = filled
        sink.notice(file, "sheet_skipped", 1)
        return
    kinds["quarantined"] = filled
    reason = "no_header_sheet" if refusal.reason == "no_header" else refusal.reason
    for frame in frames:
        sink.refuse_rows(table, RefusedError(reason, refusal.detail), frame.filter(pl.col("text").is_not_null()))


def _text() -> pl.Expr:
    joined = pl.concat_str(pl.col("^c[0-9]+$"), separator=" | ", ignore_nulls=True)
    return pl.when(joined != "").then(joined).alias("text")


def _row(file: InboxFile, contracts: Contracts, reading: FileReading, records: int) -> dict[str, Any]:
    kinds: Counter[str] = Counter()
    for table in reading.tables:
        kinds.update(table.rows)
    sources = list(dict.fromkeys(table.source for table in reading.tables if table.source))
    row = dict.fromkeys(FILES.schema)
    del row["arrival"]
    values: dict[str, Any] = {
        "file_id": file.file_id,
        "dealer_id": file.dealer_id,
        "file_name": file.file_name,
        "size": file.size,
        "source": ",".join(sources) or None,
        "contract": ",".join(sources) or None,
        "snapshot": bool(sources) and all(contracts.by_source[source].snapshot for source in sources),
        "encoding": next((table.encoding for table in reading.tables if table.encoding), None),
        "status": "ingested" if sources else "quarantined",
        "reason": None if sources else reading.tables[0].problem,
        "rows_in": sum(kinds.values()),
        "rows_kept": kinds["data"],
        "rows_quarantined": kinds["quarantined"],
        "rows_blank": kinds["blank"],
        "rows_title": kinds["title"],
        "rows_note": kinds["note"],
        "records": records,
        "unknown_headers": sorted({header for table in reading.tables for header in table.unknown_headers}),
    }
    return {**row, **values}
