"""Labels as laws of clusters: what is labelled the same ends in one cluster, what is labelled as not the same never does.

Records that are known to be the same are one *group* (``matching.labels``). Clusters that hold records of one group become one; a cluster
that then holds two groups that are not the same is taken apart and put together again by average linkage (``matching.refinement``),
the strongest bond first, but starting from whole groups and never across a law. Clusters that no label is about stay as they are.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace

import polars as pl

from engine.contract import Engine, Table
from matching import features, refinement, scoring
from matching.comparisons import Comparison
from matching.components import components
from matching.features import CONTENT
from matching.labels import LabelError, Labels
from matching.model import Model

DENSE = 100
"""Records of a cluster up to which every pair in it is weighed before it is put together again; of larger ones what was found."""
CERTAIN = 1_000_000
"""Weight (thousandths of a bit) of a labelled pair where links are assigned one to one: above all that evidence adds up to."""
_BOND, _MARK, _KNOWN, _APART = 0, 1, 2, 3


def contents_apart(engine: Engine, known: Table, labels: Labels, numbered: Table) -> Table:
    """Features whose content tells labelled records from all others, so that a copy is no other group's copy.

    ``features.build`` does the same at once, where labels are known before.
    """
    rows = engine.sql("select k.*, g.grp from k left join g on k.rid = g.rid", k=known, g=named_groups(engine, labels, numbered))
    return engine.map_batches(rows, _content_kernel, known.schema)


def _content_kernel(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(features.apart(frame[CONTENT], frame["grp"])).drop("grp")


def named_groups(engine: Engine, labels: Labels, numbered: Table) -> Table:
    """rid, grp of labelled records: a group goes by the smallest id of its records (``numbered``: rid, record_id), whatever number that has."""
    return engine.materialize(engine.sql("select m.rid, n.record_id as grp from m join n on m.grp = n.rid", m=labels.marks, n=numbered))


def of_firsts(engine: Engine, labels: Labels, first: Table) -> Labels:
    """The labels with the marks of those records that are compared (``matching.contents``)."""
    return replace(labels, marks=engine.materialize(engine.sql("select m.* from m join f on m.rid = f.rid", m=labels.marks, f=first)))


def open_pairs(engine: Engine, scored: Table, labels: Labels | None) -> Table:
    """Scored pairs without those of closed records: no evidence joins anything with them, nor leads through them. Computed once: several steps read them."""
    if labels is None or labels.closed is None:
        return scored
    open_ = "select s.* from s left join k x on s.rid_l = x.rid left join k y on s.rid_r = y.rid where x.rid is null and y.rid is null"
    return engine.materialize(engine.sql(open_, s=scored, k=labels.closed))


def joined(engine: Engine, clusters: Table, labels: Labels) -> Table:
    """Clusters (rid, cluster) of which those that hold records of one group are one; every marked record is there."""
    marked = engine.materialize(
        engine.sql(
            "select m.rid, m.grp, coalesce(c.cluster, m.rid) as cluster, c.rid is null as alone from m left join c on m.rid = c.rid",
            c=clusters, m=labels.marks,
        )
    )  # fmt: skip
    links = engine.sql(
        """
        with least as (select grp, min(cluster) as cluster from m group by grp)
        select distinct least.cluster as rid_l, m.cluster as rid_r from m join least on m.grp = least.grp where m.cluster <> least.cluster
        """,
        m=marked,
    )  # fmt: skip
    return engine.materialize(
        engine.sql(
            """
            with e as (select rid, cluster from c union all select rid, cluster from m where alone)
            select e.rid, coalesce(k.component, e.cluster) as cluster from e left join k on e.cluster = k.rid
            """,
            c=clusters, m=marked, k=engine.materialize(components(engine, links)),
        )
    )  # fmt: skip


def enforce(
    engine: Engine, scored: Table, clusters: Table, labels: Labels, known: Table, comparisons: list[Comparison], model: Model
) -> Table:
    """Clusters (rid, cluster) in which every label holds.

    Args:
        engine: the engine.
        scored: scored pairs.
        clusters: of records that are compared.
        labels: ``of_firsts``.
        known: their features.
        comparisons: what is compared.
        model: the trained model.
    """
    whole = joined(engine, clusters, labels)
    marked = engine.materialize(
        engine.sql("select c.cluster, m.rid, m.grp, m.known from m join c on m.rid = c.rid", m=labels.marks, c=whole)
    )
    torn = engine.materialize(
        engine.sql(
            """
            select cluster from m where known group by cluster having count(distinct grp) > 1
            union
            select x.cluster from a join m x on a.grp_l = x.grp join m y on a.grp_r = y.grp and x.cluster = y.cluster
            """,
            m=marked, a=labels.apart,
        )
    )  # fmt: skip
    if engine.count(torn) == 0:
        return whole
    members = engine.materialize(engine.sql("select c.cluster as component, c.rid from c join t on c.cluster = t.cluster", c=whole, t=torn))
    bonds = _bonds(engine, scored, members, known, comparisons, model)
    ruled = engine.sql(
        f"""
        select component, rid_l, rid_r, cast(bond as int) as bond, {_BOND} as rule from b
        union all
        select m.cluster, m.rid, m.grp, 0, case when m.known then {_KNOWN} else {_MARK} end from m join t on m.cluster = t.cluster
        union all
        select distinct x.cluster, a.grp_l, a.grp_r, 0, {_APART} from a join m x on a.grp_l = x.grp join m y on a.grp_r = y.grp and x.cluster = y.cluster
        """,
        b=bonds, m=marked, t=torn, a=labels.apart,
    )  # fmt: skip
    again = engine.map_groups(ruled, "component", linked_kernel, refinement.LABEL_SCHEMA)
    return engine.materialize(
        engine.sql(
            """
            select rid, cluster from g
            union all
            select p.rid, p.rid as cluster from p left join g on p.rid = g.rid where g.rid is null
            union all
            select c.rid, c.cluster from c left join t on c.cluster = t.cluster where t.cluster is null
            """,
            g=again, p=members, c=whole, t=torn,
        )
    )  # fmt: skip


def _bonds(engine: Engine, scored: Table, members: Table, known: Table, comparisons: list[Comparison], model: Model) -> Table:
    """Bonds between the members of each component, each pair once: all of small ones, those that were found of large ones."""
    found = engine.materialize(
        engine.sql(
            f"select x.component, s.rid_l, s.rid_r, {refinement.bond('s.weight', 's.personal')} as bond "
            "from s join m x on s.rid_l = x.rid join m y on s.rid_r = y.rid and x.component = y.component",
            s=scored, m=members,
        )
    )  # fmt: skip
    fresh = engine.sql(
        f"""
        with n as (select component from m group by component having count(*) <= {DENSE})
        select a.rid as rid_l, b.rid as rid_r from m a join n on a.component = n.component join m b on a.component = b.component and a.rid < b.rid
        left join f on a.rid = f.rid_l and b.rid = f.rid_r where f.rid_l is null
        """,
        m=members, f=found,
    )  # fmt: skip
    dense = scoring.score(engine, fresh, known, comparisons, model)
    return engine.sql(
        f"select component, rid_l, rid_r, bond from f union all select m.component, d.rid_l, d.rid_r, {refinement.bond('d.weight', 'd.personal')} as bond from d join m on d.rid_l = m.rid",
        f=found, d=dense, m=members,
    )  # fmt: skip


def decided(engine: Engine, scored: Table, sources: Table, labels: Labels, *, rule: str) -> Table:
    """Pairs (rid_l, rid_r, weight) for ``matching.assignment``: those that labels forbid are gone, those that they demand come first.

    Raises:
        LabelError: ``one_to_one``, and two records of one table are labelled as the same.
    """
    marked = engine.materialize(
        engine.sql("select m.rid, m.grp, m.known, n.source from m join n on m.rid = n.rid", m=labels.marks, n=sources)
    )
    twice = engine.count(engine.sql("select grp, source from m group by grp, source having count(*) > 1", m=marked))
    if rule == "one_to_one" and twice:
        message = f"labels say of {twice:,} entities that one table has several records of them; one_to_one allows one: leave the labels or the rule out"
        raise LabelError(message)
    return engine.sql(
        f"""
        with a2 as (select grp_l as one, grp_r as two from a union select grp_r, grp_l from a),
        free as (select s.rid_l, s.rid_r, s.weight from s left join m x on s.rid_l = x.rid left join m y on s.rid_r = y.rid
            left join a2 on x.grp = a2.one and y.grp = a2.two
            where a2.one is null and (x.grp is null or y.grp is null or (x.grp <> y.grp and not (x.known and y.known))))
        select rid_l, rid_r, weight from free
        union all
        select x.rid, y.rid, {CERTAIN} from m x join m y on x.grp = y.grp and x.rid < y.rid where x.source <> y.source
        """,
        s=scored, m=marked, a=labels.apart,
    )  # fmt: skip


@dataclass
class _Part:
    """A cluster while it grows: its records, its known entity (0 where none), clusters it must not join, bonds (sum, pairs) to others."""

    rids: list[int]
    entity: int
    apart: set[int]
    bonds: dict[int, tuple[int, int]]


def linked_kernel(frame: pl.DataFrame) -> pl.DataFrame:
    """Clusters of whole components by average linkage under labels.

    Args:
        frame: component, rid_l, rid_r, bond, rule. Rule 0: a bond. 1 and 2: the record ``rid_l`` is of the group ``rid_r``, whose entity is
            known (2) or not. 3: the groups ``rid_l`` and ``rid_r`` are not the same.

    Returns:
        rid, cluster (its smallest rid) of every record in a bond or a group.
    """
    made = [pl.DataFrame(schema=refinement.LABEL_SCHEMA)]
    made += [_linked(rows) for _, rows in frame.sort("component", "rule", "rid_l", "rid_r").group_by("component", maintain_order=True)]
    return pl.concat(made)


def _linked(rows: pl.DataFrame) -> pl.DataFrame:
    group: dict[int, int] = {}
    entity: dict[int, int] = {}
    for rid, grp, rule in rows.filter(pl.col("rule").is_in([_MARK, _KNOWN])).select("rid_l", "rid_r", "rule").iter_rows():
        group[rid] = grp
        entity[grp] = grp if rule == _KNOWN else 0
    bonds = rows.filter(pl.col("rule") == _BOND)
    parts: dict[int, _Part] = {}
    for rid in sorted({*bonds["rid_l"], *bonds["rid_r"], *group}):
        name = group.get(rid, rid)
        parts.setdefault(name, _Part([], entity.get(name, 0), set(), {})).rids.append(rid)
    for one, two in rows.filter(pl.col("rule") == _APART).select("rid_l", "rid_r").iter_rows():
        parts[one].apart.add(two)
        parts[two].apart.add(one)
    for left, right, bond in bonds.select("rid_l", "rid_r", "bond").iter_rows():
        one, two = group.get(left, left), group.get(right, right)
        if one != two:
            for here, there in ((one, two), (two, one)):
                total, pairs = parts[here].bonds.get(there, (0, 0))
                parts[here].bonds[there] = total + bond, pairs + 1
    _merge(parts)
    found = [(rid, min(part.rids)) for part in parts.values() for rid in part.rids]
    return pl.DataFrame(sorted(found), schema=refinement.LABEL_SCHEMA, orient="row")


def _merge(parts: dict[int, _Part]) -> None:
    """Joins the two parts with the best mean bond, as long as one is above 0 and no label forbids it."""
    heap: list[tuple[float, int, int, int, int]] = []

    def offer(one: int, two: int) -> None:
        total, pairs = parts[one].bonds[two]
        if total > 0:
            heapq.heappush(heap, (-total / pairs, min(one, two), max(one, two), total, pairs))

    for name, part in parts.items():
        for other in part.bonds:
            if name < other:
                offer(name, other)
    while heap:
        _, one, two, total, pairs = heapq.heappop(heap)
        if one not in parts or two not in parts or parts[one].bonds.get(two) != (total, pairs):
            continue  # one of them is another cluster by now
        kept, gone = parts[one], parts[two]
        if two in kept.apart or (kept.entity and gone.entity and kept.entity != gone.entity):
            continue
        del parts[two], kept.bonds[two]
        kept.rids += gone.rids
        kept.entity = kept.entity or gone.entity
        kept.apart |= gone.apart
        for other in gone.apart:
            parts[other].apart.remove(two)
            parts[other].apart.add(one)
        for other, (more, count) in gone.bonds.items():
            if other == one:
                continue
            before = kept.bonds.get(other, (0, 0))
            kept.bonds[other] = parts[other].bonds[one] = before[0] + more, before[1] + count
            del parts[other].bonds[two]
            offer(one, other)
