"""Phones, e-mails, identifiers, dates, cars and plain text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
import numpy.typing as npt
import polars as pl

from matching.codes import MISSING
from matching.frequencies import Bits, Rarity
from matching.levels import (
    MOST_DIFFERENT,
    Compared,
    Flags,
    Level,
    Sides,
    agreeing,
    jaro_winkler,
    leveled,
    on_rows,
    one_digit_apart,
    with_bits,
    within_edits,
    within_one_edit,
)

# One person's records share a phone more often than a couple's do, so two phones are about the person, too: how much is learned.
PHONE_LEVELS = (Level("shared", 0.6, weighed=True), Level("one_digit", 0.05), Level("different", 0.35, household=0.7))
EMAIL_LEVELS = (Level("shared", 0.7, weighed=True), Level("close", 0.1), Level("different", 0.2))
IDENTIFIER_LEVELS = (Level("exact", 0.9, weighed=True), Level("one_character", 0.08), Level("different", 0.02, most=MOST_DIFFERENT))
DATE_LEVELS = (
    Level("exact", 0.85, weighed=True),
    Level("one_digit", 0.08),
    Level("two_parts", 0.04),
    Level("different", 0.03, most=MOST_DIFFERENT),
)
CAR_LEVELS = (Level("vin", 0.6, weighed=True), Level("plate", 0.1, weighed=True), Level("plate_moved", 0.02), Level("different", 0.28))
# Whoever has the car years before or after is as often another owner: that level is about the person.
DATED_CAR_LEVELS = (*CAR_LEVELS[:2], Level("years_apart", 0.02, household=0.1), *CAR_LEVELS[2:])
YEARS_APART = 3 * 365
"""Days from which one car in two records says less: cars are sold after three years and more."""
TEXT_LEVELS = (Level("exact", 0.75, weighed=True), Level("close", 0.1), Level("similar", 0.05), Level("different", 0.1))
# A household has women and men; what a category says about its members is learned.
CATEGORY_LEVELS = (
    Level("exact", 0.9, weighed=True, household=0.5),
    Level("close", 0.03, household=0.01),
    Level("similar", 0.02, household=0.01),
    Level("different", 0.05, household=0.48),
)


def compare_phone(pairs: Sides, rarity: Rarity, *, slots: Sequence[str]) -> Compared:
    """Several numbers on each side: one in common, one digit apart (or two swapped), none in common."""
    known = pairs.both(slots[0])
    shared, bits = _shared(pairs, rarity, slots)
    near = np.zeros(pairs.height, dtype=bool)
    rows = np.flatnonzero(known & ~shared)
    for left, right in product(slots[:2], repeat=2):
        a, b = pairs.codes(left)[0][rows], pairs.codes(right)[1][rows]
        both = np.flatnonzero((a != MISSING) & (b != MISSING))  # few know two numbers
        # Numbers a handful apart are one household's landlines as often as a slip; so are mobiles bought together
        near[rows[both]] |= one_digit_apart(a[both], b[both])
    return with_bits(leveled([shared, near], known), {0: bits})


def compare_email(pairs: Sides, rarity: Rarity, *, slots: Sequence[str]) -> Compared:
    """One address in common; the first ones the same but for a slip or two. li.wei1 and li.wei2 are two people: numbers tell namesakes apart."""
    known = pairs.both(slots[0])
    shared, bits = _shared(pairs, rarity, slots)
    alike = within_edits(pairs, slots[0], jaro_winkler(pairs, slots[0], known & ~shared) >= 0.95, most=2)
    one, other = (pl.col(side).str.replace_all("[^0-9]", "") for side in "lr")
    (numbered_alike,) = on_rows(pairs, slots[0], alike, one == other)
    return with_bits(leveled([shared, alike & numbered_alike], known), {0: bits})


def compare_identifier(pairs: Sides, rarity: Rarity, *, name: str, exclusive: bool) -> Compared:
    """Equal, one character off, different. Exclusive identifiers are proven by their check digit: off by one is another one."""
    known, equal = pairs.both(name), pairs.exact(name)
    near = equal if exclusive else within_one_edit(pairs, name, known)
    return with_bits(leveled([equal, near], known), {0: agreeing(pairs, rarity, name)})


def compare_date(pairs: Sides, rarity: Rarity, *, name: str) -> Compared:
    """YYYYMMDD: equal; one digit off or day and month swapped; two of year, month and day the same; different."""
    known, equal = pairs.both(name), pairs.exact(name)
    off = within_one_edit(pairs, name, known)

    def part(side: str, start: int, length: int) -> pl.Expr:
        return pl.col(side).str.slice(start, length)

    swapped = (part("l", 0, 4) == part("r", 0, 4)) & (part("l", 4, 2) == part("r", 6, 2)) & (part("l", 6, 2) == part("r", 4, 2))
    same_parts = sum(
        ((part("l", at, size) == part("r", at, size)).cast(pl.Int8) for at, size in ((0, 4), (4, 2), (6, 2))), pl.lit(0, dtype=pl.Int8)
    )
    exchanged, two_parts = on_rows(pairs, name, known & ~off, swapped, same_parts >= 2)
    level = leveled([equal, off | exchanged, two_parts], known)
    return with_bits(level, {0: agreeing(pairs, rarity, name)})


def compare_car(pairs: Sides, rarity: Rarity, *, vins: Sequence[str], plates: Sequence[str], day: str | None = None) -> Compared:
    """One car is one piece of evidence: the VIN where both know it, else the plate.

    ``plate_moved``: one plate on two cars, which is how a household replaces its car. ``years_apart``: one car, in records that are far apart
    by their ``day``; only where a column says it, and both records know it.
    """
    vin_known, vin_same = _any(pairs, vins)
    plate_known, plate_same = _any(pairs, plates)
    same = [vin_same, plate_same & ~vin_known]
    if day is None:
        conditions = [*same, plate_same]
    else:
        left, right = pairs.codes(day)
        far = pairs.both(day) & (np.abs(left - right) > YEARS_APART)
        conditions = [*(each & ~far for each in same), same[0] | same[1], plate_same]
    return with_bits(
        leveled(conditions, vin_known | plate_known),
        {place: _most(pairs, rarity, names) for place, names in enumerate((vins, plates)) if names},
    )


def compare_text(pairs: Sides, rarity: Rarity, *, name: str, only_equal: bool) -> Compared:
    """Equal, close, similar (Jaro-Winkler from 0.92 and 0.80), different."""
    known, equal = pairs.both(name), pairs.exact(name)
    alike = jaro_winkler(pairs, name, known) if not only_equal else np.zeros(pairs.height, dtype=np.float32)
    return with_bits(leveled([equal, alike >= 0.92, alike >= 0.8], known), {0: agreeing(pairs, rarity, name)})


def _any(pairs: Sides, names: Sequence[str]) -> tuple[Flags, Flags]:
    """Whether any of the features is known on both sides, and whether any is the same."""
    known = same = np.zeros(pairs.height, dtype=bool)
    for name in names:
        known, same = known | pairs.both(name), same | pairs.exact(name)
    return known, same


def _most(pairs: Sides, rarity: Rarity, names: Sequence[str]) -> Callable[[npt.NDArray[np.intp]], Bits]:
    """The most bits of those of the features that agree."""

    def bits(rows: npt.NDArray[np.intp]) -> Bits:
        found = [np.where(pairs.exact(name)[rows], rarity.bits(name, pairs.codes(name)[0][rows]), 0) for name in names]
        return np.asarray(np.max(found, axis=0), dtype=np.int32)

    return bits


def _shared(pairs: Sides, rarity: Rarity, slots: Sequence[str]) -> tuple[Flags, Callable[[npt.NDArray[np.intp]], Bits]]:
    """Whether any slot of one side equals any of the other, and the most that an equal value says."""
    shared = np.zeros(pairs.height, dtype=bool)
    most = np.zeros(pairs.height, dtype=np.int32)
    for left, right in product(slots, repeat=2):
        a = pairs.codes(left)[0]
        rows = np.flatnonzero((a == pairs.codes(right)[1]) & (a != MISSING))
        shared[rows] = True
        most[rows] = np.maximum(most[rows], rarity.bits(left, a[rows]))
    return shared, lambda rows: most[rows]
