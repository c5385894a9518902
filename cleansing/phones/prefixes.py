"""What a number's first digits tell: province, city, carrier, virtual operator.

Mobiles: the table of seven-digit prefixes (data/reference/phone_prefixes.parquet), and for prefixes allocated since, the
segment's carrier (MIIT's allocation of three- and four-digit segments). Landlines: the area code. Hong Kong, Macau and Taiwan by
their country codes. 400 and 800: nothing.

>>> numbers = pl.Series(["13917852046", "16720981134", "0512-68881234"])
>>> places().select("province", "carrier", "virtual")[of_numbers(numbers, np.array([True, True, False]))].rows()
[('上海市', '移动', False), ('黑龙江省', '联通', True), ('江苏省', None, False)]
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing import reference, strings

FIRST_PREFIX = 1_300_000
_LAST_PREFIX = 1_999_999
_NOT_ALLOCATED = 65_535

# Segments not in use by public mobile networks: a number of one of them is not a mobile.
UNALLOCATED = frozenset({"142", "143", "154", "160", "161", "163", "164", "168", "169", "179", "194"})
_ALLOCATED_WITHIN = ("1610",)  # libphonenumber 9
_SEGMENTS = {
    "移动": "134 135 136 137 138 139 144 147 148 150 151 152 157 158 159 165 172 178 182 183 184 187 188 195 197 198 1703 1705 1706",
    "联通": "130 131 132 140 145 146 155 156 166 167 171 175 176 185 186 196 1704 1707 1708 1709",
    "电信": "133 1349 141 149 153 162 173 174 177 180 181 189 190 191 193 199 1700 1701 1702",
    "广电": "192",
}
_SATELLITE = "1349"
_VIRTUAL = (162, 165, 167, 170, 171)
_PLACE = {"province": pl.String(), "city": pl.String(), "carrier": pl.String(), "virtual": pl.Boolean(), "region": pl.String()}

Rows = npt.NDArray[np.int32]


def is_allocated(mobile: str) -> bool:
    """Whether the segment of an 11-digit mobile is in use."""
    return bool(_allocated()[int(mobile[:4]) - FIRST_PREFIX // 1_000])


def are_allocated(segments: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """The same of the first four digits of mobiles, 1300 to 1999."""
    found: npt.NDArray[np.bool_] = _allocated()[segments - FIRST_PREFIX // 1_000]
    return found


@functools.cache
def _allocated() -> npt.NDArray[np.bool_]:
    """For each four-digit segment from 1300 to 1999."""
    segments = [str(segment) for segment in range(FIRST_PREFIX // 1_000, _LAST_PREFIX // 1_000 + 1)]
    return np.array([segment[:3] not in UNALLOCATED or segment in _ALLOCATED_WITHIN for segment in segments])


def of_numbers(numbers: pl.Series, mobile: npt.NDArray[np.bool_]) -> Rows:
    """Row of :func:`places` of each number: ``mobile`` says which are 11 digits; a landline begins with its area code and a hyphen."""
    words = strings.views(numbers)
    prefix = strings.four_digits(words[:, 1]) * 1_000 + strings.four_digits(words[:, 2]) // 10
    rows: Rows = _mobile_table()[np.where(mobile, prefix - FIRST_PREFIX, 0)]
    rest = np.flatnonzero(~mobile)
    if not len(rest):
        return rows
    codes = numbers.gather(rest).str.extract(r"^(0[0-9]{2,3}|\+85[23]|\+886)")
    listed = _areas_and_regions()
    first = len(places()) - 1 - len(listed)
    area = codes.replace_strict(listed["area_code"], pl.arange(len(listed), eager=True), default=None, return_dtype=pl.Int32)
    rows[rest] = (area + first).fill_null(len(places()) - 1).to_numpy()
    return rows


@functools.cache
def places() -> pl.DataFrame:
    """Every place a number can be of: province, city, carrier (null where unknown), virtual, region (province and city in one).

    First those of the mobile prefixes, the same again as virtual operators', then the segments' carriers, one place nobody
    knows, the area codes, nothing.
    """
    segments = _segments()
    fallback = {
        "carrier": [carrier for _, carrier in segments] + [None],
        "virtual": [int(digits[:3]) in _VIRTUAL for digits, _ in segments] + [False],
    }
    mobile = reference.load("phone_places.parquet")
    known = [
        mobile,
        mobile.with_columns(virtual=pl.lit(value=True)),
        pl.DataFrame(fallback, schema={"carrier": pl.String(), "virtual": pl.Boolean()}),
        _areas_and_regions().select("province", "city", virtual=pl.lit(value=False)),
        pl.DataFrame({"virtual": [False]}),
    ]
    joined = pl.concat(known, how="diagonal")
    region = pl.when(pl.col("province") == pl.col("city")).then("city").otherwise(pl.concat_str("province", "city", ignore_nulls=True))
    return joined.with_columns(region=region).with_columns(region=pl.when(pl.col("region") != "").then("region")).select(*_PLACE).rechunk()


def _segments() -> list[tuple[str, str]]:
    return [(digits, carrier) for carrier, listed in _SEGMENTS.items() for digits in listed.split()]


def _areas() -> pl.DataFrame:
    return reference.load("phone_area_codes.parquet")


def _areas_and_regions() -> pl.DataFrame:
    """The area codes, and the codes of Hong Kong, Macau and Taiwan, whose numbers are international ones."""
    regions = {"area_code": ["+852", "+853", "+886"], "province": ["香港特别行政区", "澳门特别行政区", "台湾省"]}
    return pl.concat([_areas().select("area_code", "province", "city"), pl.DataFrame(regions)], how="diagonal")


@functools.cache
def area_codes() -> dict[str, int]:
    """Every area code with its leading 0, and the least number of digits of its landlines (8 where no 7 are left)."""
    return dict(_areas().select("area_code", "shortest").iter_rows())


@functools.cache
def shortest_by_area() -> npt.NDArray[np.int8]:
    """For area codes as integers (10 to 999, without the 0): the least number of digits of a landline; 127 where there is no such area."""
    table = np.full(1_000, 127, dtype=np.int8)
    for code, digits in area_codes().items():
        table[int(code)] = digits
    return table


@functools.cache
def _mobile_table() -> Rows:
    """Row of :func:`places` for each seven-digit prefix from ``FIRST_PREFIX``."""
    rows = reference.load("phone_places.parquet").height
    table = reference.load("phone_prefixes.parquet")["place"].to_numpy().astype(np.int32)
    segments = _segments()
    unknown = np.full(len(table), 2 * rows + len(segments), dtype=np.int32)
    for row, (digits, _) in sorted(enumerate(segments), key=lambda item: len(item[1][0])):  # the longer segment wins
        width = 10 ** (7 - len(digits))
        start = int(digits) * width - FIRST_PREFIX
        unknown[start : start + width] = 2 * rows + row
    satellite = slice(int(_SATELLITE + "000") - FIRST_PREFIX, int(_SATELLITE + "999") - FIRST_PREFIX + 1)
    table[satellite] = _NOT_ALLOCATED  # of no place; the source takes them for a virtual operator's
    for segment in _VIRTUAL:  # as a whole; the source knows it of newer prefixes only in part
        start = segment * 10_000 - FIRST_PREFIX
        table[start : start + 10_000] += np.where(table[start : start + 10_000] == _NOT_ALLOCATED, 0, rows).astype(np.int32)
    return np.where(table == _NOT_ALLOCATED, unknown, table)
