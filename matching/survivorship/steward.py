"""What a steward says stands above what records say: a value of his own (correct), or one of theirs that becomes the primary (prefer).

His words come as rows beside the records, each with the number of its decision: of two the later wins. A preferred value counts where a
record of the customer has it. What he says of birth date or gender stands against numbers that say otherwise (GB 11643): such a number
does not survive beside it, unless he has given that number later.
"""

from __future__ import annotations

import polars as pl

RULE = "steward"
CUSTOMER = "customer_id"


def with_steward(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with ``decision`` (0 for a record) and ``prefers``, where it does not bring them."""
    missing = {"decision": pl.lit(0, pl.Int64), "prefers": pl.lit(value=False)}
    return frame.with_columns(**{name: value for name, value in missing.items() if name not in frame.columns})


def heard(candidates: pl.DataFrame) -> pl.DataFrame:
    """Candidates without those that only prefer; the ones that they prefer have their decision.

    Args:
        candidates: ``customer_id``, ``key``, ``steward`` (number of the decision, 0 for a record), ``prefers``.

    Returns:
        The same columns but ``prefers``, and ``by_record``: whether a record says it.
    """
    rest = candidates.filter(~pl.col("prefers")).drop("prefers").with_columns(by_record=pl.col("steward") == 0)
    wanted = candidates.filter("prefers")
    if wanted.is_empty():
        return rest
    latest = wanted.group_by(CUSTOMER, "key").agg(wanted=pl.col("steward").max())
    return (
        rest.join(latest, on=[CUSTOMER, "key"], how="left", maintain_order="left")
        .with_columns(steward=pl.max_horizontal("steward", pl.col("wanted").fill_null(0)))
        .drop("wanted")
    )


def fitting(numbers: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """Candidates of the number without those that contradict a birth date or gender which a steward has given later.

    Args:
        numbers: candidates of the number, with ``in_number`` and the ``birth_date`` and ``gender`` that it says.
        frame: all rows, with ``decision`` and ``prefers``.
    """
    words = frame.filter((pl.col("decision") > 0) & pl.col("id_number").is_null())
    if words.is_empty():
        return numbers
    for field in ("birth_date", "gender"):
        said = words.filter(pl.col(field).is_not_null()).select(CUSTOMER, "decision", "prefers", said=field)
        records = frame.filter(pl.col("decision") == 0).select(CUSTOMER, said=field).unique()
        there = pl.concat([said.filter(~pl.col("prefers")), said.filter("prefers").join(records, on=[CUSTOMER, "said"], how="semi")])
        latest = there.sort(CUSTOMER, "decision").group_by(CUSTOMER).agg(pl.col("said").last(), later=pl.col("decision").last())
        against = pl.col("in_number") & (pl.col("said") != pl.col(field)) & (pl.col("later") > pl.col("steward"))
        numbers = (
            numbers.join(latest, on=CUSTOMER, how="left", maintain_order="left")
            .filter(~against.fill_null(value=False))
            .drop("said", "later")
        )
    return numbers
