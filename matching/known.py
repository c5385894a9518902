"""What a version keeps of its matching, so that the next one need only look at what changed (``matching.increment``).

Records and their values stand here as codes (``matching.codes``): a record by the code of its id. ``records``: record_id, code,
content (``matching.contents``), first (whether it stands for its copies), marked (whether a label is about it), part (code of the smallest record
of its cluster before the entity pass), cluster (the same of its cluster), both its own where it is alone. ``keys``: code, which (the place among
``default_keys``), key, of firsts, as far as the model has chosen them. ``pairs``: of firsts, code_l, code_r (in the order of their ids), weight, personal, each
comparison's part and household (thousandths of a bit), from the weight on that the entity pass looks at.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from engine.contract import Engine, Table
from matching import keys, scoring
from matching.codes import codes
from matching.comparisons import Comparison
from matching.features import CONTENT
from matching.model import Model

CODE_SCHEMA: dict[str, pl.DataType] = {"rid": pl.Int64(), "record_id": pl.String(), "code": pl.Int64()}
RECORDS = ("record_id", "code", "content", "first", "marked", "part", "cluster")


@dataclass(frozen=True)
class Known:
    """See the module."""

    records: Table
    keys: Table
    pairs: Table


def coded(engine: Engine, numbered: Table) -> Table:
    """rid, record_id, code of numbered records."""
    return engine.map_batches(engine.sql("select rid, record_id from n", n=numbered), _code_kernel, CODE_SCHEMA)


def _code_kernel(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select("rid", "record_id", pl.Series("code", codes(frame["record_id"]), dtype=pl.Int64))


def chosen_keys(engine: Engine, compared: Table, model: Model) -> Table:
    """which, key, rid of the keys that a model has chosen; ``which`` counts the keys that there are."""
    every = keys.default_keys(model.spec)
    made = keys.make(engine, compared, model.spec, every, model.frequencies)
    taken = ", ".join(str(which) for which, key in enumerate(every) if key.name in set(model.keys)) or "-1"
    return engine.sql(f"select which, key, rid from k where which in ({taken})", k=made)


def pair_columns(comparisons: list[Comparison]) -> list[str]:
    """What is kept of a scored pair beside its ends: all but the probability, which follows from the weight."""
    return [name for name in scoring.scored_schema(comparisons) if name not in {"rid_l", "rid_r", "probability"}]


def of_pairs(engine: Engine, scored: Table, names: Table, comparisons: list[Comparison]) -> Table:
    """Scored pairs (rid_l, rid_r) by the codes of their ends. ``names``: rid, code."""
    listed = ", ".join(f's."{name}"' for name in pair_columns(comparisons))
    return engine.sql(
        f"select a.code as code_l, b.code as code_r, {listed} from s join n a on s.rid_l = a.rid join m b on s.rid_r = b.rid",
        s=scored, n=names, m=names,
    )  # fmt: skip


def of_records(engine: Engine, names: Table, contents: Table, firsts: Table, marks: Table | None, parts: Table, clusters: Table) -> Table:
    """``Known.records``.

    Args:
        engine: the engine.
        names: rid, record_id, code.
        contents: rid, content.
        firsts: rid of those that stand for their copies.
        marks: rid of records that labels are about.
        parts: rid, cluster of firsts before the entity pass; who is not there is alone.
        clusters: rid, cluster of all records at the end.
    """
    none = engine.from_frame(pl.DataFrame(schema={"rid": pl.Int64()}))
    return engine.sql(
        f"""
        with p as (select c.rid, n.code from c join n on c.cluster = n.rid),
        e as (select d.rid, n.code from d join n on d.cluster = n.rid)
        select n.record_id, n.code, t.{CONTENT} as content, f.rid is not null as first, m.rid is not null as marked, coalesce(p.code, n.code) as part, coalesce(e.code, n.code) as cluster
        from n join t on n.rid = t.rid left join f on n.rid = f.rid left join m on n.rid = m.rid left join p on n.rid = p.rid left join e on n.rid = e.rid
        """,
        n=names, t=contents, f=firsts, m=none if marks is None else marks, c=parts, d=clusters,
    )  # fmt: skip
