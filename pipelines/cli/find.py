"""`chezhu find`."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from unicodedata import east_asian_width

import click

from pipelines import settings as settings_module
from pipelines.cli import options
from pipelines.store.home import Home

_SHORT = ("customer_id", "name", "mobile", "city", "plates", "records", "last_seen", "matched")


@click.command("find")
@click.argument("text")
@options.home
@click.option("--plain", is_flag=True, help="Show personal values as they are.")
@click.option(
    "--limit", type=click.IntRange(min=1, max=10_000), default=20, show_default=True, help="Customers at most, the latest seen first."
)
@options.as_json
def command(text: str, home: Path | None, limit: int, *, plain: bool, as_json: bool) -> None:
    """Customers by phone, plate, VIN, identity number, e-mail, name or id (an older id does as well).

    TEXT is cleansed as by `chezhu parse`: +86 139-1785-2046 and １３９１７８５２０４６ find the same.
    A line is a customer, what it says stands above; - where nothing is known. The last column is what TEXT was found as.

    \b
    Example:
      chezhu find 13917852046
      chezhu find 沪A12345 --plain
    """  # noqa: D301
    if not text.strip():
        message = "TEXT is blank: name a phone, a plate, a VIN, a name or an id"
        raise click.UsageError(message)
    from pipelines.stages import find  # noqa: PLC0415 - polars only where it is used

    values = settings_module.load(options={"home": home})
    wanted = find.read(text, as_of=dt.date.today())  # noqa: DTZ011 - the user's own day
    found = find.find(Home(values.home), wanted, limit=limit)
    rows = found.rows if plain else find.masked(found.rows)
    if as_json:
        shown = [{name: str(value) if isinstance(value, dt.date) else value for name, value in row.items()} for row in rows.to_dicts()]
        click.echo(json.dumps({"total": found.total, "taken_for": found.taken_for, "customers": shown}, ensure_ascii=False))
        return
    if found.total == 0:
        click.echo(f"no customer has it as {', '.join(found.taken_for)}")
        return
    lines = [list(_SHORT), *(["-" if value in {None, ""} else str(value) for value in row] for row in rows.select(_SHORT).iter_rows())]
    widths = [max(map(_columns, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(cell + " " * (width - _columns(cell)) for cell, width in zip(line, widths, strict=True)).rstrip())
    if found.total > rows.height:
        click.echo(f"and {found.total - rows.height:,} more: --limit")


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes: a Chinese character takes two.

    >>> _columns("王**")
    4
    """
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
