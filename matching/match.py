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
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.contract import Engine, Table
from matching import assignment, entities, features, frequencies, keys, refinement, scoring
from matching import pairs as blocking_pairs
from matching.comparisons import Comparison, comparisons_for
from matching.components import components
from matching.frequencies import Rarity
from matching.model import Model, bits_of
from matching.spec import ModelSpec
from matching.training_data import train_model

log = logging.getLogger(__name__)

DEFAULT_LINK = 0.9
DEFAULT_REVIEW = 0.2
KEPT_BELOW_REVIEW = -10_000
"""Pairs from this weight on are kept for the entity pass: a cluster may know together what no pair knows."""
DENSE_COMPONENT = 100
"""Records of a component up to which every pair in it is compared; larger ones are first cut at higher thresholds."""
STRICTER = (4_000, 8_000, 16_000)
"""Thousandths of a bit above the link threshold at which larger components are cut, one after the other."""


@dataclass(frozen=True)
class MatchReport:
    """What happened: pairs per key, what was oversized, what could not be learned, thresholds (probabilities), seconds."""

    records: int
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
    """``edges`` and ``clusters`` as in engine.tables (edges with one column a comparison, in bits; joined when they are written), the model and the report."""

    edges: Table
    clusters: Table
    model: Model
    report: MatchReport


def match(engine: Engine, table: Table, spec: ModelSpec, *, model: Model | None = None, link: bool = False) -> MatchResult:
    """Matches the records of a standardized table.

    Args:
        engine: where it runs.
        table: one row a record; see ``matching.features`` for the companions of a column.
        spec: what the columns mean.
        model: a trained model to apply; None trains one.
        link: several tables in one, told apart by ``spec.source``: only records of different sources are compared.

    Raises:
        ValueError: a column of the spec is missing.
    """
    clock = _Clock()
    numbered = engine.materialize(features.number_records(engine, table, spec))
    records = engine.count(numbered)
    known = features.build(engine, table, numbered, spec)
    if engine.count(known) != records:
        message = f"{spec.where or 'model'}: ids in column {spec.record_id!r} repeat; each record needs an id of its own"
        raise ValueError(message)
    counted = model.frequencies if model else frequencies.count(engine, known, spec)
    rarity = Rarity.of(spec, counted)
    clock.lap("features")

    wanted = keys.default_keys(spec)
    blocking = blocking_pairs.block(
        engine, keys.make(engine, known, spec, wanted), wanted, records=records, chosen=model.keys if model else None
    )
    keyed = blocking_pairs.keyed_pairs(engine, blocking, _split(engine, known, spec))
    if link:
        keyed = blocking_pairs.across_sources(engine, keyed, engine.sql("select rid, source from t", t=numbered))
    keyed = engine.materialize(keyed)
    candidates = engine.materialize(blocking_pairs.distinct_pairs(engine, keyed))
    clock.lap("pairs")

    comparisons = comparisons_for(spec)
    levels = scoring.compare(engine, candidates, known, comparisons, spec, rarity)
    clock.lap("compare")
    if model is None:
        random = blocking_pairs.random_pairs(engine, numbered, records=records, wanted=120_000)
        model = train_model(
            engine, spec, comparisons=comparisons, keys=wanted, blocking=blocking, keyed=keyed, levels=levels,
            random=scoring.compare(engine, random, known, comparisons, spec, rarity), records=records, frequencies=counted,
            link=bits_of(spec.threshold or DEFAULT_LINK), review=bits_of(spec.review or min(DEFAULT_REVIEW, spec.threshold or 1.0)),
        )  # fmt: skip
        clock.lap("train")
    scored = scoring.score(engine, levels, comparisons, model, floor=min(KEPT_BELOW_REVIEW, model.review))
    clock.lap("score")
    if link and spec.assignment:
        sources = engine.sql("select rid, source from t", t=numbered)
        labels = engine.materialize(assignment.assign(engine, scored, sources, rule=spec.assignment, link=model.link))
        clock.lap("assign")
    else:
        labels = engine.materialize(_cluster(engine, scored, known, comparisons, model))
        clock.lap("cluster")
        labels = entities.join_clusters(engine, scored, labels, known, comparisons, model)
        clock.lap("entities")
    clusters = engine.materialize(_named_clusters(engine, numbered, labels))
    edges = _edges(engine, scored, numbered, comparisons, model)
    clock.lap("write")
    report = MatchReport(
        records=records,
        pairs=engine.count(candidates),
        keys=blocking.keys,
        oversized=blocking.oversized,
        warnings=model.warnings,
        link=spec.threshold or DEFAULT_LINK,
        review=spec.review or DEFAULT_REVIEW,
        links=engine.collect(engine.sql(f"select count(*) as n from s where weight >= {model.link}", s=scored)).item(),
        clusters=engine.collect(engine.sql("select count(distinct cluster_id) as n from c", c=clusters)).item(),
        seconds=clock.laps,
    )
    log.info("matched %d records: %d pairs, %d links, %d clusters", report.records, report.pairs, report.links, report.clusters)
    return MatchResult(edges, clusters, model, report)


def _split(engine: Engine, known: Table, spec: ModelSpec) -> Table:
    """What orders an oversized block: texts, names before the rest, then what has no text; records alike in more than the key stand together."""
    coded = [*(features.slots(name, "phone")[0] for name in spec.of_kind("phone")), *spec.of_kind("vin", "plate")]
    listed = ["texts", *(f'cast("{name}" as varchar)' for name in coded)]
    return engine.sql("select rid, " + " || '|' || ".join(listed) + " as place from f", f=known)


def _cluster(engine: Engine, scored: Table, known: Table, comparisons: list[Comparison], model: Model) -> Table:
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
    dense = scoring.compare_and_score(engine, fresh, known, comparisons, model)
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


def _named_clusters(engine: Engine, numbered: Table, labels: Table) -> Table:
    return engine.sql(
        """
        select n.record_id, coalesce(m.record_id, n.record_id) as cluster_id
        from n left join c on n.rid = c.rid left join n m on c.cluster = m.rid
        """,
        n=engine.sql("select rid, record_id from t", t=numbered),
        c=labels,
    )


def _edges(engine: Engine, scored: Table, numbered: Table, comparisons: list[Comparison], model: Model) -> Table:
    names = (*(comparison.name for comparison in comparisons), "household")
    listed = ", ".join(f'cast(s."{name}" as double) / 1000 as "{name}"' for name in names)
    return engine.sql(
        f"select a.record_id as record_id_l, b.record_id as record_id_r, cast(s.weight as double) / 1000 as weight, s.probability, {listed} "
        f"from s join n a on s.rid_l = a.rid join n b on s.rid_r = b.rid where s.weight >= {model.review}",
        s=scored,
        n=engine.sql("select rid, record_id from t", t=numbered),
    )


class _Clock:
    """Seconds of each stage."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._start = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = round(now - self._start, 3)
        self._start = now
