"""The quality of a record, 0 to 100, in five dimensions of GB/T 36344, and as one number.

Conformity, accuracy, consistency and timeliness start at 100 and lose the penalty of each problem that counts in them
(:mod:`cleansing.reasons`), down to 0. Completeness is the weighted share of the fields that make a customer reachable and
known, less the penalties that count in it. The score is their weighted mean. The raw score judges the record as it came:
what was repaired counts as wrong there, and a value that another cell had to give counts as missing.

So a score can be explained: "phone_placeholder: accuracy -20".

>>> Weights().dimensions["completeness"]
30
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing.reasons import DIMENSIONS, REASONS

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Weights:
    """Weights of the dimensions (a mean) and of the fields of completeness (a share); any positive whole numbers."""

    dimensions: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType(
            {"conformity": 25, "completeness": 30, "accuracy": 25, "consistency": 10, "timeliness": 10}
        )
    )
    fields: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType({"name": 30, "phone": 35, "address": 15, "id_number": 10, "vehicle": 10})
    )


DEFAULT = Weights()


def score(
    problems: pl.DataFrame, *, filled: pl.DataFrame, filled_raw: pl.DataFrame, expected: pl.DataFrame, weights: Weights = DEFAULT
) -> pl.DataFrame:
    """Scores of records, rounded to one decimal.

    Args:
        problems: one row a problem: ``row`` (0 to height - 1), ``reason`` (a code of REASONS).
        filled: Boolean columns named as ``weights.fields``, one row a record: usable after cleansing.
        filled_raw: the same, usable as it came.
        expected: the same: whether a record of this source and role should have the field.
        weights: see :class:`Weights`.

    Returns:
        score_raw, score, score_<dimension> (Float64), one row a record.
    """
    height = len(filled)
    codes = list(REASONS)
    number = problems["reason"].replace_strict(codes, range(len(codes)), return_dtype=pl.Int32).to_numpy()
    penalty = np.array([REASONS[code].penalty for code in codes])[number]
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
