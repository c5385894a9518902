r"""The whole way from a standardized table to clusters: number, features, keys, pairs, train, score, link, refine.

>>> import polars as pl
>>> from engine.duckdb import DuckDBEngine
>>> from matching.spec import parse
>>> spec = parse("record_id: id\ncolumns: {who: name, born: date, tel: phone}\n", where="m")
>>> people = [(f"p{n:02}", f"ann{n * 7919 % 97} lee{n * 31 % 89}", f"19{n:02}0{1 + n % 9}1{n % 10}", f"1391234{n:04}") for n in range(60)]
>>> rows = pl.DataFrame([*people, ("twice", *people[7][1:])], schema=["id", "who", "born", "tel"], orient="row")
>>> with DuckDBEngine() as engine:
...     clusters = engine.collect(match(engine, engine.from_frame(rows), spec).clusters)
>>> clusters.filter(pl.col("record_id") != pl.col("cluster_id")).rows()
[('twice', 'p07')]
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import polars as pl

from engine.contract import Engine, Table
from matching import (
    assignment,
    collective,
    constraints,
    contents,
    entities,
    features,
    frequencies,
    holders,
    keys,
    outcome,
    scoring,
    ties,
    words,
)
from matching import known as known_matching
from matching import labels as known_labels
from matching import pairs as blocking_pairs
from matching.clustering import cluster
from matching.comparisons import Comparison, comparisons_for
from matching.laps import Clock
from matching.model import Model, bits_of
from matching.spec import ModelSpec
from matching.training_data import train_model

log = logging.getLogger(__name__)

DEFAULT_LINK = 0.9
DEFAULT_REVIEW = 0.2
KEPT_BELOW_REVIEW = -10_000
"""Pairs from this weight on are kept for the entity pass: a cluster may know together what no pair knows."""


@dataclass(frozen=True)
class MatchReport:
    """What happened: pairs per key, what was oversized, what could not be learned, thresholds (probabilities), seconds.

    ``equal``: records joined with their first because all that is compared is the same; they are in no pair and no link (``contents``).
    """

    records: int
    equal: int
    pairs: int
    keys: tuple[blocking_pairs.KeyReport, ...]
    oversized: tuple[blocking_pairs.OversizedBlock, ...]
    warnings: tuple[str, ...]
    link: float
    review: float
    links: int
    clusters: int
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class MatchResult:
    """``edges`` and ``clusters`` as in engine.tables (edges with one column a comparison, in bits; joined when they are written), the model and the report.

    ``known``: what the next run needs to take only what changed; None unless it was asked for.
    """

    edges: Table
    clusters: Table
    model: Model
    report: MatchReport
    known: known_matching.Known | None = None


def match(
    engine: Engine,
    table: Table,
    spec: ModelSpec,
    *,
    model: Model | None = None,
    link: bool = False,
    labels: pl.DataFrame | None = None,
    closed: Sequence[str] = (),
    keep: bool = False,
) -> MatchResult:
    """Matches the records of a standardized table.

    Args:
        engine: where it runs.
        table: one row a record; see ``matching.features`` for the companions of a column.
        spec: what the columns mean.
        model: a trained model to apply; None trains one.
        link: several tables in one, told apart by ``spec.source``: only records of different sources are compared.
        labels: pairs that somebody has decided, a row each (``matching.labels.LABEL_SCHEMA``): they train, and they are laws of clusters. So are
            the known entities of the column ``spec.entity``.
        closed: ids of records that nothing but labels joins with others, however alike they are (a locked customer's).
        keep: gives back as well what ``matching.increment`` needs.

    Raises:
        ValueError: a column of the spec is missing.
        LabelError: labels name unknown records, or contradict each other.
    """
    with ThreadPoolExecutor(max_workers=1) as beside:  # what does not wait for each other keeps all cores busy
        records = _read(engine, table, spec, apart=link, labels=labels, closed=closed, keep=keep)
        return _match(engine, records, spec, model=model, link=link, beside=beside)


@dataclass(frozen=True)
class _Records:
    """What is known of records: ``numbered`` (``features.number_records``), ``first`` and ``copied`` (``contents``), the features of firsts (``compared``).

    ``decided``: what labels say of records, ``about``: of firsts; None without labels. ``clock`` runs since the first of them was read.
    ``content``: rid, content of all records where that is to be kept.
    """

    clock: Clock
    count: int
    numbered: Table
    first: Table
    compared: Table
    copied: Table
    decided: known_labels.Labels | None
    about: known_labels.Labels | None
    content: Table | None


def _read(
    engine: Engine, table: Table, spec: ModelSpec, *, apart: bool, labels: pl.DataFrame | None, closed: Sequence[str], keep: bool
) -> _Records:
    clock = Clock()
    numbered = engine.materialize(features.number_records(engine, table, spec))
    count = engine.count(numbered)
    decided = known_labels.read(engine, table, numbered, spec, labels, closed=closed)
    groups = None if decided is None else constraints.named_groups(engine, decided, numbered)
    known = features.build(engine, table, numbered, spec, groups)
    if engine.count(known) != count:
        message = f"{spec.where or 'model'}: ids in column {spec.record_id!r} repeat; each record needs an id of its own"
        raise ValueError(message)
    first = contents.firsts(engine, known, apart=apart)
    about = None if decided is None else constraints.of_firsts(engine, decided, first)
    compared = engine.materialize(contents.only(engine, known, first))
    copied = contents.copies(engine, known, first)
    content = engine.materialize(engine.sql(f"select rid, {features.CONTENT} from k", k=known)) if keep else None
    clock.lap("features")
    return _Records(clock, count, numbered, first, compared, copied, decided, about, content)


def _match(engine: Engine, of: _Records, spec: ModelSpec, *, model: Model | None, link: bool, beside: ThreadPoolExecutor) -> MatchResult:
    clock, compared, about = of.clock, of.compared, of.about
    sources = engine.sql("select rid, source from t", t=of.numbered) if link else None
    comparisons = comparisons_for(spec)

    def compare_alike() -> Table:
        rarity = frequencies.Rarity.of(spec, counting.result())
        return scoring.compare_ahead(engine, contents.pairs_alike(engine, of.first), compared, comparisons, spec, rarity)

    counting = beside.submit(lambda: model.frequencies if model else frequencies.count(engine, compared, spec))
    comparing_alike = beside.submit(compare_alike)
    wanted = keys.default_keys(spec)
    distinct = engine.count(of.first)
    rarest = counting.result() if words.free(spec) else {}  # nothing else asks for them so early
    keyed = keys.make(engine, compared, spec, wanted, rarest)
    blocking = blocking_pairs.block(engine, keyed, wanted, of.first, records=distinct, chosen=model.chosen if model else None)
    keyed = blocking_pairs.keyed_pairs(engine, blocking, blocking_pairs.places(engine, compared, spec))
    if sources is not None:
        keyed = engine.materialize(blocking_pairs.across_sources(engine, keyed, sources))
    candidates = engine.materialize(blocking_pairs.distinct_pairs(engine, keyed))
    clock.lap("pairs")

    training = model is None
    comparing = None
    if model is None:
        # training leaves a core idle most of the time: candidates are compared meanwhile, and weighed when the model is there
        rarity = frequencies.Rarity.of(spec, counting.result())
        comparing = beside.submit(scoring.compare_ahead, engine, candidates, compared, comparisons, spec, rarity)
        model = train_model(
            engine, spec, comparisons=comparisons, keys=wanted, blocking=blocking, keyed=keyed, candidates=candidates, first=of.first,
            known=compared, contents=distinct, records=of.count, frequencies=counting.result(),
            link=bits_of(spec.threshold or DEFAULT_LINK), review=bits_of(spec.review or min(DEFAULT_REVIEW, spec.threshold or 1.0)),
            labels=about,
        )  # fmt: skip
        clock.lap("train")
    pairs, by_key, oversized = engine.count(candidates), blocking.keys, blocking.oversized
    del keyed, blocking  # gives back what is kept of them
    floor = min(KEPT_BELOW_REVIEW, model.review)
    if comparing is None:
        scored = scoring.score(engine, candidates, compared, comparisons, model, floor=floor)
    else:
        scored = scoring.weigh_ahead(engine, comparing.result(), comparisons, model, floor=floor)
    del candidates, comparing
    linkable = constraints.open_pairs(engine, scored, of.decided)
    alike = scoring.weigh_ahead(engine, comparing_alike.result(), comparisons, model, floor=floor)
    clock.lap("score")
    found = _joined(engine, linkable, of, comparisons, model, sources=sources, training=training)
    parts, together = found.parts, found.together
    model, surer = _seen_after(engine, scored, of, comparisons, found, training=training)
    together = engine.materialize(contents.with_copies(engine, together, alike, of.copied, link=model.link))
    if of.decided is not None:
        together = constraints.joined(engine, together, of.decided)
    clusters = engine.materialize(outcome.named_clusters(engine, of.numbered, together))
    edges = outcome.edges_of(engine, contents.edges(engine, scored, alike, of.copied), of.numbered, comparisons, model, surer)
    clock.lap("write")
    known = None if of.content is None else _kept(engine, of, of.content, scored, parts, together, comparisons, model)
    if known is not None:
        clock.lap("keep")
    report = MatchReport(
        records=of.count,
        equal=contents.count_joined(engine, together, of.copied),
        pairs=pairs,
        keys=by_key,
        oversized=oversized,
        warnings=model.warnings,
        link=spec.threshold or DEFAULT_LINK,
        review=spec.review or DEFAULT_REVIEW,
        links=engine.collect(engine.sql(f"select count(*) as n from s where weight >= {model.link}", s=scored)).item(),
        clusters=engine.collect(engine.sql("select count(distinct cluster_id) as n from c", c=clusters)).item(),
        seconds=clock.laps,
    )
    log.info("matched %d records: %d pairs, %d links, %d clusters", report.records, report.pairs, report.links, report.clusters)
    return MatchResult(edges, clusters, model, report, known)


@dataclass(frozen=True)
class _Joined:
    """Clusters (rid, cluster) of firsts: ``parts`` before the entity pass, ``together`` at the end; ``moved``: of ``holders.find``; the model with what it learned."""

    parts: Table
    together: Table
    moved: Table
    model: Model


def _joined(
    engine: Engine, linkable: Table, of: _Records, comparisons: list[Comparison], model: Model, *, sources: Table | None, training: bool
) -> _Joined:
    spec, about, clock = model.spec, of.about, of.clock
    moved = engine.from_frame(pl.DataFrame(schema=holders.SCHEMA))
    if sources is not None and spec.assignment:
        open_ = linkable if about is None else constraints.decided(engine, linkable, sources, about, rule=spec.assignment)
        parts = together = engine.materialize(assignment.assign(engine, open_, sources, rule=spec.assignment, link=model.link))
        clock.lap("assign")
    else:
        parts = engine.materialize(cluster(engine, linkable, of.compared, comparisons, model))
        clock.lap("cluster")
        if about is not None:
            parts = constraints.joined(engine, parts, about)
        together = entities.join_clusters(engine, linkable, parts, of.compared, comparisons, model)
        clock.lap("entities")
        if training:
            model = replace(model, sole=holders.learn(engine, of.compared, together, comparisons, spec, records=of.count))
        moved = holders.find(engine, linkable, of.compared, together, comparisons, model)
        together = holders.join(engine, together, moved)
        clock.lap("holders")
    if about is not None:
        together = constraints.enforce(engine, linkable, together, about, of.compared, comparisons, model)
        clock.lap("labels")
    return _Joined(parts, together, moved, model)


def _seen_after(
    engine: Engine, scored: Table, of: _Records, comparisons: list[Comparison], found: _Joined, *, training: bool
) -> tuple[Model, Table | None]:
    """The model with what clusters teach, and what they say of pairs in doubt; None where the next run is to take only what changed: it could not keep it."""
    model = found.model
    if of.content is not None and not training:
        return model, None
    doubtful = collective.in_doubt(engine, scored, found.together, comparisons, model)
    chained = engine.materialize(collective.chains(engine, doubtful, scored, model))
    if training:
        model = replace(model, apart=collective.apart_bits(engine, doubtful, chained))
    surer = None
    if of.content is None:
        against = collective.refused(engine, doubtful, found.together, of.compared, comparisons, model)
        tied = engine.materialize(ties.find(engine, doubtful, scored, found.together, comparisons))
        surer = collective.weigh(engine, doubtful, chained, against, tied, found.moved, model)
    of.clock.lap("collective")
    return model, surer


def _kept(
    engine: Engine, of: _Records, content: Table, scored: Table, parts: Table, together: Table, comparisons: list[Comparison], model: Model
) -> known_matching.Known:
    names = known_matching.coded(engine, of.numbered)
    keyed = known_matching.chosen_keys(engine, of.compared, model)
    return known_matching.Known(
        records=known_matching.of_records(
            engine, names, content, of.first, None if of.decided is None else of.decided.marks, parts, together
        ),
        keys=engine.sql("select n.code, k.which, k.key from k join n on k.rid = n.rid", k=keyed, n=names),
        pairs=known_matching.of_pairs(engine, scored, names, comparisons),
    )
