"""One file taken in: records, quarantine and reconciled counts, written so that a result that is there is whole.

Law 1 holds for every file: rows in = kept + quarantined + blank + title + note. A file that cannot be read is quarantined
whole, with one quarantine row that says why; of an archive or workbook only what cannot be read, if something else can.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass
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

RESULT_FILE: Final = "result.json"
SMALL_SHEET_ROWS: Final = 40
"""A sheet without a known header beside good ones is a cover, a legend or a list of choices if it has no more rows than this."""


class ReconciliationError(Exception):
    """Rows in are not rows out: a fault of this program, never of the file."""


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
        records: path of records.parquet (schema of RECORDS; a record_id once).
        quarantine: path of quarantine.parquet (schema of QUARANTINE).
    """

    row: dict[str, Any]
    tables: tuple[TableSummary, ...]
    reasons: dict[str, int]
    records: Path
    quarantine: Path

    @classmethod
    def load(cls, out: Path) -> FileResult:
        """The result that :func:`ingest` left in ``out``.

        Raises:
            FileNotFoundError: no whole result is there.
        """
        content = json.loads((out / RESULT_FILE).read_text(encoding="utf-8"))
        summaries = tuple(
            TableSummary(
                **{
                    **table,
                    "header_rows": tuple(table["header_rows"]) if table["header_rows"] else None,
                    "columns": tuple(tuple(column) for column in table["columns"]),
                    "unknown_headers": tuple(table["unknown_headers"]),
                }
            )
            for table in content["tables"]
        )
        return cls(content["row"], summaries, content["reasons"], out / RECORDS_FILE, out / QUARANTINE_FILE)


def ingest(file: InboxFile, contracts: Contracts, limits: Limits, out: Path) -> FileResult:
    """Reads ``file`` and writes records.parquet, quarantine.parquet and, last, result.json into ``out``.

    The same content with the same contracts gives the same files. Bad content never raises: it is quarantined with its reason.

    Args:
        file: a file of the inbox, in state ready or refused.
        contracts: what is known.
        limits: what is allowed.
        out: a folder of this file's own; made if missing, what is in it is replaced.

    Raises:
        OSError: our own disk cannot be written, or the file vanished.
        ReconciliationError: the program lost a row.
    """
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    (out / RESULT_FILE).unlink(missing_ok=True)
    writer = Writer(file, out)
    try:
        summaries = read_file(file, contracts, limits, writer)
        result = _result(file, contracts, summaries, writer)
    except RefusedError as refusal:
        writer.discard()
        writer = Writer(file, out)
        writer.refuse(None, refusal)
        unread = TableSummary(None, None, None, None, None, (), (), {}, refusal.reason, refusal.detail)
        result = _result(file, contracts, [unread], writer)
    content = {"row": result.row, "tables": [asdict(table) for table in result.tables], "reasons": result.reasons}
    partial = out / f"{RESULT_FILE}.part"
    partial.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    for name in (partial, result.records, result.quarantine):
        name.chmod(0o600)
    partial.replace(out / RESULT_FILE)
    return result


def read_file(file: InboxFile, contracts: Contracts, limits: Limits, sink: Sink) -> list[TableSummary]:
    """Sorts out every row of ``file`` into ``sink``; what each table was.

    Raises:
        RefusedError: the file cannot be read as a whole.
    """
    if file.state == "refused":
        raise RefusedError(file.reason or "unreadable", "not taken from the inbox")
    summaries: list[TableSummary] = []
    unread: list[Unread] = []
    scratch = Path(tempfile.mkdtemp(prefix="chezhu-", dir=sink.scratch))
    try:
        for table in tables(file.path, file.file_name, contracts, limits, scratch):
            if isinstance(table, Unread):
                unread.append(table)
                summaries.append(_skip(table, sink))
            else:
                summaries.append(_take(table, file, limits, sink))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if not any(summary.source for summary in summaries):
        raise unread[0].refusal if unread else RefusedError("empty_file", "nothing in it")
    if not any(summary.rows.get("data") or summary.rows.get("quarantined") for summary in summaries):
        raise RefusedError("only_header", "no row below the header")
    return summaries


