"""Why the records of a customer hang together: the strongest spanning tree of their pairs, its weakest link, and life without it.

Of all trees that connect the records the strongest is the one whose links are the heaviest (Kruskal, 1956). Its weakest link
is where the customer would come apart first: no pair between the two sides is heavier. A weakest link below the threshold
means that the sides were joined by what they know together (the entity pass), not by any two records.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from matching.explain import PairExplanation, Weigher, every_pair, explained
from matching.model import Model

MOST_RECORDS = 400
"""Records of a customer up to which every pair is weighed (79,800 pairs, about a second)."""


class TooLargeError(ValueError):
    """A customer has too many records to weigh every pair of them."""


@dataclass(frozen=True)
class WithoutWeakest:
    """The two sides of the weakest link, and what holds them together otherwise.

    ``next_best`` is the heaviest other pair between them (None where there is none), ``linked`` how many other pairs between them link,
    ``contradicting`` how many speak against one person. ``falls_apart``: nothing but this link reaches the threshold.
    """

    left: tuple[str, ...]
    right: tuple[str, ...]
    next_best: PairExplanation | None
    linked: int
    contradicting: int
    falls_apart: bool


@dataclass(frozen=True)
class ClusterExplanation:
    """All records of one customer, the links of the strongest spanning tree (heaviest first), and the weakest of them."""

    cluster_id: str
    record_ids: tuple[str, ...]
    tree: tuple[PairExplanation, ...]
    weakest: PairExplanation | None
    without: WithoutWeakest | None


def explain_cluster(records: pl.DataFrame, cluster_id: str, model: Model, *, weigher: Weigher | None = None) -> ClusterExplanation:
    """Why these records are one.

    Args:
        records: a standardized table (see ``matching.features``) of the customer's records and no others.
        cluster_id: the name that the explanation carries.
        model: the trained model.
        weigher: one that has these records ready, and others; without, they are made ready.

    Raises:
        TooLargeError: more than ``MOST_RECORDS`` records.
    """
    ids = sorted(records[model.spec.record_id].cast(pl.String))
    if len(ids) > MOST_RECORDS:
        message = f"{cluster_id} has {len(ids):,} records; up to {MOST_RECORDS} can be explained together, pairs of them one by one"
        raise TooLargeError(message)
    rows = (
        (weigher or Weigher.of(records, model))
        .weigh(every_pair(ids))
        .sort("weight", "record_id_l", "record_id_r", descending=[True, False, False])
    )
    kept = spanning_tree(rows.select("record_id_l", "record_id_r").iter_rows())
    tree = explained(records, rows[kept], model)
    if not tree:
        return ClusterExplanation(cluster_id, tuple(ids), (), None, None)
    left = side(ids[0], [(link.record_id_l, link.record_id_r) for link in tree[:-1]])
    across = rows.filter(pl.col("record_id_l").is_in(left) != pl.col("record_id_r").is_in(left)).slice(1)
    linked = across.filter(pl.col("weight") >= model.link).height
    without = WithoutWeakest(
        left=tuple(sorted(left)),
        right=tuple(name for name in ids if name not in left),
        next_best=next(iter(explained(records, across.head(1), model)), None),
        linked=linked,
        contradicting=across.filter((pl.col("weight") < 0) & (pl.col("personal") < 0)).height,
        falls_apart=linked == 0,
    )
    return ClusterExplanation(cluster_id, tuple(ids), tuple(tree), tree[-1], without)


def spanning_tree(pairs: Iterable[tuple[str, str]]) -> list[int]:
    """Places of the pairs, given heaviest first, that make the strongest spanning tree (or forest).

    >>> spanning_tree([("a", "b"), ("b", "c"), ("a", "c"), ("c", "d")])
    [0, 1, 3]
    """
    above: dict[str, str] = {}

    def root(node: str) -> str:
        path = []
        while (up := above.get(node, node)) != node:
            path.append(node)
            node = up
        above.update(dict.fromkeys(path, node))
        return node

    kept = []
    for place, (left, right) in enumerate(pairs):
        one, two = root(left), root(right)
        if one != two:
            above[one] = two
            kept.append(place)
    return kept


def side(start: str, links: Iterable[tuple[str, str]]) -> set[str]:
    """All that hangs together with ``start``.

    >>> sorted(side("a", [("b", "c"), ("a", "b"), ("d", "e")]))
    ['a', 'b', 'c']
    """
    neighbours: dict[str, list[str]] = {}
    for left, right in links:
        neighbours.setdefault(left, []).append(right)
        neighbours.setdefault(right, []).append(left)
    seen, open_ = {start}, [start]
    while open_:
        fresh = [name for name in neighbours.get(open_.pop(), ()) if name not in seen]
        seen.update(fresh)
        open_.extend(fresh)
    return seen
