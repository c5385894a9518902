"""What a table is like after a run, in a few lines: for wherever somebody looks at the table itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from quality_reports.messages import Language, catalogue, word

TABLES = ("records", "clean_records", "customers")
MOST_REASONS = 8
MOST_RUNS = 30
_BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Card:
    """A table in numbers.

    Attributes:
        table: its name.
        score: mean score, 0 to 100; None where nothing is scored.
        reasons: reason codes of problems with rows that have them, the most frequent first.
        scores: the score of each run up to this one, the oldest first.
    """

    table: str
    score: float | None
    reasons: tuple[tuple[str, int], ...]
    scores: tuple[float, ...]

    def lines(self, lang: Language) -> str:
        """The reasons as a table in Markdown."""
        words = catalogue(lang)
        rows = [f"| {word(words, 'reason', code)} | {count:,} |" for code, count in self.reasons]
        return "\n".join([f"| {words['card.reason']} | {words['card.rows']} |", "| --- | ---: |", *rows])

    def chart(self) -> str:
        """The scores over runs as a small chart of one line."""
        return f"{sparkline(self.scores)} {min(self.scores):.1f} – {max(self.scores):.1f}" if self.scores else ""


def cards(quality: pl.DataFrame, order: Sequence[str]) -> list[Card]:
    """A card for each table that the last run measured.

    Args:
        quality: rows of QUALITY_HISTORY.
        order: run ids, the oldest first; the last one's numbers are told.
    """
    if not order:
        return []
    whole = quality.filter(pl.col("dealer_id") == "", pl.col("source") == "", pl.col("run_id").is_in(list(order)))
    now = whole.filter(pl.col("run_id") == order[-1])
    reasons = (
        now.filter(pl.col("measure").str.starts_with("problem:"))
        .group_by("table", pl.col("measure").str.strip_prefix("problem:").alias("code"))
        .agg(pl.col("value").sum().cast(pl.Int64))
        .sort(["value", "code"], descending=[True, False])
    )
    means = whole.filter(pl.col("measure") == "score", pl.col("dimension") == "", pl.col("field") == "")
    found = []
    for table in TABLES:
        if now.filter(pl.col("table") == table).is_empty():
            continue
        by_run = dict(means.filter(pl.col("table") == table).select("run_id", "value").iter_rows())
        scores = tuple(by_run[run] for run in order if run in by_run)[-MOST_RUNS:]
        told = reasons.filter(pl.col("table") == table).select("code", "value").head(MOST_REASONS)
        found.append(Card(table, by_run.get(order[-1]), tuple(told.iter_rows()), scores))
    return found


def sparkline(values: Sequence[float]) -> str:
    """Numbers as bars of eight heights; equal numbers stand in the middle.

    >>> sparkline([1, 2, 3, 8])
    '▁▂▃█'
    >>> sparkline([5, 5])
    '▄▄'
    """
    low, high = min(values), max(values)
    if high == low:
        return _BARS[3] * len(values)
    return "".join(_BARS[int((value - low) / (high - low) * (len(_BARS) - 1))] for value in values)
