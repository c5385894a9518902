"""One value of many: sort by the criteria, take the first, and say what decided.

Candidates are rows of ``customer_id``, ``place``, a key (what makes two values the same), and an integer for
each criterion, higher is better. The criterion that decided is the first in which the winner differs from the best candidate
with another key, the runner-up; ``only_value`` where there is none, ``record_id`` where all criteria are equal.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

CRITERIA = ("trust", "validity", "recency", "completeness", "frequency")
UNDATED = -1_000_000
"""Days since 1970 of a record without a date: older than any."""


def with_frequency(candidates: pl.DataFrame, *, key: str) -> pl.DataFrame:
    """Adds ``frequency``: how many of the customer's candidates have the same ``key``."""
    return candidates.with_columns(frequency=pl.len().over("customer_id", key).cast(pl.Int64))


def pick(candidates: pl.DataFrame, *, key: str, order: Sequence[str]) -> pl.DataFrame:
    """The surviving candidate of each customer.

    Args:
        candidates: ``customer_id``, ``place`` (the record's among all, by record_id), ``key``, the criteria but ``frequency`` (Int64, no nulls), and what the caller wants back.
        key: column of text, not null.
        order: criteria, the most important first.

    Returns:
        One row per customer: the winner's columns, ``rule`` and ``runner_up`` (the key of the best other value, or null).
    """
    ranked = with_frequency(candidates, key=key).sort(
        "customer_id", *order, "place", descending=[False, *(True for _ in order), False], maintain_order=True
    )
    winners = ranked.unique("customer_id", keep="first", maintain_order=True)
    others = (
        ranked.join(winners.select("customer_id", won=key), on="customer_id", maintain_order="left")
        .filter(pl.col(key) != pl.col("won"))
        .unique("customer_id", keep="first", maintain_order=True)
        .select("customer_id", pl.col(key).alias("runner_up"), *(pl.col(name).alias(f"other_{name}") for name in order))
    )
    rule = pl.lit("record_id")
    for name in reversed(order):
        rule = pl.when(pl.col(name) != pl.col(f"other_{name}")).then(pl.lit(name)).otherwise(rule)
    return (
        winners.join(others, on="customer_id", how="left", maintain_order="left")
        .with_columns(rule=pl.when(pl.col("runner_up").is_null()).then(pl.lit("only_value")).otherwise(rule))
        .drop(f"other_{name}" for name in order)
    )


def all_values(candidates: pl.DataFrame, winners: pl.DataFrame, *, key: str, into: str) -> pl.DataFrame:
    """Every value of each customer in a list: the winner first, then the latest seen, then the most frequent, then by text.

    Returns:
        ``customer_id``, ``into`` (List(String)).
    """
    return (
        candidates.group_by("customer_id", key)
        .agg(pl.col("recency").max(), pl.len().alias("frequency"))
        .join(winners.select("customer_id", won=key), on="customer_id")
        .sort(
            "customer_id",
            pl.col(key) != pl.col("won"),
            "recency",
            "frequency",
            key,
            descending=[False, False, True, True, False],
        )
        .group_by("customer_id", maintain_order=True)
        .agg(pl.col(key).alias(into))
    )
