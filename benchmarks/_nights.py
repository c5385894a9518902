"""Generated exports as they come in by night: what was there at first, and what each night brings, with the truth about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

SNAPSHOTS = ("customer", "crm")
"""Exports that are sent whole each time."""
CORRECTED = 50
"""Of so many known rows of an export with keys one is sent again each night, without its last cell."""


@dataclass(frozen=True)
class Export:
    """One generated file: the lines before its first row, its rows by line number (as a person counts), whether it is a snapshot and whether its rows have keys."""

    dealer: str
    name: str
    head: list[bytes]
    rows: dict[int, bytes]
    snapshot: bool
    keyed: bool


def exports(folder: Path, truth: pl.DataFrame) -> list[Export]:
    """The files of generated exports (without workbooks)."""
    found = []
    lined = truth.group_by("dealer_id", "file").agg(
        "source", pl.col("row_number").unique().sort(), keyless=pl.col("source_key").null_count()
    )
    for dealer, name, sources, numbers, keyless in lined.sort("dealer_id", "file").iter_rows():
        lines = (folder / "inbox" / dealer / name).read_bytes().splitlines(keepends=True)
        rows = {number: lines[number - 1] for number in numbers}
        found.append(Export(dealer, name, lines[: numbers[0] - 1], rows, sources[0] in SNAPSHOTS, not keyless))
    return found


def send(export: Export, inbox: Path, *, night: int, numbers: list[int], corrected: list[int] | None = None) -> pl.DataFrame:
    """Writes rows of an export as the file of a night (0: the first); returns where each stands now: dealer_id, file, row_number, new_file, new_row."""
    again = [_corrected(export.rows[number]) for number in corrected or []]
    lines = [*(export.rows[number] for number in numbers), *again]
    stem, dot, ending = export.name.rpartition(".")
    name = f"{stem}_n{night:02}{dot}{ending}" if night else export.name
    target = inbox / export.dealer / name
    target.parent.mkdir(parents=True, exist_ok=True)
    content = b"".join([*export.head, *(line if line.endswith(b"\n") else line + b"\r\n" for line in lines)])
    if not target.exists() or target.read_bytes() != content:  # what an earlier piece has sent stays as it is
        target.write_bytes(content)
    places = range(len(export.head) + 1, len(export.head) + 1 + len(numbers))
    moved = {"dealer_id": export.dealer, "file": export.name, "row_number": numbers, "new_file": name, "new_row": list(places)}
    return pl.DataFrame(moved, schema_overrides={"row_number": pl.Int64, "new_row": pl.Int64})


def _corrected(line: bytes) -> bytes:
    """The row without its last cell."""
    bare = line.rstrip(b"\r\n")
    kept = max(bare.rfind(mark) for mark in (b",", b";", b"\t")) + 1
    return bare[:kept] + b"\r\n" if kept and not bare.endswith(b'"') else line


def told(truth: pl.DataFrame, moved: list[pl.DataFrame]) -> pl.DataFrame:
    """The truth about rows where they stand now."""
    places = pl.concat(moved).unique(["dealer_id", "file", "row_number"], keep="last", maintain_order=True)
    number = truth.schema["row_number"]
    places = places.with_columns(pl.col("row_number", "new_row").cast(number))
    joined = truth.join(places, on=["dealer_id", "file", "row_number"], how="inner", maintain_order="left")
    return joined.with_columns(file="new_file", row_number="new_row").select(truth.columns)
