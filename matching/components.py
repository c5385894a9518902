"""Connected components: union by the smaller number within a batch, star contraction in SQL across batches.

A batch of links becomes stars in memory: every root hangs itself to the smallest root it has a link with, until no link joins two roots
(at most two rounds halve the roots). Their stars are links of fewer nodes, and are made stars once more. What batches have not settled among themselves is contracted in SQL: each round hangs every node to the smallest node it can
see (large star: neighbours above; small star: neighbours below), so that a path of n nodes becomes a star in O(log n)
rounds or so, with joins and group-bys only (Kiveris et al., "Connected components in MapReduce and beyond", 2014).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from engine.contract import Engine, Table

ROUNDS = 60
LINKS_AT_ONCE = 16_000_000
STARS_AT_ONCE = 16_000_000
"""What batches have left of their links is a node each at most: so many are settled in memory, which costs a tenth of the rounds."""
_STAR_SCHEMA: dict[str, pl.DataType] = {"x": pl.Int64(), "y": pl.Int64()}


class ComponentsError(RuntimeError):
    """Star contraction did not end; this would be a bug."""


def components(engine: Engine, edges: Table, *, links_at_once: int = LINKS_AT_ONCE, stars_at_once: int = STARS_AT_ONCE) -> Table:
    """Smallest node of each node's component: (rid, component), only nodes with an edge. ``edges``: rid_l, rid_r (small integers)."""
    links = engine.sql("select rid_l, rid_r from e where rid_l <> rid_r", e=edges)
    stars = engine.map_batches(links, contract_kernel, _STAR_SCHEMA, batch_rows=links_at_once)
    if engine.count(edges) > links_at_once:
        again = engine.sql("select x as rid_l, y as rid_r from s", s=stars)
        stars = engine.map_batches(again, contract_kernel, _STAR_SCHEMA, batch_rows=stars_at_once)
    for _ in range(ROUNDS):
        if _are_stars(engine, stars):
            return engine.sql("select x as rid, y as component from s union all select distinct y, y from s", s=stars)
        stars = engine.materialize(_small_star(engine, engine.materialize(_large_star(engine, stars))))
    message = f"star contraction did not end after {ROUNDS} rounds"
    raise ComponentsError(message)


def contract_kernel(links: pl.DataFrame) -> pl.DataFrame:
    """Each node (x) with the smallest of its component (y) in these links, which is left out itself.

    >>> contract_kernel(pl.DataFrame({"rid_l": [5, 2, 7], "rid_r": [3, 5, 8]})).rows()
    [(3, 2), (5, 2), (8, 7)]
    """
    left, right = links["rid_l"].to_numpy(), links["rid_r"].to_numpy()
    root = np.arange(max(left.max(initial=0), right.max(initial=0)) + 1, dtype=np.int64)
    while True:
        left, right = root[left], root[right]
        open_ = left != right
        if not open_.any():
            break
        left, right = left[open_], right[open_]
        np.minimum.at(root, np.maximum(left, right), np.minimum(left, right))
        nodes = np.flatnonzero(root[root] != root)  # a node that hangs at a root stays there: only the others are looked at again
        while len(nodes):
            root[nodes] = root[root[nodes]]
            nodes = nodes[root[root[nodes]] != root[nodes]]
    nodes = np.flatnonzero(root != np.arange(len(root)))
    return pl.DataFrame({"x": nodes, "y": root[nodes]}, schema=_STAR_SCHEMA)


def _are_stars(engine: Engine, edges: Table) -> bool:
    found = engine.collect(
        engine.sql(
            "select count(*) as edges, count(distinct x) as leaves, (select count(*) from e a join e b on a.y = b.x) as chained from e",
            e=edges,
        )
    ).row(0)
    return bool(found[0] == found[1] and found[2] == 0)


def _large_star(engine: Engine, edges: Table) -> Table:
    return engine.sql(
        """
        with n as (select x as u, y as v from e union all select y, x from e),
        m as (select u, case when min(v) < u then min(v) else u end as least from n group by u)
        select distinct n.v as x, m.least as y from n join m on n.u = m.u where n.v > n.u
        """,
        e=edges,
    )


def _small_star(engine: Engine, edges: Table) -> Table:
    return engine.sql(
        """
        with m as (select x, min(y) as least from e group by x)
        select x, least as y from m
        union
        select e.y as x, m.least as y from e join m on e.x = m.x where e.y <> m.least
        """,
        e=edges,
    )
