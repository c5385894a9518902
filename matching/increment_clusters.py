"""The clusters that an increment makes again.

What a cluster becomes follows from the links of its component, from labels, and in the entity pass from what its clusters have in common with others. So the records that
are *inside* are those that something happened to, with all that hangs on them by a link, by a cluster of before, by their content or by a label. Of others
that are paired with them the cluster before the entity pass is known; where the entity pass joins one of them, it comes inside as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from engine.changes import within, without
from engine.contract import Engine, Table
from matching import constraints, contents, entities, features, holders, outcome, redecided, scoring
from matching import known as known_matching
from matching.clustering import cluster
from matching.codes import codes
from matching.comparisons import Comparison, comparisons_for
from matching.increment_pairs import CODE, Compared, Firsts
from matching.known import Known
from matching.match import KEPT_BELOW_REVIEW
from matching.model import Model
from matching.redecided import Decided


@dataclass(frozen=True)
class Again:
    """``records``: rows of ``Known.records`` and ``clusters``: of table clusters, of all that is inside; ``edges``: of what came, ``gone_edges``: keys of what went."""

    records: Table
    clusters: Table
    edges: Table
    gone_edges: Table


@dataclass(frozen=True)
class _World:
    """All records now.

    ``records``: record_id, code, content, first, marked, part, cluster (both of before, of fresh ones their own code); ``pairs``: as ``Known.pairs``, but for those of closed records; ``links``: code_l, code_r; ``ties``: the same of labels, and of pairs by which nameless records find their holders.
    """

    records: Table
    pairs: Table
    links: Table
    ties: Table


def again(engine: Engine, table: Table, known: Known, model: Model, firsts: Firsts, compared: Compared, decided: Decided) -> Again:
    """Makes the clusters again that something happened to.

    Args:
        engine: the engine.
        table: the standardized table of all records that are there now.
        known: what the version before has kept.
        model: the trained model.
        firsts: what came and went.
        compared: its pairs.
        decided: all that is decided now.
    """
    world = _world(engine, known, model, firsts, compared, decided)
    inside = _closed(engine, world, _seeds(engine, known, model, firsts, compared), engine.from_frame(pl.DataFrame(schema=CODE)))
    while True:
        made = _make(engine, table, world, inside, model, decided)
        if made.joined_outside is None:
            break
        inside = _closed(engine, world, made.joined_outside, inside)
    stars = _stars(engine, made, firsts, comparisons_for(model.spec), model)
    edges = engine.sql("select * from e union all select * from s", e=compared.edges, s=stars)
    return Again(made.records, made.clusters, edges, _gone_edges(engine, known, model, firsts, compared))


def _world(engine: Engine, known: Known, model: Model, firsts: Firsts, compared: Compared, decided: Decided) -> _World:
    records = engine.materialize(
        engine.sql(
            """
            select k.record_id, k.code, k.content, k.first, k.marked, k.part, k.cluster from k left join b on k.record_id = b.record_id
            left join l on k.record_id = l.record_id where b.record_id is null and l.record_id is null
            union all
            select m.record_id, m.code, m.content, m.first, m.marked, coalesce(b.part, m.code), coalesce(b.cluster, m.code) from m
            left join (select b.* from b left join l on b.record_id = l.record_id where l.record_id is null) b on m.record_id = b.record_id
            """,
            k=known.records, b=firsts.before, l=firsts.left, m=firsts.members,
        )
    )  # fmt: skip
    lost = engine.materialize(engine.sql("select code from w union select code from r", w=firsts.went, r=compared.again))
    pairs = engine.sql(
        "select p.* from p left join x on p.code_l = x.code left join y on p.code_r = y.code where x.code is null and y.code is null union all select * from c",
        p=known.pairs, x=lost, y=lost, c=compared.pairs,
    )  # fmt: skip
    if decided.closed:
        shut = engine.from_frame(pl.DataFrame({"code": codes(pl.Series(decided.closed, dtype=pl.String).unique())}))
        pairs = engine.sql(
            "select p.* from p left join x on p.code_l = x.code left join y on p.code_r = y.code where x.code is null and y.code is null",
            p=pairs, x=shut, y=shut,
        )  # fmt: skip
    pairs = engine.materialize(pairs)
    links = engine.materialize(engine.sql(f"select code_l, code_r from p where weight >= {model.link}", p=pairs))
    holding = engine.sql(f"select code_l, code_r from p where {_holding(model)}", p=pairs)
    # labels of both kinds: what a label parts was one cluster to begin with
    ties = engine.sql(
        "select a.code as code_l, b.code as code_r from s join r a on s.left_id = a.record_id join o b on s.right_id = b.record_id",
        s=engine.from_frame(decided.labels.select("left_id", "right_id")), r=records, o=records,
    )  # fmt: skip
    ties = engine.sql("select code_l, code_r from t union all select code_l, code_r from h", t=ties, h=holding)
    return _World(records, pairs, links, engine.materialize(ties))


def _holding(model: Model) -> str:
    """SQL of pairs by which a nameless record may come to belong to the sole holder of what it shares (``matching.holders``)."""
    comparisons = comparisons_for(model.spec)
    shared = " or ".join(f'"{name}" > 0' for name in holders.trusted(model, comparisons))
    return " and ".join([f"({shared})", *(f'"{each.name}" = 0' for each in comparisons if not each.shared)]) if shared else "1 = 0"


def _seeds(engine: Engine, known: Known, model: Model, firsts: Firsts, compared: Compared) -> Table:
    """Code of the records that something happened to, and of what hung on those that are gone."""
    lost = engine.materialize(engine.sql("select code from w union select code from r", w=firsts.went, r=compared.again))
    return engine.materialize(
        engine.sql(
            f"""
            select code from m
            union select code from r
            union select k.code from k join n on k.record_id = n.record_id
            union select k.code from k join (select distinct k.cluster from k join l on k.record_id = l.record_id) c on k.cluster = c.cluster
            union select p.code_r from p join w on p.code_l = w.code where p.weight >= {model.link} or ({_holding(model)})
            union select p.code_l from p join w on p.code_r = w.code where p.weight >= {model.link} or ({_holding(model)})
            """,
            m=firsts.members, r=compared.again, k=known.records, l=firsts.left, n=firsts.named, p=known.pairs, w=lost,
        )
    )  # fmt: skip


def _closed(engine: Engine, world: _World, seeds: Table, inside: Table) -> Table:
    """Code of all records that hang on the seeds or are inside already."""
    new = engine.materialize(without(engine, seeds, inside))
    while engine.count(new):
        inside = engine.materialize(engine.sql("select code from i union all select code from n", i=inside, n=new))
        found = engine.sql(
            """
            with mine as (select r.content, r.cluster from r join n on r.code = n.code)
            select r.code from r join (select distinct cluster from mine) m on r.cluster = m.cluster
            union select r.code from r join (select distinct content from mine) m on r.content = m.content
            union select l.code_r from l join n on l.code_l = n.code union select l.code_l from l join n on l.code_r = n.code
            union select t.code_r from t join n on t.code_l = n.code union select t.code_l from t join n on t.code_r = n.code
            """,
            r=world.records, n=new, l=world.links, t=world.ties,
        )  # fmt: skip
        new = engine.materialize(without(engine, engine.materialize(found), inside))
    return engine.materialize(engine.sql("select i.code from i join r on i.code = r.code", i=inside, r=world.records))


@dataclass(frozen=True)
class _Made:
    """What was made of the records inside; ``joined_outside``: code of records outside that the entity pass wants, None where there are none."""

    records: Table
    clusters: Table
    numbered: Table
    alike: Table
    copied: Table
    joined_outside: Table | None


def _make(engine: Engine, table: Table, world: _World, inside: Table, model: Model, decided: Decided) -> _Made:
    comparisons = comparisons_for(model.spec)
    touching = engine.materialize(
        engine.sql(
            "select p.*, x.code is not null and y.code is not null as both_in from p left join i x on p.code_l = x.code left join i y on p.code_r = y.code "
            "where x.code is not null or y.code is not null",
            p=world.pairs, i=inside,
        )
    )  # fmt: skip
    taken = engine.materialize(
        engine.sql(
            """
            with beyond as (select code_l as code from t where not both_in union select code_r from t where not both_in),
            near as (select distinct r.part from r join beyond on r.code = beyond.code left join i on r.code = i.code where i.code is null)
            select r.record_id, r.code, r.content, r.first, r.marked, cast(null as bigint) as part, true as inside from r join i on r.code = i.code
            union all
            select r.record_id, r.code, r.content, r.first, r.marked, r.part, false from r join near on r.part = near.part where r.first
            """,
            t=touching, r=world.records, i=inside,
        )
    )  # fmt: skip
    numbered = engine.materialize(
        engine.sql("select cast(row_number() over (order by record_id nulls last) as bigint) as rid, t.* from t", t=taken)
    )
    first = engine.materialize(engine.sql("select rid, record_id from n where first", n=numbered))
    rows = engine.materialize(within(engine, table, engine.sql("select record_id from f", f=first)))
    known = engine.materialize(features.build(engine, rows, first, model.spec))
    listed = ", ".join(f't."{name}"' for name in known_matching.pair_columns(comparisons))
    schema = scoring.scored_schema(comparisons)
    scored = engine.map_batches(
        engine.sql(
            f"select a.rid as rid_l, b.rid as rid_r, {listed}, t.both_in from t join n a on t.code_l = a.code join m b on t.code_r = b.code",
            t=touching, n=numbered, m=numbered,
        ),
        _with_probability, {**schema, "both_in": pl.Boolean()},
    )  # fmt: skip
    own_labels = redecided.read(
        engine, rows, numbered, model.spec, decided, there=engine.sql("select record_id from n where inside", n=numbered)
    )
    about = None if own_labels is None else constraints.of_firsts(engine, own_labels, first)
    whole = ", ".join(f'"{name}"' for name in schema)
    bare = engine.sql(f"select {whole} from s where both_in", s=scored)
    parts = engine.materialize(cluster(engine, bare, known, comparisons, model))
    if about is not None:
        parts = constraints.joined(engine, parts, about)
    around = engine.sql(
        "select rid, cluster from p union all "
        "select n.rid, l.rid as cluster from n join (select part, min(rid) as rid from n where not inside group by part having count(*) > 1) l on n.part = l.part where not n.inside",
        p=parts, n=numbered,
    )  # fmt: skip
    together = engine.materialize(entities.join_clusters(engine, scored, engine.materialize(around), known, comparisons, model))
    together = holders.join(engine, together, holders.find(engine, bare, known, together, comparisons, model))
    mixed = engine.materialize(
        engine.sql(
            """
            with both_sides as (select c.cluster from c join n on c.rid = n.rid group by c.cluster having min(case when n.inside then 1 else 0 end) < max(case when n.inside then 1 else 0 end))
            select distinct n.code from n join c on n.rid = c.rid join both_sides b on c.cluster = b.cluster where not n.inside
            """,
            n=numbered, c=together,
        )
    )  # fmt: skip
    together = engine.materialize(
        engine.sql("select c.rid, c.cluster from c join n on c.rid = n.rid where n.inside", c=together, n=numbered)
    )
    if about is not None:
        together = constraints.enforce(engine, bare, together, about, known, comparisons, model)
    mine = engine.materialize(engine.sql("select * from n where inside", n=numbered))
    copied = engine.materialize(
        engine.sql(
            "select n.rid, f.rid as first from n join (select rid, content from n where first) f on n.content = f.content where not n.first",
            n=mine,
        )
    )
    own = engine.sql("select distinct first as rid_l, first as rid_r from c", c=copied)
    alike = scoring.score(engine, own, known, comparisons, model, floor=min(KEPT_BELOW_REVIEW, model.review))
    together = engine.materialize(contents.with_copies(engine, together, alike, copied, link=model.link))
    if own_labels is not None:
        together = constraints.joined(engine, together, own_labels)
    records = known_matching.of_records(
        engine, mine, engine.sql("select rid, content from n", n=mine), engine.sql("select rid from n where first", n=mine),
        engine.sql("select rid from n where marked", n=mine), parts, together,
    )  # fmt: skip
    clusters = engine.sql(
        "select n.record_id, coalesce(m.record_id, n.record_id) as cluster_id from n left join c on n.rid = c.rid left join m on c.cluster = m.rid",
        n=mine, c=together, m=mine,
    )  # fmt: skip
    return _Made(engine.materialize(records), engine.materialize(clusters), mine, alike, copied, mixed if engine.count(mixed) else None)


def _with_probability(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.drop("both_in").with_columns(pl.Series("probability", scoring.probability(frame["weight"].to_numpy())), frame["both_in"])


def _stars(engine: Engine, made: _Made, firsts: Firsts, comparisons: list[Comparison], model: Model) -> Table:
    """Edges of each copy of a touched content with its first."""
    here = engine.sql("select n.rid from n join m on n.record_id = m.record_id", n=made.numbered, m=firsts.members)
    copied = engine.sql("select c.* from c join h on c.rid = h.rid", c=made.copied, h=here)
    none = engine.from_frame(pl.DataFrame(schema=scoring.scored_schema(comparisons)))
    return outcome.edges_of(engine, contents.edges(engine, none, made.alike, copied), made.numbered, comparisons, model)


def _gone_edges(engine: Engine, known: Known, model: Model, firsts: Firsts, compared: Compared) -> Table:
    """record_id_l, record_id_r of edges that went: of firsts that went or are paired anew, and of the copies of touched contents."""
    lost = engine.materialize(engine.sql("select code from w union select code from r", w=firsts.went, r=compared.again))
    return engine.materialize(
        engine.sql(
            f"""
            with g as (select p.code_l, p.code_r from p left join x on p.code_l = x.code left join y on p.code_r = y.code
                where p.weight >= {model.review} and (x.code is not null or y.code is not null))
            select a.record_id as record_id_l, b.record_id as record_id_r from g join k a on g.code_l = a.code join k b on g.code_r = b.code
            union all
            select f.record_id, c.record_id from c join f on c.content = f.content where f.first and not c.first
            """,
            p=known.pairs, x=lost, y=lost, k=known.records, c=firsts.before, f=firsts.before,
        )
    )  # fmt: skip
