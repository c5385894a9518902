"""A record that tells nobody's name, and knows a phone that one customer alone has, is that customer's.

Such records (姓名: 无, 同上) have no evidence about a person, so no pair of them can tell a customer from the rest of a household, and a pair's
probability is that of all pairs that share so much. What tells is how many customers hold the value. The answer is learned
from records that do tell a name, by hiding it: of those whose value is otherwise held by one cluster alone, how many are of that
cluster? Where that share reaches the link threshold, nameless records join the sole holder of what they share.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from engine.contract import Engine, Table
from matching.codes import MISSING
from matching.comparisons import Comparison
from matching.features import slots
from matching.model import Model
from matching.spec import ModelSpec

SAMPLE = 100_000
"""Records of which about so many values are looked at to learn from."""
LEAST_HIDDEN = 200
MOST = 20_000
SCHEMA: dict[str, pl.DataType] = {"rid": pl.Int64(), "cluster": pl.Int64(), "bits": pl.Int32()}


def held(spec: ModelSpec, comparisons: Sequence[Comparison]) -> dict[str, list[str]]:
    """The features, by column, of values that are equal or not and that a household may share: phones, cars."""
    shared = {column for comparison in comparisons if comparison.shared for column in comparison.columns}
    found = {name: slots(name, "phone") for name in spec.of_kind("phone") if name in shared}
    return found | {name: [name] for name in spec.of_kind("vin", "plate") if name in shared}


def learn(engine: Engine, known: Table, clusters: Table, comparisons: Sequence[Comparison], spec: ModelSpec, *, records: int) -> dict[str, int]:
    """By column, log2 odds (thousandths of a bit) that a record is of the one cluster that otherwise holds its value; no column of which too little is known.

    Args:
        engine: the engine.
        known: features of records.
        clusters: rid, cluster; who is not there is alone.
        comparisons: what was compared.
        spec: what the columns mean.
        records: number of records.
    """
    found = {}
    for name, features in held(spec, comparisons).items():
        values = _values(engine, known, clusters, features, comparisons, every=max(1, records // SAMPLE))
        counted = engine.collect(
            engine.sql(
                """
                with k as (select code, cluster, count(*) as n from v where named group by code, cluster),
                m as (select code, count(*) as clusters, sum(n) as n, sum(case when n = 1 then 1 else 0 end) as single from k group by code)
                select coalesce(sum(case when clusters = 1 and n > 1 then n else 0 end), 0) as inside,
                    coalesce(sum(case when clusters = 2 then single else 0 end), 0) as outside from m
                """,
                v=values,
            )
        )
        inside, outside = (int(counted[column].item()) for column in ("inside", "outside"))
        if inside + outside >= LEAST_HIDDEN:
            found[name] = min(round(1000 * float(np.log2((inside + 0.5) / (outside + 0.5)))), MOST)
    return found


def find(engine: Engine, known: Table, clusters: Table, comparisons: Sequence[Comparison], model: Model) -> Table:
    """Nameless records that are alone, and the sole holder of what they share: rid, cluster, bits.

    A record whose phone one cluster holds and whose car another stays alone. Arguments as of ``learn``; ``model`` has learned.
    """
    columns = held(model.spec, comparisons)
    each = []
    for name, features in columns.items():
        if model.sole.get(name, 0) >= model.link:
            values = _values(engine, known, clusters, features, comparisons, wanted=True)
            each.append(engine.sql(f"select rid, code, cluster, named, alone, {model.sole[name]} as bits from v", v=values))
    if not each:
        return engine.from_frame(pl.DataFrame(schema=SCHEMA))
    names = [f"v{place}" for place in range(len(each))]
    values = engine.materialize(engine.sql(" union all ".join(f"select * from {name}" for name in names), **dict(zip(names, each, strict=True))))
    return engine.materialize(
        engine.sql(
            """
            with a as (select rid, code, bits from v where not named and alone),
            h as (select code, bits, min(cluster) as one, max(cluster) as other from v where named group by code, bits)
            select a.rid, min(h.one) as cluster, cast(max(a.bits) as integer) as bits
            from a join h on a.code = h.code and a.bits = h.bits group by a.rid having min(h.one) = max(h.other)
            """,
            v=values,
        )
    )


def join(engine: Engine, clusters: Table, moved: Table) -> Table:
    """Clusters (rid, cluster) after records moved (``find``)."""
    if engine.count(moved) == 0:
        return clusters
    return engine.materialize(
        engine.sql(
            """
            with every as (select rid, cluster from c union select cluster as rid, cluster from m)
            select e.rid, e.cluster from every e left join m on e.rid = m.rid where m.rid is null union all select rid, cluster from m
            """,
            c=clusters, m=moved,
        )
    )  # fmt: skip


def _values(
    engine: Engine, known: Table, clusters: Table, features: Sequence[str], comparisons: Sequence[Comparison], *, every: int = 1, wanted: bool = False
) -> Table:
    """rid, code, cluster, named (whether anything about a person is known), alone (whether the cluster is that record).

    ``every``: only each so-manieth code; ``wanted``: only codes that a nameless record has.
    """
    personal = [name for comparison in comparisons if not comparison.shared for name in comparison.features]
    named = " or ".join(f'"{name}" <> {MISSING}' for name in personal)
    each = " union all ".join(f'select rid, "{name}" as code, {named} as named from f where "{name}" <> {MISSING}' for name in features)
    chosen = f"where abs(code) % {every} = 0" if every > 1 else ""
    of = engine.materialize(engine.sql(f"select distinct rid, code, named from ({each}) e {chosen}", f=known))
    if wanted:
        of = engine.sql("with w as (select distinct code from o where not named) select o.* from o join w on o.code = w.code", o=of)
    sizes = engine.sql("select cluster, count(*) as n from c group by cluster", c=clusters)
    return engine.sql(
        """
        select o.rid, o.code, o.named, coalesce(c.cluster, o.rid) as cluster, coalesce(n.n, 1) = 1 as alone
        from o left join c on o.rid = c.rid left join n on c.cluster = n.cluster
        """,
        o=of, c=clusters, n=sizes,
    )  # fmt: skip
