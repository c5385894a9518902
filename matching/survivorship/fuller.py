"""Addresses that say less of another one of the same customer: 公园路4弄31号 beside 公园路4弄31号1603室.

Who leaves the room out has not moved: on that day the fuller address was as good. So it is as recent as what says less of it, and then
its completeness decides. ``first_seen`` and ``last_seen`` stay what records say.
"""

from __future__ import annotations

import polars as pl

_CUSTOMER = "customer_id"
_HOUSE = 2
"""The ``depth`` of an address that the post finds: of a district alone nobody knows which house is meant."""


def as_recent(candidates: pl.DataFrame) -> pl.DataFrame:
    """The candidates of the address, a fuller one with the ``recency`` of what says less of it.

    An address says less of another where that one begins with it and has more parts. What says less of several counts for the one
    that was itself seen last, equal ones by text; what another one says more of gets nothing.

    Args:
        candidates: ``customer_id``, ``key`` (the address in its standard form), ``depth``, ``trust``, ``validity``, ``recency``, ``completeness``,
            ``by_record``, and more.

    Returns:
        The same columns and rows in their order.

    >>> rows = {"key": ["路4弄31号", "路4弄31号1603室", "路5号"], "recency": [30, 10, 20], "completeness": [2, 3, 2]}
    >>> same = {"customer_id": 1, "depth": 2, "trust": 3, "validity": 5, "by_record": True}
    >>> as_recent(pl.DataFrame(rows).with_columns(**{name: pl.lit(value) for name, value in same.items()}))["recency"].to_list()
    [30, 30, 20]
    """
    house = candidates.filter(pl.col("by_record") & (pl.col("depth") == _HOUSE))
    told = house.group_by(_CUSTOMER, "key").agg(pl.col("recency", "completeness").max()).filter(pl.len().over(_CUSTOMER) > 1)
    pairs = told.join(told, on=_CUSTOMER, suffix="_full").filter(
        pl.col("key_full").str.starts_with(pl.col("key")) & (pl.col("completeness_full") > pl.col("completeness"))
    )
    if pairs.is_empty():
        return candidates
    whole = pairs.join(pairs.select(_CUSTOMER, key_full="key").unique(), on=[_CUSTOMER, "key_full"], how="anti")
    lifted = (
        whole.sort(_CUSTOMER, "key", "recency_full", "key_full", descending=[False, False, True, False])
        .unique([_CUSTOMER, "key"], keep="first", maintain_order=True)
        .group_by(_CUSTOMER, key="key_full")
        .agg(as_of=pl.col("recency").max())
    )
    # of equally good rows only the latest, so that the one that is named as the value's record stays the same
    latest = pl.col("recency") == pl.col("recency").max().over(_CUSTOMER, "key", "trust", "validity")
    gets = pl.col("by_record") & (pl.col("depth") == _HOUSE) & latest
    return (
        candidates.join(lifted, on=[_CUSTOMER, "key"], how="left", maintain_order="left")
        .with_columns(recency=pl.when(gets).then(pl.max_horizontal("recency", "as_of")).otherwise("recency"))
        .drop("as_of")
    )
