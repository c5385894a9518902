"""One value of many: sort by the criteria, take the first, and say what decided.

Candidates are rows of ``customer_id``, ``place``, a key (what makes two values the same), and an integer for
each criterion, higher is better. The criterion that decided is the first in which the winner differs from the best candidate
with another key, the runner-up; ``only_value`` where there is none, ``record_id`` where all criteria are equal, ``steward`` where he has
said it.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from matching.survivorship.steward import RULE

UNDATED = -1_000_000
"""Days since 1970 of a record without a date: older than any."""


def with_frequency(candidates: pl.DataFrame, *, key: str) -> pl.DataFrame:
    """Adds ``frequency``: how many of the customer's candidates have the same ``key``."""
    return candidates.with_columns(frequency=pl.len().over("customer_id", key).cast(pl.Int64))


def rank(candidates: pl.DataFrame, *, key: str, order: Sequence[str]) -> pl.DataFrame:
    """Each customer's candidates with ``frequency``, the best first.

    Args:
        candidates: ``customer_id``, ``place`` (the record's among all, by record_id), ``key``, ``steward``, and the criteria but ``frequency``
            (Int64, no nulls), and what the caller wants back.
        key: column of text, not null.
        order: criteria, the most important first; what a steward has said stands before them.
    """
    by = _by(candidates, order)
    return with_frequency(candidates, key=key).sort(
        "customer_id", *by, "place", descending=[False, *(True for _ in by), False], maintain_order=True
    )


def pick(ranked: pl.DataFrame, *, key: str, order: Sequence[str]) -> pl.DataFrame:
    """The surviving candidate of each customer.

    Args:
        ranked: see ``rank``.
        key: column of text, not null.
        order: as there.

    Returns:
        One row per customer: the winner's columns, ``rule`` and ``runner_up`` (the key of the best other value, or null). Where a steward has said
        it, ``record_id`` names his decision.
    """
    by = _by(ranked, order)
    winners = ranked.unique("customer_id", keep="first", maintain_order=True)
    others = (
        ranked.join(winners.select("customer_id", won=key), on="customer_id", maintain_order="left")
        .filter(pl.col(key) != pl.col("won"))
        .unique("customer_id", keep="first", maintain_order=True)
        .select("customer_id", pl.col(key).alias("runner_up"), *(pl.col(name).alias(f"other_{name}") for name in by))
    )
    rule = pl.lit("record_id")
    for name in reversed(by):
        rule = pl.when(pl.col(name) != pl.col(f"other_{name}")).then(pl.lit(name)).otherwise(rule)
    said = pl.col("steward") > 0
    return (
        winners.join(others, on="customer_id", how="left", maintain_order="left")
        .with_columns(
            rule=pl.when(said).then(pl.lit(RULE)).when(pl.col("runner_up").is_null()).then(pl.lit("only_value")).otherwise(rule),
            record_id=pl.when(said).then(pl.format("decision:{}", "steward")).otherwise("record_id"),
        )
        .drop(f"other_{name}" for name in by)
    )


def all_values(ranked: pl.DataFrame, winners: pl.DataFrame, *, key: str) -> pl.DataFrame:
    """Every value of each customer, once: the winner first, then the latest seen, then the most frequent, then by text.

    Returns:
        ``customer_id``, ``key``, ``primary``, ``valid`` (it stands without doubt in a record, or a steward has said it), ``first_seen``,
        ``last_seen``, ``records`` (that say it), ``record_id`` (the best of them), ``steward`` (number of the decision, 0 without), ``rule``
        (what made it the primary; null for the others).
    """
    return (
        ranked.group_by("customer_id", key)
        .agg(
            pl.col("recency").max(),
            pl.len().alias("frequency"),
            pl.col("record_id", "steward").first(),
            valid=pl.col("clean").max() == 1,
            first_seen=pl.col("date").min(),
            last_seen=pl.col("date").max(),
            records=pl.col("by_record").sum().cast(pl.Int64),
        )
        .join(winners.select("customer_id", "rule", won=key), on="customer_id")
        .with_columns(primary=pl.col(key) == pl.col("won"))
        .with_columns(rule=pl.when("primary").then("rule"))
        .sort("customer_id", "primary", "recency", "frequency", key, descending=[False, True, True, True, False])
        .drop("won", "recency", "frequency")
    )


def listed(values: pl.DataFrame, *, key: str, into: str) -> pl.DataFrame:
    """``all_values`` as one list of ``key`` for each customer: ``customer_id``, ``into`` (List(String))."""
    return values.group_by("customer_id", maintain_order=True).agg(pl.col(key).alias(into))


def _by(candidates: pl.DataFrame, order: Sequence[str]) -> tuple[str, ...]:
    """The criteria, and the steward's word before them where he has said anything."""
    return (RULE, *order) if (candidates[RULE] > 0).any() else tuple(order)
