"""Resident identity numbers (GB 11643-1999): region, birth date, sequence (odd: male), check digit (ISO 7064 MOD 11-2).

``judge`` works on the byte matrix of 18-character numbers; ``upgrade`` makes 18 digits of the 15 that were issued to 1999.
Numbers with 81, 82, 83 in front are residence permits of people of Hong Kong, Macau and Taiwan (2018), with 9 those of
foreigners (2023: 9, the province that issued it first, the country by ISO 3166-1): same layout, same check digit.

The region must have been a code of GB/T 2260 in the year of birth or later, today's or not: a number keeps the code of its
first registration. ``GRACE_YEARS`` more are granted: registers are slower than the gazette.

>>> codes = strings.matrix(pl.Series(["310106198807152412", "310106198807152411", "31010618450101241X"]), width=18)
>>> judge(codes, as_of=dt.date(2026, 1, 1)).select("birth", "gender", "reason").rows()
[(datetime.date(1988, 7, 15), 'M', None), (None, None, 'checksum_or_date'), (None, None, 'birth_date_too_old')]
>>> strings.fixed(upgrade(strings.matrix(pl.Series(["310106880715241"]), width=15))).to_list()
['310106198807152412']
"""

from __future__ import annotations

import datetime as dt
import functools

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing import divisions, strings

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK = np.frombuffer(b"10X98765432", dtype=np.uint8)
MAX_AGE_YEARS = 120
"""Nobody who buys a car is older; a number that says so was typed wrong."""

GRACE_YEARS = 3
"""How long after its end a region's code may still have been given to the newborn."""
KINDS = ("resident_id", "hkmt_residence_permit", "foreigner_permit")
REASONS = ("spreadsheet_damaged", "checksum_or_date", "birth_date_too_old", "birth_date_in_future", "region_unknown")
"""Why a number is not valid; the first that applies."""
PROVINCES = (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83)
_FIRST_YEAR, _LAST_YEAR = 1000, 2999
_NO_DAY = np.iinfo(np.int32).min
_EVER = 9_999

Whole = npt.NDArray[np.int32]


def digits_of(codes: strings.Bytes) -> strings.Bytes:
    """Value of each character, one row a column of the codes; above 9 where it is no digit."""
    digits = strings.columns(codes)
    digits -= ord("0")
    return digits


def check_digit(codes: strings.Bytes) -> strings.Bytes:
    """Byte of the check digit that the first 17 columns ask for; 0 where one of them is no digit."""
    digits = digits_of(codes[:, :17])
    return np.where(digits.max(axis=0, initial=0) > 9, np.uint8(0), _check_of(digits))


def upgrade(codes: strings.Bytes) -> strings.Bytes:
    """18 characters of numbers of 15 digits: the year gets its 19, the check digit is computed."""
    century = np.tile(np.frombuffer(b"19", dtype=np.uint8), (len(codes), 1))
    body = np.hstack([codes[:, :6], century, codes[:, 6:15]])
    return np.hstack([body, check_digit(body)[:, None]])


