"""`chezhu quarantine list|retry`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pipelines import settings as settings_module
from pipelines.cli import options
from pipelines.cli.run import run
from pipelines.draft import Selection
from pipelines.store import versions
from pipelines.store.home import Home


@click.group("quarantine")
def command() -> None:
    """Rows and files that could not be read."""


@command.command("list")
@options.home
@options.as_json
@click.option("--plain", is_flag=True, help="Show the rows' text as it came (personal values).")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="Rows shown at most.")
def list_(home: Path | None, *, as_json: bool, plain: bool, limit: int) -> None:
    """What is in quarantine, and why.

    \b
    Example: chezhu quarantine list --limit 20
    """  # noqa: D301
    from pipelines.workbench import open_engine  # noqa: PLC0415 - duckdb only where it is used

    values = settings_module.load(options={"home": home})
    place = Home(values.home)
    manifest = versions.current(place)
    if manifest is None:
        message = place.unpublished()
        raise options.CommandError(message)
    with open_engine(values, place) as engine:
        order = "dealer_id, file_name, sheet nulls first, row_number nulls first"
        query = f"select dealer_id, file_name, sheet, row_number, reason, detail, text from q order by {order} limit {limit}"
        rows = engine.collect(engine.sql(query, q=versions.read(place, engine, manifest, "quarantine")))
    shown = rows if plain else rows.drop("text")
    if as_json:
        click.echo(json.dumps(shown.to_dicts(), ensure_ascii=False))
        return
    for row in shown.iter_rows(named=True):
        where = f"{row['dealer_id']}/{row['file_name']}" + (f" [{row['sheet']}]" if row["sheet"] else "")
        line = "whole file" if row["row_number"] is None else f"row {row['row_number']}"
        click.echo(f"{where}  {line}: {row['reason']}: {row['detail']}" + (f"\n    {row['text']}" if plain and row["text"] else ""))
    total = manifest.rows("quarantine")
    click.echo(f"{total:,} in quarantine" + (f", {rows.height:,} shown" if rows.height < total else ""))


@command.command("retry")
@options.home
@options.inbox
@options.as_json
def retry(home: Path | None, inbox: Path | None, *, as_json: bool) -> None:
    """Reads the files with anything in quarantine once more, by today's contracts, and runs the pipeline.

    \b
    Example: chezhu quarantine retry
    """  # noqa: D301
    values = options.with_last_inbox(settings_module.load(options={"home": home, "inbox": inbox}))
    run(values, Selection(retry=True), as_of=None, quiet=as_json, as_json=as_json)
