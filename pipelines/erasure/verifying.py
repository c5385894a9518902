"""A rewritten file is believed only if it reads like the old one without what was to go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.erasure.originals import MENTION, Found
from pipelines.erasure.rewriting import Rewriter
from pipelines.ingest import files
from pipelines.ingest.contracts import FIELDS
from pipelines.ingest.inbox import InboxFile, content_id
from pipelines.ingest.reasons import RefusedError
from pipelines.store.home import remove

_OTHER = ("file_id", "record_id", "row_id")
_ORDER = ("sheet", "row_number", "role")


class RewritingError(Exception):
    """A file cannot be written anew so that the rest of it stays as it is."""


@dataclass(frozen=True)
class Made:
    """A file written anew, and its FILES row (without ``arrival``)."""

    path: Path
    row: dict[str, Any]


def rewritten(found: Found, rewriter: Rewriter, out: Path) -> Made | None:
    """Writes a file of the inbox anew at ``out``; None where it cannot be read, and nothing in it can be told apart.

    Raises:
        RewritingError: other rows would change.
    """
    try:
        rewriter.rewrite(found.file.path, found.file.file_name, found.rows, out)
    except RefusedError:
        return None
    new = replace(found.file, path=out, size=out.stat().st_size, file_id=content_id(out))
    before, after = (_read(rewriter, file, rewriter.scratch / name) for file, name in ((found.file, "before"), (new, "after")))
    kept = _without(before[1], found)
    if rewriter.values is not None:
        kept = kept.with_columns(rewriter.values.without_any(name) for name in (*FIELDS, "extra"))
    for column in (*_OTHER[1:],):
        keyed = pl.col("source_key").is_not_null()
        kept, read = kept.with_columns(pl.when(keyed).then(column)), after[1].with_columns(pl.when(keyed).then(column))
        if not kept.drop("file_id", *set(_OTHER[1:]) - {column}).equals(read.drop("file_id", *set(_OTHER[1:]) - {column})):
            message = (
                f"{found.file.dealer_id}/{found.file.file_name} cannot be written anew so that its other rows stay as they are; "
                "take the person's rows out of it by hand, run, and forget again"
            )
            raise RewritingError(message)
    return Made(out, after[0])


def _read(rewriter: Rewriter, file: InboxFile, folder: Path) -> tuple[dict[str, Any], pl.DataFrame]:
    result = files.ingest([file], rewriter.contracts, rewriter.limits, folder)[0]
    if result is None:
        message = f"{file.dealer_id}/{file.file_name} has vanished"
        raise RewritingError(message)
    records = pl.read_parquet(result.records).sort(_ORDER, nulls_last=True)
    remove(folder)
    return result.row, records


def _without(records: pl.DataFrame, found: Found) -> pl.DataFrame:
    """RECORDS without those that were to go."""
    gone = [
        (label, row, role)
        for label, rows in found.rows.items()
        for row, roles in rows.items()
        for role in (roles - {MENTION} if roles is not None else [None])
    ]
    frame = pl.DataFrame(gone, schema={"sheet": pl.String, "row_number": pl.Int64, "role": pl.String}, orient="row")
    whole = frame.filter(pl.col("role").is_null()).drop("role")
    left = records.join(whole, on=["sheet", "row_number"], how="anti", nulls_equal=True)
    left = left.join(frame.filter(pl.col("role").is_not_null()), on=["sheet", "row_number", "role"], how="anti", nulls_equal=True)
    return left.sort(_ORDER, nulls_last=True)
