"""Addresses: province, city and district of today from any spelling, and the street in parts.

Rules: GB/T 2260 for codes (of today, with every change since 1980), in this order:

1. what says nothing (同上, 无, 本店) is *junk*; phones, persons, postcodes and remarks to the courier are split off;
2. the names at the head are read from left to right, full, short (沪, 浦东) or historic (闸北区, 襄樊市); each must lie, or
   once have lain, in what was read before; a second head, deeper than the first, is the true one;
3. a district that is alone in its name is believed without, or against wrong, upper levels (reason address_mismatch);
4. a name that two places have (朝阳区) stays ambiguous, unless the town, or a hint of the record, decides: a reason says which;
5. a town tells its district where the district is not written and only one can be meant;
6. the rest is split into town, community, road, number, estate, building, unit, floor, room; nothing is thrown away.

>>> clean(pl.Series(["湖北襄樊市襄阳区航空路8号"])).select("province", "city", "district", "adcode", "district_as_written", "road", "road_no").row(0)
('湖北省', '襄阳市', '襄州区', '420607', '襄阳区', '航空路', '8号')
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from cleansing.addresses import distinct
from cleansing.addresses.comparing import same_place
from cleansing.addresses.parse import HINTS, HINTS_AS, locate, parse
from cleansing.divisions import of_code

__all__ = ["clean", "division_of_code", "divisions", "same_place"]


def clean(values: pl.Series, *, hints: pl.DataFrame | None = None) -> pl.DataFrame:
    """Reads a column of addresses; where many repeat, every distinct one (with its hints) is read once.

    Args:
        values: addresses as written (String; null where nothing was written).
        hints: of the same height, optional String columns province, city, district that the rest of the record tells;
            used only to decide between places of one name.

    Returns:
        A frame of the same height and order: province, city, district, adcode (6 digits of today, the deepest known
        level), district_as_written, town, community, road, road_no, estate, building, unit, floor, room, rest, status
        (valid: district and street known | partial | ambiguous | junk | empty), normalized (one line),
        postcode_in_text, reasons (List[String]).

    Raises:
        ValueError: hints have another height than values.
    """
    if hints is not None and hints.height != len(values):
        message = f"hints have {hints.height} rows, addresses {len(values)}: give one row of hints for each address"
        raise ValueError(message)
    return _of_distinct(values, hints, parse)


def divisions(values: pl.Series, *, hints: pl.DataFrame | None = None) -> pl.DataFrame:
    """Province, city and district alone, as :func:`clean` finds them, for those who do not need the street.

    Returns:
        A frame of the same height and order: province, city, district, adcode, district_as_written.
    """
    return _of_distinct(values, hints, locate)


def _of_distinct(values: pl.Series, hints: pl.DataFrame | None, reading: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
    told = hints if hints is not None else pl.DataFrame()
    rows = values.cast(pl.String).alias("raw").to_frame()
    rows = rows.with_columns(told[name].cast(pl.String).alias(f"hint_{name}") for name in HINTS if name in told.columns)
    rows = rows.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in HINTS_AS if name not in rows.columns)
    return distinct.each(rows, reading)


def division_of_code(adcode: pl.Series) -> pl.DataFrame:
    """Province, city and district of today for region codes of any year (ids carry codes of places long gone)."""
    return of_code(adcode)
