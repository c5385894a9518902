"""Weights held against labels: where people have decided enough pairs, what they say moves the weights.

Two corrections are tried: a shift of all weights (the prior is not that of these pairs), and an offset of each level beside it. Each is
fitted by penalized logistic regression to four fifths of the labelled pairs and judged on the fifth that it has not seen, five times. What
makes the decisions likelier by more than chance would is kept; else nothing changes, so that a few labels never make the weights worse than none.

How labels were chosen is not known. Chosen by their weight (stewards look at doubtful pairs), their shift is what the weights are wrong by.
Chosen by their answer (half matches, half not), it holds the labels' own base rate as well: log odds of the share of matches among labels,
less those where labels were drawn, among candidates or among any pairs (King and Zeng, 2001, Logistic regression in rare events data, 4.1).
Offsets of levels are right either way. So the weights are shifted only as far as they are wrong by each reading. A list of matches alone says nothing here, and below ``LEAST``
pairs of either answer nothing is moved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from matching import scoring
from matching.comparisons import Comparison
from matching.model import ComparisonModel, LevelModel, Model

Floats = npt.NDArray[np.float64]

LEAST = 50
"""Labelled pairs of each answer from which weights may be moved."""
FOLDS = 5
SHIFT_SPREAD, LEVEL_SPREAD = 10.0, 0.7
"""How far the base rate of labels and a level are expected to be off, in bits: what moves further must be worth it."""
CLEARLY = 2.0
"""Standard errors by which a correction must be better on pairs it has not seen."""
MOST_AGAINST = -10_000
MOST_ODDS = 40.0
"""No share of matches is nearer to none or all, in bits."""


@dataclass(frozen=True)
class Adjusted:
    """The model after labels, and what was done: ``none``, ``shift`` or ``levels``; ``gain``: bits a pair that the labels became likelier, by levels beside their base rate."""

    model: Model
    correction: str
    gain: float


def adjust(model: Model, pairs: pl.DataFrame, comparisons: Sequence[Comparison], candidates: pl.DataFrame, *, among: float) -> Adjusted:
    """The model with its weights held against labelled pairs.

    Args:
        model: as trained and calibrated.
        pairs: columns of ``compare_kernel`` and ``same``, in an order that follows from the pairs alone.
        comparisons: what was compared.
        candidates: columns of ``compare_kernel``: a sample of all candidate pairs, which says what share of them is expected to be matches.
        among: the share of all pairs of records that are candidates.
    """
    same = pairs["same"].to_numpy()
    if min(int(same.sum()), int((~same).sum())) < LEAST:
        return Adjusted(model, "none", 0.0)
    labelled = _Weighed.of(model, pairs, comparisons)
    designs = {"shift": labelled.design[:, :1], "levels": labelled.design}
    spread = {name: np.array([SHIFT_SPREAD, *[LEVEL_SPREAD] * (design.shape[1] - 1)]) for name, design in designs.items()}
    before = _likelihood(labelled.weight, same)
    after = {name: _unseen(labelled.weight, same, design, spread[name]) for name, design in designs.items()}
    # levels are judged beside a shift: what the base rate of labels gains is no merit of theirs
    if _clearly_better(after["levels"] - after["shift"]):
        kept = "levels"
    elif _clearly_better(after["shift"] - before):
        kept = "shift"
    else:
        return Adjusted(model, "none", 0.0)
    offsets = fit(labelled.weight, same, designs[kept], spread[kept])
    sample = _Weighed.of(model, candidates, comparisons)
    doubt = CLEARLY * _standard_error(labelled.weight + designs[kept] @ offsets)
    offsets[0] = _by_each_reading(offsets, float(np.log2(same.mean() / (1 - same.mean()))), sample, among, doubt)
    if kept == "shift" and round(1000 * float(offsets[0])) == 0:
        return Adjusted(model, "none", 0.0)
    gain = after["levels"] - after["shift"] if kept == "levels" else _likelihood(labelled.weight + offsets[0], same) - before
    return Adjusted(_moved(model, offsets, comparisons), kept, float(gain.mean()))


@dataclass(frozen=True)
class _Weighed:
    """Pairs with their weights (bits) and the columns that offsets move: all weights, then each level."""

    weight: Floats
    design: Floats

    @classmethod
    def of(cls, model: Model, pairs: pl.DataFrame, comparisons: Sequence[Comparison]) -> _Weighed:
        scored = scoring.weigh(pairs, comparisons=list(comparisons), model=model)
        weight, random = scored["weight"].to_numpy() / 1000, (scored["weight"] - scored["household"]).to_numpy() / 1000
        # how much of the weight hangs on the evidence against a random pair, which is what offsets of levels move
        slope = np.exp2(np.minimum(weight - random, 0))
        return cls(weight, _design(pairs, comparisons, slope))

    def odds(self, levels: Floats, shift: float, among: float = 1.0) -> float:
        """Log2 odds of the share of matches that is expected, with offsets of levels (bits; none if empty) and a shift.

        Among these pairs, or among those of which they are a share and all matches.
        """
        weight = self.weight + shift + (self.design[:, 1:] @ levels if len(levels) else 0.0)
        share = among * float(np.mean(1 / (1 + np.exp2(-np.clip(weight, -MOST_ODDS, MOST_ODDS)))))
        return float(np.log2(share / (1 - share)))


def _by_each_reading(offsets: Floats, labelled: float, candidates: _Weighed, among: float, doubt: float) -> float:
    """The shift by which weights are wrong however labels were chosen, in bits.

    Args:
        offsets: as fitted: of all weights, of levels.
        labelled: log2 odds of the share of matches among labels.
        candidates: a sample of all candidate pairs, as weighed before.
        among: the share of all pairs that are candidates.
        doubt: how far the shift may be off by chance.
    """
    by_weight, levels = float(offsets[0]), offsets[1:]
    far = float(np.abs(candidates.design[:, 1:] @ levels).max(initial=0.0)) if len(levels) else 0.0
    expected = candidates.odds(offsets[:0], 0.0)
    stays = _root(lambda shift: candidates.odds(levels, shift) - expected, -far, far)

    def by_answer(of: float, chance: float) -> float:  # odds of a share move by less than all weights do, so there is one answer
        most = by_weight + chance - labelled
        return _root(lambda shift: shift - most - candidates.odds(levels, shift, of), most - 2 * MOST_ODDS, most + 2 * MOST_ODDS)

    readings = (by_weight, *(by_answer(of, chance) for of in (1.0, among) for chance in (-doubt, doubt)))
    return float(np.clip(stays, min(readings), max(readings)))


def _standard_error(weight: Floats) -> float:
    """Of the shift that was fitted to pairs which it gives these weights: bits."""
    p = 1 / (1 + np.exp2(-np.clip(weight, -MOST_ODDS, MOST_ODDS)))
    return float(1 / np.sqrt((p * (1 - p)).sum() * np.log(2) ** 2 + SHIFT_SPREAD**-2))


def _root(climbing: Callable[[float], float], low: float, high: float) -> float:
    """Where a function that climbs is 0, by halving."""
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if climbing(middle) > 0 else (middle, high)
    return (low + high) / 2


def _unseen(weight: Floats, same: npt.NDArray[np.bool_], design: Floats, spread: Floats) -> Floats:
    """Likelihood of each pair's answer by offsets that were fitted without its fold."""
    after = np.zeros(len(same))
    fold = np.arange(len(same)) % FOLDS
    for number in range(FOLDS):
        test = fold == number
        offsets = fit(weight[~test], same[~test], design[~test], spread)
        after[test] = _likelihood(weight[test] + design[test] @ offsets, same[test])
    return after


