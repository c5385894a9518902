"""`chezhu parse`."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO

import click

KINDS = ("phone", "name", "address", "id", "vin", "plate", "email", "date", "amount", "mileage", "record")
"""Those of cleansing.parse, which is loaded when there is something to parse."""
CHUNK = 50_000


@click.command("parse")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), default="-")
@click.option("--as-of", "as_of", type=click.DateTime(["%Y-%m-%d"]), help="The date that dated rules use. [default: today]")
def command(kind: str, file: Path, as_of: dt.datetime | None) -> None:
    """One value a line in, one JSON object a line out, in the same order.

    A record is a JSON object of columns (name, phone, address, id_number, vin, plate, …); out come its fields, its problems, and its
    score with what it is made of.

    \b
    Example: echo '139-1785-2046' | chezhu parse phone
             echo '{"name": "王伟", "phone": "13800138000"}' | chezhu parse record
    """  # noqa: D301
    day = as_of.date() if as_of is not None else dt.date.today()  # noqa: DTZ011 - the user's own day
    if str(file) == "-":
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr] # the real standard input
        _parse(kind, sys.stdin, day)
    else:
        with file.open(encoding="utf-8-sig", errors="replace") as lines:
            _parse(kind, lines, day)


def _parse(kind: str, lines: IO[str], day: dt.date) -> None:
    from cleansing.parse import parse  # noqa: PLC0415 - after click has checked the words

    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr] # the real standard output
    for values in _chunks(lines):
        for found in parse(kind, values, as_of=day):
            sys.stdout.write(json.dumps(found, ensure_ascii=False, default=str) + "\n")


def _chunks(lines: IO[str]) -> Iterator[list[str]]:
    """Lines without their ends, in lists; the first ones alone, so that a person typing gets an answer."""
    size = 1 if lines.isatty() else CHUNK
    while values := [line.rstrip("\r\n") for line in islice(lines, size)]:
        yield values
