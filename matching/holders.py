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
from matching.features import SLOTS, slots
from matching.model import Model
from matching.spec import ModelSpec

SAMPLE = 100_000
"""Records of which about so many values are looked at to learn from."""
LEAST_HIDDEN = 200
EXACT = frozenset({"phone", "vin", "plate"})
MOST = 20_000
SCHEMA: dict[str, pl.DataType] = {"rid": pl.Int64(), "cluster": pl.Int64(), "bits": pl.Int32()}


def held(spec: ModelSpec, comparisons: Sequence[Comparison]) -> dict[str, list[str]]:
    """The features, by comparison, of values that are equal or not and that a household may share: phones, cars; none where no column names anybody."""
    found: dict[str, list[str]] = {}
    if all(comparison.shared for comparison in comparisons):
        return found
    for comparison in comparisons:
        kinds = {name: spec.columns[name].kind for name in comparison.columns}
        features = [each for name, kind in kinds.items() if kind in EXACT for each in (slots(name, kind) if kind in SLOTS else [name])]
        if comparison.shared and features:
            found[comparison.name] = features
    return found


def learn(
    engine: Engine, known: Table, clusters: Table, comparisons: Sequence[Comparison], spec: ModelSpec, *, records: int
) -> dict[str, int]:
    """By comparison, log2 odds (thousandths of a bit) that a record is of the one cluster that otherwise holds its value; none of which too little is known.

    Args:
        engine: the engine.
        known: features of records.
        clusters: rid, cluster; who is not there is alone.
        comparisons: what was compared.
        spec: what the columns mean.
        records: number of records.
    """
    found = {}
    every = max(1, records // SAMPLE)
    chosen = f"where abs(code) % {every} = 0" if every > 1 else ""
    for name, features in held(spec, comparisons).items():
        each = " union all ".join(
            f'select rid, "{feature}" as code from f where "{feature}" <> {MISSING} and {named("f", comparisons)}' for feature in features
        )
        counted = engine.collect(
            engine.sql(
                f"""
                with v as (select distinct rid, code from ({each}) e {chosen}),
                k as (select v.code, coalesce(c.cluster, v.rid) as cluster, count(*) as n from v left join c on v.rid = c.rid group by v.code, coalesce(c.cluster, v.rid)),
                m as (select code, count(*) as clusters, sum(n) as n, sum(case when n = 1 then 1 else 0 end) as single from k group by code)
                select coalesce(sum(case when clusters = 1 and n > 1 then n else 0 end), 0) as inside,
                    coalesce(sum(case when clusters = 2 then single else 0 end), 0) as outside from m
                """,
                f=known, c=clusters,
            )
        )  # fmt: skip
        inside, outside = (int(counted[column].item()) for column in ("inside", "outside"))
        if inside + outside >= LEAST_HIDDEN:
            found[name] = min(round(1000 * float(np.log2((inside + 0.5) / (outside + 0.5)))), MOST)
    return found


def trusted(model: Model, comparisons: Sequence[Comparison]) -> dict[str, list[str]]:
    """``held`` by what may join a nameless record with its sole holder."""
    return {
        name: features for name, features in held(model.spec, comparisons).items() if name in model.sole and model.sole[name] >= model.link
    }


def find(engine: Engine, scored: Table, known: Table, clusters: Table, comparisons: Sequence[Comparison], model: Model) -> Table:
    """Nameless records that are alone, and the sole holder of what they share: rid, cluster, bits.

    A record whose phone one cluster holds and whose car another stays alone, if both are trusted.

    Args:
        engine: the engine.
        scored: scored pairs.
        known: features of records.
        clusters: rid, cluster; who is not there is alone.
        comparisons: what was compared.
        model: that has learned.
    """
    features = trusted(model, comparisons)
    if not features:
        return engine.from_frame(pl.DataFrame(schema=SCHEMA))
    asked = ", ".join(f'f."{feature}"' for each in features.values() for feature in each)
    lonely = engine.materialize(
        engine.sql(
            f"""
            with n as (select cluster, count(*) as n from c group by cluster)
            select f.rid, {asked} from f left join c on f.rid = c.rid left join n on c.cluster = n.cluster where coalesce(n.n, 1) = 1 and not {named("f", comparisons)}
            """,
            f=known, c=clusters,
        )
    )  # fmt: skip
    pairs = engine.materialize(
        engine.sql(
            "select s.rid_l as rid, s.rid_r as mate from s join a on s.rid_l = a.rid union all select s.rid_r, s.rid_l from s join a on s.rid_r = a.rid",
            s=scored, a=lonely,
        )
    )  # fmt: skip
    equal = " union all ".join(
        f"select p.rid, p.mate, {model.sole[name]} as bits from p join a on p.rid = a.rid join f on p.mate = f.rid where {named('f', comparisons)} and ({_share(each)})"
        for name, each in features.items()
    )
    return engine.materialize(
        engine.sql(
            f"""
            with e as ({equal}), h as (select e.rid, e.bits, coalesce(c.cluster, e.mate) as cluster from e left join c on e.mate = c.rid)
            select rid, min(cluster) as cluster, cast(max(bits) as integer) as bits from h group by rid having min(cluster) = max(cluster)
            """,
            p=pairs, a=lonely, f=known, c=clusters,
        )
    )  # fmt: skip


def _share(features: Sequence[str]) -> str:
    each = (f'a."{one}" = f."{two}" and a."{one}" <> {MISSING}' for one in features for two in features)
    return " or ".join(f"({test})" for test in each)


def named(alias: str, comparisons: Sequence[Comparison]) -> str:
    """SQL: whether anything about a person is known."""
    personal = [name for comparison in comparisons if not comparison.shared for name in comparison.features]
    return "(" + " or ".join(f'{alias}."{name}" <> {MISSING}' for name in personal) + ")"


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
