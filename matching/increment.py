"""A run that takes only what changed, and ends as a run over everything with the same model does.

What a version keeps of its matching (``matching.known``) says which contents, keys and pairs there are. So of the records that are new, changed or gone

1. contents are compared first: what is alike in all that is compared changes nothing; a first that is gone hands its keys to its next copy;
2. blocks of their keys give the pairs to compare (``matching.increment_pairs``);
3. clusters that they touch (``matching.increment_clusters``), with all that hangs on those by links, are made again, the entity pass with their
   neighbours included; all others stay.

What is decided touches a record as well, where it is decided otherwise than before (``matching.redecided``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from engine.changes import Change, within, without
from engine.contract import Engine, Table
from matching import constraints, features, redecided
from matching import known as known_matching
from matching.features import CONTENT
from matching.increment_clusters import Again, again
from matching.increment_pairs import Compared, Firsts, compare
from matching.known import Known
from matching.model import Model
from matching.redecided import NOTHING, Decided


@dataclass(frozen=True)
class Advance:
    """What a run changes: tables ``edges`` and ``clusters`` (``engine.tables``) and what is kept; ``again``: records of clusters that were made again."""

    edges: Change
    clusters: Change
    records: Change
    keys: Change
    pairs: Change
    again: int


def possible(model: Model) -> bool:
    """Whether a model lets parts of the records be matched by themselves: links must be worth something, and every record stand alone for its content."""
    return model.link > 0 and not model.spec.assignment and not model.spec.of_kind("seen") and model.spec.entity is None


def advance(
    engine: Engine,
    table: Table,
    known: Known,
    model: Model,
    *,
    changed: Table,
    gone: Table,
    decided: Decided = NOTHING,
    before: Decided | None = None,
) -> Advance:
    """Matches what changed against all that is known.

    Args:
        engine: where it runs.
        table: the standardized table of all records that are there now (``matching.features``).
        known: what the version before has kept, made by the same model.
        model: the trained model, one for which this is ``possible``.
        changed: rows of ``table`` of records that are new or may have changed.
        gone: record_id of records that were known and are not in ``table``.
        decided: all that is decided now of records that are there (``matching.match.match``).
        before: what was decided then of the records that were there; None where nobody knows.
    """
    known = replace(known, records=engine.materialize(known.records))
    rows, gone = engine.materialize(changed), engine.materialize(gone)
    moved = engine.materialize(engine.sql("select record_id from c union select record_id from g", c=rows, g=gone))
    named = _named(engine, known, moved, gone, decided, before)
    if engine.count(named):
        more = engine.materialize(without(engine, named, moved))
        rows = engine.materialize(engine.sql("select * from r union all select * from m", r=rows, m=within(engine, table, more)))
    fresh = _fresh(engine, rows, known, model, decided)
    left = engine.materialize(engine.sql("select record_id from f union all select record_id from g", f=fresh.names, g=gone))
    firsts = _firsts(engine, known, fresh, left, named)
    compared = compare(engine, table, known, model, firsts)
    return _advance(engine, known, firsts, compared, again(engine, table, known, model, firsts, compared, decided))


@dataclass(frozen=True)
class _Fresh:
    """Records that are new or changed in what is compared. ``names``: rid, record_id, code, content, marked; ``compared``: their features."""

    names: Table
    compared: Table


def _named(engine: Engine, known: Known, moved: Table, gone: Table, decided: Decided, before: Decided | None) -> Table:
    """record_id of all records that are there and for which what is decided may make a difference to the version before."""
    if before is None:
        marked = engine.collect(engine.sql("select record_id from k where marked", k=known.records))
        every = pl.concat([marked["record_id"], redecided.about(decided)])
    else:
        both = pl.concat([redecided.about(decided), redecided.about(before)]).unique().alias("record_id")
        of = engine.collect(within(engine, moved, engine.from_frame(both.to_frame())), max_rows=max(len(both), 1))
        every = redecided.touched(decided, before, moved=of["record_id"])
    return engine.materialize(without(engine, engine.from_frame(every.unique().alias("record_id").to_frame()), gone))


def _fresh(engine: Engine, rows: Table, known: Known, model: Model, decided: Decided) -> _Fresh:
    numbered = engine.materialize(features.number_records(engine, rows, model.spec))
    built = features.build(engine, rows, numbered, model.spec)
    labels = redecided.read(engine, rows, numbered, model.spec, decided, there=numbered)
    if labels is not None:
        built = constraints.contents_apart(engine, built, labels, numbered)
    none = engine.from_frame(pl.DataFrame(schema={"rid": pl.Int64()}))
    names = engine.sql(
        f"""
        select n.rid, n.record_id, n.code, b.{CONTENT} as content, m.rid is not null as marked
        from n join b on n.rid = b.rid left join m on n.rid = m.rid left join k on n.record_id = k.record_id and b.{CONTENT} = k.content
        where k.record_id is null
        """,
        n=known_matching.coded(engine, numbered), b=built, m=none if labels is None else labels.marks, k=known.records,
    )  # fmt: skip
    return _Fresh(engine.materialize(names), built)


def _firsts(engine: Engine, known: Known, fresh: _Fresh, left: Table, named: Table) -> Firsts:
    """Who stands for the contents that gained or lost a record."""
    hit = engine.materialize(within(engine, known.records, left))
    touched = engine.materialize(engine.sql("select content from h union select content from f", h=hit, f=fresh.names))
    before = engine.materialize(within(engine, known.records, touched))
    now = engine.materialize(
        engine.sql(
            """
            with every as (select record_id, code, content, marked, first as was from s union all select record_id, code, content, marked, false as was from f),
            least as (select content, min(record_id) as record_id from every group by content)
            select e.*, l.record_id is not null as first from every e left join least l on e.record_id = l.record_id and e.content = l.content
            """,
            s=without(engine, before, left), f=fresh.names,
        )
    )  # fmt: skip
    come = engine.materialize(engine.sql("select code, record_id, content from n where first and not was", n=now))
    went = engine.materialize(
        engine.sql(
            "select b.code, b.content from b left join n on b.code = n.code and b.content = n.content and n.first where b.first and n.code is null",
            b=before, n=now,
        )
    )  # fmt: skip
    return Firsts(come=come, went=went, members=now, before=before, fresh=fresh.names, compared=fresh.compared, left=left, named=named)


def _advance(engine: Engine, known: Known, firsts: Firsts, compared: Compared, made: Again) -> Advance:
    lost = engine.materialize(engine.sql("select code from w union select code from r", w=firsts.went, r=compared.again))
    gone_pairs = engine.sql(
        "select p.code_l, p.code_r from p left join x on p.code_l = x.code left join y on p.code_r = y.code where x.code is not null or y.code is not null",
        p=known.pairs, x=lost, y=lost,
    )  # fmt: skip
    here = engine.sql("select record_id from r union select record_id from l", r=made.records, l=firsts.left)
    gone = engine.materialize(within(engine, engine.sql("select record_id from k", k=known.records), engine.materialize(here)))
    return Advance(
        edges=Change(made.edges, made.gone_edges),
        clusters=Change(made.clusters, gone),
        records=Change(made.records, gone),
        keys=Change(compared.keys, engine.sql("select distinct code from w", w=firsts.went)),
        pairs=Change(compared.pairs, engine.materialize(gone_pairs)),
        again=engine.count(made.clusters),
    )
