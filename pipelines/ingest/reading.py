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


@dataclass(frozen=True)
class Table:
    """One table of a file: its place in it, how it is written and read, and its rows."""

    label: str | None
    encoding: str | None
    delimiter: str | None
    layout: Layout
    batches: Callable[[], Iterator[pl.DataFrame]]
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
        yield Table(part.label, opened.shown_encoding, opened.delimiter, opened.layout, opened.batches, opened.notices)
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
            yield Table(label, None, None, layout, partial(sheet.batches, limits), {"hidden_sheet"} if sheet.hidden else set())
        if empty:
            raise RefusedError("empty_file", "a workbook without a filled cell")
