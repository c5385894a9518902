r"""Lines of delimited text to rows of cells (RFC 4180, with the repairs that real exports need).

A line is a row of its own unless it opens a quote that it does not close; then the lines that follow are joined to it, up
to :data:`JOIN_LINES`, if that gives a row of the right width. Otherwise the line is read alone: as the csv module reads it, and with
quotes as plain characters, whichever gives the right width. So one stray quote costs at most its own row, never the rest of the file.

A row with more fields than the header loses blank ones at its end, or is at fault (``too_many_fields``). A row with
fewer is filled with blanks if more than half are there (spreadsheets leave out trailing delimiters), else it is at fault
(``too_few_fields``); what notes and totals below a table are is decided later, from the cells.

:class:`LineReader` does this for whole batches with Polars where lines are regular; :func:`read_carefully` is the same
rule line by line, for the lines that are not, and as the oracle of the tests.

>>> [row.cells for row in read_carefully(['a,"b', 'c",d', '"x,y,z'], delimiter=",", width=3)]
[('a', 'b\nc', 'd'), ('"x', 'y', 'z')]
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import polars as pl

from pipelines.ingest.reasons import RefusedError

JOIN_LINES: Final = 50
"""A quoted value holds at most so many line breaks."""

BLANKS: Final = " \t\r\n\v\f\x00\x85\xa0\u2002\u2003\u2009\u200b\u3000\ufeff"
"""What a blank cell may hold: spaces of any width, NUL, byte order marks within a file."""

_CHARS_JOINED = 65_536
_QUOTED = r'"(?:[^"]|"")*"'
_QUOTED_PLAINLY = r'"(?:[^"\r]|"")*"'  # a carriage return inside is for the careful reader: Polars may drop it


@dataclass(frozen=True)
class Row:
    """One row: cells as written (None for blank), the reason where it is at fault, its text, how many lines it took, and whether it was filled up."""

    cells: tuple[str | None, ...]
    fault: str | None
    raw: str
    lines: int = 1
    padded: bool = False


@cache
def _complete(delimiter: str) -> re.Pattern[str]:
    """Lines whose quotes all close: a quoted field, or one that does not begin with a quote."""
    d = re.escape(delimiter)
    field = rf'(?:"(?:[^"]|"")*+"(?={d}|$)|(?!")[^{d}]*+)'
    return re.compile(rf"{field}(?:{d}{field})*+", re.DOTALL)


@cache
def _open(delimiter: str) -> re.Pattern[str]:
    """Lines whose last field begins with a quote that does not close."""
    d = re.escape(delimiter)
    field = rf'(?:"(?:[^"]|"")*+"(?={d})|(?!")[^{d}]*+)'
    return re.compile(rf'(?:{field}{d})*+"(?:[^"]|"")*+', re.DOTALL)


def _read_leniently(line: str, delimiter: str) -> list[str]:
    """Fields as the csv module guesses them; none where it gives up."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _fields(text: str, delimiter: str) -> list[str]:
    """Fields of a complete row, which may hold line breaks inside quotes."""
    fields: list[str] = []
    place = 0
    while True:
        if text.startswith('"', place):
            end = place + 1
            while text.startswith('""', end := text.index('"', end)):
                end += 2
            fields.append(text[place + 1 : end].replace('""', '"'))
            place = end + 1
        else:
            end = text.find(delimiter, place)
            end = len(text) if end < 0 else end
            fields.append(text[place:end])
            place = end
        if place >= len(text):
            return fields
        place += 1


def _row(fields: Sequence[str], raw: str, width: int, lines: int, *, bad: bool) -> Row:
    """``fields`` brought to ``width``, or at fault."""
    cells = [field if field.strip(BLANKS) else None for field in fields]
    while len(cells) > width and cells[-1] is None:
        cells.pop()
    given = len(cells)
    if given < width and not any(cells):
        return Row((None,) * width, "undecodable" if bad else None, raw, lines)
    fault = "undecodable" if bad else "too_many_fields" if given > width else None
    if given < width:
        if fault is None and 2 * given <= width:
            fault = "too_few_fields"
        cells += [None] * (width - given)
    return Row(tuple(cells[:width]), fault, raw, lines, padded=given < width and fault is None)