def _take(table: Table, file: InboxFile, limits: Limits, sink: Sink) -> TableSummary:
    origin = rows.Origin(file.dealer_id, file.file_id, table.label)
    layout = table.layout
    kinds: Counter[str] = Counter()
    for cells in table.batches():
        sorted_out = rows.sort_out(cells, layout, limits)
        counted = dict(sorted_out.group_by("kind").len().iter_rows())
        kinds.update(counted)
        padded = int(sorted_out.select((pl.col("padded") & (pl.col("kind") == "data")).sum()).item())
        if padded:
            sink.notice("rows_padded", padded)
        if counted.get("data"):
            sink.records(rows.records(sorted_out, layout, origin, first_place=sink.places))
        if counted.get("quarantined"):
            sink.quarantine(rows.quarantine(sorted_out, origin, file.file_name))
    for code, number in (
        ("duplicate_header", len(layout.duplicates)),
        ("unknown_header", len(layout.unknown)),
        *((code, 1) for code in sorted(table.notices)),
    ):
        if number:
            sink.notice(code, number)
    columns = tuple((c.header, c.role, c.field) for c in layout.columns if c.field != "unnamed")
    return TableSummary(
        table.label, layout.contract.source, table.encoding, table.delimiter,
        (layout.first + 1, layout.last + 1) if layout.last >= 0 else None,
        columns, layout.unknown, {kind: kinds[kind] for kind in rows.DATA_KINDS},
    )  # fmt: skip


def _skip(unread: Unread, sink: Sink) -> TableSummary:
    """A member or sheet that cannot be read: a small sheet without a table is skipped as notes, all else is quarantined."""
    refusal = unread.refusal
    kinds: Counter[str] = Counter()
    if unread.batches is None:
        sink.refuse(unread.label, refusal)
    else:
        frames = [frame.with_columns(_text()) for frame in unread.batches()]
        filled = sum(frame.filter(pl.col("text").is_not_null()).height for frame in frames)
        height = sum(frame.height for frame in frames)
        kinds["blank"] = height - filled
        if filled <= SMALL_SHEET_ROWS and refusal.reason == "no_header":
            kinds["note"] = filled
            sink.notice("sheet_skipped", 1)
        else:
            kinds["quarantined"] = filled
            reason = "no_header_sheet" if refusal.reason == "no_header" else refusal.reason
            for frame in frames:
                sink.refuse_rows(unread.label, RefusedError(reason, refusal.detail), frame.filter(pl.col("text").is_not_null()))
    return TableSummary(
        unread.label, None, None, None, None, (), (), {kind: kinds[kind] for kind in rows.DATA_KINDS}, refusal.reason, refusal.detail
    )


def _text() -> pl.Expr:
    joined = pl.concat_str(pl.col("^c[0-9]+$"), separator=" | ", ignore_nulls=True)
    return pl.when(joined != "").then(joined).alias("text")


def _result(file: InboxFile, contracts: Contracts, summaries: list[TableSummary], writer: Writer) -> FileResult:
    count = writer.finish()
    kinds: Counter[str] = Counter()
    for summary in summaries:
        kinds.update(summary.rows)
    rows_in = sum(kinds.values())
    if kinds["data"] != writer.places:
        message = f"{file.file_name}: {kinds['data']} rows were to be kept, {writer.places} were"
        raise ReconciliationError(message)
    sources = list(dict.fromkeys(summary.source for summary in summaries if summary.source))
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
        "encoding": next((summary.encoding for summary in summaries if summary.encoding), None),
        "status": "ingested" if sources else "quarantined",
        "reason": None if sources else summaries[0].problem,
        "rows_in": rows_in,
        "rows_kept": kinds["data"],
        "rows_quarantined": kinds["quarantined"],
        "rows_blank": kinds["blank"],
        "rows_title": kinds["title"],
        "rows_note": kinds["note"],
        "records": count,
        "unknown_headers": sorted({header for summary in summaries for header in summary.unknown_headers}),
    }
    return FileResult(
        {**row, **values}, tuple(summaries), dict(sorted(writer.reasons.items())), writer.records_path, writer.quarantine_path
    )
