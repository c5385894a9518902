"""`chezhu explain`."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines import settings as settings_module
from pipelines.cli import options

if TYPE_CHECKING:
    from pipelines.stages.explain import Source


@click.command("explain")
@click.argument("first", metavar="RECORD_ID|CUSTOMER_ID")
@click.argument("second", metavar="[RECORD_ID]", required=False)
@options.home
@click.option(
    "--from", "folder", type=click.Path(path_type=Path, exists=True, file_okay=False), help="The --out of chezhu match instead of a home."
)
@click.option("--plain", is_flag=True, help="Show personal values as they are.")
@options.as_json
def command(first: str, second: str | None, home: Path | None, folder: Path | None, *, plain: bool, as_json: bool) -> None:
    """Why two records are one customer, or not; or why the records of a customer hang together, and where they would part.

    Weights are in bits (log2 odds): prior, what each comparison adds, and what is taken away because a household shares it.

    \b
    Example:
      chezhu explain C000000000123456
      chezhu explain 1f0c6a9d2b3e4f50 9b2d7c1e8a6f4035 --plain
      chezhu explain rec-12 rec-97 --from matched
    """  # noqa: D301
    from pipelines.cli.waterfall import cluster_lines, pair_lines, shown  # noqa: PLC0415 - polars and duckdb only where they are used
    from pipelines.stages import explain  # noqa: PLC0415

    if folder is not None and home is not None:
        message = "--home and --from are two places; name one"
        raise click.UsageError(message)
    source: Source
    where = nullcontext(explain.MatchedFolder.open(folder)) if folder else explain.published(settings_module.load(options={"home": home}))
    with where as source:
        if second is not None:
            pair = explain.pair(source, first, second)
            click.echo(json.dumps(shown(pair, plain=plain), ensure_ascii=False) if as_json else "\n".join(pair_lines(pair, plain=plain)))
        else:
            found = explain.customer(source, first)
            click.echo(
                json.dumps(shown(found, plain=plain), ensure_ascii=False) if as_json else "\n".join(cluster_lines(found, plain=plain))
            )