def judge(codes: strings.Bytes, *, as_of: dt.date, may_be_damaged: bool = True) -> pl.DataFrame:
    """Type, birth (Date), gender, region and reason (null: valid) of 18-character numbers, one row each.

    Reasons: checksum_or_date, region_unknown, birth_date_too_old, birth_date_in_future, spreadsheet_damaged (the last
    three digits became 000: never a proof of identity, even if the check digit happens to fit; not looked for where
    they cannot be a spreadsheet's work).
    """
    digits = digits_of(codes)
    numeric = digits[:17].max(axis=0, initial=0) <= 9
    fits = numeric & (_check_of(digits) == codes[:, 17])
    region, stamp = (np.where(numeric, _integer(digits, *place), 0) for place in ((0, 6), (6, 14)))
    year, province = stamp // 10_000, region // 10_000
    born = _days_since_1970(year, stamp // 100 % 100, stamp % 100)
    real = born != _NO_DAY
    known = known_until()[region] >= year - GRACE_YEARS
    today = as_of.year * 10_000 + as_of.month * 100 + as_of.day
    which = np.full(len(codes), len(REASONS), dtype=np.uint8)
    which[~known] = 4  # from the last reason to the first
    which[stamp > today] = 3
    which[stamp < today - MAX_AGE_YEARS * 10_000] = 2
    which[~(fits & real)] = 1
    if may_be_damaged:
        which[(digits[15:].max(axis=0, initial=0) == 0) & real & known] = 0
    kind = np.zeros(len(codes), dtype=np.uint8)
    kind[province >= 81] = 1
    kind[province >= 84] = 0
    kind[province >= 90] = 2
    valid = which == len(REASONS)
    sex = np.where(valid, digits[16] % 2, np.uint8(2))
    return pl.DataFrame(
        {
            "type": pl.Series(KINDS).gather(kind),
            "birth": pl.Series(born).cast(pl.Date),
            "gender": pl.Series(["F", "M", None]).gather(sex),
            "region": strings.fixed(codes[:, :6]),
            "reason": pl.Series([*REASONS, None], dtype=pl.String).gather(which),
            "valid": valid,
        }
    ).select("type", pl.when("valid").then("birth").alias("birth"), "gender", pl.when("valid").then("region").alias("region"), "reason")


def _check_of(digits: strings.Bytes) -> strings.Bytes:
    total = np.zeros(digits.shape[1], dtype=np.uint16)
    for row, weight in zip(digits, WEIGHTS, strict=False):
        total += row * np.uint16(weight)
    check: strings.Bytes = CHECK[total % np.uint16(11)]
    return check


def _integer(digits: strings.Bytes, start: int, stop: int) -> Whole:
    """The digits of rows ``start`` to ``stop`` (excluded) as numbers; anything where one is no digit."""
    total: Whole = digits[start].astype(np.int32)
    for row in digits[start + 1 : stop]:
        total *= 10
        total += row
    return total


def _days_since_1970(year: Whole, month: Whole, day: Whole) -> Whole:
    """Days since 1970-01-01; ``_NO_DAY`` where there is no such day in the Gregorian calendar."""
    possible = (year >= _FIRST_YEAR) & (year <= _LAST_YEAR) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    days: Whole = _calendar()[np.where(possible, (year - _FIRST_YEAR) * 372 + month * 31 + day - 31, 0)]
    return days


@functools.cache
def _calendar() -> Whole:
    """Days since 1970-01-01 by year, twelve months a year, 31 days a month; the first entry is no day."""
    months = np.arange(f"{_FIRST_YEAR}-01", f"{_LAST_YEAR + 1}-01", dtype="datetime64[M]")
    days = months.astype("datetime64[D]")[:, None] + np.arange(31)
    real = days.astype("datetime64[M]") == months[:, None]
    since = np.where(real, days.astype(np.int64), _NO_DAY).astype(np.int32)
    return np.concatenate([np.array([_NO_DAY], dtype=np.int32), since.reshape(-1)])


@functools.cache
def known_until() -> npt.NDArray[np.int16]:
    """For each six-digit number, the last year it was a code of GB/T 2260 (9999: it is, or nobody knows), or a permit's; -1: never."""
    history = divisions.history().select(pl.col("code").cast(pl.Int32), "last_year", "changed")
    stands = pl.col("last_year").is_null() | (pl.col("last_year") == pl.col("last_year").max())
    last = history.select("code", last=pl.when(stands).then(_EVER).otherwise(pl.max_horizontal("last_year", "changed")))
    until = np.full(1_000_000, -1, dtype=np.int16)
    np.maximum.at(until, last["code"].to_numpy(), last["last"].cast(pl.Int16).to_numpy())
    until[[810_000, 820_000, 830_000]] = _EVER
    for province in PROVINCES:  # foreigners: 9, province, country
        until[900_000 + province * 1_000 : 901_000 + province * 1_000] = _EVER
    return until
