"""One file, whatever it is, as tables that are understood, and the members and sheets that are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import polars as pl

from pipelines.ingest import containers, text, workbooks
from pipelines.ingest.contracts import Contracts
from pipelines.ingest.headers import Layout
from pipelines.ingest.limits import Limits
from pipelines.ingest.reasons import RefusedError
from pipelines.ingest.text import Text
from pipelines.ingest.workbooks import Sheet

Whole = Text | Sheet
"""A table that is held in memory until others of its layout are read with it."""


@dataclass(frozen=True)
class Table:
    """One table of a file: its place in it, how it is written and read, and its rows: held whole, or in batches of cells."""

    label: str | None
    encoding: str | None
    delimiter: str | None
    layout: Layout
    rows: Whole | Callable[[], Iterator[pl.DataFrame]]
    notices: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Unread:
    """A member or sheet that is not read: why, and its rows (none where they are not known)."""

    label: str | None
    refusal: RefusedError
    batches: Callable[[], Iterator[pl.DataFrame]] | None = None


def tables(path: Path, name: str, contracts: Contracts, limits: Limits, scratch: Path) -> Iterator[Table | Unread]:
    """The tables of the file at ``path``; read each before taking the next one, their scratch files are the same.

    Args:
        path: the file.
        name: its name below the dealer's folder, a hint at what it holds.
        contracts: what is known.
        limits: what is allowed.
        scratch: an empty folder for unpacked files.

    Raises:
        RefusedError: nothing of the file can be read.
    """
    for part in containers.parts(path, name, limits, scratch):
        if isinstance(part, tuple):
            label, refusal = part
            yield Unread(label, refusal)
            continue
        hints = [Path(name).stem, *([part.label] if part.label else [])]
        try:
            for table in _tables_of(part, hints, contracts, limits, scratch):
                if isinstance(table, Table) and part.renamed:
                    table.notices.add("wrong_extension")
                yield table
        except RefusedError as refusal:
            if part.label is None or refusal.reason == "row_too_long":
                raise
            yield Unread(part.label, refusal)


def _tables_of(
    part: containers.Part, hints: Sequence[str], contracts: Contracts, limits: Limits, scratch: Path
) -> Iterator[Table | Unread]:
    if part.kind == "text":
        opened = text.open_text(part.path, contracts, limits, hints=hints, scratch=scratch)
        content = opened.batches if opened.content is None else opened.text()
        yield Table(part.label, opened.shown_encoding, opened.delimiter, opened.layout, content, opened.notices)
    elif part.kind == "parquet":
        parquet = workbooks.open_parquet(part.path, contracts, limits, hints=hints)
        yield Table(part.label, None, None, parquet.layout, partial(parquet.batches, limits))
    else:
        empty = True
        for sheet in workbooks.sheets(part.path):
            empty = False
            label = f"{part.label}/{sheet.name}" if part.label else sheet.name
            try:
                layout = sheet.layout(contracts, limits, hints=[sheet.name, *hints])
            except RefusedError as refusal:
                yield Unread(label, refusal, partial(sheet.batches, limits))
                continue
            rows = sheet if sheet.cells.height <= limits.batch_rows else partial(sheet.batches, limits)
            yield Table(label, None, None, layout, rows, {"hidden_sheet"} if sheet.hidden else set())
        if empty:
            raise RefusedError("empty_file", "a workbook without a filled cell")


def cells_together(numbers: Sequence[int], tables: Sequence[Table]) -> pl.DataFrame:
    """The cells of whole tables of one kind (see :func:`kind`) as one frame, ``table`` being their numbers."""
    wholes = [table.rows for table in tables]
    texts = [whole for whole in wholes if isinstance(whole, Text)]
    if texts:
        return text.read_together(numbers, texts, delimiter=tables[0].delimiter or ",", width=tables[0].layout.width)
    return workbooks.read_together(numbers, [whole for whole in wholes if isinstance(whole, Sheet)])


def kind(table: Table) -> tuple[object, ...]:
    """Whole tables of the same kind can be read together."""
    return (table.layout, table.delimiter, table.rows.end if isinstance(table.rows, Text) else None)
