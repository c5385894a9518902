"""Quality of the golden record, 0 to 100: points for what is there, in whole hundredths, so that every machine gets the same.

A field gives all its points where its value stands, ``doubtful`` percent where it is doubted, ``partial`` percent where it is only
part (a surname, a landline, an address without a house), both percentages where both hold. A customer whose party nobody knows is counted as a person.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from matching.survivorship.rules import Block, Scored, ScoreRules

_BLOCK: Mapping[Scored, Block] = {
    "name": "name", "phone": "phone", "address": "address", "id_number": "identity", "vin": "vin", "birth_date": "birth_date",
    "gender": "gender", "email": "email",
}  # fmt: skip


def score(customers: pl.DataFrame, won: Mapping[Block, pl.DataFrame], rules: ScoreRules) -> pl.Series:
    """The score of each row of ``customers``.

    Args:
        customers: ``customer_id``, ``party``.
        won: what survived, by block: ``customer_id``, ``clean`` (1 where not doubted), ``name``, ``is_mobile``, ``depth`` where they belong.
        rules: the points.

    Returns:
        Float64, one decimal, in the order of ``customers``.
    """
    whole: Mapping[Scored, pl.Expr] = {
        "name": pl.col("name").is_not_null(),
        "phone": pl.col("is_mobile"),
        "address": pl.col("depth") == 2,
    }
    is_organization = pl.col("party").eq_missing(pl.lit("organization"))
    earned = []
    for field, block in _BLOCK.items():
        share = pl.when(pl.col("clean") == 1).then(100).otherwise(rules.doubtful) * pl.when(whole.get(field, pl.lit(True))).then(
            100
        ).otherwise(rules.partial)
        customers = customers.join(
            won[block].select("customer_id", share.cast(pl.Int64).alias(f"share_{field}")),
            on="customer_id",
            how="left",
            maintain_order="left",
        )
        points = pl.when(is_organization).then(rules.organization.get(field, 0)).otherwise(rules.person.get(field, 0))
        earned.append(points.cast(pl.Int64) * pl.col(f"share_{field}").fill_null(0))
    # points times percent times percent: 10,000 make a point, 1,000 a tenth
    return customers.select((((pl.sum_horizontal(earned) + 500) // 1000) / 10).round(1)).to_series()
