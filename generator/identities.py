"""Numbers that identify people: mobiles, landlines, resident ids (GB 11643), unified social credit codes (GB 32100). All valid.

>>> resident_ids(np.array([310106]), np.array([19880715]), np.array([241])).to_list()
['310106198807152412']
>>> credit_codes(np.array(["91440300"]), np.array([19220382])).to_list()
['914403001922038216']
>>> mobiles(np.arange(2)).to_list() != mobiles(np.arange(2, 4)).to_list()
True
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from generator.arrays import Ints, digits_of, scatter, text_of, weighted_sum

_SEGMENTS = np.array(
    [
        *range(130, 140), *(145, 147, 149), *(150, 151, 152, 153, 155, 156, 157, 158, 159), *(166, 167), *(172, 173, 175, 176, 177, 178),
        *range(180, 190), *(190, 191, 193, 195, 196, 198, 199),
    ],
    dtype=np.int64,
)  # fmt: skip
_ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_ID_CHECKS = np.frombuffer(b"10X98765432", dtype=np.uint8)
_USCC_ALPHABET = np.frombuffer(b"0123456789ABCDEFGHJKLMNPQRTUWXY", dtype=np.uint8)
_USCC_WEIGHTS = np.array([1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28])
_ORG_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])


def mobiles(serials: Ints) -> pl.Series:
    """11-digit mobiles on real segments, one per serial and never two the same."""
    size = _SEGMENTS.size * 10**8
    scattered = scatter(serials, size, key=1)
    return pl.Series(_SEGMENTS[scattered % _SEGMENTS.size] * 10**8 + scattered // _SEGMENTS.size).cast(pl.String)


def landlines(area_codes: pl.Series, serials: Ints) -> pl.Series:
    """Subscriber numbers with their area code, 0AAA-NNNNNNN(N): eight digits, seven where the city still has them."""
    eight = scatter(serials, 6 * 10**7, key=2) + 2 * 10**7
    short = area_codes.is_in(["0351", "0592", "0710", "0771", "0931", "0991"])
    subscriber = pl.Series(eight).cast(pl.String)
    return area_codes + "-" + subscriber.zip_with(~short, subscriber.str.slice(0, 7))


def resident_ids(regions: Ints, births: Ints, sequence: Ints) -> pl.Series:
    """18-character ids from region, birth (yyyymmdd) and ``sequence`` (0 to 999, odd for men); check digit by ISO 7064 MOD 11-2."""
    codes = np.empty((sequence.size, 18), dtype=np.uint8)
    codes[:, :6] = digits_of(regions, 6)
    codes[:, 6:14] = digits_of(births, 8)
    codes[:, 14:17] = digits_of(sequence, 3)
    remainder = weighted_sum(codes[:, :17], _ID_WEIGHTS) % 11
    codes += 48
    codes[:, 17] = _ID_CHECKS[remainder]
    return text_of(codes)


def credit_codes(heads: npt.NDArray[np.str_], serials: Ints) -> pl.Series:
    """18-character codes: eight characters of registry and region, eight digits of organization, two check characters."""
    codes = np.empty((serials.size, 18), dtype=np.int64)
    codes[:, :8] = heads.astype("S8").view(np.uint8).reshape(-1, 8).astype(np.int64) - 48
    codes[:, 8:16] = digits_of(serials, 8)
    organization = 11 - (codes[:, 8:16] @ _ORG_WEIGHTS) % 11
    codes[:, 16] = np.select([organization == 10, organization == 11], [30, 0], organization)
    # X is the thirtieth character but one of the alphabet of GB 32100 (it has no I, O, S, V, Z)
    codes[:, 16] = np.where(organization == 10, int(np.flatnonzero(ord("X") == _USCC_ALPHABET)[0]), codes[:, 16])
    codes[:, 17] = (31 - (codes[:, :17] @ _USCC_WEIGHTS) % 31) % 31
    return text_of(_USCC_ALPHABET[codes])
