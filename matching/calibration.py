"""Weights held against what they leave out: where the model says 0.95, 95 of 100 pairs should be right, and no label says so.

A comparison is kept out; what the others say of a pair is a probability p of a match, and the comparison that was kept out tells
whether that is so: it agrees in a share p * m + (1 - p) * u of such pairs. Every discriminating comparison is kept out once, over
pairs that some key found without its help. The offsets that make the weights of prior and levels tell these agreements best
(penalized maximum likelihood: EM over the unknown truth, one step of Newton's method each) are added to the weights.

What Fellegi and Sunter's model gets wrong shows up here: slips that come together in careless records, values that are rare because
one person brought them five times, a prior that is not that of the pairs at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from matching import scoring
from matching.comparisons import Comparison
from matching.keys import Key
from matching.levels import UNKNOWN
from matching.model import ComparisonModel, LevelModel, Model

Floats = npt.NDArray[np.float64]

ROUNDS = 40
SETTLED = 0.005
PENALTY = 0.0015
"""How much an offset costs, for each held-out pair; in nats squared. An offset of a bit must explain more than that."""
LEAST_PENALTY = 100.0
"""The same whatever the number of pairs: a few hundred say little."""
PRIOR_PENALTY = 50
"""Times the penalty of a level: the prior is in every pair, and what a level can explain is the level's."""
CERTAIN = 16_000
"""Weight (thousandths) above which the rest alone proves a match: there the share of agreement is m as these data have it."""
FROM = -60_000
"""Contradictions are not calibrated."""
LEAST_PAIRS = 500
SHARP, SHARP_SHARED = 2.0, 6.0
"""Bits from which a level counts as agreement; members of a household agree a little on what they share."""
TELLS = 0.4
"""Least difference of agreement between matches and strangers that makes a comparison worth keeping out."""
MOST_AGAINST = -10_000


@dataclass(frozen=True)
class HeldOut:
    """Pairs with one comparison kept out.

    ``features``: one column for the prior and each level of every comparison (0 or 1); ``random`` and ``within``: bits against a
    random pair and against a household, of the rest; ``agrees``: whether the comparison kept out agrees; ``m``, ``u``, ``h``: how
    often it does among matches, strangers and members of one household; ``count``: pairs.
    """

    features: Floats
    random: Floats
    within: Floats
    agrees: npt.NDArray[np.bool_]
    m: Floats
    u: Floats
    h: Floats
    count: Floats


def calibrate(model: Model, levels: pl.DataFrame, found_by: pl.DataFrame, comparisons: Sequence[Comparison], keys: Sequence[Key]) -> Model:
    """The model with offsets added to its prior and its levels.

    Args:
        model: as trained.
        levels: a sample of candidate pairs, compared.
        found_by: rid_l, rid_r, which: the keys that found them.
        comparisons: what was compared.
        keys: the keys that ``which`` counts.
    """
    held = [each for kept_out in comparisons if (each := hold_out(model, levels, found_by, comparisons, keys, kept_out)) is not None]
    if not held:
        return model
    together = HeldOut(*(np.concatenate([getattr(each, name) for each in held]) for name in HeldOut.__dataclass_fields__))
    offsets = fit(together)
    moved = {}
    at = 1
    for comparison in comparisons:
        entry = model.comparison(comparison.name)
        moved[entry.name] = entry if comparison.exclusive else _moved(entry, offsets[at : at + len(entry.levels)])
        at += len(entry.levels)
    return replace(
        model, comparisons=tuple(moved[entry.name] for entry in model.comparisons), prior=model.prior + round(1000 * float(offsets[0]))
    )


