"""Phones, e-mails, identifiers, dates, cars and plain text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import polars as pl

from matching.levels import Level, both, edits, exact, jaro_winkler, leveled, one_digit_apart, with_bits

PHONE_LEVELS = (Level("shared", 0.6, weighed=True), Level("one_digit", 0.05), Level("different", 0.35))
EMAIL_LEVELS = (Level("shared", 0.7, weighed=True), Level("close", 0.1), Level("different", 0.2))
IDENTIFIER_LEVELS = (Level("exact", 0.9, weighed=True), Level("one_character", 0.08), Level("different", 0.02))
DATE_LEVELS = (Level("exact", 0.85, weighed=True), Level("one_digit", 0.08), Level("two_parts", 0.04), Level("different", 0.03))
CAR_LEVELS = (Level("vin", 0.6, weighed=True), Level("plate", 0.1, weighed=True), Level("plate_moved", 0.02), Level("different", 0.28))
TEXT_LEVELS = (Level("exact", 0.75, weighed=True), Level("close", 0.1), Level("similar", 0.05), Level("different", 0.1))
# A household has women and men; what a category says about its members is learned.
CATEGORY_LEVELS = (
    Level("exact", 0.9, weighed=True, household=0.5),
    Level("close", 0.03, household=0.01),
    Level("similar", 0.02, household=0.01),
    Level("different", 0.05, household=0.48),
)


def compare_phone(frame: pl.DataFrame, *, slots: Sequence[str]) -> pl.DataFrame:
    """Several numbers on each side: one in common, one digit apart (or two swapped), none in common."""
    known = both(frame, slots[0])
    shared, bits = _shared(frame, slots)
    near = np.zeros(frame.height, dtype=bool)
    for left, right in product(slots[:2], repeat=2):
        a, b = frame[f"{left}_l"], frame[f"{right}_r"]
        # Numbers a handful apart are one household's landlines as often as a slip; so are mobiles bought together
        near |= one_digit_apart(a.fill_null(0).to_numpy(), b.fill_null(0).to_numpy()) & (a.is_not_null() & b.is_not_null()).to_numpy()
    return with_bits(leveled([shared, near], known, 2), {0: bits})


def compare_email(frame: pl.DataFrame, *, slots: Sequence[str]) -> pl.DataFrame:
    """One address in common; the first ones nearly the same (a slip in either half)."""
    known = both(frame, slots[0])
    shared, bits = _shared(frame, slots)
    alike = jaro_winkler(frame, f"{slots[0]}_l", f"{slots[0]}_r", known & ~shared)
    return with_bits(leveled([shared, alike >= 0.95], known, 2), {0: bits})


def compare_identifier(frame: pl.DataFrame, *, name: str, exclusive: bool) -> pl.DataFrame:
    """Equal, one character off, different. Exclusive identifiers are proven by their check digit: off by one is another one."""
    known, equal = both(frame, name), exact(frame, name)
    near = np.zeros(frame.height, dtype=bool)
    if not exclusive:
        near = edits(frame, f"{name}_l", f"{name}_r", known & ~equal, limit=1) <= 1
    return with_bits(leveled([equal, near], known, 2), {0: frame[f"{name}__bits_l"]})


def compare_date(frame: pl.DataFrame, *, name: str) -> pl.DataFrame:
    """YYYYMMDD: equal; one digit off or day and month swapped; two of year, month and day the same; different."""
    known, equal = both(frame, name), exact(frame, name)
    off = edits(frame, f"{name}_l", f"{name}_r", known & ~equal, limit=1)

    def part(side: str, start: int, length: int) -> pl.Expr:
        return pl.col(f"{name}_{side}").str.slice(start, length)

    swapped = (part("l", 0, 4) == part("r", 0, 4)) & (part("l", 4, 2) == part("r", 6, 2)) & (part("l", 6, 2) == part("r", 4, 2))
    same_parts = sum(
        ((part("l", at, size) == part("r", at, size)).cast(pl.Int8) for at, size in ((0, 4), (4, 2), (6, 2))), pl.lit(0, dtype=pl.Int8)
    )
    found = frame.select(swapped=swapped.fill_null(value=False), two=(same_parts >= 2).fill_null(value=False))
    level = leveled([equal, (off <= 1) | found["swapped"].to_numpy(), found["two"]], known, 3)
    return with_bits(level, {0: frame[f"{name}__bits_l"]})


def compare_car(frame: pl.DataFrame, *, vins: Sequence[str], plates: Sequence[str]) -> pl.DataFrame:
    """One car is one piece of evidence: the VIN where both know it, else the plate.

    ``plate_moved``: one plate on two cars, which is how a household replaces its car.
    """
    nothing = pl.Series(np.zeros(frame.height, dtype=bool))
    vin_known = plate_known = vin_same = plate_same = nothing
    vin_bits = plate_bits = pl.Series(np.zeros(frame.height, dtype=np.int32))
    for vin in vins:
        vin_known, vin_same = vin_known | both(frame, vin), vin_same | exact(frame, vin)
        vin_bits = frame[f"{vin}__bits_l"]
    for plate in plates:
        plate_known, plate_same = plate_known | both(frame, plate), plate_same | exact(frame, plate)
        plate_bits = frame[f"{plate}__bits_l"]
    level = leveled([vin_same, plate_same & ~vin_known, plate_same], vin_known | plate_known, 3)
    return with_bits(level, {0: vin_bits, 1: plate_bits})


def compare_text(frame: pl.DataFrame, *, name: str, exact: bool) -> pl.DataFrame:
    """Equal, close, similar (Jaro-Winkler from 0.92 and 0.80), different."""
    known, equal = both(frame, name), _equal(frame, name)
    alike = np.zeros(frame.height, dtype=np.float32) if exact else jaro_winkler(frame, f"{name}_l", f"{name}_r", known & ~equal)
    return with_bits(leveled([equal, alike >= 0.92, alike >= 0.8], known, 3), {0: frame[f"{name}__bits_l"]})


def _equal(frame: pl.DataFrame, name: str) -> pl.Series:
    return exact(frame, name)


def _shared(frame: pl.DataFrame, slots: Sequence[str]) -> tuple[pl.Series, pl.Series]:
    """Whether any slot of one side equals any of the other, and the most that an equal value says."""
    hits = [
        pl.when(pl.col(f"{left}_l") == pl.col(f"{right}_r")).then(pl.col(f"{left}__bits_l")) for left, right in product(slots, repeat=2)
    ]
    bits = frame.select(pl.max_horizontal(hits)).to_series()
    return bits.is_not_null(), bits
