"""The pairs that an increment compares: those of contents that came, found in the blocks of their keys among all that is known.

Two records share a block however many others do, unless it is oversized (``matching.pairs``): what such a block gives depends on all of its
records. Where one that is oversized, or was, gains or loses a record, all of its records are paired anew; and so they are where a block grows beyond what is
worth its pairs (``matching.gain``), which then gives none, or becomes small enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from engine.changes import within, without
from engine.contract import Engine, Table
from matching import contents, features, outcome, scoring
from matching import known as known_matching
from matching import pairs as blocking_pairs
from matching.comparisons import comparisons_for
from matching.keys import default_keys
from matching.known import Known
from matching.match import KEPT_BELOW_REVIEW
from matching.model import Model

CODE: dict[str, pl.DataType] = {"code": pl.Int64()}


@dataclass(frozen=True)
class Firsts:
    """Who stands for the contents that gained or lost a record.

    ``come``: code, record_id, content of firsts that were none, or another's; ``went``: code, content of those that are none any more. ``before``: the rows of
    ``Known.records`` of these contents; ``members``: their records now: record_id, code, content, marked, was (first before), first. ``fresh``: rid, record_id,
    code, content, marked of records that are new or changed, ``compared``: their features. ``left``: record_id of what is fresh or gone. ``named``: record_id of those
    whose labels may be others.
    """

    come: Table
    went: Table
    members: Table
    before: Table
    fresh: Table
    compared: Table
    left: Table
    named: Table


@dataclass(frozen=True)
class Compared:
    """``again``: code of firsts that were known and are paired anew; ``keys``: new rows of ``Known.keys``, ``pairs``: of ``Known.pairs``; ``edges``: of table edges."""

    again: Table
    keys: Table
    pairs: Table
    edges: Table


def compare(engine: Engine, table: Table, known: Known, model: Model, firsts: Firsts) -> Compared:
    """Keys and scored pairs of firsts that came. ``table``: the standardized table of all records that are there now."""
    comparisons = comparisons_for(model.spec)
    keys = _keys(engine, known, model, firsts)
    went = engine.materialize(engine.sql("select code from w", w=firsts.went))
    blocks = _Blocks(engine, known.keys, went, keys, model)
    repaired = _repaired(engine, blocks, firsts)
    of = engine.materialize(engine.sql("select code from c union select code from r", c=firsts.come, r=repaired))
    small = engine.materialize(
        engine.sql(
            """
            select distinct a.code as code_l, b.code as code_r from m a join w on a.code = w.code
            join n on a.which = n.which and a.key = n.key join o b on a.which = b.which and a.key = b.key
            where n.whole and a.code <> b.code
            """,
            m=blocks.members, o=blocks.members, n=blocks.sizes, w=of,
        )
    )  # fmt: skip
    ids = engine.sql(
        """
        with u as (select code_l as code from s union select code_r from s union select code from w)
        select n.record_id from u join n on u.code = n.code
        """,
        s=small, w=of, n=_names(engine, known, firsts),
    )  # fmt: skip
    rows = engine.materialize(within(engine, table, engine.materialize(ids)))
    numbered = engine.materialize(known_matching.coded(engine, features.number_records(engine, rows, model.spec)))
    compared = engine.materialize(features.build(engine, rows, numbered, model.spec))
    pairs = engine.sql(
        """
        select distinct case when a.rid < b.rid then a.rid else b.rid end as rid_l, case when a.rid < b.rid then b.rid else a.rid end as rid_r
        from s join n a on s.code_l = a.code join m b on s.code_r = b.code
        """,
        s=small, n=numbered, m=numbered,
    )  # fmt: skip
    large = engine.materialize(
        engine.sql(
            "select m.which, m.key, c.rid from m join n on m.which = n.which and m.key = n.key join c on m.code = c.code where n.oversized",
            m=blocks.members, n=blocks.sizes, c=numbered,
        )
    )  # fmt: skip
    if engine.count(large):
        beside = blocking_pairs.neighbours(engine, large, blocking_pairs.places(engine, compared, model.spec))
        pairs = engine.sql("select rid_l, rid_r from p union select rid_l, rid_r from b", p=pairs, b=beside)
    floor = min(KEPT_BELOW_REVIEW, model.review)
    scored = scoring.score(engine, engine.materialize(pairs), compared, comparisons, model, floor=floor)
    return Compared(
        again=repaired,
        keys=keys,
        pairs=engine.materialize(known_matching.of_pairs(engine, scored, numbered, comparisons)),
        edges=outcome.edges_of(engine, scored, numbered, comparisons, model),
    )


def _keys(engine: Engine, known: Known, model: Model, firsts: Firsts) -> Table:
    """Rows of ``Known.keys`` of firsts that came: a copy that takes its first's place has the first's keys."""
    fresh = engine.materialize(engine.sql("select f.rid, f.code from f join c on f.code = c.code", f=firsts.fresh, c=firsts.come))
    made = known_matching.chosen_keys(engine, contents.only(engine, firsts.compared, fresh), model)
    return engine.materialize(
        engine.sql(
            """
            select f.code, k.which, k.key from k join f on k.rid = f.rid
            union all
            select c.code, o.which, o.key from c left join f on c.code = f.code join w on c.content = w.content join o on w.code = o.code where f.code is null
            """,
            k=made, f=fresh, c=firsts.come, w=firsts.went, o=known.keys,
        )
    )  # fmt: skip


class _Blocks:
    """The blocks of keys that came or went, and of those that are added. ``members``: code, which, key now.

    ``sizes``: which, key; ``whole``: every record meets every other now; ``oversized``: each meets its neighbours; ``moved``: what it gives of those that
    were there is not what it gave.
    """

    def __init__(self, engine: Engine, known: Table, went: Table, keys: Table, model: Model) -> None:
        self._engine = engine
        limits = {which: model.chosen.get(key.name) for which, key in enumerate(default_keys(model.spec))}
        named = {"which": list(limits), "most": list(limits.values())}
        self._limits = engine.from_frame(pl.DataFrame(named, schema={"which": pl.Int64(), "most": pl.Int64()}))
        self._known = known
        self._went = went
        self._keys = keys
        touched = "select distinct which, key from (select which, key from k union all select k.which, k.key from o k join w on k.code = w.code) every"
        self._touched = engine.materialize(engine.sql(touched, k=keys, o=known, w=went))
        self._look()

    def add(self, codes: Table) -> None:
        """Looks at all blocks of some firsts as well."""
        more = "select which, key from t union select k.which, k.key from o k join c on k.code = c.code"
        self._touched = self._engine.materialize(self._engine.sql(more, t=self._touched, o=self._known, c=codes))
        self._look()

    def _look(self) -> None:
        engine = self._engine
        old = engine.materialize(within(engine, engine.sql("select code, which, key from o", o=self._known), self._touched))
        now = "select code, which, key from l union all select code, which, key from k"
        self.members = engine.materialize(engine.sql(now, l=without(engine, old, self._went), k=self._keys))
        self.sizes = engine.materialize(
            engine.sql(
                f"""
                with every as (select which, key, 1 as was, 0 as is_now from o union all select which, key, 0, 1 from m),
                counted as (select which, key, sum(was) as before, sum(is_now) as now from every group by which, key)
                select c.which, c.key, c.now <= coalesce(l.most, {blocking_pairs.BLOCK_RECORDS}) as whole, l.most is null and c.now > {blocking_pairs.BLOCK_RECORDS} as oversized,
                       case when l.most is null then c.before > {blocking_pairs.BLOCK_RECORDS} or c.now > {blocking_pairs.BLOCK_RECORDS} else (c.before > l.most) <> (c.now > l.most) end as moved
                from counted c join l on c.which = l.which
                """,
                o=old, m=self.members, l=self._limits,
            )
        )  # fmt: skip


def _repaired(engine: Engine, blocks: _Blocks, firsts: Firsts) -> Table:
    """Code of the firsts that were there and stand in a block that moved, by what came or by each other."""
    repaired = engine.from_frame(pl.DataFrame(schema=CODE))
    while True:
        more = engine.materialize(
            engine.sql(
                """
                select distinct m.code from m join n on m.which = n.which and m.key = n.key left join c on m.code = c.code left join r on m.code = r.code
                where n.moved and c.code is null and r.code is null
                """,
                m=blocks.members, n=blocks.sizes, c=firsts.come, r=repaired,
            )
        )  # fmt: skip
        if engine.count(more) == 0:
            return repaired
        repaired = engine.materialize(engine.sql("select code from r union all select code from m", r=repaired, m=more))
        blocks.add(more)


def _names(engine: Engine, known: Known, firsts: Firsts) -> Table:
    """code, record_id of all firsts that are there now."""
    return engine.sql(
        """
        select k.code, k.record_id from k left join l on k.record_id = l.record_id where l.record_id is null
        union all select code, record_id from f
        """,
        k=known.records, l=firsts.left, f=firsts.fresh,
    )  # fmt: skip
