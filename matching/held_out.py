"""Pairs with one comparison kept out: what the others say of them, and whether the one that was kept out agrees.

They are evidence about the truth that needs no label: among pairs of which the rest says p, it agrees in a share p * m + (1 - p) * u.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from matching import implied, scoring
from matching.comparisons import Comparison
from matching.keys import Key
from matching.levels import UNKNOWN
from matching.model import Model

Floats = npt.NDArray[np.float64]

CERTAIN, BEYOND = 10_000, 20_000
"""Weights of the rest (thousandths) between which it alone proves a match, or as much below 0 that there is none; the shares of agreement that these data
have are taken there. Beyond, records are more careful than those of doubtful pairs."""
SETTLED = 25_000
"""Weight of the rest, for or against, from which no offset matters any more."""
LEAST_PAIRS = 500
LEAST_CERTAIN = 200
SHARP, SHARP_SHARED = 2.0, 6.0
"""Bits from which a level counts as agreement; members of a household agree a little on what they share."""
TELLS = 0.4
"""Least difference of agreement between matches and strangers that makes a comparison worth keeping out."""


@dataclass(frozen=True)
class HeldOut:
    """Pairs with one comparison kept out.

    ``features``: one column for the prior and each level of every comparison (0 or 1); ``random`` and ``within``: bits against a
    random pair and against a household, of the rest; ``agrees``: whether the comparison kept out agrees; ``m``, ``u``, ``h``: how
    often it does among matches, strangers and members of one household; ``count``: pairs. The offsets of ``fit`` are those of the features
    and, last, that of the household.
    """

    features: Floats
    random: Floats
    within: Floats
    agrees: npt.NDArray[np.bool_]
    m: Floats
    u: Floats
    h: Floats
    count: Floats


def hold_out_each(
    model: Model, levels: pl.DataFrame, found_by: pl.DataFrame, comparisons: Sequence[Comparison], keys: Sequence[Key]
) -> HeldOut | None:
    """Every comparison that tells people apart kept out once; None where none does."""
    held = [each for kept_out in comparisons if (each := hold_out(model, levels, found_by, comparisons, keys, kept_out)) is not None]
    return HeldOut(*(np.concatenate([getattr(each, name) for each in held]) for name in HeldOut.__dataclass_fields__)) if held else None


def alike_otherwise(comparisons: Sequence[Comparison], kept_out: Comparison) -> pl.Expr:
    """Whether a pair agrees in all else: had it agreed in ``kept_out`` too, one would stand for the other, and it would not be here.

    So its disagreement says nothing. A pair that does not know something is not meant: one side may be missing, which makes two of them.
    """
    others: dict[tuple[str, ...], list[pl.Expr]] = {}
    for comparison in comparisons:
        if not set(comparison.columns) <= set(kept_out.columns):
            others.setdefault(comparison.columns, []).append(pl.col(comparison.name) == 0)
    return pl.all_horizontal(pl.lit(value=True), *(pl.any_horizontal(same) for same in others.values()))


def hold_out(
    model: Model, levels: pl.DataFrame, found_by: pl.DataFrame, comparisons: Sequence[Comparison], keys: Sequence[Key], kept_out: Comparison
) -> HeldOut | None:
    """Pairs that know ``kept_out`` and were found without it, as patterns with their counts; None where it tells too little."""
    entry = model.comparison(kept_out.name)
    m, u = (np.array([getattr(level, share) for level in entry.levels]) for share in "mu")
    sharp = np.flatnonzero(np.log2(m / np.maximum(u, 1e-9)) > (SHARP_SHARED if entry.shared else SHARP))
    h = np.array([level.u if level.h is None else level.h for level in entry.levels])
    share_m, share_u, share_h = (float(share[sharp].sum()) for share in (m, u, h))
    if share_m - share_u < TELLS:
        return None
    free = [which for which, key in enumerate(keys) if not key.columns & set(kept_out.columns)]
    without = found_by.filter(pl.col("which").is_in(free)).select("rid_l", "rid_r").unique()
    told = levels.filter(implied.quiet(levels, model.implied)[kept_out.name] != UNKNOWN)
    if not model.spec.of_kind("seen"):  # records of other years stand beside each other, however alike
        told = told.filter(~alike_otherwise(comparisons, kept_out))
    pairs = told.join(without, on=["rid_l", "rid_r"], how="semi")
    if pairs.height < LEAST_PAIRS:
        return None
    agrees = pairs[kept_out.name].is_in(sharp.tolist()).to_numpy()
    # what implies it, or follows from it, knows it
    hidden = [kept_out.name, *implied.relatives(kept_out.name, model.implied)]
    blind = pairs.with_columns(
        *(pl.lit(UNKNOWN, dtype=pl.Int8).alias(name) for name in hidden),
        *(pl.lit(0, dtype=pl.Int16).alias(f"{name}#bits") for name in hidden),
    )
    scored = scoring.weigh(blind, comparisons=list(comparisons), model=model)
    random = (scored["weight"] - scored["household"]).to_numpy()
    within = scored["personal"].to_numpy() + model.household if model.household is not None else np.full(pairs.height, 1_000_000)
    weight = scoring.soft_minimum(random, within)
    certain = (weight >= CERTAIN) & (weight < BEYOND)
    strange = (weight <= -CERTAIN) & (weight > -BEYOND) & (random < within)
    if strange.sum() >= LEAST_CERTAIN:
        share_u = float(agrees[strange].mean())
    if certain.sum() >= LEAST_CERTAIN:
        share_m = float(agrees[certain].mean())
    if share_m - share_u < TELLS / 2:
        return None
    kept = np.abs(weight) < SETTLED
    # a quarter of a bit is as fine as it needs to be: equal rows are counted
    rows = (
        implied.quiet(blind, model.implied)
        .select(comparison.name for comparison in comparisons)
        .with_columns(
            pl.Series("#random", random // 250), pl.Series("#within", np.minimum(within, 100_000) // 250), pl.Series("#agrees", agrees)
        )
    )
    counted = rows.filter(pl.Series(kept)).group_by(rows.columns).agg(pl.len().alias("#n")).sort(rows.columns)
    ones = np.ones(counted.height)
    columns = [ones]
    for comparison in comparisons:
        level = counted[comparison.name].to_numpy()
        columns += [(level == place) & (not comparison.exclusive) for place in range(len(comparison.levels))]
    return HeldOut(
        features=np.column_stack(columns).astype(np.float64),
        random=counted["#random"].to_numpy() / 4 + 0.125,
        within=counted["#within"].to_numpy() / 4 + 0.125,
        agrees=counted["#agrees"].to_numpy(),
        m=ones * share_m,
        u=ones * share_u,
        h=ones * share_h,
        count=counted["#n"].to_numpy().astype(np.float64),
    )