def hold_out(
    model: Model, levels: pl.DataFrame, found_by: pl.DataFrame, comparisons: Sequence[Comparison], keys: Sequence[Key], kept_out: Comparison
) -> HeldOut | None:
    """Pairs that know ``kept_out`` and were found without it, as patterns with their counts; None where it tells too little."""
    entry = model.comparison(kept_out.name)
    m, u = (np.array([getattr(level, share) for level in entry.levels]) for share in "mu")
    sharp = np.flatnonzero(np.log2(m / np.maximum(u, 1e-9)) > (SHARP_SHARED if entry.shared else SHARP))
    h = np.array([level.u if level.h is None else level.h for level in entry.levels])
    share_m, share_u, share_h = (float(share[sharp].sum()) for share in (m, u, h))
    if kept_out.exclusive or share_m - share_u < TELLS:
        return None
    free = [which for which, key in enumerate(keys) if not key.columns & set(kept_out.columns)]
    without = found_by.filter(pl.col("which").is_in(free)).select("rid_l", "rid_r").unique()
    pairs = levels.filter(pl.col(kept_out.name) != UNKNOWN).join(without, on=["rid_l", "rid_r"], how="semi")
    if pairs.height < LEAST_PAIRS:
        return None
    agrees = pairs[kept_out.name].is_in(sharp.tolist()).to_numpy()
    blind = pairs.with_columns(
        pl.lit(UNKNOWN, dtype=pl.Int8).alias(kept_out.name), pl.lit(0, dtype=pl.Int16).alias(f"{kept_out.name}#bits")
    )
    scored = scoring.weigh(blind, comparisons=list(comparisons), model=model)
    random = (scored["weight"] - scored["household"]).to_numpy()
    within = scored["personal"].to_numpy() + model.household if model.household is not None else np.full(pairs.height, 1_000_000)
    certain = random >= CERTAIN
    if certain.sum() >= LEAST_PAIRS:
        share_m = max(float(agrees[certain].mean()), share_u + TELLS / 2)
    kept = random > FROM
    # a quarter of a bit is as fine as it needs to be: equal rows are counted
    rows = blind.select(comparison.name for comparison in comparisons).with_columns(
        pl.Series("#random", random // 250), pl.Series("#within", np.minimum(within, 100_000) // 250), pl.Series("#agrees", agrees)
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


def fit(held: HeldOut) -> Floats:
    """The offsets (bits) of prior and levels."""
    penalty = np.full(held.features.shape[1], LEAST_PENALTY + PENALTY * float(held.count.sum()))
    penalty[0] *= PRIOR_PENALTY
    offsets = np.zeros(held.features.shape[1])
    for _ in range(ROUNDS):
        random = held.random + held.features @ offsets / np.log(2)
        gap = np.clip(random - held.within, -60, 60)
        weight = np.minimum(random, held.within) - np.log2(1 + np.exp2(-np.abs(gap)))
        p = 1 / (1 + np.exp2(-np.clip(weight, -60, 60)))
        slope = 1 / (1 + np.exp2(gap))  # how much of the weight hangs on the evidence against a random pair
        unlike = slope * held.u + (1 - slope) * held.h
        match = p * np.where(held.agrees, held.m, 1 - held.m)
        stranger = (1 - p) * np.where(held.agrees, unlike, 1 - unlike)
        gradient = held.features.T @ (held.count * slope * (match / (match + stranger) - p)) - penalty * offsets
        bend = (held.features * (held.count * p * (1 - p) * slope**2)[:, None]).T @ held.features + np.diag(penalty)
        step = np.clip(np.linalg.solve(bend, gradient), -1, 1)
        offsets += step
        if np.abs(step).max() < SETTLED:
            break
    return np.asarray(offsets / np.log(2), dtype=np.float64)


def _moved(entry: ComparisonModel, offsets: Floats) -> ComparisonModel:
    """The levels with their offsets; a lower level never weighs more than a higher one, and none less than the most a slip can weigh."""
    levels: list[LevelModel] = []
    for level, offset in zip(entry.levels, offsets, strict=True):
        weight = max(level.weight + round(1000 * float(offset)), MOST_AGAINST)
        if levels and not levels[-1].weighed:
            weight = min(weight, levels[-1].weight)
        levels.append(replace(level, weight=weight, offset=weight - level.weight))
    return replace(entry, levels=tuple(levels))
