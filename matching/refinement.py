"""Inside a component: who really belongs together.

Records that hang together through a chain are looked at pair by pair. A pair's *bond* is its weight where that is positive; a
pair that knows little of each other is neutral (0); a pair that contradicts itself (another given name, another birth
date, another valid id) is negative, by its evidence about the person. Clusters are merged by the average bond between them, the
strongest first, as long as the sum is positive: a bridge between two groups that contradict each other is cut, a title-only
record joins one of two full names and not both.

Average linkage is reducible, so all pairs of clusters that are each other's best are merged at once (reciprocal nearest
neighbours), for all components of a batch together: the same result as one merge at a time, in a few rounds.
"""

from __future__ import annotations

import polars as pl

LABEL_SCHEMA: dict[str, pl.DataType] = {"rid": pl.Int64(), "cluster": pl.Int64()}
_GOLDEN = 11_400_714_819_323_198_485


def bond(weight: str = "weight", personal: str = "personal") -> str:
    """SQL of a scored pair's bond."""
    return f"case when {weight} >= 0 then {weight} when {personal} < 0 then {personal} else 0 end"


def link_kernel(frame: pl.DataFrame) -> pl.DataFrame:
    """Clusters of whole components.

    Args:
        frame: rid_l, rid_r (Int64), bond (Int32): the pairs of one or more components, each once.

    Returns:
        rid, cluster (its smallest rid), for every rid of the frame.
    """
    nodes = pl.concat([frame["rid_l"], frame["rid_r"]]).unique().sort()
    label = pl.DataFrame({"rid": nodes, "cluster": nodes})
    between = frame.select(
        a=pl.min_horizontal("rid_l", "rid_r"),
        b=pl.max_horizontal("rid_l", "rid_r"),
        total=pl.col("bond").cast(pl.Int64),
        n=pl.lit(1, dtype=pl.Int64),
    )
    while True:
        merged, between = _mutual_best(between)
        if not merged.height:
            return label.sort("rid")
        into = dict(zip(merged["b"], merged["a"], strict=True))
        label = label.with_columns(pl.col("cluster").replace(into))
        moved = between.select(pl.col("a").replace(into), pl.col("b").replace(into), "total", "n").filter(pl.col("a") != pl.col("b"))
        between = (
            moved.select(a=pl.min_horizontal("a", "b"), b=pl.max_horizontal("a", "b"), total=pl.col("total"), n=pl.col("n"))
            .group_by("a", "b")
            .agg(pl.col("total").sum(), pl.col("n").sum())
        )


def _mutual_best(between: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Pairs (a < b) of clusters that are each other's best; ties fall by a fixed shuffle, so that long chains merge everywhere at once.

    Also gives ``between`` without clusters that have no good bond left: nothing can happen to them any more.
    """
    shuffle = (
        pl.col("a").cast(pl.UInt64) * pl.lit(_GOLDEN, dtype=pl.UInt64)
        + pl.col("b").cast(pl.UInt64) * pl.lit(_GOLDEN ^ 0xABCDEF, dtype=pl.UInt64)
    ).hash(seed=1)
    ranked = (
        between.filter(pl.col("total") > 0)
        .with_columns(mean=pl.col("total") / pl.col("n"), shuffle=shuffle)
        .sort("mean", "shuffle", "a", "b", descending=[True, False, False, False])
        .with_row_index("rank")
    )
    ends = pl.concat([ranked.select("rank", node="a"), ranked.select("rank", node="b")]).group_by("node").agg(best=pl.col("rank").min())
    best = ranked.join(ends, left_on="a", right_on="node").filter(pl.col("rank") == pl.col("best")).drop("best")
    mutual = best.join(ends, left_on="b", right_on="node").filter(pl.col("rank") == pl.col("best"))
    return mutual, between.join(ends, left_on="a", right_on="node", how="semi").join(ends, left_on="b", right_on="node", how="semi")
