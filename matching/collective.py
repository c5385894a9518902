r"""What the other records of both say of a pair: collective evidence, seen after clustering (Bhattacharya and Getoor, 2007).

A pair is weighed alone. Once clusters are known, more is: two records of one cluster hang together through others, whatever they
know of each other themselves; two records whose clusters stayed apart would have been joined through some other pair if they were one.
``collective`` are the bits (thousandths) that this adds to, or takes from, a pair in doubt; its probability is that of the sum:

- *in one cluster, no link by itself*: a chain and the pair's own evidence count the same, as in average linkage. A chain is two links over a
  third record, and as sure as both are (``scoring.soft_minimum`` of two ways to be wrong). Never below the link threshold, for the cluster holds.
- *apart, both in clusters of several*: matches that are no links by themselves are mostly joined through third records. How many of those whose two
  records also link with others are not follows from how many of these exactly one third record joins, and exactly two (Chao's estimator of the
  unseen, 1987); their share of all that are joined is the evidence.
  Or one of the two is not where it belongs, as the record without a name that went with the other of a couple: what ties it to its own cluster takes
  from the pair, as it is of one cluster at most.
- *apart although they link*: refinement refused it, for the pairs between the two clusters say more against it than for it (``refinement.bond``). A bond
  below 0 leaves out what is shared and speaks for the pair, so half of what they say in the mean counts, and even odds are the best, but where
  a record may be misplaced (``ties``).
- *a nameless record with the sole holder of what it shares*: as ``holders`` has learned.

- *apart, one alone*: a record is of one cluster at most, so its other candidates take from this one, but for those that may be one with it; each the more, the more of its
  records have a pair with it, for who gives a phone often gave it here as well.

A pair that clusters tell nothing of, as one with a record that is alone, is as likely as it says itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import polars as pl

from engine.contract import Engine, Table
from matching import refinement, scoring, ties
from matching.comparisons import Comparison
from matching.entities import cross_pairs, members_of
from matching.model import Model

LEAST_JOINED = 100
"""Matches that clusters join, below which nothing is said about those that are not."""
MOST_APART = -10_000
NOWHERE = -1_000_000
_PAIRS = 1_000_000
"""More than a record has with one cluster: weights and numbers of pairs stand in one number."""
SCHEMA: dict[str, pl.DataType] = {"rid_l": pl.Int64(), "rid_r": pl.Int64(), "collective": pl.Int32(), "probability": pl.Float64()}


def in_doubt(engine: Engine, scored: Table, clusters: Table, comparisons: Sequence[Comparison], model: Model) -> Table:
    """Pairs from the review threshold that clusters say more about: those that are no links, and links that clusters refused.

    Args:
        engine: the engine.
        scored: scored pairs, each once.
        clusters: rid, cluster; who is not there is alone.
        comparisons: what was compared.
        model: for its thresholds.

    Returns:
        rid_l, rid_r, weight; x, y: their clusters; several_l, several_r: whether these have more than one record; of each shared comparison (``ties.agreements``)
        whether the two agree and whether they differ.
    """
    of = engine.materialize(
        engine.sql(
            "with n as (select cluster, count(*) as n from c group by cluster) select c.rid, c.cluster, n.n > 1 as several from c join n on c.cluster = n.cluster",
            c=clusters,
        )
    )
    return engine.materialize(
        engine.sql(
            f"""
            select s.rid_l, s.rid_r, s.weight{"".join(f", {sql} as {name}" for name, sql in ties.agreements(comparisons).items())}, coalesce(a.cluster, s.rid_l) as x, coalesce(b.cluster, s.rid_r) as y,
                coalesce(a.several, false) as several_l, coalesce(b.several, false) as several_r
            from s left join a on s.rid_l = a.rid left join b on s.rid_r = b.rid
            where s.weight >= {model.review} and (s.weight < {model.link} or coalesce(a.cluster, s.rid_l) <> coalesce(b.cluster, s.rid_r))
            """,
            s=scored, a=of, b=of,
        )
    )  # fmt: skip


def chains(engine: Engine, doubtful: Table, scored: Table, model: Model) -> Table:
    """Pairs of one cluster with the third records that link with both: rid_l, rid_r, thirds, one, two, several.

    ``one`` and ``two`` are the weights of the two links of the surest chain, the smaller first; ``several``: both link with others than these thirds.
    """
    inside = engine.materialize(engine.sql("select rid_l, rid_r from d where x = y", d=doubtful))
    ends = engine.sql("select rid_l as rid from i union select rid_r from i", i=inside)
    links = engine.materialize(
        engine.sql(
            f"""
            with l as (select rid_l, rid_r, weight from s where weight >= {model.link})
            select l.rid_l as rid, l.rid_r as third, l.weight from l join e on l.rid_l = e.rid
            union all select l.rid_r, l.rid_l, l.weight from l join e on l.rid_r = e.rid
            """,
            s=scored, e=engine.materialize(ends),
        )
    )  # fmt: skip
    numbers = engine.materialize(engine.sql("select rid, count(*) as links from l group by rid", l=links))
    return engine.sql(
        """
        with k as (
            select i.rid_l, i.rid_r, case when a.weight < b.weight then a.weight else b.weight end as one,
                case when a.weight < b.weight then b.weight else a.weight end as two
            from i join a on i.rid_l = a.rid join b on i.rid_r = b.rid and a.third = b.third
        ), m as (select rid_l, rid_r, count(*) as thirds, max(one) as one from k group by rid_l, rid_r)
        select m.rid_l, m.rid_r, m.thirds, m.one, max(k.two) as two, max(p.links) > m.thirds and max(q.links) > m.thirds as several
        from m join k on m.rid_l = k.rid_l and m.rid_r = k.rid_r and m.one = k.one join p on m.rid_l = p.rid join q on m.rid_r = q.rid
        group by m.rid_l, m.rid_r, m.thirds, m.one
        """,
        i=inside, a=links, b=links, p=numbers, q=numbers,
    )  # fmt: skip


def apart_bits(engine: Engine, doubtful: Table, joined: Table) -> int:
    """Bits (thousandths, not above 0) of a pair of one entity whose two clusters, both of several records, nothing joins.

    Args:
        engine: the engine.
        doubtful: of ``in_doubt``.
        joined: of ``chains``.
    """
    inside = engine.collect(engine.sql("select count(*) as n from d where x = y", d=doubtful)).item()
    counted = engine.collect(engine.sql("select thirds, count(*) as n from j where several group by thirds", j=joined))
    return unseen(dict(counted.iter_rows()), joined=inside)


def unseen(seen: dict[int, int], *, joined: int) -> int:
    """Log2 (thousandths) of the share of matches that nothing joins though both records link with others.

    Args:
        seen: of these, how many are joined by 1, 2, … third records.
        joined: matches that are joined, however.

    >>> unseen({1: 310, 2: 363, 3: 281}, joined=7225)
    -5805
    >>> unseen({1: 3}, joined=3)
    0
    """
    if joined < LEAST_JOINED:
        return 0
    once, twice = seen.get(1, 0), seen.get(2, 0)
    none = max(once * (once - 1) / (2 * (twice + 1)), 0.5)
    return max(round(1000 * float(np.log2(none / (joined + none)))), MOST_APART)


def refused(engine: Engine, doubtful: Table, clusters: Table, known: Table, comparisons: list[Comparison], model: Model) -> Table:
    """What all pairs between two clusters say that a link did not join: x, y, bonds (their sum), pairs; of clusters that are not too large.

    Args:
        engine: the engine.
        doubtful: of ``in_doubt``.
        clusters: rid, cluster.
        known: features of records.
        comparisons: what is compared.
        model: the trained model.
    """
    between = engine.materialize(
        engine.sql(
            f"select distinct case when x < y then x else y end as x, case when x < y then y else x end as y from d where x <> y and weight >= {model.link}",
            d=doubtful,
        )
    )
    cross = cross_pairs(engine, between, members_of(engine, between, clusters))
    scored = scoring.score(engine, engine.sql("select rid_l, rid_r from c", c=cross), known, comparisons, model)
    return engine.materialize(
        engine.sql(
            f"""
            select c.x, c.y, sum(cast({refinement.bond("s.weight", "s.personal")} as bigint)) as bonds, count(*) as pairs
            from c join s on c.rid_l = s.rid_l and c.rid_r = s.rid_r group by c.x, c.y
            """,
            c=cross, s=scored,
        )
    )  # fmt: skip


def weigh(engine: Engine, doubtful: Table, joined: Table, against: Table, tied: Table, moved: Table, model: Model) -> Table:
    """What clusters say of pairs in doubt: rid_l, rid_r, collective, probability.

    Args:
        engine: the engine.
        doubtful: of ``in_doubt``.
        joined: of ``chains``.
        against: of ``refused``.
        tied: of ``ties.find``.
        moved: rid, bits of records that joined the sole holder of what they share (``holders.find``).
        model: the trained model.
    """
    asked = engine.sql(
        f"""
        select d.rid_l, d.rid_r, d.weight, d.x = d.y as inside, d.several_l and d.several_r as several, j.one, j.two, r.bonds, r.pairs,
            coalesce(o.rank, {NOWHERE * _PAIRS}) as rank, coalesce(o.ours, 1) as ours,
            coalesce(e.bits, {-NOWHERE}) as tie_l, coalesce(f.bits, {-NOWHERE}) as tie_r, coalesce(u.bits, v.bits, 0) as sole
        from d left join j on d.rid_l = j.rid_l and d.rid_r = j.rid_r
        left join r on case when d.x < d.y then d.x else d.y end = r.x and case when d.x < d.y then d.y else d.x end = r.y
        left join o on d.rid_l = o.rid_l and d.rid_r = o.rid_r
        left join e on d.rid_l = e.rid and d.y = e.other left join f on d.rid_r = f.rid and d.x = f.other
        left join u on d.rid_l = u.rid left join v on d.rid_r = v.rid
        """,
        d=doubtful, j=joined, r=against, o=_rivals(engine, doubtful), e=tied, f=tied, u=moved, v=moved,
    )  # fmt: skip
    return engine.map_batches(asked, partial(weigh_kernel, link=model.link, apart=model.apart), SCHEMA)


def _rivals(engine: Engine, doubtful: Table) -> Table:
    """The heaviest candidate of a record that is alone, of the clusters that cannot be the second: rid_l, rid_r, rank, ours.

    ``rank``: ``_PAIRS`` times the largest weight of its pairs, and how many these are; ``ours``: pairs of the record with the second.
    """
    open_ = engine.materialize(
        engine.sql(
            """
            with o as (
                select x as one, y as other, weight from d where x <> y union all select y, x, weight from d where x <> y
            )
            select one, other, max(weight) as weight, count(*) as pairs from o group by one, other
            """,
            d=doubtful,
        )
    )
    return engine.sql(
        f"""
        with e as (
            select rid_l, rid_r, x as one, y as other from d where x <> y and not several_l
            union all select rid_l, rid_r, y, x from d where x <> y and not several_r
        )
        select e.rid_l, e.rid_r, max(cast(r.weight as bigint) * {_PAIRS} + least(r.pairs, {_PAIRS - 1})) as rank, max(m.pairs) as ours
        from e join o r on e.one = r.one and e.other <> r.other join o m on e.one = m.one and e.other = m.other
        left join o k on e.other = k.one and r.other = k.other
        where k.one is null group by e.rid_l, e.rid_r
        """,
        d=doubtful, o=open_,
    )  # fmt: skip


def weigh_kernel(frame: pl.DataFrame, *, link: int, apart: int) -> pl.DataFrame:
    """See the module.

    Args:
        frame: rid_l, rid_r, weight, inside, several, one, two (links of a chain, or null), bonds, pairs (between two clusters, or null), rank
            (of ``_rivals``; of the weight ``NOWHERE``: none), ours, tie_l, tie_r (of ``ties.find``), sole (0: none); weights in thousandths of a bit.
        link: the link threshold.
        apart: ``Model.apart``.

    Returns:
        Columns of ``SCHEMA``.
    """
    weight = frame["weight"].to_numpy().astype(np.int32)
    inside, several = frame["inside"].to_numpy(), frame["several"].to_numpy()
    one, two = (frame[name].fill_null(NOWHERE).to_numpy().astype(np.int32) for name in ("one", "two"))
    chained = np.where(one > NOWHERE, (weight + scoring.soft_minimum(one, two)) // 2, link)
    mean = frame.select((pl.col("bonds") // (2 * pl.col("pairs"))).fill_null(0).clip(upper_bound=0).cast(pl.Int64)).to_series().to_numpy()
    rival, theirs = np.divmod(frame["rank"].to_numpy(), _PAIRS)
    odds = np.exp2(rival.clip(NOWHERE, 40_000) / 1000) * np.maximum(theirs, 1) / frame["ours"].to_numpy()
    alone = weight - np.rint(1000 * np.log2(1 + odds)).astype(np.int32)
    misplaced = [weight - frame[name].to_numpy().astype(np.int32) for name in ("tie_l", "tie_r")]
    one_or_moved = np.minimum(_either(np.where(weight >= link, mean, weight + apart), *misplaced), weight)
    split = np.where(several, one_or_moved, np.where(weight >= link, mean, alone))
    held = np.maximum(np.maximum(chained, link), frame["sole"].to_numpy())
    total = np.where(inside, np.maximum(held, weight), split).astype(np.int32)
    return frame.select("rid_l", "rid_r").with_columns(
        pl.Series("collective", total - weight, dtype=pl.Int32), pl.Series("probability", scoring.probability(total))
    )


def _either(*ways: scoring.Ints) -> scoring.Ints:
    """Bits (thousandths) of several ways in which a pair may match: their odds are added up."""
    odds = sum(np.exp2(way.clip(-40_000, 40_000) / 1000) for way in ways)
    return np.asarray(np.rint(1000 * np.log2(odds)), dtype=np.int32)
