"""Labels as examples: which pairs training learns from, compared, with what each of them may say.

A pair that a key found agrees on the key's columns because it was looked for there. So it says something about a comparison only if
some key found it without the comparison's help, or none found it at all (``matching.training`` does the same with pairs that nobody labelled).
Records of one known entity, each with the next, are a sample of all matches, found or not: they say something about everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.contract import Engine, Table
from matching import scoring
from matching.comparisons import Comparison
from matching.em import DIFFERENT, SAME
from matching.frequencies import Rarity
from matching.labels import Labels
from matching.levels import UNKNOWN
from matching.pairs import DRAWN_FROM, drawn
from matching.patterns import Patterns
from matching.spec import ModelSpec

SAMPLE = 20_000
"""At most so many pairs of each kind are compared; which, follows from their numbers."""
_CHAIN, _CANDIDATE, _LABEL = 0, 1, 2


@dataclass(frozen=True)
class LabelledPairs:
    """Labelled pairs, compared: columns of ``compare_kernel``, ``same``, and ``found`` (keys found it), ``chain`` (records of one entity)."""

    frame: pl.DataFrame
    seen: npt.NDArray[np.bool_]
    """seen[pair, comparison]: whether the pair may say something about the comparison."""

    def patterns(self, comparisons: Sequence[Comparison], *, weight: float) -> Patterns:
        """Counts for ``training.train``; each pair counts ``weight`` times. Matches among candidates of known entities are left to their chains."""
        use = (pl.col("kind") != _CANDIDATE) | ~pl.col("same")
        names = [comparison.name for comparison in comparisons]
        said = [
            pl.when(pl.Series(self.seen[:, place])).then(name).otherwise(pl.lit(UNKNOWN, dtype=pl.Int8)).alias(name)
            for place, name in enumerate(names)
        ]
        which = pl.when("same").then(pl.lit(SAME)).otherwise(pl.lit(DIFFERENT)).cast(pl.Int16).alias("which")
        counted = self.frame.select(*said, use=use, which=which).filter("use").group_by("which", *names).agg(n=pl.len() * weight)
        return Patterns.from_frame(counted.sort("which", *names), comparisons)

    def of_candidates(self) -> pl.DataFrame:
        """Labelled pairs as they come before the model: not those that were made of known entities."""
        return self.frame.filter(pl.col("kind") != _CHAIN)


def draw(
    engine: Engine,
    labels: Labels,
    *,
    keyed: Table,
    candidates: Table,
    known: Table,
    comparisons: list[Comparison],
    spec: ModelSpec,
    rarity: Rarity,
    masks: npt.NDArray[np.bool_],
) -> LabelledPairs:
    """Labelled pairs for training.

    Args:
        engine: the engine.
        labels: of the records that are compared.
        keyed: pairs by key (which, rid_l, rid_r).
        candidates: all candidate pairs.
        known: features of records.
        comparisons: what is compared.
        spec: what the columns mean.
        rarity: of values.
        masks: masks[key, comparison] is true where the key's columns decide the comparison.
    """
    chains = "select a.rid as rid_l, b.rid as rid_r from (select rid, lead(rid) over (partition by grp order by rid nulls last) as next from m where known) a join m b on a.next = b.rid"
    both = "select c.rid_l, c.rid_r, x.grp = y.grp as same from c join m x on c.rid_l = x.rid join m y on c.rid_r = y.rid where x.known and y.known"
    parts = [_some(engine, engine.sql(f"select rid_l, rid_r, true as same from ({chains}) p", m=labels.marks), _CHAIN)]
    parts.append(_some(engine, engine.sql(both, c=candidates, m=labels.marks), _CANDIDATE))
    parts.append(_some(engine, engine.from_frame(labels.pairs), _LABEL))
    chosen = engine.materialize(
        engine.sql(
            " union all ".join(f"select * from p{place}" for place in range(3)), **{f"p{place}": part for place, part in enumerate(parts)}
        )
    )
    found_by = engine.collect(
        engine.sql("select distinct k.rid_l, k.rid_r, k.which from k join s on k.rid_l = s.rid_l and k.rid_r = s.rid_r", k=keyed, s=chosen),
        max_rows=3 * SAMPLE * max(len(masks), 1),
    )
    distinct = engine.materialize(engine.sql("select distinct rid_l, rid_r from s", s=chosen))
    levels = engine.collect(scoring.compare(engine, distinct, known, comparisons, spec, rarity))
    frame = engine.collect(chosen).join(levels, on=["rid_l", "rid_r"]).sort("kind", "rid_l", "rid_r")
    return LabelledPairs(frame, _seen(frame, found_by, masks))


def _some(engine: Engine, pairs: Table, kind: int) -> Table:
    below = round(min(1.0, SAMPLE / max(engine.count(pairs), 1)) * DRAWN_FROM)
    return engine.sql(f"select rid_l, rid_r, same, {kind} as kind from p where {drawn('rid_l', 'rid_r')} < {below}", p=pairs)


def _seen(frame: pl.DataFrame, found_by: pl.DataFrame, masks: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    seen = np.ones((frame.height, masks.shape[1]), dtype=bool)
    at = frame.select("rid_l", "rid_r", "kind").with_row_index("row").filter(pl.col("kind") != _CHAIN)
    hits = at.join(found_by, on=["rid_l", "rid_r"])
    rows, keys = hits["row"].to_numpy(), hits["which"].to_numpy()
    seen[rows] = False
    np.logical_or.at(seen, rows, ~masks[keys])
    return seen