def _take(lines: Sequence[str], bad: Sequence[bool] | None, place: int, delimiter: str, width: int | None, *, more: bool) -> Row | None:
    """The row that begins at ``place``; None where only lines that are not here yet can tell (``more`` will come)."""
    line = lines[place]
    flawed = bool(bad and bad[place])
    if '"' not in line:
        fields = line.split(delimiter)
        return _row(fields, line, width or len(fields), 1, bad=flawed)
    if _complete(delimiter).fullmatch(line):
        fields = _fields(line, delimiter)
        return _row(fields, line, width or len(fields), 1, bad=flawed)
    if _open(delimiter).fullmatch(line):
        text = line
        for count in range(2, JOIN_LINES + 1):
            follower = place + count - 1
            if follower >= len(lines):
                if more:
                    return None
                break
            text = f"{text}\n{lines[follower]}"
            flawed_text = flawed or bool(bad and any(bad[place : follower + 1]))
            if len(text) > _CHARS_JOINED:
                break
            if '"' not in lines[follower]:
                continue
            if _complete(delimiter).fullmatch(text):
                fields = _fields(text, delimiter)
                if width is None or len(fields) == width:
                    return _row(fields, text, width or len(fields), count, bad=flawed_text)
                break
            if not _open(delimiter).fullmatch(text):
                break
    read, literal = _read_leniently(line, delimiter), line.split(delimiter)
    for fields in (read, literal):
        if width is None or len(fields) == width:
            return _row(fields, line, width or len(fields), 1, bad=flawed)
    alone = _row(literal, line, width or len(literal), 1, bad=flawed)
    return Row(alone.cells, alone.fault if flawed else "bad_quotes", line)


def read_carefully(lines: Sequence[str], *, delimiter: str, width: int | None) -> Iterator[Row]:
    """Rows of ``lines`` one after the other; ``width`` None takes every row as wide as it is."""
    place = 0
    while place < len(lines):
        row = _take(lines, None, place, delimiter, width, more=False)
        if row is None:  # cannot be: no more lines will come
            break
        yield row
        place += row.lines


