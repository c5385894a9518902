"""Phones of one cell: mobiles, landlines, 400 and 800, foreign ones; several in a cell; inside text; damaged ones.

Rules (ITU-T E.164, MIIT's numbering plan, ISO-like trunk prefixes of China):

- a mobile has 11 digits, 1 and an allocated segment (14x to 19x too); +86, 0086, 0, 17951 and 12593 before it go;
- a landline has an area code that exists and 7 or 8 digits that start with 2 to 8; an extension is kept apart;
- 400 and 800 with 7 digits are service numbers; +/00 with another country's code is read by ``phonenumbers``;
- *repaired*: full-width or Chinese digits, l O for 1 0, ``13917852046.0``, ``1.3917852046E10`` (no digit lost); ``1.38E+10``
  has lost digits and is invalid;
- *placeholder*: 13800138000, eight equal digits, keyboard runs, words for "none"; *masked*: 138****1234;
- *needs_area_code*: 7 or 8 digits alone; *short_code*: 95588, 110, an internal line.

>>> clean(pl.Series(["+86 139-1785-2046", "021-58881234转801", "138****1234"])).select("status", "e164").rows()
[('valid', ['+8613917852046']), ('valid', ['+862158881234']), ('masked', [])]
"""

from __future__ import annotations

import numpy as np
import polars as pl

from cleansing import lists, strings
from cleansing.phones import formatted, plain, prefixes, singly
from cleansing.phones.parts import Reading, whole

NUMBER = pl.Struct(
    {
        "value": pl.String(),
        "type": pl.String(),
        "ext": pl.String(),
        "region": pl.String(),
        "carrier": pl.String(),
        "virtual": pl.Boolean(),
    }
)
SCHEMA = {
    "status": pl.String(),
    "numbers": pl.List(NUMBER),
    "e164": pl.List(pl.String()),
    "reasons": pl.List(pl.String()),
}


def clean(values: pl.Series) -> pl.DataFrame:
    """Status, numbers, E.164 (mobiles first, then as written) and reasons of each cell: ``SCHEMA``, same height and order."""
    reading = read(values)
    found = _places(reading.numbers, "region", "carrier", "virtual")
    structs = pl.DataFrame([*reading.numbers.select("value", "type", "ext"), *found]).to_struct("numbers")
    return reading.cells.select(
        "status",
        lists.gather(structs, reading.numbers["row"], height=len(values)).alias("numbers"),
        e164_lists(reading.numbers, height=len(values)).alias("e164"),
        "reasons",
    )


def e164_lists(numbers: pl.DataFrame, *, height: int) -> pl.Series:
    """E.164 of each of ``height`` cells, mobiles first, then in the order written, each once: List[String]."""
    rows = numbers["row"].to_numpy()
    again = np.flatnonzero(rows[1:] == rows[:-1]) + 1
    if not len(again):
        return lists.gather(numbers["e164"], numbers["row"], height=height)
    shared = np.zeros(len(numbers), dtype=np.bool_)
    shared[again] = shared[again - 1] = True
    several = np.flatnonzero(shared)
    ordered = numbers[several].select("row", "e164", at=pl.Series(several), landline=pl.col("type") != "mobile")
    ordered = ordered.sort("row", "landline", "at")  # the same places, in another order
    order, kept = np.arange(len(numbers)), np.ones(len(numbers), dtype=np.bool_)
    order[several] = ordered["at"].to_numpy()
    kept[several] = ordered.select(pl.struct("row", "e164").is_first_distinct()).to_series().to_numpy()
    chosen = numbers.select("row", "e164")[order[kept]]
    return lists.gather(chosen["e164"], chosen["row"], height=height)


def places(numbers: pl.DataFrame) -> pl.DataFrame:
    """Province, city, carrier, virtual of the numbers of a :class:`Reading`, row by row; null where unknown."""
    return _places(numbers, "province", "city", "carrier", "virtual")


def _places(numbers: pl.DataFrame, *columns: str) -> pl.DataFrame:
    rows = prefixes.of_numbers(numbers["value"], (numbers["type"] == "mobile").to_numpy())
    told = prefixes.places().select(columns)
    return pl.DataFrame([strings.gather(one, rows) if one.dtype == pl.String else one.gather(pl.Series(rows)) for one in told])


def read(values: pl.Series) -> Reading:
    """Reads a column: plain 11 digits at once, others by their layout, the distinct cells that are left one by one."""
    written = values.cast(pl.String).fill_null("")
    parts = [plain.read(written)]
    for reader in (formatted.read, singly.read):
        left = np.ones(len(written), dtype=np.bool_)
        for part in parts:
            left[part.cells] = False
        rows = np.flatnonzero(left)
        if len(rows):
            parts += [part.moved(rows) for part in reader(written.gather(rows))]
    return whole(parts, height=len(written))
