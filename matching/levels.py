"""What comparisons share: the two sides of pairs, levels, similarities on characters, digits that differ in one place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
from rapidfuzz.distance import OSA, JaroWinkler, Levenshtein
from rapidfuzz.process import cpdist

from matching.codes import MISSING, Codes
from matching.frequencies import Bits, Rarity
from matching.texts import Texts

Flags = npt.NDArray[np.bool_]
UNKNOWN = -1
"""The level of a pair of which one side is missing: neither for nor against."""


MOST_DIFFERENT = 0.3
"""Bound of the share of matching pairs that differ in a name or a number of their own."""


@dataclass(frozen=True)
class Level:
    """How far two values agree.

    ``start`` is where training starts: the share of matching pairs at this level. ``weighed``: the level's weight follows
    the frequency of the value. ``household`` is the share between two members of one household, where that is not as between strangers; training
    starts there, or stays there if ``fixed``. ``most`` bounds the share that training may find of matching pairs: most records of one entity agree at
    least nearly in what it is called (Winkler 1993 bounds EM in the same way).
    """

    label: str
    start: float
    weighed: bool = False
    household: float | None = None
    fixed: bool = False
    most: float = 1.0


class Compared(NamedTuple):
    """Level of each pair (``UNKNOWN`` where a side is missing) and the bits of what agrees, 0 where the level is not weighed."""

    level: npt.NDArray[np.int8]
    bits: Bits


class Sides:
    """A batch of pairs: the codes of features and the texts of both records."""

    def __init__(self, frame: pl.DataFrame, texts: Sequence[str]) -> None:
        """``texts``: the features whose texts stand in ``texts_l`` and ``texts_r``."""
        self._frame = frame
        self._texts = {name: place for place, name in enumerate(texts)}
        self._codes: dict[str, tuple[Codes, Codes]] = {}
        self._flags: dict[tuple[str, str], Flags] = {}
        self.height = frame.height

    def codes(self, name: str) -> tuple[Codes, Codes]:
        """A feature on both sides."""
        if name not in self._codes:
            self._codes[name] = self._frame[f"{name}_l"].to_numpy(), self._frame[f"{name}_r"].to_numpy()
        return self._codes[name]

    def exact(self, name: str) -> Flags:
        """Where both sides are there and equal; read-only, for several ask for it."""
        return self._once("exact", name, lambda left, right: (left == right) & (left != MISSING))

    def both(self, name: str) -> Flags:
        """Where both sides are there; read-only, for several ask for it."""
        return self._once("both", name, lambda left, right: (left != MISSING) & (right != MISSING))

    def _once(self, asked: str, name: str, of: Callable[[Codes, Codes], Flags]) -> Flags:
        if (asked, name) not in self._flags:
            found = of(*self.codes(name))
            found.setflags(write=False)
            self._flags[asked, name] = found
        return self._flags[asked, name]

    def texts(self, name: str, rows: npt.NDArray[np.intp]) -> pl.DataFrame:
        """The texts ``l`` and ``r`` of a feature that differs on these rows."""
        left = self._at[rows]
        both = self._apart.at(self._texts[name], np.concatenate([left, left + len(self._there)]))
        return pl.DataFrame({"l": both.head(len(rows)), "r": both.tail(len(rows))})

    @cached_property
    def _there(self) -> npt.NDArray[np.intp]:
        """Rows of which any text differs: only theirs are taken apart."""
        differ = np.zeros(self.height, dtype=bool)
        for name in self._texts:
            if f"{name}_l" in self._frame.columns:
                differ |= self.both(name) & ~self.exact(name)
        return np.flatnonzero(differ)

    @cached_property
    def _at(self) -> npt.NDArray[np.intp]:
        at = np.zeros(self.height, dtype=np.intp)
        at[self._there] = np.arange(len(self._there))
        return at

    @cached_property
    def _apart(self) -> Texts:
        """The texts of both sides, one below the other: what is asked of them costs more by the call than by the row."""
        left, right = (self._frame[f"texts_{side}"].gather(self._there) for side in "lr")
        return Texts(pl.concat([left, right], rechunk=True), len(self._texts))


def jaro_winkler(pairs: Sides, name: str, where: Flags) -> npt.NDArray[np.float32]:
    """Jaro-Winkler similarity (0 to 1) of two texts that differ on the rows of ``where``, 0 elsewhere; symmetric."""
    return _scored(pairs, name, where & ~pairs.exact(name), JaroWinkler.similarity, np.float32(0))


def levenshtein(pairs: Sides, name: str, where: Flags) -> npt.NDArray[np.float32]:
    """Share of characters that need no edit (0 to 1) between two texts that differ on the rows of ``where``, 0 elsewhere; symmetric."""
    return _scored(pairs, name, where & ~pairs.exact(name), Levenshtein.normalized_similarity, np.float32(0))


def within_one_edit(pairs: Sides, name: str, where: Flags) -> Flags:
    """At most one insertion, deletion, substitution or swap of neighbours between two texts, on the rows of ``where``."""
    return within_edits(pairs, name, where, most=1)


def within_edits(pairs: Sides, name: str, where: Flags, *, most: int) -> Flags:
    """At most so many insertions, deletions, substitutions and swaps of neighbours between two texts, on the rows of ``where``."""
    equal = pairs.exact(name)
    distance = _scored(pairs, name, where & ~equal, OSA.distance, np.float32(99), cutoff=most)
    return (distance <= most) | (equal & where)


def _scored(
    pairs: Sides,
    name: str,
    where: Flags,
    scorer: Callable[..., float],
    default: np.float32,
    cutoff: float | None = None,
) -> npt.NDArray[np.float32]:
    # A pair of values comes more than once in a batch only where it is cheap anyway: looking for the distinct ones costs
    # more (0.7 µs a pair) than scoring all (0.45 µs), so all are scored.
    out = np.full(pairs.height, default, dtype=np.float32)
    rows = np.flatnonzero(where & pairs.both(name))
    if rows.size:
        some = pairs.texts(name, rows)
        if (
            scorer is JaroWinkler.similarity
        ):  # counts transpositions from the left: the smaller text goes first, so that both orders give one answer
            some = some.select(l=pl.min_horizontal("l", "r"), r=pl.max_horizontal("l", "r"))
        out[rows] = cpdist(some["l"].to_list(), some["r"].to_list(), scorer=scorer, score_cutoff=cutoff, dtype=np.float32)
    return out


def on_rows(pairs: Sides, name: str, where: Flags, *conditions: pl.Expr) -> list[Flags]:
    """Conditions on the texts ``l`` and ``r`` of a feature that differs, asked on the rows of ``where`` only; false elsewhere."""

    def of(left: pl.Series, right: pl.Series) -> list[Flags]:
        asked = pl.DataFrame({"l": left, "r": right}).select(
            condition.fill_null(value=False).alias(str(place)) for place, condition in enumerate(conditions)
        )
        return [flags.to_numpy() for flags in asked.iter_columns()]

    return on_texts(pairs, name, where, of, answers=len(conditions))


def on_texts(
    pairs: Sides, name: str, where: Flags, conditions: Callable[[pl.Series, pl.Series], Sequence[Flags]], *, answers: int
) -> list[Flags]:
    """What ``conditions`` answer about two texts of a feature, asked on the rows of ``where``; false elsewhere."""
    found = [np.zeros(pairs.height, dtype=bool) for _ in range(answers)]
    rows = np.flatnonzero(where)
    if rows.size:
        texts = pairs.texts(name, rows)
        for flags, answer in zip(found, conditions(texts["l"], texts["r"]), strict=True):
            flags[rows] = answer
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
    none = len(conditions)
    level = np.full(len(known), none, dtype=np.int8)
    for place, holds in enumerate(conditions):  # in numbers: to write where a condition holds costs ten times as much
        np.minimum(level, none - holds.view(np.int8) * np.int8(none - place), out=level)
    return np.asarray((level - UNKNOWN) * known.view(np.int8) + UNKNOWN, dtype=np.int8)


def with_bits(level: npt.NDArray[np.int8], bits: dict[int, Callable[[npt.NDArray[np.intp]], Bits]]) -> Compared:
    """Level and, for each weighed level, the bits of what agrees: a function of the rows that are at it."""
    found = np.zeros(len(level), dtype=np.int32)
    for place, of in bits.items():
        rows = np.flatnonzero(level == place)
        found[rows] = of(rows)
    return Compared(level, found)


def lesser(pairs: Sides, rarity: Rarity, name: str) -> Callable[[npt.NDArray[np.intp]], Bits]:
    """The bits of the more frequent of two values that differ, for ``with_bits``."""
    left, right = pairs.codes(name)
    return lambda rows: np.minimum(rarity.bits(name, left[rows]), rarity.bits(name, right[rows]))


def agreeing(pairs: Sides, rarity: Rarity, name: str) -> Callable[[npt.NDArray[np.intp]], Bits]:
    """Bits of a feature that is equal on both sides, for ``with_bits``."""
    left, _ = pairs.codes(name)
    return lambda rows: rarity.bits(name, left[rows])
