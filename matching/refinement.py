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

import numpy as np
import numpy.typing as npt
import polars as pl

from matching.codes import finalized

Ints = npt.NDArray[np.int64]

LABEL_SCHEMA: dict[str, pl.DataType] = {"rid": pl.Int64(), "cluster": pl.Int64()}
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_OTHER = np.uint64(0xD1B54A32D192ED03)


def bond(weight: str = "weight", personal: str = "personal") -> str:
    """SQL of a scored pair's bond."""
    return f"case when {weight} >= 0 then {weight} when {personal} < 0 then {personal} else 0 end"


def link_kernel(frame: pl.DataFrame) -> pl.DataFrame:
    """Clusters of whole components; what a component becomes follows from its own bonds and the order of its records, whatever their numbers are.

    Args:
        frame: rid_l, rid_r (Int64), bond (Int32): the pairs of one or more components, each once; ``component`` tells these apart where there are several.

    Returns:
        rid, cluster (its smallest rid), for every rid of the frame.
    """
    ends = np.stack([frame["rid_l"].to_numpy(), frame["rid_r"].to_numpy()])
    nodes, places = np.unique(ends, return_inverse=True)
    places = places.reshape(ends.shape)
    cluster = np.arange(len(nodes))
    rank = _ranks(places, frame["component"].to_numpy()) if "component" in frame.columns else cluster
    left, right = places.min(axis=0), places.max(axis=0)
    total, pairs = frame["bond"].to_numpy().astype(np.int64), np.ones(frame.height, dtype=np.int64)
    while True:
        into, alive = _mutual_best(rank, left, right, total, pairs)
        if into is None:
            return pl.DataFrame({"rid": nodes, "cluster": nodes[cluster]}, schema=LABEL_SCHEMA)
        cluster = into[cluster]
        left, right, total, pairs = _summed(into[left[alive]], into[right[alive]], total[alive], pairs[alive], len(nodes))


def _ranks(places: Ints, component: Ints) -> Ints:
    """The place of each node among those of its component, from 0. ``places``: both ends of each bond, ``component`` of each."""
    of = np.empty(int(places.max(initial=-1)) + 1, dtype=np.int64)
    of[places[0]] = of[places[1]] = component
    order = np.argsort(of, kind="stable")
    first = np.flatnonzero(np.diff(of[order], prepend=-1))
    ranks = np.empty(len(of), dtype=np.int64)
    ranks[order] = np.arange(len(of)) - np.repeat(first, np.diff(first, append=len(of)))
    return ranks


def _mutual_best(ranks: Ints, left: Ints, right: Ints, total: Ints, pairs: Ints) -> tuple[Ints | None, npt.NDArray[np.bool_]]:
    """Where each cluster goes; None where none moves.

    Clusters that are each other's best go together; ties fall by a fixed shuffle, so that long chains merge everywhere at once. Also tells which bonds are between clusters that both have a good bond left: nothing can happen to the others any more.
    """
    good = np.flatnonzero(total > 0)
    shuffle = finalized(ranks[left[good]].astype(np.uint64) * _GOLDEN + ranks[right[good]].astype(np.uint64) * _OTHER)
    good = good[np.lexsort((shuffle, -(total[good] / pairs[good])))]
    one, two, rank = left[good], right[good], np.arange(len(good))
    best = np.full(len(ranks), len(good))
    np.minimum.at(best, one, rank)
    np.minimum.at(best, two, rank)
    mutual = (best[one] == rank) & (best[two] == rank)
    alive = (best[left] < len(good)) & (best[right] < len(good))
    if not mutual.any():
        return None, alive
    into = np.arange(len(ranks))
    into[two[mutual]] = one[mutual]
    return into, alive


def _summed(one: Ints, two: Ints, total: Ints, pairs: Ints, nodes: int) -> tuple[Ints, Ints, Ints, Ints]:
    """The bonds between clusters, those between the same two added up."""
    apart = one != two
    key = np.minimum(one, two)[apart] * nodes + np.maximum(one, two)[apart]
    order = np.argsort(key)
    key = key[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    left, right = np.divmod(key[first], nodes)
    if not len(first):
        return left, right, total[:0], pairs[:0]
    return left, right, np.add.reduceat(total[apart][order], first), np.add.reduceat(pairs[apart][order], first)
