"""Connected components by star contraction, in SQL.

Each round hangs every node to the smallest node it can see (large star: neighbours above; small star: neighbours below), so
that a path of n nodes becomes a star in O(log n) rounds or so, with joins and group-bys only (Kiveris et al., "Connected
components in MapReduce and beyond", 2014).
"""

from __future__ import annotations

from engine.contract import Engine, Table

ROUNDS = 60


class ComponentsError(RuntimeError):
    """Star contraction did not end; this would be a bug."""


def components(engine: Engine, edges: Table) -> Table:
    """Smallest node of each node's component: (rid, component), only nodes with an edge. ``edges``: rid_l, rid_r."""
    stars = engine.materialize(
        engine.sql(
            "select distinct case when rid_l > rid_r then rid_l else rid_r end as x, case when rid_l > rid_r then rid_r else rid_l end as y from e where rid_l <> rid_r",
            e=edges,
        )
    )
    for _ in range(ROUNDS):
        if _are_stars(engine, stars):
            return engine.sql("select x as rid, y as component from s union all select distinct y, y from s", s=stars)
        stars = engine.materialize(_small_star(engine, engine.materialize(_large_star(engine, stars))))
    message = f"star contraction did not end after {ROUNDS} rounds"
    raise ComponentsError(message)


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
