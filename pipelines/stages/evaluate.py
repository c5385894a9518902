"""`chezhu evaluate`: clusters against a truth, and against what was written beside them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from matching.error_samples import ErrorKind, error_kinds
from matching.estimate import Estimate, chances, estimate
from matching.evaluate import Evaluation, evaluate
from matching.explain import PairExplanation, explained, weighed
from matching.model import Model
from pipelines.stages.explain import ExplainError, MatchedFolder

EDGES = "edges.parquet"


@dataclass(frozen=True)
class Example:
    """A pair that is wrong, with all that speaks for and against it."""

    sort: str
    kind: str
    pair: PairExplanation


@dataclass(frozen=True)
class Evaluated:
    """What is right by the truth (None without one), the kinds of errors with examples (empty without what `chezhu match` wrote), and what it probably is."""

    measured: Evaluation | None
    errors: tuple[ErrorKind, ...]
    examples: tuple[Example, ...]
    estimated: Estimate | None


def evaluate_clusters(clusters: pl.DataFrame, truth: pl.DataFrame | None, *, folder: Path, examples: int) -> Evaluated:
    """Holds clusters against the truth and against the edges beside them.

    Args:
        clusters: record_id, cluster_id.
        truth: record_id, entity_id.
        folder: where clusters were read; what `chezhu match` wrote there is used if it is there.
        examples: pairs of each kind of error that are explained.

    Raises:
        ExplainError: an input that was matched cannot be read any more.
    """
    measured = None if truth is None else evaluate(clusters, truth)
    source = _matched(folder)
    if source is None:
        return Evaluated(measured, (), (), None)
    edges = pl.read_parquet(folder / EDGES)
    keys, agree = chances(source.model)
    estimated = estimate(edges, clusters, keys=keys, agree=agree, link=1 / (1 + 2 ** (-source.model.link / 1000)))
    if truth is None:
        return Evaluated(None, (), (), estimated)
    errors = error_kinds(
        edges.drop("collective", strict=False), clusters, truth, link=source.model.link / 1000, review=source.model.review / 1000,
        weigh=partial(_weigh, source=source), examples=examples,
    )  # fmt: skip
    return Evaluated(measured, tuple(errors), tuple(_examples(errors, source)), estimated)


def _matched(folder: Path) -> MatchedFolder | None:
    if not (folder / EDGES).exists():
        return None
    try:
        return MatchedFolder.open(folder)
    except ExplainError:
        return None


def _weigh(pairs: pl.DataFrame, *, source: MatchedFolder) -> pl.DataFrame:
    """Pairs as edges are written: bits."""
    rows = weighed(source.records(_ids(pairs)), pairs, source.model)
    names = ("weight", "household", *_comparisons(source.model))
    return rows.with_columns(pl.col(name).cast(pl.Float64) / 1000 for name in names)


def _examples(errors: list[ErrorKind], source: MatchedFolder) -> list[Example]:
    chosen = [(error, pair) for error in errors for pair in error.examples]
    if not chosen:
        return []
    pairs = pl.DataFrame([(pair.record_id_l, pair.record_id_r) for _, pair in chosen], schema=["record_id_l", "record_id_r"], orient="row")
    records = source.records(_ids(pairs))
    found = explained(records, weighed(records, pairs, source.model), source.model)
    return [Example(error.sort, error.kind, pair) for (error, _), pair in zip(chosen, found, strict=True)]


def _ids(pairs: pl.DataFrame) -> list[str]:
    return sorted({*pairs["record_id_l"], *pairs["record_id_r"]})


def _comparisons(model: Model) -> list[str]:
    return [entry.name for entry in model.comparisons]
