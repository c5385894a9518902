"""`chezhu words`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pipelines import settings as settings_module
from pipelines.cli import options
from pipelines.store import versions
from pipelines.store.home import Home


@click.command("words")
@options.home
@options.as_json
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Words shown at most.")
@click.option("--field", type=click.Choice(["brand", "model", "province", "channel", "dealer"]), help="Only words of this field.")
def command(home: Path | None, *, as_json: bool, limit: int, field: str | None) -> None:
    """Brands, models, provinces, channels and dealers that no dictionary of data/reference knows, the most frequent first.

    \b
    Example: chezhu words --field channel --limit 20
    """  # noqa: D301
    from cleansing import unknown  # noqa: PLC0415 - polars and duckdb only where they are used
    from pipelines.workbench import open_engine  # noqa: PLC0415

    values = settings_module.load(options={"home": home})
    place = Home(values.home)
    manifest = versions.current(place)
    if manifest is None:
        message = place.unpublished()
        raise options.CommandError(message)
    with open_engine(values, place) as engine:
        tables = [versions.read(place, engine, manifest, name) for name in ("clean_records", "events")]
        found = engine.collect(unknown.words(engine, *tables, limit=limit, field=field))
    if as_json:
        click.echo(json.dumps(found.to_dicts(), ensure_ascii=False))
        return
    for row in found.iter_rows(named=True):
        click.echo(f"{row['records']:>9,}  {row['dealers']:>5,} dealers  {row['field']}: {row['word']}")
    if found.is_empty():
        click.echo("every word is known")
