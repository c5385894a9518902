"""How right clusters are, by the sizes of groups: no pair is ever enumerated.

Pairwise: of all pairs of records put together, how many belong together (precision), and the reverse (recall). B-cubed
(Bagga and Baldwin, 1998): the same per record, averaged, so that a large cluster counts as its records and not as its pairs. Counts of
clusters: how many are an entity exactly, how many hold several, how many entities are in pieces, and how many merges that took.

>>> clusters = pl.DataFrame({"record_id": ["a", "b", "c"], "cluster_id": ["a", "a", "c"]})
>>> truth = pl.DataFrame({"record_id": ["a", "b", "c"], "entity_id": ["1", "1", "1"]})
>>> found = evaluate(clusters, truth)
>>> found.precision, round(found.recall, 3), round(found.bcubed_recall, 3)
(1.0, 0.333, 0.556)
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

WORST = 10


@dataclass(frozen=True)
class WrongCluster:
    """A cluster that holds several entities."""

    cluster_id: str
    records: int
    entities: int


@dataclass(frozen=True)
class ClusterCounts:
    """What was put together and what was not.

    ``exact``: clusters that are one whole entity, of them ``exact_several`` with more than one record. ``mixed``: clusters of several
    entities. ``split``: entities in several clusters. One record alone becomes part of a cluster by one merge: ``true_merges`` to its own entity,
    ``false_merges`` of an entity into a cluster of another; ``splits`` are merges that are missing.
    ``sizes``: size, clusters of that size, entities of that size.
    """

    exact: int
    exact_several: int
    mixed: int
    split: int
    true_merges: int
    false_merges: int
    splits: int
    sizes: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Evaluation:
    """Shares from 0 to 1; counts of records that both tables know, of clusters, entities and pairs."""

    records: int
    clusters: int
    entities: int
    pairs_found: int
    pairs_true: int
    pairs_right: int
    precision: float
    recall: float
    f1: float
    bcubed_precision: float
    bcubed_recall: float
    bcubed_f1: float
    counts: ClusterCounts
    worst: tuple[WrongCluster, ...]


class TruthError(ValueError):
    """A truth that nothing can be held against; the message says what is wrong with which records."""


def known(truth: pl.DataFrame) -> pl.DataFrame:
    """A truth (record_id, entity_id) without records of unknown entity, each record once.

    Raises:
        TruthError: a record is of two entities.

    >>> known(pl.DataFrame({"record_id": ["a", "a", "b"], "entity_id": ["1", "1", None]})).rows()
    [('a', '1')]
    """
    told = truth.drop_nulls(["record_id", "entity_id"]).unique(["record_id", "entity_id"], maintain_order=True)
    repeated = told.filter(pl.col("record_id").is_duplicated())["record_id"].unique().sort()
    if len(repeated):
        some = ", ".join(map(str, repeated.head(3)))
        message = f"{len(repeated):,} records of the truth are of several entities, for instance {some}; each record is of one"
        raise TruthError(message)
    return told


def evaluate(clusters: pl.DataFrame, truth: pl.DataFrame) -> Evaluation:
    """Clusters (record_id, cluster_id) against truth (record_id, entity_id).

    Records that only one of them knows are left out, and so are those without an entity: nobody knows whose they are.

    Raises:
        TruthError: a record is of several entities, or of several clusters, or no record is in both.
    """
    truth = known(truth)
    repeated = clusters.filter(pl.col("record_id").is_duplicated())["record_id"].drop_nulls().unique().sort()
    if len(repeated):
        message = f"{len(repeated):,} records are in the clusters more than once, for instance {', '.join(map(str, repeated.head(3)))}"
        raise TruthError(message)
    if clusters.join(truth, on="record_id", how="semi").is_empty():
        have, say = (", ".join(map(str, frame["record_id"].drop_nulls().head(2))) or "none" for frame in (clusters, truth))
        message = f"no record is both in the clusters ({have}, ...) and in the truth with an entity ({say}, ...): nothing to count"
        raise TruthError(message)
    cells = clusters.join(truth, on="record_id").group_by("cluster_id", "entity_id").agg(n=pl.len())
    by_cluster = cells.group_by("cluster_id").agg(size=pl.col("n").sum(), kinds=pl.len())
    by_entity = cells.group_by("entity_id").agg(size=pl.col("n").sum())
    shapes = (
        cells.join(by_cluster, on="cluster_id")
        .join(by_entity, on="entity_id", suffix="_true")
        .group_by("n", found="size", true="size_true")
        .agg(times=pl.len())
    )
    found, true = (each.group_by("size").agg(times=pl.len()) for each in (by_cluster, by_entity))
    worst = (
        by_cluster.filter(pl.col("kinds") > 1)
        .sort("size", "cluster_id", descending=[True, False])
        .head(WORST)
        .select("cluster_id", "size", "kinds")
    )
    return _evaluation(shapes, found, true, worst)


def _evaluation(shapes: pl.DataFrame, found: pl.DataFrame, true: pl.DataFrame, worst: pl.DataFrame) -> Evaluation:
    # sorted, so that sums of floats do not depend on the order of rows
    shapes = shapes.select(pl.all().cast(pl.Int64)).sort("n", "found", "true")
    found, true = (frame.select(pl.all().cast(pl.Int64)) for frame in (found, true))
    records = int((found["size"] * found["times"]).sum())
    pairs_found, pairs_true = (int((frame["size"] * (frame["size"] - 1) // 2 * frame["times"]).sum()) for frame in (found, true))
    right = int((shapes["n"] * (shapes["n"] - 1) // 2 * shapes["times"]).sum())
    squares = shapes.select(
        p=(pl.col("n") ** 2 / pl.col("found") * pl.col("times")).sum(), r=(pl.col("n") ** 2 / pl.col("true") * pl.col("times")).sum()
    ).row(0)
    precision, recall = _share(right, pairs_found), _share(right, pairs_true)
    bcubed_precision, bcubed_recall = _share(squares[0], records), _share(squares[1], records)
    return Evaluation(
        records=records,
        clusters=int(found["times"].sum()),
        entities=int(true["times"].sum()),
        pairs_found=pairs_found,
        pairs_true=pairs_true,
        pairs_right=right,
        precision=precision,
        recall=recall,
        f1=_harmonic(precision, recall),
        bcubed_precision=bcubed_precision,
        bcubed_recall=bcubed_recall,
        bcubed_f1=_harmonic(bcubed_precision, bcubed_recall),
        counts=_counts(shapes, found, true),
        worst=tuple(WrongCluster(str(cluster), int(size), int(kinds)) for cluster, size, kinds in worst.iter_rows()),
    )


def _counts(shapes: pl.DataFrame, found: pl.DataFrame, true: pl.DataFrame) -> ClusterCounts:
    def cells(condition: pl.Expr | None = None) -> int:
        return int((shapes if condition is None else shapes.filter(condition))["times"].sum())

    pure, whole = pl.col("n") == pl.col("found"), pl.col("n") == pl.col("true")
    clusters, entities, records = int(found["times"].sum()), int(true["times"].sum()), int((found["size"] * found["times"]).sum())
    sizes = found.join(true, on="size", how="full", coalesce=True, suffix="_true").fill_null(0).sort("size")
    return ClusterCounts(
        exact=cells(pure & whole),
        exact_several=cells(pure & whole & (pl.col("n") > 1)),
        mixed=clusters - cells(pure),
        split=entities - cells(whole),
        true_merges=records - cells(),
        false_merges=cells() - clusters,
        splits=cells() - entities,
        sizes=tuple((int(size), int(times), int(of)) for size, times, of in sizes.iter_rows()),
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0


def _harmonic(left: float, right: float) -> float:
    return 2 * left * right / (left + right) if left + right else 0.0
