"""Takes in what is new in the inbox: each file once, in a stated order, whole or not at all.

A dealer's files count in the order of arrival: those of an earlier run first, those of one run by name (exports carry
their date in it). For each record the file that arrived last has the word.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from engine.changes import Change, applied, nothing
from engine.contract import Engine, Table
from engine.duckdb import default_threads
from engine.tables import schema
from pipelines import faults
from pipelines.draft import Draft, Selection
from pipelines.erasure import tombstones
from pipelines.ingest import batch, contracts, copies, current, inbox
from pipelines.ingest.files import FileResult
from pipelines.ingest.inbox import InboxFile
from pipelines.ingest.limits import Limits
from pipelines.ingest.seen import Seen
from pipelines.settings import Settings
from pipelines.stages.rules import increments
from pipelines.store import versions
from pipelines.store.home import Home

PROGRESS = logging.getLogger("chezhu.progress")


@dataclass(frozen=True)
class Intake:
    """The tables after intake, and what came new."""

    files: Table
    records: Table | Change
    quarantine: Table
    new_files: int


@dataclass(frozen=True)
class Plan:
    """Which files of the inbox a run reads; which are known already, waiting (still uploaded) or refused (with the reason)."""

    read: tuple[InboxFile, ...]
    known: int
    waiting: tuple[InboxFile, ...]
    refused: tuple[InboxFile, ...]


def plan(found: Iterable[InboxFile], known: pl.DataFrame, selection: Selection) -> Plan:
    """Decides for each file found; ``known`` has the FILES columns."""
    rows = known.select("dealer_id", "file_id", bad=(pl.col("status") == "quarantined") | (pl.col("rows_quarantined") > 0)).iter_rows()
    state = {(dealer, file): bad for dealer, file, bad in rows}
    read: dict[tuple[str, str], InboxFile] = {}
    waiting, refused, already = [], [], 0
    for file in sorted(found, key=lambda file: (file.dealer_id, file.file_name)):
        if file.state == "waiting":
            waiting.append(file)
        elif file.state == "refused":
            refused.append(file)
        elif (key := (file.dealer_id, file.file_id)) in read or (key in state and not _again(file, selection, bad=state[key])):
            already += 1
        else:
            read[key] = file
    return Plan(tuple(read.values()), already, tuple(waiting), tuple(refused))


def look(known: pl.DataFrame, settings: Settings, selection: Selection) -> Plan:
    """What a run would read now; nothing is written but what the files of the inbox are."""
    now = time.time()
    with Seen(Home(settings.home).seen) as seen:
        found = inbox.scan(settings.inbox_dir, settle_seconds=settings.settle_seconds, now=now, seen=seen)
    return plan(found, known, selection)


def known_files(engine: Engine, manifest: versions.Manifest | None, home: Home) -> pl.DataFrame:
    """FILES of the published version; empty before the first."""
    if manifest is None:
        return pl.DataFrame(schema=schema("files"))
    return engine.collect(versions.read(home, engine, manifest, "files"))


def take_in(engine: Engine, draft: Draft, settings: Settings) -> Intake:
    """Reads the new files and brings files, records and quarantine up to date."""
    known = known_files(engine, draft.previous, draft.home)
    todo = look(known, settings, draft.selection)
    book = contracts.load(settings.contracts)
    draft.home.note_inbox(settings.inbox_dir)
    limits = Limits(
        max_file_bytes=settings.max_file_bytes, max_unpacked_bytes=settings.max_unpacked_bytes, max_row_bytes=settings.max_row_bytes
    )
    results: list[FileResult] = []
    vanished: list[str] = []
    changed: list[str] = []
    read = batch.ingest_all(todo.read, book, limits, draft.home.staged, workers=settings.threads or default_threads())
    for number, (file, result) in enumerate(zip(todo.read, read, strict=True), start=1):
        if result is None:
            (changed if file.path.exists() else vanished).append(file.place)
        else:
            results.append(result)
        if number * 10 // len(todo.read) > (number - 1) * 10 // len(todo.read):
            PROGRESS.info("file %d of %d", number, len(todo.read))
        faults.reach("ingest.file")
    files_now = _numbered(known, results)
    draft.note("copied", copies.found(known, pl.DataFrame([result.row for result in results], schema=schema("files"))))
    draft.note("read_files", [[result.row["dealer_id"], result.row["file_id"]] for result in results])
    draft.note("vanished", vanished)
    draft.note("waiting", [*(file.place for file in todo.waiting), *changed])  # changed: written while the run read
    draft.note("refused", [{"file": file.place, "reason": file.reason} for file in todo.refused])
    taken = Intake(
        files=engine.from_frame(files_now),
        records=_records(engine, draft, files_now, results, known),
        quarantine=_quarantine(engine, draft, results),
        new_files=len(results),
    )
    faults.reach("ingest.current")
    return taken


def _again(file: InboxFile, selection: Selection, *, bad: bool) -> bool:
    """Whether a known file is read once more."""
    day = datetime.fromtimestamp(file.mtime, UTC).date().isoformat()
    chosen = (bool(selection.dealers) and file.dealer_id in selection.dealers) or selection.day == day
    return selection.full or chosen or (selection.retry and bad)


def _numbered(known: pl.DataFrame, results: Sequence[FileResult]) -> pl.DataFrame:
    """FILES with the new ones behind the known ones of each dealer; a file read again keeps its place."""
    new = pl.DataFrame([result.row for result in results], schema={**schema("files")})
    placed = new.drop("arrival").join(known.select("dealer_id", "file_id", "arrival"), on=["dealer_id", "file_id"], how="left")
    last = known.group_by("dealer_id").agg(last=pl.col("arrival").max())
    counted = placed.join(last, on="dealer_id", how="left").with_columns(
        arrival=pl.coalesce("arrival", pl.col("last").fill_null(0) + pl.col("arrival").is_null().cast(pl.Int64).cum_sum().over("dealer_id"))
    )
    kept = known.join(new, on=["dealer_id", "file_id"], how="anti")
    return pl.concat([kept, counted.select(known.columns)]).sort("dealer_id", "arrival")


def _records(engine: Engine, draft: Draft, files_now: pl.DataFrame, results: Sequence[FileResult], known: pl.DataFrame) -> Table | Change:
    before = draft.previous_table(engine, "records") or engine.from_frame(pl.DataFrame(schema=schema("records")))
    paths = list(dict.fromkeys(result.records for result in results))
    read = tombstones.without_erased(engine, draft.home, engine.read(paths)) if paths else nothing(engine, before)
    _note_replaced(engine, draft, files_now, results, known, read)
    change = current.records(
        engine,
        files=engine.from_frame(files_now),
        before=before,
        read=read,
        read_files=engine.from_frame(_read_files(results)),
        reread=not _read_files(results).join(known, on=["dealer_id", "file_id"], how="semi").is_empty(),
    )
    return change if increments(draft) else applied(engine, before, change)


def _note_replaced(
    engine: Engine, draft: Draft, files_now: pl.DataFrame, results: Sequence[FileResult], known: pl.DataFrame, read: Table
) -> None:
    """Notes as ``replaced`` the new snapshots (whole lists) that another new one of their dealer and source replaced (:func:`current.replaced`)."""
    new = _read_files(results).join(known, on=["dealer_id", "file_id"], how="anti")
    fresh = set(new.iter_rows())
    snapshots = [row for result in results if (row := result.row)["snapshot"] and (row["dealer_id"], row["file_id"]) in fresh]
    number = Counter((row["dealer_id"], source) for row in snapshots for source in row["source"].split(","))
    if max(number.values(), default=0) > 1:
        found = current.replaced(engine, files=engine.from_frame(files_now), read=read, new_files=engine.from_frame(new))
        draft.note("replaced", engine.collect(found).to_dicts())


def replaced_lines(noted: object) -> Iterator[str]:
    """What was noted as ``replaced``, for people.

    >>> list(replaced_lines([{"dealer_id": "D1", "source": "customer", "file_name": "1.csv", "replaced_by": "2.csv", "n": 59}]))
    ['59 rows of D1/1.csv are not in D1/2.csv, which replaced it; parts of one list must come as one archive or workbook']
    """
    for one in noted if isinstance(noted, list) else []:
        dealer = one["dealer_id"]
        yield (
            f"{one['n']:,} rows of {dealer}/{one['file_name']} are not in {dealer}/{one['replaced_by']}, which replaced it; "
            "parts of one list must come as one archive or workbook"
        )


def _read_files(results: Sequence[FileResult]) -> pl.DataFrame:
    """dealer_id, file_id of the files that this run read."""
    return pl.DataFrame([result.row for result in results], schema=schema("files")).select("dealer_id", "file_id")


def _quarantine(engine: Engine, draft: Draft, results: Sequence[FileResult]) -> Table:
    previous = draft.previous_table(engine, "quarantine")
    empty = engine.from_frame(pl.DataFrame(schema=schema("quarantine")))
    paths = list(dict.fromkeys(result.quarantine for result in results))
    new = engine.read(paths) if paths else empty
    query = """
        select q.* from before q left join again a on a.file_id = q.file_id and a.dealer_id = q.dealer_id where a.file_id is null
        union all select * from new
    """
    return engine.sql(query, before=previous or empty, again=engine.from_frame(_read_files(results)), new=new)
