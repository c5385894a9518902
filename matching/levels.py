"""What comparisons share: levels, similarities on characters, digits that differ in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist


@dataclass(frozen=True)
class Level:
    """How far two values agree.

    ``start`` is where training starts: the share of matching pairs at this level. ``weighed``: the level's weight follows
    the frequency of the value. ``household`` is the share between two members of one household, where that is not as between strangers; training
    starts there, or stays there if ``fixed``.
    """

    label: str
    start: float
    weighed: bool = False
    household: float | None = None
    fixed: bool = False


def exact(frame: pl.DataFrame, name: str) -> pl.Series:
    """Where both sides are there and equal (Boolean, never null)."""
    return frame.select((pl.col(f"{name}_l") == pl.col(f"{name}_r")).fill_null(value=False)).to_series()


def both(frame: pl.DataFrame, name: str) -> pl.Series:
    """Where both sides are there."""
    return frame.select(pl.col(f"{name}_l").is_not_null() & pl.col(f"{name}_r").is_not_null()).to_series()


def jaro_winkler(frame: pl.DataFrame, left: str, right: str, where: pl.Series) -> npt.NDArray[np.float32]:
    """Jaro-Winkler similarity (0 to 1) of two text columns on the rows of ``where``, 0 elsewhere; symmetric."""
    return _scored(frame, left, right, where, JaroWinkler.similarity, np.float32(0))


def edits(frame: pl.DataFrame, left: str, right: str, where: pl.Series, *, limit: int) -> npt.NDArray[np.float32]:
    """Insertions, deletions, substitutions and swaps of neighbours between two texts, ``limit`` + 1 for more; 99 off ``where``."""
    return _scored(frame, left, right, where, OSA.distance, np.float32(99), cutoff=limit)


def _scored(
    frame: pl.DataFrame,
    left: str,
    right: str,
    where: pl.Series,
    scorer: Callable[..., float],
    default: np.float32,
    cutoff: float | None = None,
) -> npt.NDArray[np.float32]:
    # A pair of values comes more than once in a batch only where it is cheap anyway: looking for the distinct ones costs
    # more (0.7 µs a pair) than scoring all (0.45 µs), so all are scored.
    out = np.full(frame.height, default, dtype=np.float32)
    where = where & frame[left].is_not_null() & frame[right].is_not_null()
    rows = where.arg_true().to_numpy()
    if rows.size:
        some = frame.select(left, right).filter(where)
        # Jaro counts transpositions from the left: the smaller text goes first, so that both orders give one answer
        some = some.select(a=pl.min_horizontal(left, right), b=pl.max_horizontal(left, right))
        out[rows] = cpdist(some["a"].to_list(), some["b"].to_list(), scorer=scorer, score_cutoff=cutoff, dtype=np.float32)
    return out


def one_digit_apart(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Numbers that differ in exactly one digit, or by two neighbouring digits swapped (decimal, same length).

    >>> one_digit_apart(np.array([13912345678, 139, 12, 1999, 5]), np.array([13912845678, 193, 12, 2000, 5])).tolist()
    [True, True, False, False, False]
    """
    gap = np.abs(a - b)
    place = np.floor(np.log10(np.maximum(gap, 1))).astype(np.int64)
    unit = 10**place
    substituted = (gap > 0) & (gap % unit == 0) & (a // (unit * 10) == b // (unit * 10)) & (a % unit == b % unit)
    swapped = np.zeros_like(substituted)
    for shift in (0, 1):  # a swap of digits x, y changes the number by 9 * |x - y| units of the lower place: one or two digits
        low = np.maximum(unit // 10**shift, 1)
        high = low * 10
        swapped |= (
            (gap > 0)
            & (a // (high * 10) == b // (high * 10))
            & (a % low == b % low)
            & ((a // low) % 10 == (b // high) % 10)
            & ((b // low) % 10 == (a // high) % 10)
        )
    return np.asarray(substituted | swapped, dtype=np.bool_)


def leveled(conditions: list[pl.Series | npt.NDArray[np.bool_]], known: pl.Series, last: int) -> pl.Series:
    """The first condition that holds is the level; ``last`` where none does; null where not ``known``."""
    level = np.full(len(known), last, dtype=np.int8)
    for place in range(len(conditions) - 1, -1, -1):
        level[np.asarray(conditions[place], dtype=bool)] = place
    return pl.select(pl.when(known).then(pl.Series(level))).to_series()


def with_bits(level: pl.Series, bits: dict[int, pl.Series]) -> pl.DataFrame:
    """Level and, for the weighed levels, the bits of what agrees (0 elsewhere)."""
    expr = pl.lit(0, dtype=pl.Int32)
    frame = pl.DataFrame({"level": level, **{f"bits{place}": values for place, values in bits.items()}})
    for place in bits:
        expr = pl.when(pl.col("level") == place).then(pl.col(f"bits{place}").fill_null(0)).otherwise(expr)
    return frame.select("level", bits=expr)
