"""Landlines that were written without their area code, completed where the place is known.

A number of 7 or 8 digits says nothing by itself. Where the record tells one place (the city of its address, that of its dealer, and they
are of one area), its code is put in front; the cell is then read as if it had been written so. What stays as it is: a number that is too
short or too long for the area, eight digits that are a day (20230503), a number that something else is said of (QQ58881234), and whatever would
cost the cell another of its numbers.

>>> from cleansing import phones
>>> cells = pl.Series(["58881234转801", "13917852046/58881234", "QQ58881234", "58881234"])
>>> found = complete(phones.read(cells), cells, pl.Series(["021", "021", "021", None]))
>>> found.numbers.select("row", "value", "ext").rows()
[(0, '021-58881234', '801'), (1, '13917852046', None), (1, '021-58881234', None)]
>>> found.cells.rows()[1:]
[('repaired', ['phone_area_code_added']), ('needs_area_code', ['phone_needs_area_code']), ('needs_area_code', ['phone_needs_area_code'])]
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

import polars as pl

from cleansing import dictionaries, reference
from cleansing.phones import damage, scan
from cleansing.phones.parts import EXTRA, Reading

COMPLETED = "phone_area_code_added"
_LACKING = "phone_needs_area_code"
_BARE = re.compile(r"(?<![0-9])(?<![0-9][\-.])[2-8][0-9]{2,3}[ \-.]?[0-9]{4}(?![0-9])")
_DAY = re.compile("20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_SAID_OF_PHONES = re.compile(
    r"(?:phone|mobile|tel|fax|ext|x)|[手机座固话电联系住宅家庭办公室单位司转分内线号码本人夫妻父母先生女士小姐传真或和及与轉電話機聯繫號碼內線]",
    re.IGNORECASE,
)
_SCHEMA = {"row": pl.UInt32(), "value": pl.String(), "type": pl.String(), "ext": pl.String(), "e164": pl.String()}


def complete(reading: Reading, cells: pl.Series, codes: pl.Series) -> Reading:
    """The reading of ``cells`` with the landlines completed.

    Args:
        reading: what :func:`cleansing.phones.read` found in ``cells``.
        cells: as written, of the same height.
        codes: the area code (with its 0) of each record's place; null where nothing decides.
    """
    told = pl.DataFrame({"written": cells.cast(pl.String), "code": codes}).with_row_index("row")
    doubtful = reading.cells["reasons"].list.last().is_in([_LACKING, EXTRA]) & codes.is_not_null()
    asked = told.filter(doubtful)
    read = {pair: _completed(*pair) for pair in asked.select("written", "code").unique().rows()}
    found = [(row, cell) for row, *pair in asked.rows() if (cell := read[pair[0], pair[1]]) is not None]
    if not found:
        return reading
    rows = pl.Series([row for row, _ in found], dtype=pl.UInt32)
    changed = pl.DataFrame(
        [(row, "repaired", [*(reason for reason in cell.reasons if reason != EXTRA), COMPLETED, *([EXTRA] if EXTRA in cell.reasons else [])])
         for row, cell in found],
        schema={"row": pl.UInt32, "status": pl.String, "reasons": pl.List(pl.String)}, orient="row",
    )  # fmt: skip
    numbers = pl.DataFrame(
        [(row, number.value, number.type, number.ext, number.e164) for row, cell in found for number in cell.numbers],
        schema=_SCHEMA,
        orient="row",
    )
    kept = reading.numbers.filter(~pl.col("row").is_in(rows.implode()))
    return Reading(
        reading.cells.with_row_index("row").update(changed, on="row").drop("row"),
        pl.concat([kept.cast(pl.Schema(_SCHEMA)), numbers]).sort("row", maintain_order=True),
    )


def _completed(written: str, code: str) -> scan.Cell | None:
    """The cell with the code before its bare landlines; None where there are none, or something is lost by it."""
    folded = damage.undo(damage.fold(written).text).text
    if re.search(r"[^\W0-9_]", _SAID_OF_PHONES.sub("", folded)):
        return None
    least, most = _lengths(reference.folder())[code]

    def with_code(bare: re.Match[str]) -> str:
        digits = re.sub("[^0-9]", "", bare[0])
        return f"{code}-{digits}" if least <= len(digits) <= most and not _DAY.fullmatch(bare[0]) else bare[0]

    longer = _BARE.sub(with_code, folded)
    before, after = scan.read(written), scan.read(longer)
    return after if set(before.numbers) < set(after.numbers) and _LACKING not in after.reasons else None


@functools.cache
def _lengths(_folder: Path) -> dict[str, tuple[int, int]]:
    """By area code: the least and most digits of its landlines."""
    rows = reference.load("phone_area_codes.parquet").select("area_code", "shortest", "longest").rows()
    return {code: (least, most) for code, least, most in rows}


def codes_of(places: pl.DataFrame) -> pl.Series:
    """Area code of each place (province, city: official names; the city may be a county below its province); null where unknown."""
    return places.select("province", "city").join(
        _codes(reference.folder()), on=["province", "city"], how="left", maintain_order="left"
    )["area_code"]  # fmt: skip


@functools.cache
def _codes(_folder: Path) -> pl.DataFrame:
    """province, city, area_code: cities of a code of their own, and those of shared_area_codes.csv."""
    shared = dictionaries.table("shared_area_codes.csv", "area_code", "province", "city")
    own = reference.load("phone_area_codes.parquet").filter(pl.col("city").is_not_null()).join(shared, on=["province", "city"], how="anti")
    one = own.filter(pl.len().over("province", "city") == 1)
    return pl.concat([one.select(shared.columns), shared])
