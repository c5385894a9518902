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
def command(home: Path | None, *, as_json: bool, limit: int) -> None:
    """Brands and models that no dictionary knows, the most frequent first: what to add to data/reference/brands.csv and series.csv.

    \b
    Example: chezhu words --limit 20
    """  # noqa: D301
    from cleansing import unknown  # noqa: PLC0415 - polars and duckdb only where they are used
    from pipelines.workbench import open_engine  # noqa: PLC0415

    values = settings_module.load(options={"home": home})
    place = Home(values.home)
    manifest = versions.current(place)
    if manifest is None:
        message = f"nothing is published at {place.root} yet: chezhu run"
        raise options.CommandError(message)
    with open_engine(values, place) as engine:
        found = engine.collect(unknown.words(engine, versions.read(place, engine, manifest, "clean_records"), limit=limit))
    if as_json:
        click.echo(json.dumps(found.to_dicts(), ensure_ascii=False))
        return
    for row in found.iter_rows(named=True):
        click.echo(f"{row['records']:>9,}  {row['dealers']:>5,} dealers  {row['field']}: {row['word']}")
    if found.is_empty():
        click.echo("every brand and model is known")
