"""Whether a record is where it belongs: what ties it to its own cluster, beside what it has in common with another.

A record that hardly tells who it is (姓名: 王女士, or nothing) went with one of a couple, and its pairs with the other stay. It is of one cluster at
most, so its own takes from these pairs. What both have, a phone or a car, says nothing of which; how often either gives it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

import numpy as np
import polars as pl

from engine.contract import Engine, Table
from matching.comparisons import Comparison

SCHEMA: dict[str, pl.DataType] = {"rid": pl.Int64(), "other": pl.Int64(), "bits": pl.Int32()}


def agreements(comparisons: Sequence[Comparison]) -> dict[str, str]:
    """Of what a household may share (phones, cars, addresses) names and SQL of whether a scored pair agrees and whether it differs, 0 or 1."""
    shared = [comparison.name for comparison in comparisons if comparison.shared]
    return {
        f"{says}_{place}": f'case when s."{name}" {sign} 0 then 1 else 0 end'
        for place, name in enumerate(shared)
        for says, sign in (("agrees", ">"), ("differs", "<"))
    }


def find(engine: Engine, doubtful: Table, scored: Table, clusters: Table, comparisons: Sequence[Comparison]) -> Table:
    """Bits that its own cluster takes from a record's pairs with another: rid, other (cluster), bits.

    Args:
        engine: the engine.
        doubtful: of ``collective.in_doubt``.
        scored: scored pairs, each once.
        clusters: rid, cluster.
        comparisons: what was compared.
    """
    shared = agreements(comparisons)
    asked = engine.materialize(
        engine.sql(
            f"""
            with d as (select * from p where x <> y and several_l and several_r),
            e as (select rid_l as rid, y as other, {", ".join(shared) or "0 as none"} from d union all select rid_r, x, {", ".join(shared) or "0"} from d)
            select rid, other, count(*) as ours{_sums(shared, "ours")} from e group by rid, other
            """,
            p=doubtful,
        )
    )  # fmt: skip
    ends = engine.materialize(engine.sql("select distinct a.rid, c.cluster from a join c on a.rid = c.rid", a=asked, c=clusters))
    told = ", ".join(["s.weight", *(f"{sql} as {name}" for name, sql in shared.items())])
    found = engine.sql(
        f"""
        with i as (
            select e.rid, {told} from s join e on s.rid_l = e.rid join c on s.rid_r = c.rid and e.cluster = c.cluster
            union all select e.rid, {told} from s join e on s.rid_r = e.rid join c on s.rid_l = c.rid and e.cluster = c.cluster
        ), o as (select rid, max(weight) as weight, count(*) as own{_sums(shared, "own")} from i group by rid)
        select a.*, o.weight, o.own{"".join(f", o.own_{name}" for name in shared)} from a join o on a.rid = o.rid
        """,
        a=asked, e=ends, s=scored, c=clusters,
    )  # fmt: skip
    return engine.map_batches(found, partial(weigh_kernel, shared=len(shared) // 2), SCHEMA)


def _sums(shared: Iterable[str], prefix: str) -> str:
    return "".join(f", cast(sum({name}) as bigint) as {prefix}_{name}" for name in shared)


def weigh_kernel(frame: pl.DataFrame, *, shared: int) -> pl.DataFrame:
    """A record's odds between two clusters: those of its heaviest pair with its own, and how often either gives what it gives.

    Each record of a cluster is as likely to have been this one, and gives a phone or a car as often as the cluster's others do; so the odds are those of
    how many records there are, times those of the shares of these that agree in each value (Laplace's rule, for they are few).

    Args:
        frame: rid, other, weight (its heaviest pair with its own cluster), own, ours (its pairs with either), and of each shared comparison how many of these
            agree and differ: own_agrees_0, own_differs_0, ours_agrees_0, …
        shared: how many comparisons these are.

    Returns:
        Columns of ``SCHEMA``.

    >>> pairs = {"rid": [1, 2], "other": [8, 8], "weight": [5000, 5000], "own": [6, 6], "ours": [6, 6]}
    >>> phones = {"own_agrees_0": [6, 6], "own_differs_0": [0, 0], "ours_agrees_0": [6, 0], "ours_differs_0": [0, 6]}
    >>> weigh_kernel(pl.DataFrame(pairs | phones), shared=1)["bits"].to_list()
    [5044, 7814]
    """
    bits = np.log2(frame["own"].to_numpy() / frame["ours"].to_numpy())
    for place in range(shared):
        own, ours = (
            (agrees + 1) / (agrees + differs + 2)
            for agrees, differs in (
                [frame[f"{side}_{says}_{place}"].to_numpy() for says in ("agrees", "differs")] for side in ("own", "ours")
            )
        )
        bits = bits + np.log2(own / ours)
    taken = np.log2(1 + np.exp2(frame["weight"].to_numpy().clip(-40_000, 40_000) / 1000 + bits))
    return frame.select("rid", "other").with_columns(pl.Series("bits", np.rint(1000 * taken), dtype=pl.Int32))
