"""What training reads, drawn from the tables: samples of pairs as counts of patterns. Samples follow from the pairs' own numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import polars as pl

from engine.contract import Engine, Table
from matching import together as correlated
from matching.calibration import calibrate
from matching.comparisons import Comparison
from matching.frequencies import Frequencies
from matching.keys import Key
from matching.model import Model
from matching.pairs import Blocking
from matching.spec import ModelSpec
from matching.training import Patterns, shares_of_random, train, without_strays

KEY_SAMPLE = 12_000
UNION_SAMPLE = 100_000
CALIBRATED = 60_000
_PRIME = 1_000_003


def train_model(  # noqa: PLR0913 - the whole state of a match, once
    engine: Engine,
    spec: ModelSpec,
    *,
    comparisons: list[Comparison],
    keys: Sequence[Key],
    blocking: Blocking,
    keyed: Table,
    levels: Table,
    random: Table,
    records: int,
    frequencies: Frequencies,
    link: int,
    review: int,
) -> Model:
    """A model from the data alone.

    Args:
        engine: the engine.
        spec: what the columns mean.
        comparisons: what is compared.
        keys: the keys that ``which`` counts.
        blocking: what was decided about them.
        keyed: pairs by key.
        levels: all candidate pairs, compared.
        random: pairs that have nothing to do with each other, compared.
        records: number of records.
        frequencies: of values.
        link: weight from which a pair is linked.
        review: weight from which a pair is written down.
    """
    strangers = without_strays(_patterns(engine, random, comparisons), comparisons)
    unrelated = shares_of_random(strangers, comparisons)
    by_key = dict(engine.collect(engine.sql("select which, count(*) as n from k group by which", k=keyed)).iter_rows())
    total = engine.count(levels)
    union_share = min(1.0, UNION_SAMPLE / max(total, 1))
    union = engine.sql(f"select * from p where {_draw('rid_l', 'rid_r')} < {round(union_share * _PRIME)}", p=levels)
    masks = np.array([[bool(key.columns & set(comparison.columns)) for comparison in comparisons] for key in keys], dtype=bool).reshape(
        len(keys), -1
    )
    union_patterns = _patterns(engine, union, comparisons)
    trained = train(
        _patterns(engine, _sample_keyed(engine, keyed, by_key, levels), comparisons, "which"),
        union_patterns,
        unrelated,
        comparisons,
        masks=masks,
        scale=total / max(float(union_patterns.count.sum()), 1.0),
        records=records,
    )
    model = Model(
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
        together=correlated.learn(strangers, trained.comparisons, prior=trained.prior),
        frequencies=frequencies,
    )
    sample = engine.collect(
        engine.sql(f"select * from u where {_draw('rid_l', 'rid_r')} < {round(CALIBRATED / max(total, 1) * _PRIME)}", u=union)
    )
    found_by = engine.sql(
        "select k.rid_l, k.rid_r, k.which from k join s on k.rid_l = s.rid_l and k.rid_r = s.rid_r",
        k=keyed,
        s=engine.from_frame(sample.select("rid_l", "rid_r")),
    )
    return calibrate(model, sample, engine.collect(found_by), comparisons, keys)


def _draw(left: str, right: str) -> str:
    """SQL of a number from 0 to _PRIME - 1 that looks random and follows from the pair alone."""
    return f"(({left} * 48271 + {right} * 69621 + ({left} % 1009) * ({right} % 2003)) % {_PRIME})"


def _sample_keyed(engine: Engine, keyed: Table, sizes: dict[int, int], levels: Table) -> Table:
    """Levels of a sample of each key's pairs, with ``which``."""
    shares = pl.DataFrame(
        {"which": list(sizes), "below": [round(min(1.0, KEY_SAMPLE / n) * _PRIME) for n in sizes.values()]},
        schema={"which": pl.Int16(), "below": pl.Int64()},
    )
    return engine.sql(
        f"select k.which, l.* from k join s on k.which = s.which join l on k.rid_l = l.rid_l and k.rid_r = l.rid_r where {_draw('k.rid_l', 'k.rid_r')} < s.below",
        k=keyed,
        s=engine.from_frame(shares),
        l=levels,
    )


def _patterns(engine: Engine, levels: Table, comparisons: list[Comparison], *by: str) -> Patterns:
    listed = ", ".join(f'"{name}"' for name in (*by, *(comparison.name for comparison in comparisons)))
    counted = engine.sql(f"select {listed}, count(*) as n from l group by {listed} order by {listed}", l=levels)
    return Patterns.from_frame(engine.collect(counted), comparisons)
