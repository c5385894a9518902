"""`chezhu evaluate`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.cli import options

if TYPE_CHECKING:
    import polars as pl

    from matching.evaluate import Evaluation


@click.command("evaluate")
@click.argument("clusters", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--truth", required=True, help="FILE:RECORD_COLUMN:ENTITY_COLUMN (Parquet or CSV)")
@click.option("--record", default="record_id", show_default=True, help="Column of CLUSTERS that names the record.")
@click.option("--cluster", help="Column of CLUSTERS that names the cluster. [default: cluster_id, else customer_id]")
@options.as_json
def command(clusters: Path, truth: str, record: str, cluster: str | None, *, as_json: bool) -> None:
    """Pairwise precision, recall, F1; B-cubed; the largest wrong clusters.

    \b
    Example: chezhu evaluate out/clusters.parquet --truth people.csv:id:person
    """  # noqa: D301
    from matching.evaluate import evaluate  # noqa: PLC0415 - polars only where it is used

    file, record_column, entity_column = _split(truth)
    right = _columns(Path(file), {record_column: "record_id", entity_column: "entity_id"})
    guessed = _read(clusters)
    column = cluster or ("cluster_id" if "cluster_id" in guessed.columns else "customer_id")
    found = evaluate(_columns(clusters, {record: "record_id", column: "cluster_id"}), right)
    click.echo(json.dumps(asdict(found), ensure_ascii=False) if as_json else "\n".join(_lines(found)))


def _lines(found: Evaluation) -> list[str]:
    pairs = f"({found.pairs_right:,} right of {found.pairs_found:,} found, {found.pairs_true:,} true)"
    lines = [
        f"{found.records:,} records in {found.clusters:,} clusters of {found.entities:,} entities",
        f"pairwise  precision {found.precision:.4f}  recall {found.recall:.4f}  F1 {found.f1:.4f}  {pairs}",
        f"B-cubed   precision {found.bcubed_precision:.4f}  recall {found.bcubed_recall:.4f}  F1 {found.bcubed_f1:.4f}",
    ]
    if found.worst:
        lines.append("largest clusters that hold several entities:")
        lines += [f"  {wrong.cluster_id}  {wrong.records:,} records of {wrong.entities:,} entities" for wrong in found.worst]
    return lines


def _split(truth: str) -> tuple[str, str, str]:
    parts = truth.rsplit(":", 2)
    if len(parts) != 3 or not all(parts):
        message = f"--truth {truth!r} is not FILE:RECORD_COLUMN:ENTITY_COLUMN"
        raise click.UsageError(message)
    return parts[0], parts[1], parts[2]


def _columns(path: Path, names: dict[str, str]) -> pl.DataFrame:
    import polars as pl  # noqa: PLC0415

    frame = _read(path)
    missing = [name for name in names if name not in frame.columns]
    if missing:
        message = f"{path} has no column {', '.join(map(repr, missing))}; it has: {', '.join(frame.columns)}"
        raise options.CommandError(message)
    return frame.select(pl.col(name).cast(pl.String).alias(as_name) for name, as_name in names.items())


def _read(path: Path) -> pl.DataFrame:
    import polars as pl  # noqa: PLC0415

    if not path.exists():
        message = f"there is no file {path}"
        raise options.CommandError(message)
    try:
        return pl.read_csv(path, infer_schema=False) if path.suffix == ".csv" else pl.read_parquet(path)
    except pl.exceptions.PolarsError as error:
        message = f"{path} cannot be read as {'CSV' if path.suffix == '.csv' else 'Parquet'}: {error}"
        raise options.CommandError(message) from error
