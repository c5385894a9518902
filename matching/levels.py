"""What comparisons share: levels, equality of codes, similarities on characters, digits that differ in one place.

A batch of pairs is a frame with a feature's codes on both sides (``<feature>_l``, ``<feature>_r``, 0 where missing) and, where two texts differ
that are compared by their characters, the texts (``<feature>__text_l``, ``<feature>__text_r``, null elsewhere).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist

from matching.codes import MISSING, Codes
from matching.frequencies import Bits, Rarity

Flags = npt.NDArray[np.bool_]
UNKNOWN = -1
"""The level of a pair of which one side is missing: neither for nor against."""


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


class Compared(NamedTuple):
    """Level of each pair (``UNKNOWN`` where a side is missing) and the bits of what agrees, 0 where the level is not weighed."""

    level: npt.NDArray[np.int8]
    bits: Bits


def codes_of(frame: pl.DataFrame, name: str) -> tuple[Codes, Codes]:
    """A feature's codes on both sides."""
    return frame[f"{name}_l"].to_numpy(), frame[f"{name}_r"].to_numpy()


def exact(frame: pl.DataFrame, name: str) -> Flags:
    """Where both sides are there and equal."""
    left, right = codes_of(frame, name)
    found: Flags = (left == right) & (left != MISSING)
    return found


def both(frame: pl.DataFrame, name: str) -> Flags:
    """Where both sides are there."""
    left, right = codes_of(frame, name)
    found: Flags = (left != MISSING) & (right != MISSING)
    return found


def jaro_winkler(frame: pl.DataFrame, name: str, where: Flags) -> npt.NDArray[np.float32]:
    """Jaro-Winkler similarity (0 to 1) of two texts that differ on the rows of ``where``, 0 elsewhere; symmetric."""
    return _scored(frame, name, where & ~exact(frame, name), JaroWinkler.similarity, np.float32(0))


def within_one_edit(frame: pl.DataFrame, name: str, where: Flags) -> Flags:
    """At most one insertion, deletion, substitution or swap of neighbours between two texts, on the rows of ``where``."""
    equal = exact(frame, name)
    distance = _scored(frame, name, where & ~equal, OSA.distance, np.float32(99), cutoff=1)
    return (distance <= 1) | (equal & where)


def _scored(
    frame: pl.DataFrame,
    name: str,
    where: Flags,
    scorer: Callable[..., float],
    default: np.float32,
    cutoff: float | None = None,
) -> npt.NDArray[np.float32]:
    # A pair of values comes more than once in a batch only where it is cheap anyway: looking for the distinct ones costs
    # more (0.7 µs a pair) than scoring all (0.45 µs), so all are scored.
    out = np.full(frame.height, default, dtype=np.float32)
    rows = np.flatnonzero(where & both(frame, name))
    if rows.size:
        left, right = pl.col(f"{name}__text_l"), pl.col(f"{name}__text_r")
        # Jaro counts transpositions from the left: the smaller text goes first, so that both orders give one answer
        some = frame.select(left.gather(rows), right.gather(rows)).select(
            a=pl.min_horizontal(left, right), b=pl.max_horizontal(left, right)
        )
        out[rows] = cpdist(some["a"].to_list(), some["b"].to_list(), scorer=scorer, score_cutoff=cutoff, dtype=np.float32)
    return out


def on_rows(frame: pl.DataFrame, where: Flags, condition: pl.Expr) -> Flags:
    """A condition on texts, asked on the rows of ``where`` only; false elsewhere and where it is null."""
    found = np.zeros(frame.height, dtype=bool)
    rows = np.flatnonzero(where)
    if rows.size:
        names = condition.meta.root_names()
        found[rows] = frame.select(pl.col(names).gather(rows)).select(condition.fill_null(value=False)).to_series().to_numpy()
    return found


def one_digit_apart(a: Codes, b: Codes) -> Flags:
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


def leveled(conditions: Sequence[Flags], known: Flags) -> npt.NDArray[np.int8]:
    """The first condition that holds is the level; the one after them all where none does; ``UNKNOWN`` where not ``known``."""
    level = np.full(len(known), len(conditions), dtype=np.int8)
    for place in range(len(conditions) - 1, -1, -1):
        level[conditions[place]] = place
    level[~known] = UNKNOWN
    return level


def with_bits(level: npt.NDArray[np.int8], bits: dict[int, Callable[[npt.NDArray[np.intp]], Bits]]) -> Compared:
    """Level and, for each weighed level, the bits of what agrees: a function of the rows that are at it."""
    found = np.zeros(len(level), dtype=np.int32)
    for place, of in bits.items():
        rows = np.flatnonzero(level == place)
        found[rows] = of(rows)
    return Compared(level, found)


def agreeing(frame: pl.DataFrame, rarity: Rarity, name: str) -> Callable[[npt.NDArray[np.intp]], Bits]:
    """Bits of a feature that is equal on both sides, for ``with_bits``."""
    left = frame[f"{name}_l"].to_numpy()
    return lambda rows: rarity.bits(name, left[rows])
