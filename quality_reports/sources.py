"""What reference sources did for the golden records: filled, replaced and taken out, for each source and field.

The measures are those of the table ``reference_values``: ``<outcome>:<source>``, a count for each field.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from quality_reports.formats import number
from quality_reports.messages import word
from quality_reports.numbers import Numbers
from quality_reports.views import View, Words, view

OUTCOMES = ("filled", "updated", "struck", "confirmed", "kept", "invalid", "ambiguous")


def source_numbers_of(quality: pl.DataFrame) -> list[Numbers]:
    """One entry a source and field: ``source``, ``field``, and the count of each of ``OUTCOMES``.

    Args:
        quality: QUALITY_HISTORY rows of one run.
    """
    found: dict[tuple[str, str], dict[str, int]] = {}
    rows = quality.filter(pl.col("table") == "reference_values").select("field", "measure", "value")
    for field, measure, value in rows.iter_rows():
        outcome, source = measure.split(":", 1)
        found.setdefault((source, field), dict.fromkeys(OUTCOMES, 0))[outcome] = int(value)
    return [{"source": source, "field": field, **counts} for (source, field), counts in sorted(found.items())]


def sources_view(lines: list[Numbers], words: Words) -> View:
    """One row a source and field."""
    rows: list[list[Any]] = [
        [line["source"], word(words, "field", line["field"]), *(line[outcome] for outcome in OUTCOMES)] for line in lines
    ]
    return view("reference", rows, words)


def source_sentences(lines: list[Numbers], words: Words) -> list[str]:
    """One sentence; none without sources."""
    if not lines:
        return []
    total = {outcome: sum(line[outcome] for line in lines) for outcome in OUTCOMES}
    shown = {outcome: number(total[outcome], "int") for outcome in ("filled", "updated", "struck")}
    return [words["summary.reference"].format(**shown, left=number(total["invalid"] + total["ambiguous"], "int"))]
