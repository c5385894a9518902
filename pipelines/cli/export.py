"""`chezhu export`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pipelines import settings as settings_module
from pipelines.cli import options
from pipelines.store import versions
from pipelines.store.home import Home


@click.command("export")
@click.argument("table")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="FILE.parquet, .csv or .xlsx")
@click.option("--bom", is_flag=True, help="A byte-order mark before the CSV: Excel shows Chinese on a double click.")
@options.home
@options.as_json
def command(table: str, out: Path, home: Path | None, *, bom: bool, as_json: bool) -> None:
    """A published table as a file: customers, crosswalk, customer_profile, clean_records and the others.

    \b
    Example: chezhu export customers --out customers.xlsx
    """  # noqa: D301
    from pipelines.sinks.export import ExportError, export, require_form  # noqa: PLC0415
    from pipelines.workbench import open_engine  # noqa: PLC0415 - polars and duckdb only where they are used

    try:
        require_form(out, bom=bom)
    except ExportError as error:
        raise click.UsageError(str(error)) from error
    values = settings_module.load(options={"home": home})
    place = Home(values.home)
    manifest = versions.current(place)
    if manifest is None:
        message = place.unpublished()
        raise options.CommandError(message)
    if table not in manifest.tables:
        message = f"there is no table {table!r}; there are: {', '.join(sorted(manifest.tables))}"
        raise options.CommandError(message)
    with open_engine(values, place) as engine:
        rows = export(engine, versions.read(place, engine, manifest, table), out, bom=bom)
    if as_json:
        click.echo(json.dumps({"table": table, "version": manifest.version, "rows": rows, "file": str(out)}))
    else:
        click.echo(f"{rows:,} rows of {table} (version {manifest.version}) in {out}")
