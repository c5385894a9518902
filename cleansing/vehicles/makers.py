"""Who made a car and where, from the first three characters of its VIN (WMI, ISO 3780).

Makers sold in China stand in data/reference/wmi.csv, with the brands that each may carry; a country is known of every WMI.

>>> describe(pl.Series(["LFV", "WBA", "5YJ", "9ZZ"])).rows()
[('一汽-大众', 'CN'), ('宝马', 'DE'), ('特斯拉', 'US'), (None, 'BR')]
"""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing import reference, strings

Numbers = npt.NDArray[np.uint16]
NO_CODE = 36**3
_ORDER = "ABCDEFGHJKLMNPRSTUVWXYZ1234567890"
# ISO 3780: first character, and the range of the second; a lone first character is a whole country.
_COUNTRIES = """
1 US|4 US|5 US|2 CA|3A-W MX|6 AU|7A-E NZ|7F-0 US|8A-E AR|8F-J CL|9A-E BR|93-9 BR|9S-W UY|9X-Z BR|A ZA|H CN|J JP|KF-K IL|KL-R KR|L CN|MA-E IN|MF-K ID
|ML-R TH|MZ-0 IN|NL-R TR|PA-E PH|PF-K SG|PL-R MY|RA-E AE|RF-K TW|RL-R VN|SA-M GB|SN-T DE|SU-Z PL|TA-H CH|TJ-P CZ|TR-V HU|TW-1 PT|UU-Z RO|U5-7 SK
|VA-E AT|VF-R FR|VS-W ES|W DE|XL-R NL|XS-W RU|X3-0 RU|XP-P DE|YA-E BE|YF-K FI|YS-W SE|ZA-R IT
"""


def describe(wmis: pl.Series) -> pl.DataFrame:
    """Maker (Chinese name, null where not in the table) and country (ISO 3166, null where not assigned), row by row."""
    frame = wmis.alias("wmi").to_frame().with_columns(start=pl.col("wmi").str.slice(0, 2))
    frame = frame.join(table(reference.path("wmi.csv")).drop("brands"), on="wmi", how="left", maintain_order="left")
    return frame.join(_countries(), on="start", how="left", maintain_order="left").select("maker", "country")


def numbers(columns: strings.Bytes) -> Numbers:
    """For :func:`of_numbers`, of three columns of bytes (capital letters and digits); ``NO_CODE`` where the first is no such byte."""
    first, second, third = np.take(_PLACE, columns)
    return np.where(first == _NONE, NO_CODE, (first * 36 + second) * 36 + third).astype(np.uint16)


def of_numbers(numbers: Numbers) -> pl.DataFrame:
    """``wmi``, ``maker`` and ``country`` of codes by number; null of ``NO_CODE``."""
    return _every(reference.path("wmi.csv"))[numbers]


_NONE = 255
_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PLACE = np.full(256, _NONE, dtype=np.uint32)
_PLACE[np.frombuffer(_CHARACTERS.encode(), dtype=np.uint8)] = np.arange(36)


@functools.cache
def _every(file: Path) -> pl.DataFrame:
    """All 36³ codes in order, described, and one row of nulls: found by number, no text is hashed."""
    wmis = pl.Series("wmi", [a + b + c for a in _CHARACTERS for b in _CHARACTERS for c in _CHARACTERS])
    described = wmis.to_frame().with_columns(start=pl.col("wmi").str.slice(0, 2))
    described = described.join(table(file).drop("brands"), on="wmi", how="left", maintain_order="left")
    described = described.join(_countries(), on="start", how="left", maintain_order="left").select("wmi", "maker", "country")
    return pl.concat([described, described.clear(1)], rechunk=True)


@functools.cache
def table(file: Path) -> pl.DataFrame:
    """WMI, maker and brands (List) of the reference file."""
    return pl.read_csv(file, schema_overrides={"wmi": pl.String}).with_columns(pl.col("brands").str.split("|"))


@functools.cache
def _countries() -> pl.DataFrame:
    found: dict[str, str] = {}
    for entry in _COUNTRIES.replace("\n", "").split("|"):
        span, country = entry.split(" ")
        if len(span) == 1:
            seconds = _ORDER
        else:
            first, last = span[1:].split("-")
            seconds = _ORDER[_ORDER.index(first) : _ORDER.index(last) + 1]
        found |= {span[0] + second: country for second in seconds}
    return pl.DataFrame({"start": list(found), "country": list(found.values())})