class LineReader:
    """Batches of lines to frames of cells.

    Frames have ``row_number`` (Int64, from 1, as a person counts rows), ``fault`` and ``raw`` (String, null for good rows),
    ``padded`` (Boolean) and ``c0`` … (String, null where blank).
    """

    def __init__(self, *, delimiter: str, width: int, max_row_bytes: int) -> None:
        self._delimiter = delimiter
        self._width = width
        self._max_row_bytes = max_row_bytes
        self._names = [f"c{i}" for i in range(width)]
        self._next_row = 1
        d = re.escape(delimiter)
        unquoted = rf'[^"\r{d}]*'
        self._strict = rf"^(?:{_QUOTED_PLAINLY}|{unquoted})(?:{d}(?:{_QUOTED_PLAINLY}|{unquoted}))*$"

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Names and types of the frames."""
        return cells_schema(self._width)

    def read(self, lines: pl.Series, bad: pl.Series | None, *, more: bool) -> tuple[pl.DataFrame, int]:
        """The rows of ``lines``, and how many lines they took; the rest must come again in front of the next batch.

        Raises:
            RefusedError: row_too_long.
        """
        longest = lines.str.len_bytes().max()
        if isinstance(longest, int) and longest > self._max_row_bytes:
            message = f"a row of {longest:,} bytes; at most {self._max_row_bytes:,} are allowed"
            raise RefusedError("row_too_long", message)
        frame = pl.DataFrame({"line": lines}).select(
            pl.int_range(pl.len(), dtype=pl.UInt32).alias("place"), "line", quoted=pl.col("line").str.contains('"', literal=True)
        )
        width, delimiter = self._width, self._delimiter
        frame = frame.with_columns(
            fields=pl.when("quoted")
            .then(pl.col("line").str.replace_all(_QUOTED, ""))
            .otherwise("line")
            .str.count_matches(delimiter, literal=True)
            + 1,
            strict=pl.when("quoted").then(pl.col("line").str.contains(self._strict)).otherwise(statement=True),
            blank=pl.col("line").str.strip_chars(BLANKS) == "",
        )
        regular = pl.col("strict") & (pl.col("fields") == width) | pl.col("blank")
        if bad is not None:
            regular = regular & ~pl.lit(bad)
        frame = frame.with_columns(regular=regular)
        careful, eaten, taken = self._careful(frame, bad, more=more)
        frame = frame.head(taken)
        if eaten:
            frame = frame.filter(~pl.col("place").is_in(eaten))
        good = frame.filter("regular") if careful or eaten else frame
        quotes = int(good["quoted"].sum())
        if not quotes:
            parts = [self._plain(good)]
        elif quotes == good.height:
            parts = [self._quoted(good)]
        else:
            parts = [self._plain(good.filter(~pl.col("quoted"))), self._quoted(good.filter("quoted"))]
        if careful:
            parts.append(
                pl.DataFrame(
                    [(place, row.fault, row.raw if row.fault else None, row.padded, *row.cells) for place, row in careful],
                    schema={
                        "place": pl.UInt32(),
                        "fault": pl.String(),
                        "raw": pl.String(),
                        "padded": pl.Boolean(),
                        **dict.fromkeys(self._names, pl.String()),
                    },
                    orient="row",
                )
            )
        rows = pl.concat(parts).sort("place") if len(parts) > 1 else parts[0]
        first, self._next_row = self._next_row, self._next_row + rows.height
        return rows.select(pl.int_range(first, first + pl.len(), dtype=pl.Int64).alias("row_number"), pl.exclude("place")), taken

    def _careful(self, frame: pl.DataFrame, bad: pl.Series | None, *, more: bool) -> tuple[list[tuple[int, Row]], list[int], int]:
        """Irregular lines read one by one: rows with their places, places of lines joined to an earlier one, and how many lines were taken."""
        irregular = frame.filter(~pl.col("regular"))["place"].to_list()
        if not irregular:
            return [], [], frame.height
        lines = frame["line"].to_list()
        flags = bad.to_list() if bad is not None else None
        rows: list[tuple[int, Row]] = []
        eaten: list[int] = []
        free = 0
        for place in irregular:
            if place < free:
                continue
            row = _take(lines, flags, place, self._delimiter, self._width, more=more)
            if row is None:
                return rows, eaten, place
            rows.append((place, row))
            free = place + row.lines
            eaten += range(place + 1, free)
        return rows, eaten, frame.height

    def _finish(self, places: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
        return cells.select(
            places["place"],
            pl.lit(None, pl.String).alias("fault"),
            pl.lit(None, pl.String).alias("raw"),
            pl.lit(value=False).alias("padded"),
            pl.when(pl.all().str.strip_chars(BLANKS) != "").then(pl.all()),
        )

    def _plain(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Lines without quotes: split at each delimiter."""
        if self._width == 1:
            return self._finish(frame, frame.select(pl.col("line").alias("c0")))
        split = frame["line"].str.split_exact(self._delimiter, self._width - 1).struct.unnest()
        split.columns = self._names
        return self._finish(frame, split)

    def _quoted(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Lines whose quotes enclose whole fields and close on the same line."""
        schema = dict.fromkeys(self._names, pl.String())
        if frame.is_empty():
            return self._finish(frame, pl.DataFrame(schema=schema))
        text = frame["line"].str.join("\n").item()
        cells = pl.read_csv(
            str(text).encode(),
            has_header=False,
            separator=self._delimiter,
            quote_char='"',
            schema=schema,
            infer_schema=False,
            empty_string_is_null=True,
        )
        return self._finish(frame, cells)


def cells_schema(width: int) -> dict[str, pl.DataType]:
    """Names and types of a frame of cells of ``width`` columns."""
    return {
        "row_number": pl.Int64(), "fault": pl.String(), "raw": pl.String(), "padded": pl.Boolean(),
        **{f"c{i}": pl.String() for i in range(width)},
    }  # fmt: skip
