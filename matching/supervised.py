"""Weights held against labels: where people have decided enough pairs, what they say moves the weights.

Two corrections are tried: a shift of all weights (the prior is not that of these pairs), and an offset of each level beside it. Each is
fitted by penalized logistic regression to four fifths of the labelled pairs and judged on the fifth that it has not seen, five times. What
makes the decisions likelier by more than chance would is kept, the simpler one where the other is not clearly better; else nothing changes,
so that a few labels never make the weights worse than none.

Labels may be chosen by their weight (stewards look at doubtful pairs), but not by their answer: a list of matches alone says nothing here,
and below ``LEAST`` pairs of either answer nothing is moved.
"""

from __future__ import annotations

from collections.abc import Sequence
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
SHIFT_SPREAD, LEVEL_SPREAD = 2.0, 0.7
"""How far the prior and a level are expected to be off, in bits: what moves further must be worth it."""
CLEARLY = 2.0
"""Standard errors by which a correction must be better on pairs it has not seen."""
MOST_AGAINST = -10_000


@dataclass(frozen=True)
class Adjusted:
    """The model after labels, and what was done: ``none``, ``shift`` or ``levels``; ``gain``: bits a pair that the labels became likelier."""

    model: Model
    correction: str
    gain: float


def adjust(model: Model, pairs: pl.DataFrame, comparisons: Sequence[Comparison]) -> Adjusted:
    """The model with its weights held against labelled pairs.

    Args:
        model: as trained and calibrated.
        pairs: columns of ``compare_kernel`` and ``same``, in an order that follows from the pairs alone.
        comparisons: what was compared.
    """
    same = pairs["same"].to_numpy()
    if min(int(same.sum()), int((~same).sum())) < LEAST:
        return Adjusted(model, "none", 0.0)
    scored = scoring.weigh(pairs, comparisons=list(comparisons), model=model)
    weight, random = scored["weight"].to_numpy() / 1000, (scored["weight"] - scored["household"]).to_numpy() / 1000
    # how much of the weight hangs on the evidence against a random pair, which is what offsets of levels move
    slope = np.exp2(np.minimum(weight - random, 0))
    designs = {"shift": np.ones((len(same), 1)), "levels": _design(pairs, comparisons, slope)}
    spread = {name: np.array([SHIFT_SPREAD, *[LEVEL_SPREAD] * (design.shape[1] - 1)]) for name, design in designs.items()}
    fold = np.arange(len(same)) % FOLDS
    kept, before = "none", _likelihood(weight, same)
    first = before
    for name, design in designs.items():
        after = np.zeros(len(same))
        for number in range(FOLDS):
            test = fold == number
            offsets = fit(weight[~test], same[~test], design[~test], spread[name])
            after[test] = _likelihood(weight[test] + design[test] @ offsets, same[test])
        if _clearly_better(after - before):
            kept, before = name, after
    if kept == "none":
        return Adjusted(model, "none", 0.0)
    offsets = fit(weight, same, designs[kept], spread[kept])
    return Adjusted(_moved(model, offsets, comparisons), kept, float((before - first).mean()))


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
