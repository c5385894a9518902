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

from matching import implied
from matching.comparisons import Comparison
from matching.held_out import HeldOut, hold_out_each
from matching.interactions import Pull, merged, twice
from matching.keys import Key
from matching.model import ComparisonModel, LevelModel, Model

Floats = npt.NDArray[np.float64]

ROUNDS = 40
SETTLED = 0.02
PENALTY = 50.0
"""How much an offset costs, in nats squared. An offset of about a bit is nothing unusual (1 / 0.7 ** 2), and a pair counts some 25 times: it is kept out
once for each comparison that it knows, and a record comes in several pairs."""
PRIOR_PENALTY = 50
"""Times the penalty of a level: the prior is in every pair, and what a level can explain is the level's."""
MOST_AGAINST = -10_000


def calibrate(model: Model, levels: pl.DataFrame, found_by: pl.DataFrame, comparisons: Sequence[Comparison], keys: Sequence[Key]) -> Model:
    """The model with offsets added to its prior and its levels.

    Args:
        model: as trained.
        levels: a sample of candidate pairs, compared.
        found_by: rid_l, rid_r, which: the keys that found them.
        comparisons: what was compared.
        keys: the keys that ``which`` counts.
    """
    held = hold_out_each(model, levels, found_by, comparisons, keys)
    if held is None:
        return model
    entries = [model.comparison(comparison.name) for comparison in comparisons]
    exclusive = frozenset(comparison.name for comparison in comparisons if comparison.exclusive) | implied.names(model.implied)
    alone = fit(held)
    cells = twice(held.features, pulled(held, alone), entries, model.together, penalty=PENALTY, exclusive=exclusive)
    both = [held.features[:, cell.columns[0]] * held.features[:, cell.columns[1]] for cell in cells]
    fitted = alone
    if both:
        start = np.concatenate([alone[:-1], np.zeros(len(cells)), alone[-1:]])
        fitted = fit(replace(held, features=np.column_stack([held.features, *both])), start)
    offsets = [round(1000 * float(offset)) for offset in fitted]
    moved = {}
    at = 1
    for entry, comparison in zip(entries, comparisons, strict=True):
        its = offsets[at : at + len(entry.levels)]
        moved[entry.name] = entry if comparison.exclusive else _moved(entry, its, [level.most for level in comparison.levels])
        at += len(entry.levels)
    return replace(
        model,
        comparisons=tuple(moved[entry.name] for entry in model.comparisons),
        prior=model.prior + offsets[0],
        household=None if model.household is None else model.household + offsets[-1],
        together=merged(model.together, [(cell, -offsets[at + place]) for place, cell in enumerate(cells)], entries),
    )


@dataclass(frozen=True)
class _Expected:
    """Of each row: the share that agrees, how it moves with the weight (per nat), its variance, and how much of the weight hangs on the evidence against a random pair."""

    share: Floats
    moves: Floats
    spread: Floats
    slope: Floats


def fit(held: HeldOut, start: Floats | None = None) -> Floats:
    """The offsets (bits) of the features and of the household, by Fisher's scoring from ``start`` (0 where None)."""
    penalty = _penalties(held.features.shape[1] + 1)
    offsets = np.zeros(len(penalty)) if start is None else start * np.log(2)
    for _ in range(ROUNDS):
        found = _expect(held, offsets)
        pull = np.column_stack([held.features * found.slope[:, None], 1 - found.slope])
        gradient = pull.T @ (held.count * found.moves * (held.agrees - found.share) / found.spread) - penalty * offsets
        bend = (pull * (held.count * found.moves**2 / found.spread)[:, None]).T @ pull + np.diag(penalty)
        step = np.clip(np.linalg.solve(bend, gradient), -1, 1)
        offsets += step
        if np.abs(step).max() < SETTLED:
            break
    return np.asarray(offsets / np.log(2), dtype=np.float64)


def pulled(held: HeldOut, offsets: Floats) -> Pull:
    """Where the likelihood pulls the evidence against a random pair after ``offsets`` (bits)."""
    found = _expect(held, offsets * np.log(2))
    information = held.count * found.moves**2 / found.spread
    fitted = np.column_stack([held.features * found.slope[:, None], 1 - found.slope])
    return Pull(
        count=held.count,
        score=held.count * found.slope * found.moves * (held.agrees - found.share) / found.spread,
        information=information * found.slope**2,
        fitted=fitted,
        cross=information * found.slope,
        inverse=np.asarray(
            np.linalg.inv((fitted * information[:, None]).T @ fitted + np.diag(_penalties(fitted.shape[1]))), dtype=np.float64
        ),
    )


def _penalties(offsets: int) -> Floats:
    penalty = np.full(offsets, PENALTY)
    penalty[0] *= PRIOR_PENALTY
    return penalty


def _expect(held: HeldOut, offsets: Floats) -> _Expected:
    random, within = held.random + held.features @ offsets[:-1] / np.log(2), held.within + offsets[-1] / np.log(2)
    gap = np.clip(random - within, -60, 60)
    weight = np.minimum(random, within) - np.log2(1 + np.exp2(-np.abs(gap)))
    p = 1 / (1 + np.exp2(-np.clip(weight, -60, 60)))
    slope = 1 / (1 + np.exp2(gap))
    unlike = slope * held.u + (1 - slope) * held.h
    share = np.clip(p * held.m + (1 - p) * unlike, 1e-9, 1 - 1e-9)
    return _Expected(share, p * (1 - p) * (held.m - unlike), share * (1 - share), slope)


def _moved(entry: ComparisonModel, offsets: Sequence[int], most: Sequence[float]) -> ComparisonModel:
    """The levels with their offsets.

    A lower level never weighs more than a higher one, none less than the most a slip can weigh, none more than the bound of its share among matches
    allows (``most``), and what spoke against a match never comes to speak for it: where that would tell the agreements best, the pairs at hand are not
    what the model takes them for.
    """
    levels: list[LevelModel] = []
    for level, offset, share in zip(entry.levels, offsets, most, strict=True):
        weight = max(level.weight + offset, MOST_AGAINST)
        if share < 1:
            weight = min(weight, round(1000 * float(np.log2(share / level.u))))
        if level.weight <= 0 and not level.weighed:
            weight = min(weight, 0)
        if levels and not levels[-1].weighed:
            weight = min(weight, levels[-1].weight)
        levels.append(replace(level, weight=weight, offset=weight - level.weight))
    return replace(entry, levels=tuple(levels))
