"""`chezhu match`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pipelines import settings as settings_module
from pipelines.cli import options


@click.command("match")
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--model", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=True, help="The model file: kinds of columns."
)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder for clusters, edges and the trained model."
)
@click.option("--link", is_flag=True, help="The inputs are different tables without duplicates: link between them only.")
@click.option(
    "--assignment",
    type=click.Choice(["one_to_one", "many_to_one"]),
    help="With --link: a record has at most one partner; many_to_one: records of the last table may have many.",
)
@click.option(
    "--labels",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Decided pairs (CSV, Parquet): left_id, right_id, same (true or false). They train, and clusters keep them.",
)
@click.option("--entity", metavar="COLUMN", help="A column of the inputs with known entity ids, empty where unknown: labels as well.")
@options.engine
@options.as_json
def command(
    inputs: tuple[Path, ...],
    model: Path,
    out: Path,
    *,
    link: bool,
    assignment: str | None,
    labels: Path | None,
    entity: str | None,
    engine: str | None,
    as_json: bool,
) -> None:
    """Any table (CSV, Parquet) deduplicated, or several linked.

    \b
    Example:
      printf 'record_id: id\\ncolumns:\\n  name: {kind: name}\\n  tel: {kind: phone}\\n' > model.yaml
      chezhu match people.csv --model model.yaml --out matched
      printf 'left_id,right_id,same\\n17,42,true\\n17,99,false\\n' > decided.csv
      chezhu match people.csv --model model.yaml --out matched --labels decided.csv
    """  # noqa: D301
    from pipelines.stages.match_files import match_files  # noqa: PLC0415 - polars and duckdb only where they are used

    values = settings_module.load(options={"engine": engine})
    done = match_files(inputs, model=model, out=out, link=link, assignment=assignment, settings=values, labels=labels, entity=entity)
    if as_json:
        click.echo(json.dumps(done.to_dict(), ensure_ascii=False))
    else:
        click.echo("\n".join(done.lines()))
