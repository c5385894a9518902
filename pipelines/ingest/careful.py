r"""Lines of delimited text to rows, one by one (RFC 4180, with the repairs that real exports need).

A line is a row of its own unless it opens a quote that it does not close; then the lines that follow are joined to it, up
to :data:`JOIN_LINES`, if that gives a row of the right width. Otherwise the line is read alone: as the csv module reads it, and with
quotes as plain characters, whichever gives the right width. So one stray quote costs at most its own row, never the rest of the file.

A row with more fields than the header loses blank ones at its end, or is at fault (``too_many_fields``). A row with
fewer is filled with blanks if more than half are there (spreadsheets leave out trailing delimiters), else it is at fault
(``too_few_fields``); what notes and totals below a table are is decided later, from the cells.

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

JOIN_LINES: Final = 50
"""A quoted value holds at most so many line breaks."""

BLANKS: Final = " \t\r\n\v\f\x00\x85\xa0\u2002\u2003\u2009\u200b\u3000\ufeff"
"""What a blank cell may hold: spaces of any width, NUL, byte order marks within a file."""

_CHARS_JOINED = 65_536


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


def take(
    lines: Sequence[str], bad: Sequence[bool] | None, place: int, delimiter: str, width: int | None, *, stop: int, more: bool
) -> Row | None:
    """The row that begins at ``place`` of a table whose lines end before ``stop``.

    None where only lines that are not here yet can tell (``more`` will come).
    """
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
            if follower >= stop:
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
        row = take(lines, None, place, delimiter, width, stop=len(lines), more=False)
        if row is None:  # cannot be: no more lines will come
            break
        yield row
        place += row.lines
