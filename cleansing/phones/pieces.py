"""Cells with anything but 11 plain digits, by expressions; only what these leave goes through :mod:`cleansing.phones.scan`.

A cell is cut at separators into pieces, words around each piece are dropped, and each piece must be one whole number by the
patterns of ``scan``. One piece that is none sends its whole cell to ``scan``, so both give the same answer.
"""

from __future__ import annotations

import polars as pl

from cleansing import text
from cleansing.phones import prefixes, scan

_SEPARATORS = r"[;,/\\、|\n]"
_WORDS = r"^[\p{Han}:： (（)）]*?([0-9+(].*?)[\p{Han}: ()]*$"
_DECIMAL = r"^([0-9]{7,13})\.0{1,6}$"
_SCIENTIFIC = r"^([0-9])\.([0-9]{10})[eE]\+?10$"
_LOST = r"^[0-9](?:\.[0-9]{0,8})?[eE]\+?1[0-9]$"
_LOCAL = "^[2-8][0-9]{6,7}$"
_TOO_SHORT = "^1[1-9][0-9]{8}$"
_MASKED = r"^1[0-9]{2}\*{4}[0-9]{4}$"
_NUMBER = {"value": pl.String(), "type": pl.String(), "ext": pl.String()}


def read(distinct: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cells (written, status, reasons) and numbers (written, at, value, type, ext, e164) of distinct cells.

    ``at`` puts the numbers of a cell in the order written.
    """
    flat = text.normalize(pl.col("written").str.replace_all(f"[{scan.DASHES}]", "-")).str.strip_chars(" '\"=`‘’“”")
    frame = distinct.alias("written").to_frame().with_row_index("cell").with_columns(flat=flat)
    frame = frame.with_columns(
        junk=text.is_junk(pl.col("flat")),
        undone=pl.coalesce(
            pl.col("flat").str.extract(_DECIMAL),
            pl.concat_str(pl.col("flat").str.extract(_SCIENTIFIC, 1), pl.col("flat").str.extract(_SCIENTIFIC, 2)),
        ),
        wide=pl.col("written").str.contains("[０-９]"),
    )
    pieces = _pieces(frame.filter(~pl.col("junk")))
    known, judged = _judged(frame, pieces)
    left = frame.join(known, on="cell", how="anti")
    scanned_cells, scanned_numbers = _scanned(left.select("cell", "written"))
    cells = pl.concat([known, scanned_cells]).join(frame.select("cell", "written"), on="cell").drop("cell")
    numbers = (
        pl.concat([judged.join(known, on="cell", how="semi"), scanned_numbers])
        .join(frame.select("cell", "written"), on="cell")
        .drop("cell")
    )
    return cells, numbers


def _pieces(frame: pl.DataFrame) -> pl.DataFrame:
    """Pieces of the cells: cell, at, and what each is: value, type, ext (null where it is no whole number), bad (its reason)."""
    separated = pl.coalesce("undone", "flat").str.replace_all(_SEPARATORS, ";").str.split(";")
    pieces = frame.select("cell", piece=separated).explode("piece", empty_as_null=True).with_columns(pl.col("piece").str.strip_chars(" "))
    pieces = pieces.filter(pl.col("piece") != "").with_row_index("at")
    digits = pl.col("piece").str.contains(f"[{''.join(scan.CHINESE_DIGITS)}]")
    core = pieces.with_columns(core=pl.when(~digits).then(pl.col("piece").str.extract(_WORDS)))
    parts = core.select("cell", "at", pl.col("core").str.extract_groups("(?i)" + scan.WHOLE).alias("parts")).unnest("parts")
    parts = parts.with_columns(pl.col("service", "mobile", "local").str.replace_all("[^0-9]", ""), ext=pl.coalesce("ext", "ext2"))
    mobile, service, local, area = pl.col("mobile"), pl.col("service"), pl.col("local"), pl.concat_str(pl.lit("0"), "area")
    runs = pl.Series(sorted(scan.RUNS)).implode()
    famous = pl.Series(sorted(scan.FAMOUS)).implode()
    unallocated = pl.Series(sorted(prefixes.UNALLOCATED)).implode()
    areas = pl.Series(sorted(prefixes.area_codes())).implode()
    return parts.select(
        "cell", "at",
        value=pl.coalesce(
            mobile,
            pl.concat_str(service.str.slice(0, 3), pl.lit("-"), service.str.slice(3, 3), pl.lit("-"), service.str.slice(6)),
            pl.when(area.is_in(areas)).then(pl.concat_str(area, pl.lit("-"), local)),
        ),
        type=pl.when(mobile.is_not_null()).then(pl.lit("mobile")).when(service.is_not_null()).then(pl.lit("service")).otherwise(pl.lit("landline")),
        ext="ext",
        bad=pl.when(mobile.str.slice(3).is_in(runs) | mobile.is_in(famous)).then(pl.lit("phone_placeholder"))
        .when(mobile.str.slice(0, 3).is_in(unallocated)).then(pl.lit("phone_unallocated"))
        .when(local.is_in(runs)).then(pl.lit("phone_placeholder")),
    )  # fmt: skip


def _judged(frame: pl.DataFrame, pieces: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cells (cell, status, reasons) that expressions can judge, and the numbers of all pieces that are good."""
    sums = pieces.group_by("cell").agg(
        count=pl.len(), good=(pl.col("value").is_not_null() & pl.col("bad").is_null()).sum(), bad=pl.col("bad").first()
    )
    cells = frame.join(sums, on="cell", how="left").with_columns(pl.col("count", "good").fill_null(0))
    flat, runs = pl.col("flat"), pl.Series(sorted(scan.RUNS)).implode()
    reason = (
        pl.when("junk").then(pl.lit("phone_placeholder"))
        .when(pl.col("bad").is_not_null() & (pl.col("count") == 1)).then("bad")
        .when(flat.is_in(runs)).then(pl.lit("phone_placeholder"))
        .when(flat.str.contains(_LOST)).then(pl.lit("phone_digits_lost"))
        .when(flat.str.contains(_MASKED)).then(pl.lit("phone_masked"))
        .when(flat.str.contains(_LOCAL)).then(pl.lit("phone_needs_area_code"))
        .when(flat.str.contains(_TOO_SHORT)).then(pl.lit("phone_invalid"))
    )  # fmt: skip
    all_good = (pl.col("count") > 0) & (pl.col("good") == pl.col("count"))
    fixed = pl.col("undone").is_not_null() | pl.col("wide")
    cells = cells.with_columns(
        reason=pl.when(all_good).then(pl.when(fixed).then(pl.lit("phone_repaired"))).otherwise(reason), all_good=all_good
    )
    named = {"phone_unallocated": "invalid", "phone_digits_lost": "invalid"}
    status = (
        pl.when("all_good").then(pl.when(fixed).then(pl.lit("repaired")).otherwise(pl.lit("valid")))
        .when(flat == "").then(pl.lit("empty"))
        .otherwise(pl.col("reason").replace(named).str.strip_prefix("phone_"))
    )  # fmt: skip
    known = cells.select("cell", status=status, reasons=pl.concat_list("reason").list.drop_nulls()).drop_nulls("status")
    good = pieces.filter(pl.col("value").is_not_null() & pl.col("bad").is_null()).unique(
        ["cell", "value", "ext"], keep="first", maintain_order=True
    )
    return known, good.join(cells.filter("all_good").select("cell"), on="cell", how="semi").select("cell", "at", *_NUMBER, e164=_e164())


def _e164() -> pl.Expr:
    digits = pl.col("value").str.replace_all("-", "", literal=True)
    national = pl.when(pl.col("type") == "landline").then(digits.str.slice(1)).otherwise(digits)
    return pl.when(pl.col("type") == "international").then("value").otherwise(pl.concat_str(pl.lit("+86"), national))


def _scanned(left: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The same of the cells that only ``scan`` can read, one by one."""
    found = [scan.read(written) for written in left["written"]]
    cells = left.select("cell").with_columns(
        status=pl.Series([cell.status for cell in found], dtype=pl.String),
        reasons=pl.Series([cell.reasons for cell in found], dtype=pl.List(pl.String)),
    )
    flat = [(place, number) for place, cell in enumerate(found) for number in cell.numbers]
    numbers = pl.DataFrame(
        {
            "cell": left["cell"].gather([place for place, _ in flat]),
            "at": pl.Series(range(len(flat)), dtype=pl.UInt32),
            "value": pl.Series([number.value for _, number in flat], dtype=pl.String),
            "type": pl.Series([number.type for _, number in flat], dtype=pl.String),
            "ext": pl.Series([number.ext for _, number in flat], dtype=pl.String),
        }
    )
    return cells, numbers.with_columns(e164=_e164())
