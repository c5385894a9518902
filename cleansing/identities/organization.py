"""Codes of organizations: the unified social credit code (GB 32100-2015) and the organization code inside it (GB 11714).

A unified code has 18 characters of 0-9 and A-Z without I, O, S, V, Z: kind (2), region (6), organization code (9, with
its own check digit), check digit (MOD 31). Both check digits must fit, and kind and province must exist.

>>> codes = strings.matrix(pl.Series(["914403001922038216", "914403001922038217"]), width=18)
>>> uscc_fits(codes).tolist()
[True, False]
>>> org_fits(strings.matrix(pl.Series(["192203821"]), width=9)).tolist()
[True]
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl  # noqa: F401  (the doctest's)

from cleansing import checkdigits, strings

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUES = checkdigits.value_table(ALPHABET)
_WEIGHTS = tuple(3**place % 31 for place in range(17))
_KINDS = np.frombuffer(b"123456789ANY", dtype=np.uint8)  # the registering authority
_PROVINCES = (10, *range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82)
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORG_CHECK = np.frombuffer(b"0X987654321", dtype=np.uint8)  # by the sum modulo 11


def region(codes: strings.Bytes) -> checkdigits.Ints:
    """The six digits of the region of 18-character codes; 0 where there are none."""
    return np.maximum(checkdigits.integer(codes, 2, 8), 0)


def uscc_fits(codes: checkdigits.Bytes) -> npt.NDArray[np.bool_]:
    """Whether both check digits of 18-character codes fit."""
    total = checkdigits.weighted_sum(codes, values=_VALUES, weights=_WEIGHTS)
    last = _VALUES[codes[:, 17]]
    kind = np.isin(codes[:, 0], _KINDS) & (checkdigits.DIGIT[codes[:, 1]] >= 1)
    place = np.isin(checkdigits.integer(codes, 2, 4), _PROVINCES) & (region(codes) > 0)
    fits: npt.NDArray[np.bool_] = kind & place & (total >= 0) & (last == (31 - total % 31) % 31) & org_fits(codes[:, 8:17])
    return fits


def org_fits(codes: checkdigits.Bytes) -> npt.NDArray[np.bool_]:
    """Whether the check digit of 9-character organization codes (without the hyphen) fits."""
    total = checkdigits.weighted_sum(codes, values=checkdigits.ALPHANUMERIC, weights=_ORG_WEIGHTS)
    fits: npt.NDArray[np.bool_] = (total >= 0) & (codes[:, 8] == _ORG_CHECK[total % 11])
    return fits
