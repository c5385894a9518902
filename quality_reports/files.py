"""The files of a report: rows read against rows kept, quarantined and skipped; long digit runs in file names masked."""

from __future__ import annotations

import re
from typing import Any

import polars as pl

from quality_reports.messages import word
from quality_reports.numbers import Numbers
from quality_reports.views import View, Words, view

SHOWN_FILES = 200

_PHONE = re.compile(r"(?<![0-9])(1[3-9][0-9])[0-9]{4}([0-9]{4})(?![0-9])")
_IDENTITY = re.compile(r"(?<![0-9A-Za-z])([0-9]{6})[0-9]{8}([0-9]{3}[0-9Xx])(?![0-9A-Za-z])")


def masked(file_name: str) -> str:
    """A dealer's file name without a phone or id number that somebody wrote into it.

    >>> masked("回访13912345678.xlsx"), masked("sale_20260101.csv")
    ('回访139****5678.xlsx', 'sale_20260101.csv')
    """
    return _IDENTITY.sub(r"\1********\2", _PHONE.sub(r"\1****\2", file_name))


def file_numbers(files: pl.DataFrame) -> list[Numbers]:
    """One line a file, the latest arrival first."""
    skipped = pl.sum_horizontal(pl.col("rows_blank", "rows_title", "rows_note").fill_null(0))
    lines = files.sort("arrival", "dealer_id", "file_id", descending=[True, False, False], nulls_last=True).select(
        dealer="dealer_id",
        file="file_name",
        source="source",
        status="status",
        reason="reason",
        rows_in=pl.col("rows_in").fill_null(0),
        rows_kept=pl.col("rows_kept").fill_null(0),
        rows_quarantined=pl.col("rows_quarantined").fill_null(0),
        rows_skipped=skipped,
    )
    lines = lines.with_columns(
        reconciled=pl.col("rows_in") == pl.col("rows_kept") + pl.col("rows_quarantined") + pl.col("rows_skipped"),
        file=pl.col("file").fill_null("").map_elements(masked, return_dtype=pl.String()),
    )
    return lines.to_dicts()


def file_view(lines: list[Numbers], words: Words) -> View:
    """The latest files; what does not reconcile, and what is quarantined whole, comes first."""
    urgent = sorted(lines, key=lambda line: (line["reconciled"], line["status"] == "ingested"))

    def row(line: Numbers) -> list[Any]:
        status = word(words, "status", line["status"] or "")
        if line["reason"]:
            status = f"{status} · {word(words, 'quarantine', line['reason'])}"
        return [
            line["dealer"], line["file"], word(words, "source", line["source"] or "") or None, status, line["rows_in"], line["rows_kept"],
            line["rows_quarantined"], line["rows_skipped"], words["check.ok" if line["reconciled"] else "check.bad"],
        ]  # fmt: skip

    return view("files", [row(line) for line in urgent[:SHOWN_FILES]], words)