def fit(weight: Floats, same: npt.NDArray[np.bool_], design: Floats, spread: Floats) -> Floats:
    """Offsets (bits) of the columns of ``design`` that make ``same`` likeliest, beside weights that stand; Newton's method.

    >>> fit(np.zeros(400), np.arange(400) % 4 > 0, np.ones((400, 1)), np.array([100.0])).round(2).tolist()
    [1.58]
    """
    penalty = 1 / (spread * np.log(2)) ** 2
    offsets = np.zeros(design.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp2(-np.clip(weight + design @ offsets / np.log(2), -60, 60)))
        gradient = design.T @ (same - p) - penalty * offsets
        bend = (design * (p * (1 - p))[:, None]).T @ design + np.diag(penalty)
        step = np.clip(np.linalg.solve(bend, gradient), -1, 1)
        offsets += step
        if np.abs(step).max() < 1e-4:
            break
    return np.asarray(offsets / np.log(2), dtype=np.float64)


def _likelihood(weight: Floats, same: npt.NDArray[np.bool_]) -> Floats:
    """Log2 of the probability that is given to each pair's answer; 20 bits at most, for there are wrong answers too."""
    return np.asarray(-np.log2(1 + np.exp2(np.clip(np.where(same, -weight, weight), -60, 20))), dtype=np.float64)


def _clearly_better(gain: Floats) -> bool:
    return bool(gain.mean() > CLEARLY * gain.std(ddof=1) / np.sqrt(len(gain)))


def _design(pairs: pl.DataFrame, comparisons: Sequence[Comparison], slope: Floats) -> Floats:
    columns = [np.ones(pairs.height)]
    for comparison in comparisons:
        level = pairs[comparison.name].to_numpy()
        columns += [(level == place) * slope * (not comparison.exclusive) for place in range(len(comparison.levels))]
    return np.column_stack(columns)


def _moved(model: Model, offsets: Floats, comparisons: Sequence[Comparison]) -> Model:
    shift = round(1000 * float(offsets[0]))
    moved = replace(model, prior=model.prior + shift, household=None if model.household is None else model.household + shift)
    if len(offsets) == 1:
        return moved
    entries, at = {}, 1
    for comparison in comparisons:
        entry = model.comparison(comparison.name)
        entries[entry.name] = entry if comparison.exclusive else _with_offsets(entry, offsets[at : at + len(entry.levels)])
        at += len(entry.levels)
    return replace(moved, comparisons=tuple(entries[entry.name] for entry in model.comparisons))


def _with_offsets(entry: ComparisonModel, offsets: Floats) -> ComparisonModel:
    """The levels with their offsets; a lower level never weighs more than a higher one that is not weighed by frequency."""
    levels: list[LevelModel] = []
    for level, offset in zip(entry.levels, offsets, strict=True):
        weight = max(level.weight + round(1000 * float(offset)), MOST_AGAINST)
        if levels and not levels[-1].weighed:
            weight = min(weight, levels[-1].weight)
        levels.append(replace(level, weight=weight, offset=level.offset + weight - level.weight))
    return replace(entry, levels=tuple(levels))
