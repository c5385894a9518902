"""How right clusters probably are, where nobody knows the truth: from calibrated probabilities alone.

*Precision.* Two records of one cluster belong together as surely as the weakest link of the best chain of pairs between them. Clusters are
built again from their edges, the surest first (Kruskal): an edge that joins a and b records decides a * b pairs, and no pair is enumerated.

*Recall.* What is missing is of three kinds. Pairs between two clusters: all their records are one entity or none is, so the mean of the
edges between them counts for as many pairs as would have such edges inside a cluster. Pairs below the probability from which edges are written: they count
as none. Pairs that no key found: a key catches a pair of one entity if the two agree on all its columns, which comparison c does with
probability m (of the model). A pair that was found, and knows what it knows, stands for 1 / (1 - missed) pairs, where ``missed`` is the
chance that no key catches one like it (capture and recapture with known chances: Horvitz and Thompson, 1952). Many of these are joined through other
records all the same: as often, we say, as pairs that were found and are no link by themselves.

What is assumed: probabilities are right (``docs/matching.md`` measures that); what two records of one entity agree on is independent
from column to column. It is not quite: a careless record misses with all of them. So less is missed by the estimate than in truth.

>>> edges = pl.DataFrame({"record_id_l": ["a", "b"], "record_id_r": ["b", "c"], "probability": [0.99, 0.5], "tel": [9.0, -2.0], "born": [8.0, 8.0]})
>>> clusters = pl.DataFrame({"record_id": ["a", "b", "c"], "cluster_id": ["a", "a", "c"]})
>>> found = estimate(edges, clusters, keys=[{"tel"}, {"born"}], agree={"tel": 0.8, "born": 0.9})
>>> round(found.precision, 3), round(found.missed_between, 3), round(found.missed_by_keys, 3)
(0.99, 0.5, 0.03)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from matching.comparisons import comparisons_for
from matching.keys import parse_key
from matching.model import Model

MOST_MISSED = 0.95
"""From this chance on, a pair that was found stands for too many others to be believed."""


@dataclass(frozen=True)
class Estimate:
    """Expected numbers of pairs, and the shares (0 to 1) that follow.

    ``pairs``: put together; ``right``: of them; ``missed_between``: of one entity in two clusters, of which an edge tells; ``missed_by_keys``: that no
    key found and no other record joined.
    """

    pairs: int
    right: float
    missed_between: float
    missed_by_keys: float
    precision: float
    recall: float
    f1: float


def estimate(
    edges: pl.DataFrame,
    clusters: pl.DataFrame,
    *,
    keys: Sequence[Collection[str]],
    agree: Mapping[str, float],
    link: float = 0.9,
    of: Collection[str] | None = None,
) -> Estimate:
    """Expected precision and recall of clusters.

    Args:
        edges: record_id_l, record_id_r, probability, weight (bits; without it all of the probability is the pair's own), and bits of each comparison (0 where it is not known, above 0 where it agrees).
        clusters: record_id, cluster_id.
        keys: the comparisons whose columns each blocking key has.
        agree: how often each comparison agrees among pairs of one entity that know it.
        link: the threshold. What no written edge holds together inside a cluster reached it together.
        of: the clusters of a sample; all others are only there because edges lead to them. Numbers of pairs are those of the sample.
    """
    sizes = clusters.group_by("cluster_id").agg(size=pl.len())
    if of is not None:
        sizes = sizes.filter(pl.col("cluster_id").is_in(list(of)))
    pairs = int(sizes.select((pl.col("size") * (pl.col("size") - 1) // 2).sum()).item())
    ends = clusters.with_row_index("at").select(
        "record_id", pl.col("at").cast(pl.Int64), pl.col("cluster_id").rank("dense").cast(pl.Int64).alias("in")
    )
    both = edges.join(ends.rename({"record_id": "record_id_l", "at": "l", "in": "one"}), on="record_id_l").join(
        ends.rename({"record_id": "record_id_r", "at": "r", "in": "two"}), on="record_id_r"
    )
    if of is not None:  # each pair of clusters is in the sample with the first of the two
        sampled = ends.filter(clusters["cluster_id"].is_in(list(of)))["in"].unique()
        both = both.filter(pl.min_horizontal("one", "two").is_in(sampled.implode()))
        edges = both
    inside = both.filter(pl.col("one") == pl.col("two"))
    right, decided = _chained(inside, clusters.height)
    right += link * (pairs - decided)
    dense = inside.height / pairs if pairs else 1.0
    between = _between(both.filter(pl.col("one") != pl.col("two")), ends, dense=dense)
    own = 1 / (1 + 2 ** -pl.col("weight")) if "weight" in edges.columns else pl.col("probability")  # before clusters said anything
    doubtful = both.with_columns(own=own).filter(pl.col("own") < link)
    true = float(doubtful["own"].sum())
    joined = min(1.0, doubtful.filter(pl.col("one") == pl.col("two")).height / true) if true else 1.0
    by_keys = (1 - joined) * _never_found(edges, [frozenset(key) for key in keys], agree)
    all_of = right + between + by_keys
    precision, recall = right / pairs if pairs else 1.0, right / all_of if all_of else 1.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return Estimate(pairs, right, between, by_keys, precision, recall, f1)


def _chained(inside: pl.DataFrame, records: int) -> tuple[float, int]:
    """Expected right pairs of what edges hold together, and how many pairs that are."""
    order = inside.sort("probability", "l", "r", descending=[True, False, False])
    leader, size = list(range(records)), [1] * records
    right, decided = 0.0, 0

    def find(node: int) -> int:
        while leader[node] != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    for left, other, probability in order.select("l", "r", "probability").iter_rows():
        a, b = find(left), find(other)
        if a != b:
            if size[a] < size[b]:
                a, b = b, a
            right += size[a] * size[b] * probability
            decided += size[a] * size[b]
            leader[b] = a
            size[a] += size[b]
    return right, decided


def _between(apart: pl.DataFrame, ends: pl.DataFrame, *, dense: float) -> float:
    """Expected pairs of one entity in two clusters. ``dense``: the share of pairs inside clusters that have an edge."""
    sizes = ends.group_by("in").agg(size=pl.len())
    two = apart.group_by(a=pl.min_horizontal("one", "two"), b=pl.max_horizontal("one", "two")).agg(
        p=pl.col("probability").mean(), n=pl.len()
    )
    two = two.join(sizes.rename({"in": "a", "size": "x"}), on="a").join(sizes.rename({"in": "b", "size": "y"}), on="b")
    as_many = pl.min_horizontal(pl.col("x") * pl.col("y"), pl.col("n") / dense) if dense else pl.col("n")
    return float(two.sort("a", "b").select((pl.col("p") * as_many).sum()).item())


def _never_found(edges: pl.DataFrame, keys: Sequence[frozenset[str]], agree: Mapping[str, float]) -> float:
    """Expected pairs of one entity that no key found, whoever joined them."""
    used = sorted({name for key in keys for name in key if name in edges.columns and name in agree})
    known = edges.group_by(pl.col(name) != 0 for name in used).agg(weight=pl.col("probability").sum()).sort(used) if used else None
    total = 0.0
    for *flags, weight in () if known is None else known.iter_rows():
        there = frozenset(name for name, flag in zip(used, flags, strict=True) if flag)
        chance = missed([key for key in keys if key <= there], agree)
        if chance < MOST_MISSED:
            total += weight * chance / (1 - chance)
    return total


def missed(keys: Sequence[frozenset[str]], agree: Mapping[str, float]) -> float:
    """The chance that a pair of one entity agrees on the whole of no key.

    >>> round(missed([frozenset("a"), frozenset("bc")], {"a": 0.9, "b": 0.5, "c": 0.5}), 3)
    0.075
    """
    if not keys:
        return 1.0
    if any(not key for key in keys):
        return 0.0
    name = min(name for key in keys for name in key)
    with_it = [key - {name} for key in keys]
    without = [key for key in keys if name not in key]
    return agree[name] * missed(with_it, agree) + (1 - agree[name]) * missed(without, agree)


def chances(model: Model) -> tuple[list[frozenset[str]], dict[str, float]]:
    """``keys`` and ``agree`` of a trained model."""
    reads: dict[str, set[str]] = {}
    for comparison in comparisons_for(model.spec):
        for column in comparison.columns:
            reads.setdefault(column, set()).add(comparison.name)
    # of two comparisons that read one column the first is the whole value's
    first = {column: min(names, key=len) for column, names in reads.items()}
    keys = [frozenset(first[column] for column in parse_key(key).columns) for key in model.keys]
    agree = {entry.name: sum(level.m for level in entry.levels if level.m > level.u) for entry in model.comparisons}
    return keys, agree
