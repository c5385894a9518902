"""Numbers that are a slip of another one of the same customer: 17344336417 once beside 17344736417 nine times.

The newest number counts, for people change theirs; nobody changes a single digit. One that differs in a digit, or in two that stand side by side
in the other order, from a number that at least ``TIMES`` as many records say is in doubt, unless a source that is trusted more says it: a correction
looks the same.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA

TIMES = 3
"""Of one against two nobody knows which is the correction."""
_CUSTOMER = "customer_id"


def doubt(candidates: pl.DataFrame) -> pl.DataFrame:
    """The candidates of the phone, those that are a slip without ``clean`` and with a ``validity`` one lower.

    Args:
        candidates: ``customer_id``, ``key``, ``is_mobile``, ``trust``, ``validity``, ``clean`` (0 or 1, part of ``validity``), ``by_record``, and more.

    Returns:
        The same columns and rows in their order.

    >>> rows = {"key": [*3 * ["+8617344736417"], "+8617344336417"], "validity": 3, "clean": 1}
    >>> same = {"customer_id": 1, "is_mobile": True, "trust": 3, "by_record": True}
    >>> doubt(pl.DataFrame(rows).with_columns(**{name: pl.lit(value) for name, value in same.items()}))["validity"].to_list()
    [3, 3, 3, 2]
    """
    said = (
        candidates.filter(pl.col("by_record") & pl.col("is_mobile"))
        .group_by(_CUSTOMER, "key")
        .agg(pl.len().alias("records"), pl.col("trust").max())
        .filter(pl.len().over(_CUSTOMER) > 1)
    )
    rare = pl.col("records_other") >= TIMES * pl.col("records").cast(pl.Int64)
    pairs = said.join(said, on=_CUSTOMER, suffix="_other").filter(rare & (pl.col("trust_other") >= pl.col("trust")))
    if pairs.is_empty():
        return candidates
    # an inserted digit is one edit as well, but a number of another length is none of the same kind
    edits = process.cpdist(pairs["key"].to_list(), pairs["key_other"].to_list(), scorer=OSA.distance, score_cutoff=1, dtype=np.uint8)
    alike = pairs.filter(pl.Series(edits == 1) & (pl.col("key").str.len_bytes() == pl.col("key_other").str.len_bytes()))
    slips = alike.select(_CUSTOMER, "key").unique().with_columns(slip=pl.lit(value=True))
    slip = (pl.col("slip") & pl.col("by_record")).fill_null(value=False)
    return (
        candidates.join(slips, on=[_CUSTOMER, "key"], how="left", maintain_order="left")
        .with_columns(
            validity=pl.when(slip).then(pl.col("validity") - pl.col("clean")).otherwise("validity"),
            clean=pl.when(slip).then(0).otherwise("clean"),
        )
        .drop("slip")
    )
