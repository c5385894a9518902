"""From scored pairs to clusters: components, cut where they are large, refined where they contradict themselves."""

from __future__ import annotations

from engine.contract import Engine, Table
from matching import refinement, scoring
from matching.comparisons import Comparison
from matching.components import components
from matching.model import Model

DENSE_COMPONENT = 100
"""Records of a component up to which every pair in it is compared; larger ones are first cut at higher thresholds."""
STRICTER = (4_000, 8_000, 16_000)
"""Thousandths of a bit above the link threshold at which larger components are cut, one after the other."""


def cluster(engine: Engine, scored: Table, known: Table, comparisons: list[Comparison], model: Model) -> Table:
    """(rid, cluster) of every record that has a link."""
    links = engine.materialize(
        engine.sql(f"select rid_l, rid_r, weight, {refinement.bond()} as bond from s where weight >= {model.link}", s=scored)
    )
    labels = engine.materialize(components(engine, links))
    for more in STRICTER:
        sizes = engine.sql("select component, count(*) as n from c group by component", c=labels)
        large = engine.materialize(
            engine.sql(f"select c.rid from c join n on c.component = n.component where n.n > {DENSE_COMPONENT}", c=labels, n=sizes)
        )
        if engine.count(large) == 0:
            break
        links = engine.materialize(
            engine.sql(
                f"select e.* from e left join l on e.rid_l = l.rid where l.rid is null or e.weight >= {model.link + more}", e=links, l=large
            )
        )
        labels = engine.materialize(components(engine, links))
    # a component whose records are all linked with each other is one cluster, whatever the order of merges
    sized = engine.materialize(
        engine.sql(
            """
            with n as (select component, count(*) as n from c group by component),
            m as (select c.component, count(*) as m from l join c on l.rid_l = c.rid where l.bond >= 0 group by c.component)
            select c.rid, c.component, n.n, coalesce(m.m, 0) * 2 = n.n * (n.n - 1) as whole
            from c join n on c.component = n.component left join m on c.component = m.component
            """,
            c=labels, l=links,
        )
    )  # fmt: skip
    inside = engine.sql(
        f"select a.component, a.rid as rid_l, b.rid as rid_r from c a join c b on a.component = b.component and a.rid < b.rid "
        f"where not a.whole and not b.whole and a.n <= {DENSE_COMPONENT}",
        c=sized,
    )
    seen = engine.materialize(
        engine.sql(
            f"select p.component, p.rid_l, p.rid_r, {refinement.bond('s.weight', 's.personal')} as bond, s.rid_l is null as fresh "
            "from p left join s on p.rid_l = s.rid_l and p.rid_r = s.rid_r",
            p=inside, s=scored,
        )
    )  # fmt: skip
    fresh = engine.sql("select rid_l, rid_r from k where fresh", k=seen)
    dense = scoring.score(engine, fresh, known, comparisons, model)
    bonds = engine.materialize(
        engine.sql(
            f"""
            select c.component, d.rid_l, d.rid_r, {refinement.bond("d.weight", "d.personal")} as bond from d join c on d.rid_l = c.rid
            union all
            select component, rid_l, rid_r, bond from k where not fresh
            union all
            select c.component, l.rid_l, l.rid_r, l.bond from l join c on l.rid_l = c.rid where not c.whole and c.n > {DENSE_COMPONENT}
            """,
            d=dense, k=seen, l=links, c=sized,
        )
    )  # fmt: skip
    # without a contradiction a component is one cluster as well
    torn = engine.materialize(engine.sql("select component from b group by component having min(bond) < 0", b=bonds))
    refined = engine.map_groups(
        engine.sql("select b.* from b join t on b.component = t.component", b=bonds, t=torn),
        "component", refinement.link_kernel, refinement.LABEL_SCHEMA,
    )  # fmt: skip
    return engine.sql(
        "select rid, cluster from r union all select c.rid, c.component from c left join t on c.component = t.component where t.component is null",
        r=refined, c=sized, t=torn,
    )  # fmt: skip
