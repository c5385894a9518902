"""`chezhu check`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pipelines import settings as settings_module
from pipelines.cli import options


@click.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@options.as_json
def command(files: tuple[Path, ...], *, as_json: bool) -> None:
    """What would happen to these exports: kind, encoding, columns found, problems. Nothing is written.

    \b
    Example: chezhu check data/samples/inbox/*/*.csv
    """  # noqa: D301
    from pipelines.ingest import contracts  # noqa: PLC0415 - polars only where it is used
    from pipelines.ingest.check import check  # noqa: PLC0415
    from pipelines.ingest.limits import Limits  # noqa: PLC0415

    values = settings_module.load()
    book = contracts.load(values.contracts)
    limits = Limits(max_file_bytes=values.max_file_bytes, max_unpacked_bytes=values.max_unpacked_bytes, max_row_bytes=values.max_row_bytes)
    for file in files:
        found = check(file, book, limits)
        if as_json:
            click.echo(json.dumps(found.to_dict(), ensure_ascii=False, default=str))
        else:
            click.echo("\n".join(found.lines()))
