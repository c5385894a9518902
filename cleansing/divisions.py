"""The divisions of China: today's GB/T 2260 codes down to the town, and every county-level name and code since 1980.

``current()``: adcode, level (1 province, 2 city, 3 county), name, province, city, district. The city of a municipality
is the municipality (上海市, 上海市, 静安区); a county straight below its province has no city (湖北省, null, 仙桃市).

``history()``: level (4: codes that only ids carry), name, province and city as they were, code, first_year, last_year,
``today`` (the adcode it became) and ``changed`` (the year; null where it still is).

>>> current().filter(pl.col("adcode") == "310106").row(0)
('310106', 3, '静安区', '上海市', '上海市', '静安区')
>>> history().filter(pl.col("name") == "闸北区").select("code", "today", "changed").row(0)
('310108', '310106', 2015)
"""

from __future__ import annotations

import functools

import polars as pl

from cleansing import reference


def current() -> pl.DataFrame:
    """Divisions of today; columns in the module's docstring, all strings but ``level``."""
    return reference.load("divisions.parquet")


def history() -> pl.DataFrame:
    """Divisions of any year since 1980 with what they are today; columns in the module's docstring."""
    return reference.load("divisions_history.parquet")


def towns() -> pl.DataFrame:
    """Towns and street offices: name, and the adcode of their county (of their city where it has no counties)."""
    return reference.load("towns.parquet")


def whole_cities() -> pl.Series:
    """Adcodes of cities that have no districts (东莞市): the city is all there is to know."""
    return _whole_cities(str(reference.folder()))


@functools.cache
def _whole_cities(_folder: str) -> pl.Series:
    divided = current().filter(pl.col("level") == 3)["adcode"].str.slice(0, 4).unique()
    cities = current().filter(pl.col("level") == 2)
    return cities.filter(~pl.col("adcode").str.slice(0, 4).is_in(divided.implode()))["adcode"]


def known_codes() -> pl.DataFrame:
    """Every 6-digit code that was ever given: code, first_year and last_year (null where unknown), today.

    A code that was given to several places in turn is there once: with the first and the last year of all of them, and
    what the latest of them is today. Ids keep the code of the place and time of their first registration.
    """
    codes = history().sort("code", "last_year", nulls_last=False).group_by("code", maintain_order=True)
    return codes.agg(pl.col("first_year").min(), pl.col("last_year").max(), pl.col("today").last())


def of_code(adcode: pl.Series) -> pl.DataFrame:
    """Province, city and district of today for 6-digit codes of any year; null where no such code was ever given.

    Returns:
        A frame of the same height and order: province, city, district (String).
    """
    codes = (
        known_codes()
        .select("code", adcode="today")
        .join(current().select("adcode", "province", "city", "district"), on="adcode", how="left")
    )
    wanted = adcode.cast(pl.String()).alias("code").to_frame()
    return wanted.join(codes, on="code", how="left", maintain_order="left").select("province", "city", "district")
