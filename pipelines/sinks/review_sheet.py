"""The review queue as a workbook that a person fills in, and back.

One pair a row: a drop-down for the decision, both records side by side field by field, what differs in colour and in bold. Row 1 (hidden) names
the columns for the way back, row 2 for people. The ids of the records and the fingerprint of what is shown stand in hidden columns.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import polars as pl
import yaml

from pipelines.sinks.flat import inert

if TYPE_CHECKING:
    import xlsxwriter

Language = Literal["zh", "en"]
HIDDEN = ("record_id_l", "record_id_r", "seen")
CODED = ("source", "gender")
"""Fields that hold codes, and are shown in words; the way back reads neither."""
SHEET = "review"
_HELP, _NAMES, _FIRST = 0, 1, 3  # rows: help, hidden names of columns, names for people, pairs
_WIDTHS = {"address": 30, "vin": 20, "id_number": 20, "phones": 16, "why": 24}
_TINT, _HEAD, _SAME = "#FFE3C2", "#0B6B6B", "#5B6770"


class SheetError(Exception):
    """A workbook is not a review sheet; the message says what is missing."""


def words(lang: Language) -> Mapping[str, str]:
    """Every word of the sheet in a language."""
    return _words()[lang]


@functools.cache
def _words() -> dict[str, dict[str, str]]:
    text = files("pipelines.sinks").joinpath("review_words.yaml").read_text(encoding="utf-8")
    content: dict[str, dict[str, str]] = yaml.safe_load(text)
    return content


def write(queue: pl.DataFrame, fields: Sequence[str], out: Path, *, lang: Language) -> None:
    """Writes the queue (see ``pipelines.stages.review``) to an XLSX file, readable by its owner only.

    Raises:
        SheetError: it cannot be written there.
    """
    said = words(lang)
    columns = ["decision", "why", "probability", "worth", *(f"{field}_{side}" for field in fields for side in "lr"), *HIDDEN]
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with _workbook(out, options) as book:
        sheet = book.add_worksheet(SHEET)
        head = book.add_format({"bold": True, "font_color": "white", "bg_color": _HEAD, "text_wrap": True, "valign": "top"})
        plain = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        alike = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@", "font_color": _SAME})
        apart = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@", "bg_color": _TINT, "bold": True})
        number = book.add_format({"num_format": "0.00", "valign": "top"})
        sheet.merge_range(_HELP, 0, _HELP, 12, said["help"], book.add_format({"text_wrap": True, "valign": "top"}))
        sheet.set_row(_HELP, 32)
        for place, name in enumerate(columns):
            sheet.write_string(_NAMES, place, name)
            sheet.write_string(_NAMES + 1, place, _heading(name, said), head)
            base = name.rsplit("_", 1)[0] if name.endswith(("_l", "_r")) else name
            sheet.set_column(place, place, _WIDTHS.get(base, 13), None, {"hidden": name in HIDDEN})
        sheet.set_row(_NAMES, None, None, {"hidden": True})
        named = {
            field: {key.removeprefix(f"{field}."): word for key, word in said.items() if key.startswith(f"{field}.")} for field in CODED
        }
        told = queue.with_columns(pl.col(f"{field}_{side}").replace(named[field]) for field in CODED if field in fields for side in "lr")
        safe = told.with_columns(_safe(f"{field}_{side}") for field in fields for side in "lr")
        for row, pair in enumerate(safe.iter_rows(named=True), start=_FIRST):
            for place, name in enumerate(columns):
                if name in {"decision", "why"}:
                    sheet.write_blank(row, place, None, plain)
                elif name in {"probability", "worth"}:
                    sheet.write_number(row, place, pair[name], number)
                else:
                    field = name[:-2]
                    differs = name not in HIDDEN and pair[f"{field}_l"] != pair[f"{field}_r"]
                    known = name not in HIDDEN and bool(pair[f"{field}_l"]) and bool(pair[f"{field}_r"])
                    sheet.write_string(row, place, pair[name] or "", apart if differs and known else plain if differs else alike)
        last = _FIRST + max(queue.height, 1) - 1
        choices = [said["same"], said["not_same"], said["skip"]]
        sheet.data_validation(
            _FIRST, 0, last, 0, {"validate": "list", "source": choices, "error_title": said["title"], "error_message": " / ".join(choices)}
        )
        sheet.autofilter(_NAMES + 1, 0, last, len(columns) - 1)
        sheet.freeze_panes(_FIRST, 4)
    out.chmod(0o600)


@contextmanager
def _workbook(out: Path, options: Mapping[str, object]) -> Iterator[xlsxwriter.Workbook]:
    """A new workbook, in folders that are made where they are missing.

    Raises:
        SheetError: it cannot be written there.
    """
    import xlsxwriter  # noqa: PLC0415 - only where a workbook is asked for

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with xlsxwriter.Workbook(str(out), dict(options)) as book:
            yield book
    except (OSError, xlsxwriter.exceptions.XlsxWriterException) as error:
        message = f"{out} cannot be written: {error}"
        raise SheetError(message) from error


def read(path: Path) -> pl.DataFrame:
    """The filled-in rows: row (as the sheet counts), decision (same | not_same | skip | what else was written), why, and ``HIDDEN``.

    Raises:
        SheetError: it is no workbook, or not one of ours.
    """
    import fastexcel  # noqa: PLC0415 - only where a workbook is read

    try:
        book = fastexcel.read_excel(path)
        frame = book.load_sheet(SHEET, header_row=None, dtypes="string").to_polars()
    except (fastexcel.FastExcelError, OSError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        message = f"{path} cannot be read as a review sheet (a workbook with a sheet named {SHEET!r}): {said}"
        raise SheetError(message) from error
    names = frame.row(_NAMES) if frame.height > _NAMES else ()
    missing = [name for name in ("decision", "why", *HIDDEN) if name not in names]
    if missing:
        message = f"{path} is no sheet of `chezhu review export`: row {_NAMES + 1} lacks {', '.join(missing)}"
        raise SheetError(message)
    meant = {word: kind for said in _words().values() for kind, word in said.items() if kind in {"same", "not_same", "skip"}}
    meant |= {kind: kind for kind in ("same", "not_same", "skip")}
    chosen = frame.select(pl.col(column).str.strip_chars().alias(name) for column, name in zip(frame.columns, names, strict=True) if name)
    rows = chosen.with_row_index("row", offset=1).slice(_FIRST).filter(pl.col("decision").fill_null("") != "")
    return rows.select("row", pl.col("decision").replace(meant), pl.col("why").fill_null(""), *HIDDEN)


def _safe(name: str) -> pl.Expr:
    """What begins like a formula is made inert; numbers in E.164 stay as they are."""
    text = pl.col(name)
    return pl.when(text.str.contains(r"^\+[0-9][0-9 +]*$")).then(text).otherwise(inert(text)).alias(name)


def _heading(name: str, said: Mapping[str, str]) -> str:
    if name in HIDDEN:
        return name
    if name.endswith(("_l", "_r")):
        return f"{said[name[:-2]]} {said['first' if name.endswith('_l') else 'second']}"
    return said[name]
