"""The quality of a record, 0 to 100, in five dimensions of GB/T 36344, and as one number.

Conformity, accuracy, consistency and timeliness start at 100 and lose the penalty of each problem that counts in them
(:mod:`cleansing.reasons`), down to 0. Completeness is the weighted share of the fields that make a customer reachable and
known, less the penalties that count in it. The score is their weighted mean. The raw score judges the record as it came:
what was repaired counts as wrong there, and a value that another cell had to give counts as missing.

So a score can be explained (:func:`explain`): 100, less 5 for the placeholder among the phones, less 10.5 for the missing phone.

Weights and penalties are those of ``scores.yaml`` among the reference data, which a user changes (:func:`current`).

>>> [f"{part.code} {part.points:+}" for part in explain(["phone_placeholder", "id_upgraded"], missing=["phone"])]
['phone_missing -10.5', 'phone_placeholder -5.0']
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing import reference
from cleansing.reasons import DIMENSIONS, REASONS, Dimension
from cleansing.score_weights import DEFAULT, Weights

Floats = npt.NDArray[np.float64]


def current() -> Weights:
    """The weights of ``scores.yaml`` among the reference data, read once; :data:`cleansing.score_weights.DEFAULT` where there is no such file.

    Raises:
        YamlFileError: the file cannot be used; the message says line and what is wrong.
    """
    return _read(reference.path("scores.yaml"))


@functools.cache
def _read(file: Path) -> Weights:
    if not file.is_file():
        return DEFAULT
    from cleansing.score_settings import read  # noqa: PLC0415  (pydantic: `chezhu parse` starts without)

    return read(file)


def score(
    problems: pl.DataFrame, *, filled: pl.DataFrame, filled_raw: pl.DataFrame, expected: pl.DataFrame, weights: Weights
) -> pl.DataFrame:
    """Scores of records, rounded to one decimal.

    Args:
        problems: one row a problem: ``row`` (0 to height - 1), ``reason`` (a code of REASONS).
        filled: Boolean columns named as ``weights.fields``, one row a record: usable after cleansing.
        filled_raw: the same, usable as it came.
        expected: the same: whether a record of this source and role should have the field.
        weights: see :class:`cleansing.score_weights.Weights`.

    Returns:
        score_raw, score, score_<dimension> (Float64), one row a record.
    """
    height = len(filled)
    codes = list(REASONS)
    number = problems["reason"].replace_strict(codes, range(len(codes)), return_dtype=pl.Int32).to_numpy()
    penalty = np.array([weights.penalty(code) for code in codes])[number]
    repaired = np.array([REASONS[code].repaired for code in codes])[number]
    dimension = np.array([DIMENSIONS.index(REASONS[code].dimension) for code in codes])[number]
    rows = problems["row"].to_numpy()
    share, share_raw = (_share(present, expected, weights) for present in (filled, filled_raw))

    def by_dimension(counted: npt.NDArray[np.bool_], complete: Floats) -> dict[str, Floats]:
        found: dict[str, Floats] = {}
        for place, name in enumerate(DIMENSIONS):
            chosen = counted & (dimension == place)
            lost = np.bincount(rows[chosen], weights=penalty[chosen], minlength=height)
            start = complete if name == "completeness" else 100.0
            found[name] = np.maximum(start - lost, 0.0)
        return found

    raw, clean = by_dimension(np.ones(len(rows), dtype=np.bool_), share_raw), by_dimension(~repaired, share)
    columns = {"score_raw": _mean(raw, weights), "score": _mean(clean, weights)} | {f"score_{name}": clean[name] for name in DIMENSIONS}
    return pl.DataFrame(columns).select(pl.all().round(1))


@dataclass(frozen=True)
class Part:
    """What one problem, or one missing field (``<field>_missing``), takes: its dimension, what it costs there, and the score's points (below 0)."""

    code: str
    dimension: Dimension
    cost: float
    points: float


def explain(
    reasons: Sequence[str], *, missing: Sequence[str] = (), expected: Sequence[str] | None = None, weights: Weights = DEFAULT
) -> list[Part]:
    """The parts of a record's score, the costliest first; 100 and their points give the score.

    A dimension cannot fall below 0: where more would be lost, the last problems of the list cost what was left.

    Args:
        reasons: codes of the record's problems; repaired ones cost nothing.
        missing: fields of ``weights.fields`` that are expected and not there.
        expected: all fields that are expected; default all of ``weights.fields``.
        weights: see :class:`cleansing.score_weights.Weights`.
    """
    total = sum(weights.dimensions.values())
    whole = sum(weights.fields[name] for name in (weights.fields if expected is None else expected))
    costs: list[tuple[str, Dimension, float]] = [
        (f"{name}_missing", "completeness", 100.0 * weights.fields[name] / max(whole, 1)) for name in missing
    ]
    costs += [(code, REASONS[code].dimension, float(weights.penalty(code))) for code in reasons if not REASONS[code].repaired]
    left = dict.fromkeys(DIMENSIONS, 100.0)
    parts = []
    for code, dimension, cost in costs:
        taken = min(cost, left[dimension])
        left[dimension] -= taken
        parts.append(Part(code, dimension, round(taken, 2), round(-taken * weights.dimensions[dimension] / total, 2)))
    return sorted(parts, key=lambda part: part.points)


def _share(filled: pl.DataFrame, expected: pl.DataFrame, weights: Weights) -> Floats:
    """Percent of the expected fields' weight that is filled; 100 where nothing is expected."""
    wanted, present = np.zeros(len(filled)), np.zeros(len(filled))
    for name, weight in weights.fields.items():
        must = expected[name].to_numpy()
        wanted += must * weight
        present += (must & filled[name].to_numpy()) * weight
    return np.where(wanted > 0, 100.0 * present / np.maximum(wanted, 1), 100.0)


def _mean(scores: Mapping[str, Floats], weights: Weights) -> Floats:
    total = sum(weights.dimensions.values())
    mean: Floats = np.sum([scores[name] * weight for name, weight in weights.dimensions.items()], axis=0) / total
    return mean
