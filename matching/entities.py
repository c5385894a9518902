"""The entity pass: what a cluster knows as a whole is matched again with what stayed apart.

Two clusters (or records alone) that share candidate pairs, none of them a link, are weighed together: of what can be
shared by several records (phone, address, car) the best agreement between them counts, of what is about the person the mean.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.contract import Engine, Table
from matching import refinement, scoring
from matching.comparisons import Comparison
from matching.components import components
from matching.model import Model

CROSS_PAIRS = 400
"""Largest number of pairs between two clusters that are looked at."""


def join_clusters(engine: Engine, scored: Table, labels: Table, known: Table, comparisons: list[Comparison], model: Model) -> Table:
    """Labels (rid, cluster) after clusters that belong together were joined."""
    names = [comparison.name for comparison in comparisons]
    shared = {comparison.name for comparison in comparisons if comparison.shared}
    listed = ", ".join(
        f'max(s."{name}") as "{name}"' if name in shared else f'sum(cast(s."{name}" as bigint)) as "{name}"' for name in names
    )
    between = engine.sql(
        f"""
        with p as (select s.*, coalesce(a.cluster, s.rid_l) as x, coalesce(b.cluster, s.rid_r) as y from s left join c a on s.rid_l = a.rid left join c b on s.rid_r = b.rid)
        select case when x < y then x else y end as rid_l, case when x < y then y else x end as rid_r, {listed.replace("s.", "p.")},
        sum(cast(personal as bigint)) as personal, count(*) as n from p where x <> y
        group by case when x < y then x else y end, case when x < y then y else x end
        """,
        s=scored,
        c=labels,
    )
    kernel = partial(_weigh_kernel, names=tuple(names), shared=frozenset(shared), model=model)
    joined = engine.map_batches(between, kernel, {"rid_l": pl.Int64(), "rid_r": pl.Int64(), "weight": pl.Int32()})
    if engine.count(joined) == 0:
        return labels
    two = engine.sql("select rid_l as x, rid_r as y from j", j=joined)
    members = members_of(engine, two, labels)
    cross = cross_pairs(engine, two, members)
    looked_at = scoring.score(engine, engine.sql("select rid_l, rid_r from x", x=cross), known, comparisons, model)
    bonds = engine.materialize(
        engine.sql(
            f"""
            with b as (select x.x, x.y, sum(cast({refinement.bond("s.weight", "s.personal")} as bigint)) as total from x join s on x.rid_l = s.rid_l and x.rid_r = s.rid_r group by x.x, x.y)
            select j.rid_l, j.rid_r, cast(j.weight + case when b.total < 0 then b.total else 0 end as integer) as bond
            from j join b on j.rid_l = b.x and j.rid_r = b.y where j.weight + b.total > 0
            """,
            j=joined, x=cross, s=looked_at,
        )
    )  # fmt: skip
    if engine.count(bonds) == 0:
        return labels
    groups = engine.sql(
        "select c.component, b.* from b join c on b.rid_l = c.rid", b=bonds, c=engine.materialize(components(engine, bonds))
    )
    moved = engine.map_groups(groups, "component", refinement.link_kernel, refinement.LABEL_SCHEMA)
    return engine.materialize(
        engine.sql(
            """
            with every as (select rid, cluster from c union select cluster, cluster from m)
            select every.rid, coalesce(g.cluster, every.cluster) as cluster from every left join g on every.cluster = g.rid
            """,
            c=labels, m=members, g=moved,
        )
    )  # fmt: skip


def members_of(engine: Engine, pairs: Table, clusters: Table) -> Table:
    """cluster, rid of all records of the clusters that ``pairs`` (x, y) name. ``clusters``: rid, cluster; who is not there is alone."""
    return engine.materialize(
        engine.sql(
            """
            with n as (select x as cluster from p union select y from p)
            select n.cluster, coalesce(c.rid, n.cluster) as rid from n left join c on n.cluster = c.cluster
            """,
            p=pairs, c=clusters,
        )
    )  # fmt: skip


def cross_pairs(engine: Engine, pairs: Table, members: Table) -> Table:
    """x, y, rid_l, rid_r of all pairs of records between two clusters that are not too large."""
    sizes = engine.sql("select cluster, count(*) as n from m group by cluster", m=members)
    return engine.materialize(
        engine.sql(
            f"""
            select j.x, j.y, case when a.rid < b.rid then a.rid else b.rid end as rid_l, case when a.rid < b.rid then b.rid else a.rid end as rid_r
            from j join n p on j.x = p.cluster join n q on j.y = q.cluster join m a on j.x = a.cluster join m b on j.y = b.cluster
            where p.n * q.n <= {CROSS_PAIRS}
            """,
            j=pairs, n=sizes, m=members,
        )
    )  # fmt: skip


def _weigh_kernel(frame: pl.DataFrame, *, names: tuple[str, ...], shared: frozenset[str], model: Model) -> pl.DataFrame:
    count = frame["n"].to_numpy().astype(np.int64)
    parts = {name: frame[name].cast(pl.Int32).to_numpy() if name in shared else _mean(frame[name], count) for name in names}
    pairs = scoring.combine(
        frame.select("rid_l", "rid_r"), parts, _mean(frame["personal"], count), prior=model.prior, household=model.household
    )
    return pairs.filter(pl.col("weight") >= model.link).select("rid_l", "rid_r", "weight")


def _mean(total: pl.Series, count: npt.NDArray[np.int64]) -> scoring.Ints:
    return np.asarray(np.floor_divide(total.cast(pl.Int64).to_numpy(), count), dtype=np.int32)
