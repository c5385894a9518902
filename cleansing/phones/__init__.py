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

from dataclasses import dataclass

import polars as pl

from cleansing import lists
from cleansing.phones import pieces, prefixes, scan

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
_PLAIN = r"^1[3-9][0-9]{9}$"


@dataclass(frozen=True)
class Reading:
    """What a column holds: ``cells`` (status, reasons; one row a cell) and ``numbers`` (row, value, type, ext, e164)."""

    cells: pl.DataFrame
    numbers: pl.DataFrame


def clean(values: pl.Series) -> pl.DataFrame:
    """Status, numbers, E.164 (mobiles first, then as written) and reasons of each cell: ``SCHEMA``, same height and order."""
    reading = read(values)
    numbers = reading.numbers.hstack(places(reading.numbers)).with_columns(
        region=pl.when(pl.col("province") == pl.col("city"))
        .then(pl.col("city"))
        .otherwise(pl.concat_str("province", "city", ignore_nulls=True))
    )
    numbers = numbers.with_columns(region=pl.when(pl.col("region") != "").then("region"))
    structs = numbers.select(pl.struct(*(field.name for field in NUMBER.fields))).to_series()
    return reading.cells.select(
        "status",
        lists.gather(structs, numbers["row"], height=len(values)).alias("numbers"),
        e164_lists(reading.numbers, height=len(values)).alias("e164"),
        "reasons",
    )


def e164_lists(numbers: pl.DataFrame, *, height: int) -> pl.Series:
    """E.164 of each of ``height`` cells, mobiles first, then in the order written, each once: List[String]."""
    ordered = numbers.select("row", "e164", landline=pl.col("type") != "mobile")
    if len(ordered) and not (ordered["row"].diff().drop_nulls() > 0).all():
        ordered = ordered.sort("row", "landline", maintain_order=True).unique(["row", "e164"], keep="first", maintain_order=True)
    return lists.gather(ordered["e164"], ordered["row"], height=height)


def places(numbers: pl.DataFrame) -> pl.DataFrame:
    """Province, city, carrier, virtual of the numbers of a :class:`Reading`, row by row; null where unknown."""
    mobile = numbers["type"] == "mobile"
    which = mobile.arg_true()
    mobiles = prefixes.of_mobiles(numbers["value"].gather(which)).with_columns(at=which)
    if mobile.all():
        return mobiles.drop("at")
    lines = (numbers["type"] == "landline").arg_true()
    areas = prefixes.of_areas(numbers["value"].gather(lines).str.extract("^(0[0-9]{2,3})-")).with_columns(at=lines)
    everywhere = pl.DataFrame({"at": pl.arange(len(numbers), eager=True, dtype=pl.UInt32)})
    known = pl.concat([mobiles, areas], how="diagonal")
    return (
        everywhere.join(known, on="at", how="left", maintain_order="left").drop("at").with_columns(pl.col("virtual").fill_null(value=False))
    )


def read(values: pl.Series) -> Reading:
    """Reads a column: the plain 11 digits at once, the formatted ones by expressions, distinct odd ones by :mod:`scan`."""
    written = values.cast(pl.String).rename("written")
    plain = written.str.contains(_PLAIN).fill_null(value=False)
    rest = pl.DataFrame({"row": (~plain).arg_true(), "written": written.filter(~plain)})
    easy_rows = plain.arg_true()
    easy = _mobiles(pl.DataFrame({"row": easy_rows, "value": written.gather(easy_rows)}))
    distinct = rest.select("written").unique().drop_nulls()
    cells, numbers = pieces.read(distinct["written"])
    rest_cells = rest.join(cells, on="written", how="left").select("row", pl.col("status").fill_null("empty"), "reasons")
    rest_numbers = (
        rest.join(numbers, on="written", how="inner").select("row", "at", "value", "type", "ext", "e164").sort("row", "at").drop("at")
    )
    all_cells = pl.concat([easy.cells, rest_cells]).sort("row").select("status", pl.col("reasons").fill_null([]))
    all_numbers = pl.concat([easy.numbers, rest_numbers]).sort("row", maintain_order=True)
    return Reading(all_cells, all_numbers)


def _mobiles(frame: pl.DataFrame) -> Reading:
    """Rows of 11 digits 1[3-9]…: valid, placeholder or of an unallocated segment (cells carry ``row`` here)."""
    number = frame["value"].cast(pl.Int64)
    runs = pl.Series(sorted(int(run) for run in scan.RUNS if len(run) == 8))
    famous = pl.Series(sorted(int(number) for number in scan.FAMOUS))
    placeholder = (number % 100_000_000).is_in(runs.implode()) | number.is_in(famous.implode())
    unallocated = (number // 100_000_000).is_in(pl.Series(sorted(int(s) for s in prefixes.UNALLOCATED)).implode())
    judged = frame.with_columns(placeholder=placeholder, unallocated=unallocated)
    good = judged.filter(~pl.col("placeholder") & ~pl.col("unallocated"))
    cells = judged.select(
        "row",
        status=pl.when("placeholder").then(pl.lit("placeholder")).when("unallocated").then(pl.lit("invalid")).otherwise(pl.lit("valid")),
        reasons=pl.when("placeholder").then(pl.lit(["phone_placeholder"])).when("unallocated").then(pl.lit(["phone_unallocated"])),
    )
    numbers = good.select(
        "row", "value", type=pl.lit("mobile"), ext=pl.lit(None, dtype=pl.String), e164=pl.concat_str(pl.lit("+86"), "value")
    )
    return Reading(cells, numbers)
