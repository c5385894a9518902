"""Numbers of 18 digits, the last of which may be X: resident ids and permits, or unified codes made of digits.

A number that is no person's is a unified code if it begins with 9 (companies), or if its two check digits fit and its
region was a code of GB/T 2260: two check digits alone would let one wrong id in 341 through as an organization.

>>> codes = strings.matrix(pl.Series(["310106198807152412", "914403001922038216"]), width=WIDTH)
>>> judge(codes, as_of=dt.date(2026, 1, 1)).select("type", "reason").rows()
[('resident_id', None), ('uscc', None)]
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing import strings
from cleansing.identities import organization, resident

WIDTH = 18


def is_plain(codes: strings.Bytes) -> npt.NDArray[np.bool_]:
    """Whether 18 bytes are 17 digits and a digit or X."""
    digits = resident.digits_of(codes)
    plain: npt.NDArray[np.bool_] = (digits[:17].max(axis=0, initial=0) <= 9) & ((digits[17] <= 9) | (codes[:, 17] == ord("X")))
    return plain


def judge(codes: strings.Bytes, *, as_of: dt.date) -> pl.DataFrame:
    """Type, birth, gender, region, reason (null: valid), normalized, fix (null) of plain numbers, row by row."""
    judged = resident.judge(codes, as_of=as_of).with_columns(normalized=strings.fixed(codes), fix=pl.lit(None, dtype=pl.String))
    failed = judged["reason"].is_not_null().to_numpy()
    rows = np.flatnonzero(failed | (codes[:, 0] == ord("9")))
    begins_with_9 = codes[rows, 0] == ord("9")
    region_known = resident.known_until()[organization.region(codes[rows])] > 0
    fits = organization.uscc_fits(codes[rows]) & (begins_with_9 | region_known)
    # A foreigner's number and a unified code both begin with 9; where neither fits, it was meant to be a company's.
    meant = begins_with_9 & failed[rows]
    company = fits | meant
    if not company.any():
        return judged
    rows, fits = rows[company], fits[company]
    damaged = (codes[rows, 15:] == ord("0")).all(axis=1)
    columns = {
        "type": pl.repeat("uscc", len(rows), eager=True),
        "birth": pl.repeat(None, len(rows), dtype=pl.Date, eager=True),
        "gender": pl.repeat(None, len(rows), dtype=pl.String, eager=True),
        "region": pl.Series(strings.fixed(np.ascontiguousarray(codes[rows, 2:8]))),
        "reason": pl.Series([None, "check_digit", "spreadsheet_damaged"]).gather(np.where(fits, 0, np.where(damaged, 2, 1))),
    }
    columns["region"] = columns["region"].zip_with(pl.Series(fits), pl.repeat(None, len(rows), dtype=pl.String, eager=True))
    return judged.with_columns(judged[name].scatter(rows, column) for name, column in columns.items())
