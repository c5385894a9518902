"""Resident identity numbers (GB 11643-1999): region, birth date, sequence (odd: male), check digit (ISO 7064 MOD 11-2).

``judge`` works on the byte matrix of 18-character numbers; ``upgrade`` makes 18 digits of the 15 that were issued to 1999.
Numbers with 81, 82, 83 in front are residence permits of people of Hong Kong, Macau and Taiwan (2018), with 9 those of
foreigners (2023): same layout, same check digit.

The region must have been a county-level code at some time, today's or not: a number keeps the code of its first registration.

>>> codes = checkdigits.matrix(pl.Series(["310106198807152412", "310106198807152411", "31010618450101241X"]), width=18)
>>> judge(codes, as_of=dt.date(2026, 1, 1)).select("birth", "gender", "reason").rows()
[(datetime.date(1988, 7, 15), 'M', None), (None, None, 'checksum_or_date'), (None, None, 'birth_date_too_old')]
>>> checkdigits.text(upgrade(checkdigits.matrix(pl.Series(["310106880715241"]), width=15))).to_list()
['310106198807152412']
"""

from __future__ import annotations

import datetime as dt
import functools

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing import checkdigits, divisions

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK = np.frombuffer(b"10X98765432", dtype=np.uint8)
MAX_AGE_YEARS = 120
"""Nobody who buys a car is older; a number that says so was typed wrong."""

_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_PERMITS = (81, 82, 83)
_FOREIGNERS = range(90, 100)
_KINDS = pl.Series(["resident_id", "hkmt_residence_permit", "foreigner_permit"])


def check_digit(codes: checkdigits.Bytes) -> checkdigits.Bytes:
    """Byte of the check digit that the first 17 columns ask for; 0 where one of them is no digit."""
    total = checkdigits.weighted_sum(codes, values=checkdigits.DIGIT, weights=WEIGHTS)
    return np.where(total < 0, np.uint8(0), CHECK[total % 11])


def upgrade(codes: checkdigits.Bytes) -> checkdigits.Bytes:
    """18 characters of numbers of 15 digits: the year gets its 19, the check digit is computed."""
    century = np.tile(np.frombuffer(b"19", dtype=np.uint8), (len(codes), 1))
    body = np.hstack([codes[:, :6], century, codes[:, 6:15]])
    return np.hstack([body, check_digit(body)[:, None]])


def judge(codes: checkdigits.Bytes, *, as_of: dt.date) -> pl.DataFrame:
    """Type, birth (Date), gender, region and reason (null: valid) of 18-character numbers, one row each.

    Reasons: checksum_or_date, region_unknown, birth_date_too_old, birth_date_in_future, spreadsheet_damaged (the last
    three digits became 000: never a proof of identity, even if the check digit happens to fit).
    """
    region = checkdigits.integer(codes, 0, 6)
    year, month, day = checkdigits.integer(codes, 6, 10), checkdigits.integer(codes, 10, 12), checkdigits.integer(codes, 12, 14)
    real = _is_real(year, month, day)
    known = np.where(region >= 0, known_regions()[np.clip(region, 0, 999_999)], False)
    check_fits = (check_digit(codes) == codes[:, 17]) & (codes[:, 17] != 0)
    stamp = year * 10_000 + month * 100 + day
    today = as_of.year * 10_000 + as_of.month * 100 + as_of.day
    damaged = (codes[:, 15:] == ord("0")).all(axis=1) & real & known
    province = region // 10_000
    reasons = {
        "spreadsheet_damaged": damaged,
        "checksum_or_date": ~(check_fits & real),
        "birth_date_too_old": stamp < today - MAX_AGE_YEARS * 10_000,
        "birth_date_in_future": stamp > today,
        "region_unknown": ~(known | np.isin(province, _FOREIGNERS)),
    }
    which = np.select(list(reasons.values()), range(len(reasons)), default=len(reasons))
    kind = np.isin(province, _PERMITS) + 2 * np.isin(province, _FOREIGNERS)
    valid = which == len(reasons)
    safe = np.where(valid, year, 2000), np.where(valid, month, 1), np.where(valid, day, 1)
    found = pl.DataFrame(
        {
            "type": _KINDS.gather(kind),
            "reason": pl.Series([*reasons, None], dtype=pl.String).gather(which),
            "year": safe[0], "month": safe[1], "day": safe[2],
            "male": codes[:, 16] % 2 == 1,
            "region": checkdigits.text(np.ascontiguousarray(codes[:, :6])),
        }
    )  # fmt: skip
    ok = pl.col("reason").is_null()
    return found.select(
        "type",
        birth=pl.when(ok).then(pl.date("year", "month", "day")),
        gender=pl.when(ok).then(pl.when("male").then(pl.lit("M")).otherwise(pl.lit("F"))),
        region=pl.when(ok).then("region"),
        reason="reason",
    )


def _is_real(year: checkdigits.Ints, month: checkdigits.Ints, day: checkdigits.Ints) -> npt.NDArray[np.bool_]:
    """Whether the day exists in the Gregorian calendar."""
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    in_month = (month >= 1) & (month <= 12)
    last = _DAYS[np.where(in_month, month, 0)] + ((month == 2) & leap)
    real: npt.NDArray[np.bool_] = (year >= 1) & in_month & (day >= 1) & (day <= last)
    return real


@functools.cache
def known_regions() -> npt.NDArray[np.bool_]:
    """For each six-digit number, whether it is or was a code of GB/T 2260, or a permit's."""
    known = np.zeros(1_000_000, dtype=np.bool_)
    known[divisions.known_codes()["code"].cast(pl.Int32).to_numpy()] = True
    known[[810_000, 820_000, 830_000]] = True
    return known
