"""Which rows of reference sources are about which customers.

A customer takes the first set of keys of a source by which a row is found for him. A key that several customers have tells none of them apart,
unless it may (``Source.strong``); so what a row is worth to one customer hangs on all others, and an increment looks at those whose key came to be
shared, or is no longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import polars as pl

from engine.changes import without
from engine.contract import Engine, Table
from engine.tables import schema
from pipelines.reference_sources.judging import FOUND, JUDGED, judge
from pipelines.reference_sources.keys import KEYED, keys_of, label
from pipelines.reference_sources.reading import ROWS
from pipelines.reference_sources.settings import Keys, Source

MATCHES = schema("reference_matches")
_KEYS = {"customer_id": pl.String(), "keys": pl.String(), "key": pl.String()}
_ROW_KEYS = {"source": pl.String(), "record_id": pl.String(), "keys": pl.String(), "key": pl.String()}


@dataclass(frozen=True)
class Reference:
    """All sources, their rows (``ROWS``), and by which keys each row is found (source, record_id, keys, key)."""

    sources: tuple[Source, ...]
    rows: Table
    keys: Table


def with_keys(engine: Engine, sources: tuple[Source, ...], rows: Table) -> Reference:
    """The rows of sources with their keys."""
    listed = [name for name in ROWS if name not in {"problems", "written", "good", "verified"}]
    keys = engine.map_batches(engine.sql("select " + ", ".join(listed) + " from r", r=rows), partial(row_keys, sources=sources), _ROW_KEYS)
    return Reference(sources, rows, engine.materialize(keys))


def row_keys(rows: pl.DataFrame, *, sources: tuple[Source, ...]) -> pl.DataFrame:
    """Kernel: the keys of ``ROWS`` rows, each source by its own sets."""
    frame = rows.drop("source", strict=False).with_columns(vins=_listed("vin"), plates=_listed("plate")).rename({"reference": "source"})
    named = ("source", "record_id")
    return pl.concat([keys_of(frame.filter(pl.col("source") == each.name), each.keys, named=named) for each in sources])


def matches(engine: Engine, reference: Reference, known: Table) -> Table:
    """MATCHES: the keys of customers that a source has a row for.

    Args:
        engine: runs the kernel.
        reference: the sources.
        known: golden records before anything is taken from a source (``survivorship.Survived.known``).
    """
    wanted: list[Keys] = list({label(keys): keys for source in reference.sources for keys in source.keys}.values())
    theirs = engine.map_batches(
        engine.sql("select customer_id, " + ", ".join(KEYED) + " from k", k=known), partial(keys_of, wanted=wanted, named=("customer_id",)), _KEYS
    )  # fmt: skip
    query = "select distinct t.customer_id, r.source, r.keys, r.key from t join r on r.keys = t.keys and r.key = t.key"
    return engine.materialize(engine.sql(query, t=theirs, r=reference.keys))


def flipped(engine: Engine, reference: Reference, *, before: Table, now: Table, only: Table) -> Table:
    """customer_id of those outside ``only`` with a key that came to be shared with another customer, or is no longer."""
    query = """
        with o as (select source, keys, key from b group by source, keys, key having count(distinct customer_id) > 1),
        n as (select source, keys, key from m group by source, keys, key having count(distinct customer_id) > 1),
        turned as (
            select coalesce(o.source, n.source) as source, coalesce(o.keys, n.keys) as keys, coalesce(o.key, n.key) as key
            from o full join n on n.source = o.source and n.keys = o.keys and n.key = o.key where o.key is null or n.key is null
        )
        select distinct m.customer_id from m join turned t on t.source = m.source and t.keys = m.keys and t.key = m.key
        join w on w.source = m.source and w.keys = m.keys
    """
    weak = engine.from_frame(_sets(reference.sources).filter(~pl.col("strong")))
    return engine.materialize(without(engine, engine.sql(query, b=before, m=now, w=weak), only))


def offers(engine: Engine, reference: Reference, *, found: Table, known: Table) -> Table:
    """JUDGED: what the sources say of the customers of ``known``.

    Args:
        engine: runs the kernel.
        reference: the sources.
        found: MATCHES of all customers.
        known: as in ``matches``, those who are asked about.
    """
    columns = ", ".join(f"r.{name}" for name in ROWS)
    query = f"""
        with shared as (select source, keys, key from m group by source, keys, key having count(distinct customer_id) > 1),
        every as (
            select m.customer_id, k.record_id, s.place, case when not s.strong and d.key is not null then 1 else 0 end as doubtful,
                min(s.place) over (partition by m.customer_id, m.source) as nearest
            from m
            join s on s.source = m.source and s.keys = m.keys
            join k on k.source = m.source and k.keys = m.keys and k.key = m.key
            left join shared d on d.source = m.source and d.keys = m.keys and d.key = m.key
        ),
        once as (select customer_id, record_id, max(doubtful) = 1 as shared from every where place = nearest group by customer_id, record_id)
        select o.customer_id, o.shared, c.id_number as number, c.address as place, {columns}
        from once o join r on r.record_id = o.record_id join c on c.customer_id = o.customer_id
    """
    rows = engine.sql(query, m=found, s=engine.from_frame(_sets(reference.sources)), k=reference.keys, r=reference.rows, c=known)
    ordered = engine.sql("select " + ", ".join(FOUND) + " from f", f=rows)
    return engine.materialize(engine.map_groups(ordered, "customer_id", partial(judge, sources=reference.sources), JUDGED))


def _sets(sources: tuple[Source, ...]) -> pl.DataFrame:
    """Each source's sets of keys: source, keys, place (from 0), strong."""
    rows = [
        {"source": source.name, "keys": label(keys), "place": place, "strong": source.strong(keys)}
        for source in sources
        for place, keys in enumerate(source.keys)
    ]
    return pl.DataFrame(rows, schema={"source": pl.String(), "keys": pl.String(), "place": pl.Int64(), "strong": pl.Boolean()})


def _listed(column: str) -> pl.Expr:
    return pl.when(pl.col(column).is_not_null()).then(pl.concat_list(column)).otherwise(pl.lit([], pl.List(pl.String())))
