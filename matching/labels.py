"""What people know already: labelled pairs, and a column of known entities.

Labelled pairs are a frame ``left_id, right_id, same, source`` (and ``row``, where they stand in their source): the labels of a file,
and the decisions of stewards alike. A column of the table may hold a known entity id, null where it is not known: records with one
value are the same, records with two values are not.

Labels are laws in clusters (``matching.constraints``) and examples in training (``matching.labelled_pairs``). So they must not
contradict each other: a = b and b = c forbid a ≠ c, and the error names the chain.

>>> checked(pl.DataFrame({"left_id": ["a"], "right_id": ["b"], "same": [True]})).row(0)
('a', 'b', True, 'label', 'label 1')
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from engine.contract import Engine, Table
from matching.components import components
from matching.contradictions import contradiction
from matching.spec import ModelSpec

LABEL_SCHEMA: dict[str, pl.DataType] = {"left_id": pl.String(), "right_id": pl.String(), "same": pl.Boolean(), "source": pl.String()}
"""Columns of labelled pairs; ``source`` says where each comes from. ``row`` (Int64) may stand beside them: its place there, as a person counts."""
_EXAMPLES = 3


class LabelError(ValueError):
    """Labels cannot be used as they are; the message says which, where they stand and what to do."""


@dataclass(frozen=True)
class Labels:
    """What is known of the records of a table.

    ``marks``: rid, grp (the smallest rid of those that are known to be the same), known (whether the group's entity is known: two groups
    with a known entity are two entities). ``apart``: grp_l < grp_r that are not the same, by a label. ``pairs``: rid_l < rid_r, same, each
    labelled pair once. ``entities``: records whose entity is known. ``closed``: rid of records that nothing but a label joins with others;
    None where there are none.
    """

    marks: Table
    apart: Table
    pairs: pl.DataFrame
    entities: int
    closed: Table | None = None

    @property
    def same(self) -> int:
        """Pairs labelled as the same."""
        return int(self.pairs["same"].sum())

    @property
    def different(self) -> int:
        """Pairs labelled as not the same."""
        return self.pairs.height - self.same


def checked(pairs: pl.DataFrame) -> pl.DataFrame:
    """Labelled pairs with all columns of ``LABEL_SCHEMA`` and ``where``, for errors.

    Raises:
        LabelError: a column is missing or of another type, an id or a decision is missing, or a pair names one record twice.
    """
    missing = [name for name in ("left_id", "right_id", "same") if name not in pairs.columns]
    if missing:
        message = f"labels lack the column {', '.join(missing)}; they have: {', '.join(pairs.columns)}"
        raise LabelError(message)
    if pairs.schema["same"] != pl.Boolean:
        message = f"the column same of labels is {pairs.schema['same']}; it must be true (the same) or false (not the same)"
        raise LabelError(message)
    source = pl.col("source").cast(pl.String).fill_null("label") if "source" in pairs.columns else pl.lit("label")
    place = pl.format(" row {}", "row") if "row" in pairs.columns else pl.format(" {}", pl.int_range(1, pl.len() + 1))
    found = pairs.select(
        pl.col("left_id", "right_id").cast(pl.String), "same", source=source, where=pl.concat_str(source, place.fill_null(""))
    )
    wrong = {
        "an id or the decision is missing; fill it in or leave the row out": pl.any_horizontal(
            pl.col("left_id", "right_id", "same").is_null()
        ),
        "a record is compared with itself; name two records or leave the row out": pl.col("left_id") == pl.col("right_id"),
    }
    for what, condition in wrong.items():
        if (rows := found.filter(condition)).height:
            message = f"{_listed(rows['where'])}: {what}"
            raise LabelError(message)
    return found


def read(
    engine: Engine, table: Table, numbered: Table, spec: ModelSpec, pairs: pl.DataFrame | None, *, closed: Sequence[str] = ()
) -> Labels | None:
    """What is known of the records of a table; None where nothing is.

    Args:
        engine: the engine.
        table: the table that is matched.
        numbered: its records (record_id, rid).
        spec: names the column of known entities, ``spec.entity``.
        pairs: labelled pairs.
        closed: record ids that only labels join with others; those that are not in the table are left.

    Raises:
        LabelError: see ``checked``; an id is not in the table; the table lacks the column of entities; labels contradict each other.
    """
    if spec.entity is not None and spec.entity not in table.schema:
        message = f"the table has no column {spec.entity!r} of known entities; it has: {', '.join(table.schema)}"
        raise LabelError(message)
    if spec.entity is None and (pairs is None or pairs.is_empty()) and not closed:
        return None
    given = checked(pairs if pairs is not None else pl.DataFrame(schema=LABEL_SCHEMA))
    ids = engine.sql("select record_id, rid from n", n=numbered)
    entities = _entities(engine, table, ids, spec)
    found = _numbers(engine, given, ids, entities)
    _all_known(given, found)
    entity = {record: value for record, value in found.select("record_id", "entity").iter_rows() if value is not None}
    if (conflict := contradiction(given, entity, column=spec.entity or "")) is not None:
        message = f"labels contradict each other: {conflict}; correct one of them"
        raise LabelError(message)
    rid = found.select("record_id", "rid")
    ends = given.join(rid.rename({"record_id": "left_id", "rid": "l"}), on="left_id").join(
        rid.rename({"record_id": "right_id", "rid": "r"}), on="right_id"
    )
    once = ends.select(rid_l=pl.min_horizontal("l", "r"), rid_r=pl.max_horizontal("l", "r"), same="same").unique().sort("rid_l", "rid_r")
    alone = _closed(engine, ids, closed)
    marks = _marks(engine, engine.from_frame(once), entities, alone)
    apart = engine.materialize(
        engine.sql(
            "select distinct case when a.grp < b.grp then a.grp else b.grp end as grp_l, case when a.grp < b.grp then b.grp else a.grp end as grp_r "
            "from p join m a on p.rid_l = a.rid join m b on p.rid_r = b.rid where not p.same",
            p=engine.from_frame(once), m=marks,
        )
    )  # fmt: skip
    return Labels(marks, apart, once, engine.count(entities), alone if closed else None)


def _closed(engine: Engine, ids: Table, closed: Sequence[str]) -> Table:
    """The numbers (rid) of the records of these ids that are there."""
    named = engine.from_frame(pl.DataFrame({"record_id": closed}, schema={"record_id": pl.String}).unique())
    return engine.materialize(engine.sql("select n.rid from n join a on a.record_id = n.record_id", n=ids, a=named))


def _entities(engine: Engine, table: Table, ids: Table, spec: ModelSpec) -> Table:
    """rid, entity of the records whose entity is known."""
    if spec.entity is None:
        return engine.from_frame(pl.DataFrame(schema={"rid": pl.Int64(), "entity": pl.String()}))
    return engine.materialize(
        engine.sql(
            f'select n.rid, trim(cast(i."{spec.entity}" as string)) as entity from i join n on cast(i."{spec.record_id}" as string) = n.record_id '
            f"where trim(cast(i.\"{spec.entity}\" as string)) <> ''",
            i=table, n=ids,
        )
    )  # fmt: skip


def _numbers(engine: Engine, given: pl.DataFrame, ids: Table, entities: Table) -> pl.DataFrame:
    """record_id, rid, entity of the records that labelled pairs name."""
    named = pl.concat([given["left_id"], given["right_id"].rename("left_id")]).unique().sort().rename("record_id").to_frame()
    # an id that repeats is one here; who numbers the records tells it
    query = (
        "select a.record_id, min(n.rid) as rid, min(e.entity) as entity from a join n on a.record_id = n.record_id "
        "left join e on n.rid = e.rid group by a.record_id"
    )
    return engine.collect(engine.sql(query, a=engine.from_frame(named), n=ids, e=entities), max_rows=named.height).sort("record_id")


def _all_known(given: pl.DataFrame, found: pl.DataFrame) -> None:
    known = found["record_id"].implode()
    for side in ("left_id", "right_id"):
        unknown = given.filter(~pl.col(side).is_in(known))
        if unknown.height:
            names = ", ".join(repr(name) for name in unknown[side].head(_EXAMPLES))
            message = f"{_listed(unknown['where'])}: the table has no record {names}; correct the id or leave the row out"
            raise LabelError(message)


def _marks(engine: Engine, pairs: Table, entities: Table, closed: Table) -> Table:
    """rid, grp, known of every record that a label is about."""
    edges = engine.sql(
        """
        with least as (select entity, min(rid) as rid from e group by entity)
        select rid_l, rid_r from p where same
        union all
        select least.rid as rid_l, e.rid as rid_r from e join least on e.entity = least.entity where e.rid <> least.rid
        """,
        p=pairs, e=entities,
    )  # fmt: skip
    return engine.materialize(
        engine.sql(
            """
            with named as (select rid from e union select rid_l from p union select rid_r from p union select rid from alone),
            g as (select named.rid, coalesce(c.component, named.rid) as grp from named left join c on named.rid = c.rid),
            k as (select distinct g.grp from g join e on g.rid = e.rid)
            select g.rid, g.grp, k.grp is not null as known from g left join k on g.grp = k.grp
            """,
            e=entities, p=pairs, c=components(engine, edges), alone=closed,
        )
    )  # fmt: skip


def _listed(where: Iterable[str]) -> str:
    listed = list(where)
    more = f" and {len(listed) - _EXAMPLES:,} more" if len(listed) > _EXAMPLES else ""
    return ", ".join(listed[:_EXAMPLES]) + more
