"""What training reads, drawn from the tables: samples of pairs as counts of patterns. Samples follow from the pairs' own numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial

import numpy as np
import polars as pl

from engine.contract import Engine, Table
from matching.comparisons import Comparison, compare_kernel
from matching.features import Frequencies
from matching.keys import Key
from matching.model import Model
from matching.pairs import Blocking
from matching.scoring import wide
from matching.spec import ModelSpec
from matching.training import Patterns, shares_of_random, train

KEY_SAMPLE = 12_000
UNION_SAMPLE = 100_000
_PRIME = 1_000_003


def train_model(  # noqa: PLR0913 - the whole state of a match, once
    engine: Engine,
    spec: ModelSpec,
    *,
    comparisons: list[Comparison],
    keys: Sequence[Key],
    blocking: Blocking,
    keyed: Table,
    candidates: Table,
    features: Table,
    random: Table,
    records: int,
    frequencies: Frequencies,
    link: int,
    review: int,
) -> Model:
    """A model from the data alone."""
    unrelated = shares_of_random(_patterns(engine, random, features, comparisons, spec), comparisons)
    by_key = dict(engine.collect(engine.sql("select which, count(*) as n from k group by which", k=keyed)).iter_rows())
    total = engine.count(candidates)
    sampled = engine.materialize(_sample_keyed(engine, keyed, by_key))
    union_share = min(1.0, UNION_SAMPLE / max(total, 1))
    union = engine.sql(f"select rid_l, rid_r from p where {_draw('rid_l', 'rid_r')} < {round(union_share * _PRIME)}", p=candidates)
    masks = np.array([[bool(key.columns & set(comparison.columns)) for comparison in comparisons] for key in keys], dtype=bool).reshape(
        len(keys), -1
    )
    union_patterns = _patterns(engine, union, features, comparisons, spec)
    trained = train(
        _patterns(engine, sampled, features, comparisons, spec, by_key=True),
        union_patterns,
        unrelated,
        comparisons,
        masks=masks,
        scale=total / max(float(union_patterns.count.sum()), 1.0),
        records=records,
    )
    return Model(
        spec=spec,
        comparisons=trained.comparisons,
        prior=trained.prior,
        household=trained.household,
        link=link,
        review=review,
        keys=tuple(report.key for report in blocking.keys if report.chosen),
        oversized=tuple({name: value for name, value in asdict(block).items() if name != "block"} for block in blocking.oversized),
        warnings=trained.warnings,
        records=records,
        frequencies=frequencies,
    )


def _draw(left: str, right: str) -> str:
    """SQL of a number from 0 to _PRIME - 1 that looks random and follows from the pair alone."""
    return f"(({left} * 48271 + {right} * 69621 + ({left} % 1009) * ({right} % 2003)) % {_PRIME})"


def _sample_keyed(engine: Engine, keyed: Table, sizes: dict[int, int]) -> Table:
    shares = pl.DataFrame(
        {"which": list(sizes), "below": [round(min(1.0, KEY_SAMPLE / n) * _PRIME) for n in sizes.values()]},
        schema={"which": pl.Int16(), "below": pl.Int64()},
    )
    draw = _draw("k.rid_l", "k.rid_r")
    return engine.sql(
        f"select k.which, k.rid_l, k.rid_r from k join s on k.which = s.which where {draw} < s.below", k=keyed, s=engine.from_frame(shares)
    )


def _patterns(
    engine: Engine, pairs: Table, features: Table, comparisons: list[Comparison], spec: ModelSpec, *, by_key: bool = False
) -> Patterns:
    names = [comparison.name for comparison in comparisons]
    distinct = engine.materialize(engine.sql("select distinct rid_l, rid_r from p", p=pairs)) if by_key else pairs
    schema: dict[str, pl.DataType] = {"rid_l": pl.Int64(), "rid_r": pl.Int64(), **dict.fromkeys(names, pl.Int8())}
    levels = engine.map_batches(
        wide(engine, distinct, features, comparisons, spec), partial(_levels_kernel, comparisons=comparisons), schema
    )
    listed = ", ".join(f'"{name}"' for name in names)
    if by_key:
        query = f"select p.which, {listed}, count(*) as n from p join l on p.rid_l = l.rid_l and p.rid_r = l.rid_r group by p.which, {listed} order by p.which, {listed}"
        return Patterns.from_frame(engine.collect(engine.sql(query, p=pairs, l=levels)), comparisons)
    query = f"select {listed}, count(*) as n from l group by {listed} order by {listed}"
    return Patterns.from_frame(engine.collect(engine.sql(query, l=levels)), comparisons)


def _levels_kernel(frame: pl.DataFrame, *, comparisons: list[Comparison]) -> pl.DataFrame:
    found = compare_kernel(frame, comparisons=comparisons)
    return found.select("rid_l", "rid_r", *(comparison.name for comparison in comparisons))
