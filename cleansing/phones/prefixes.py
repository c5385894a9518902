"""What a number's first digits tell: province, city, carrier, virtual operator.

Mobiles: the table of seven-digit prefixes (data/reference/phone_prefixes.parquet), and for prefixes allocated since, the
segment's carrier (MIIT's allocation of three- and four-digit segments). Landlines: the area code. 400 and 800: nothing.

>>> numbers = pl.Series(["13917852046", "16720981134"])
>>> of_mobiles(numbers).select("province", "carrier", "virtual").rows()
[('上海市', '移动', False), ('黑龙江省', '联通', True)]
"""

from __future__ import annotations

import functools

import numpy as np
import polars as pl

from cleansing import reference

FIRST_PREFIX = 1_300_000
_NOT_ALLOCATED = 65_535

# Segments not in use by public mobile networks: a number of one of them is not a mobile.
UNALLOCATED = frozenset({"142", "143", "154", "160", "161", "163", "164", "168", "169", "179", "194"})
_SEGMENTS = {
    "移动": "134 135 136 137 138 139 144 147 148 150 151 152 157 158 159 165 172 178 182 183 184 187 188 195 197 198 1703 1705 1706",
    "联通": "130 131 132 140 145 146 155 156 166 167 171 175 176 185 186 196 1704 1707 1708 1709",
    "电信": "133 1349 141 149 153 162 173 174 177 180 181 189 190 191 193 199 1700 1701 1702",
    "广电": "192",
}
_VIRTUAL = (162, 165, 167, 170, 171)


def of_mobiles(numbers: pl.Series) -> pl.DataFrame:
    """Province, city, carrier (String, null where unknown) and virtual (Boolean) of 11-digit mobiles, row by row."""
    prefixes = numbers.str.slice(0, 7).cast(pl.Int32).to_numpy()
    table, places = _mobile_table()
    # Segments of virtual operators are so as a whole; the table knows it of the prefixes of 2023 only in part.
    virtual = np.isin(prefixes // 10_000, _VIRTUAL)
    found: pl.DataFrame = places[table[prefixes - FIRST_PREFIX]]
    return found.with_columns(virtual=pl.col("virtual") | pl.Series(virtual))


def of_areas(codes: pl.Series) -> pl.DataFrame:
    """Province and city of area codes with the leading 0; null where unknown or shared by several cities."""
    table = reference.load("phone_area_codes.parquet")
    return codes.to_frame("area_code").join(table, on="area_code", how="left", maintain_order="left").select("province", "city")


@functools.cache
def area_codes() -> frozenset[str]:
    """Every area code with its leading 0."""
    return frozenset(reference.load("phone_area_codes.parquet")["area_code"])


@functools.cache
def _mobile_table() -> tuple[np.ndarray[tuple[int], np.dtype[np.int32]], pl.DataFrame]:
    """Row of the places for each seven-digit prefix from ``FIRST_PREFIX``; the last rows are the segments' carriers."""
    places = reference.load("phone_places.parquet")
    table = reference.load("phone_prefixes.parquet")["place"].to_numpy().astype(np.int32)
    segments = [(digits, carrier) for carrier, listed in _SEGMENTS.items() for digits in listed.split()]
    fallback = pl.DataFrame(
        {
            "province": pl.Series([None] * (len(segments) + 1), dtype=pl.String),
            "city": pl.Series([None] * (len(segments) + 1), dtype=pl.String),
            "carrier": [carrier for _, carrier in segments] + [None],
            "virtual": [int(digits[:3]) in _VIRTUAL for digits, _ in segments] + [False],
        }
    )
    unknown = np.full(len(table), len(places) + len(segments), dtype=np.int32)
    for row, (digits, _) in sorted(enumerate(segments), key=lambda item: len(item[1][0])):  # the longer segment wins
        width = 10 ** (7 - len(digits))
        start = int(digits) * width - FIRST_PREFIX
        unknown[start : start + width] = len(places) + row
    return np.where(table == _NOT_ALLOCATED, unknown, table), pl.concat([places, fallback])
