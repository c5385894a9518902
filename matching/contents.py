"""Records alike in all that is compared are compared once: one of them, the *first*, stands for its copies.

A record's *content* is one code of all its features, so equal contents are equal in every key and in every comparison. Keys, pairs,
training and clusters see the first of each content (the one with the smallest number) and nothing of its copies. A copy goes where its
first goes; a first that nobody else belongs to keeps its copies only if the pair with itself reaches the link threshold, as any
pair must: two records that both say 王先生 and no more stay two. In ``edges`` copies hang on their first, like a star.
"""

from __future__ import annotations

from engine.contract import Engine, Table
from matching.features import CONTENT


def firsts(engine: Engine, known: Table, *, apart: bool = False) -> Table:
    """The smallest rid of each content and how many records have it: rid, n.

    Args:
        engine: the engine.
        known: features (``matching.features.build``).
        apart: every record stands for itself alone, as where the records of several sources are linked with each other.
    """
    if apart:
        return engine.sql("select rid, cast(1 as bigint) as n from k", k=known)
    return engine.materialize(engine.sql(f"select min(rid) as rid, count(*) as n from k group by {CONTENT}", k=known))


def only(engine: Engine, known: Table, first: Table) -> Table:
    """The features of firsts."""
    return engine.sql("select k.* from k join f on k.rid = f.rid", k=known, f=first)


def pairs_alike(engine: Engine, first: Table) -> Table:
    """Firsts that have copies, each paired with itself: rid_l, rid_r."""
    return engine.sql("select rid as rid_l, rid as rid_r from f where n > 1", f=first)


def copies(engine: Engine, known: Table, first: Table) -> Table:
    """The records that are not their content's first: rid, first."""
    return engine.materialize(
        engine.sql(
            f"""
            with c as (select k.rid as first, k.{CONTENT} from k join f on k.rid = f.rid where f.n > 1)
            select every.rid, c.first from every join c on every.{CONTENT} = c.{CONTENT} where every.rid <> c.first
            """,
            k=known, every=known, f=first,
        )
    )  # fmt: skip


def with_copies(engine: Engine, labels: Table, alike: Table, copied: Table, *, link: int) -> Table:
    """Labels (rid, cluster) of all records from those of firsts; who is not there is alone.

    Args:
        engine: the engine.
        labels: rid, cluster of firsts.
        alike: scored pairs of firsts with themselves.
        copied: rid, first.
        link: weight from which a pair is linked.
    """
    return engine.sql(
        f"""
        with together as (select cluster from c group by cluster having count(*) > 1),
        kept as (select c.rid, c.cluster from c join together on c.cluster = together.cluster),
        every as (select rid, cluster from kept union all
            select s.rid_l as rid, s.rid_l as cluster from s left join kept on s.rid_l = kept.rid where s.weight >= {link} and kept.rid is null)
        select rid, cluster from every union all select d.rid, every.cluster from d join every on d.first = every.rid
        """,
        c=labels, s=alike, d=copied,
    )  # fmt: skip


def count_joined(engine: Engine, labels: Table, copied: Table) -> int:
    """How many copies are in the cluster of their first; ``labels``: of ``with_copies``."""
    query = "select count(*) as n from d join c on c.rid = d.rid join f on f.rid = d.first where c.cluster = f.cluster"
    return int(engine.collect(engine.sql(query, d=copied, c=labels, f=labels)).item())


def edges(engine: Engine, scored: Table, alike: Table, copied: Table) -> Table:
    """Scored pairs of firsts, and of each copy with its first."""
    listed = ", ".join(f's."{name}"' for name in alike.schema if name not in {"rid_l", "rid_r"})
    return engine.sql(
        f"select * from p union all select d.first as rid_l, d.rid as rid_r, {listed} from d join s on d.first = s.rid_l",
        p=scored, s=alike, d=copied,
    )  # fmt: skip
