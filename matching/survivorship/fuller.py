"""Addresses that say less of another one of the same customer: 公园路4弄31号 beside 公园路4弄31号1603室.

Who leaves the room out has not moved: on that day, at that desk, the fuller address was as good. So it is as recent and as trusted as what says
less of it, and then its completeness decides. ``first_seen`` and ``last_seen`` stay what records say.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

_CUSTOMER = "customer_id"
_HOUSE = 2
"""The ``depth`` of an address that the post finds: of a district alone nobody knows which house is meant."""
_HANDED = ("trust", "recency")
_WIDE = 10_000_000
"""More than there are days or grades: two numbers in one, to compare both at once."""


def as_good(candidates: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    """The candidates of the address, a fuller one with the ``trust`` and ``recency`` of what says less of it, where these are better.

    An address says less of another where that one begins with it and has more parts. What says less of several counts for the one
    that is itself the best, equal ones by text; what another one says more of gets nothing.

    Args:
        candidates: ``customer_id``, ``key`` (the address in its standard form), ``depth``, ``trust``, ``validity``, ``recency``, ``completeness``,
            ``by_record``, and more.
        order: the criteria that decide, the most important first; of trust and recency the first one says which of two rows is better.

    Returns:
        The same columns and rows in their order.

    >>> rows = {"key": ["路4弄31号", "路4弄31号1603室", "路5号"], "recency": [30, 10, 20], "completeness": [2, 3, 2]}
    >>> same = {"customer_id": 1, "depth": 2, "trust": 3, "validity": 5, "by_record": True}
    >>> as_good(pl.DataFrame(rows).with_columns(**{name: pl.lit(value) for name, value in same.items()}), ["trust", "recency"])["recency"].to_list()
    [30, 30, 20]
    """
    by = [criterion for criterion in order if criterion in _HANDED]
    is_house = pl.col("by_record") & (pl.col("depth") == _HOUSE)
    rows = candidates.with_columns(standing=pl.sum_horizontal(pl.col(name) * _WIDE ** (len(by) - 1 - at) for at, name in enumerate(by)))
    told = (
        rows.filter(is_house)
        .sort("standing", descending=True)
        .group_by(_CUSTOMER, "key")
        .agg(pl.col("standing", *_HANDED).first(), pl.col("completeness").max())
        .filter(pl.len().over(_CUSTOMER) > 1)
    )
    pairs = told.join(told, on=_CUSTOMER, suffix="_full").filter(
        pl.col("key_full").str.starts_with(pl.col("key")) & (pl.col("completeness_full") > pl.col("completeness"))
    )
    if pairs.is_empty() or not by:
        return candidates
    whole = pairs.join(pairs.select(_CUSTOMER, key_full="key").unique(), on=[_CUSTOMER, "key_full"], how="anti")
    handed = (
        whole.sort("standing_full", "key_full", descending=[True, False])
        .unique([_CUSTOMER, "key"], keep="first", maintain_order=True)
        .sort("standing", descending=True)
        .unique([_CUSTOMER, "key_full"], keep="first")
        .select(_CUSTOMER, pl.col("standing", *_HANDED).name.suffix("_handed"), key="key_full")
    )
    # of equally valid rows only the best, so that the one that is named as the value's record stays the same
    best = pl.col("standing") == pl.col("standing").max().over(_CUSTOMER, "key", "validity")
    gets = (is_house & best & (pl.col("standing_handed") > pl.col("standing"))).fill_null(value=False)
    return (
        rows.join(handed, on=[_CUSTOMER, "key"], how="left", maintain_order="left")
        .with_columns(pl.when(gets).then(f"{name}_handed").otherwise(name).alias(name) for name in _HANDED)
        .select(candidates.columns)
    )
