"""`chezhu evaluate`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.cli import options

if TYPE_CHECKING:
    import polars as pl

    from matching.error_samples import ErrorKind
    from matching.estimate import Estimate
    from matching.evaluate import Evaluation
    from pipelines.stages.evaluate import Evaluated

SIZES = 12
"""Sizes of clusters that are listed as text; --json has them all."""
KINDS = 12


@click.command("evaluate")
@click.argument("clusters", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--truth", help="FILE:RECORD_COLUMN:ENTITY_COLUMN (Parquet or CSV); without it quality is estimated.")
@click.option("--record", default="record_id", show_default=True, help="Column of CLUSTERS that names the record.")
@click.option("--cluster", help="Column of CLUSTERS that names the cluster. [default: cluster_id, else customer_id]")
@click.option("--examples", type=click.IntRange(min=0), default=2, show_default=True, help="Pairs of each kind of error that are shown.")
@click.option("--plain", is_flag=True, help="Show personal values of examples as they are.")
@options.as_json
def command(clusters: Path, truth: str | None, record: str, cluster: str | None, examples: int, *, plain: bool, as_json: bool) -> None:
    """How right clusters are.

    With --truth (rows without an entity are left out): pairwise precision, recall, F1; B-cubed; clusters that are right, mixed and in pieces. Where CLUSTERS is in the --out of chezhu match:
    what precision and recall probably are without any truth, and with one the kinds of errors.

    \b
    Example: chezhu evaluate out/clusters.parquet --truth people.csv:id:person
    """  # noqa: D301
    from matching.evaluate import TruthError, known  # noqa: PLC0415 - polars only where it is used
    from pipelines.stages.evaluate import evaluate_clusters  # noqa: PLC0415

    right, blank = None, 0
    if truth is not None:
        file, record_column, entity_column = _split(truth)
        right = _blank_as_missing(_columns(Path(file), {record_column: "record_id", entity_column: "entity_id"}))
        blank = right["entity_id"].null_count()
        try:
            right = known(right)
        except TruthError as error:
            message = f"{file}: {error}"
            raise options.CommandError(message) from error
    guessed = _read(clusters)
    column = cluster or ("cluster_id" if "cluster_id" in guessed.columns else "customer_id")
    grouped = _columns(clusters, {record: "record_id", column: "cluster_id"})
    try:
        found = evaluate_clusters(grouped, right, folder=clusters.resolve().parent, examples=examples)
    except TruthError as error:
        message = f"{truth}: {error}"
        raise options.CommandError(message) from error
    if found.measured is None and found.estimated is None:
        message = (
            f"nothing to evaluate with: give --truth, or {clusters.name} beside edges.parquet, model.yaml and inputs.json of chezhu match"
        )
        raise options.CommandError(message)
    click.echo(json.dumps(_data(found, plain=plain), ensure_ascii=False) if as_json else "\n".join(_lines(found, plain=plain)))
    if blank:
        click.echo(f"{blank:,} rows of the truth name no entity: their records are left out", err=True)


def _data(found: Evaluated, *, plain: bool) -> dict[str, Any]:
    """As data; what was measured stands at the top, as ever."""
    from pipelines.cli.waterfall import shown  # noqa: PLC0415

    content: dict[str, Any] = {} if found.measured is None else asdict(found.measured)
    content["estimated"] = None if found.estimated is None else asdict(found.estimated)
    content["errors"] = [{"sort": error.sort, "kind": error.kind, "pairs": error.pairs, "share": error.share} for error in found.errors]
    content["examples"] = [{"sort": each.sort, "kind": each.kind, **shown(each.pair, plain=plain)} for each in found.examples]
    return content


def _lines(found: Evaluated, *, plain: bool) -> list[str]:
    lines = [] if found.measured is None else _measured(found.measured)
    if found.estimated is not None:
        lines += _estimated(found.estimated)
    for sort, title in (("false", "pairs put together that are two:"), ("missed", "pairs of one that are apart:")):
        kinds = [error for error in found.errors if error.sort == sort]
        if kinds:
            lines += [f"{title}  {_where(kinds)}", *(line for error in kinds[:KINDS] for line in _kind(error, found, plain=plain))]
    return lines


def _measured(found: Evaluation) -> list[str]:
    pairs = f"({found.pairs_right:,} right of {found.pairs_found:,} found, {found.pairs_true:,} true)"
    counts = found.counts
    lines = [
        f"{found.records:,} records in {found.clusters:,} clusters of {found.entities:,} entities",
        f"pairwise  precision {found.precision:.4f}  recall {found.recall:.4f}  F1 {found.f1:.4f}  {pairs}",
        f"B-cubed   precision {found.bcubed_precision:.4f}  recall {found.bcubed_recall:.4f}  F1 {found.bcubed_f1:.4f}",
        f"clusters  {counts.exact:,} exact ({counts.exact_several:,} of several records)  {counts.mixed:,} of several entities",
        f"entities  {counts.split:,} in pieces",
        f"merges    {counts.true_merges:,} right  {counts.false_merges:,} wrong  {counts.splits:,} missing",
        "records of one   clusters  entities",
        *(f"{size:>14,}{clusters:>11,}{entities:>10,}" for size, clusters, entities in counts.sizes[:SIZES]),
    ]
    if len(counts.sizes) > SIZES:
        rest = counts.sizes[SIZES:]
        lines.append(f"{'more':>14}{sum(clusters for _, clusters, _ in rest):>11,}{sum(entities for *_, entities in rest):>10,}")
    if found.worst:
        lines.append("largest clusters that hold several entities:")
        lines += [f"  {wrong.cluster_id}  {wrong.records:,} records of {wrong.entities:,} entities" for wrong in found.worst]
    return lines


def _estimated(found: Estimate) -> list[str]:
    missed = f"{found.missed_between:,.0f} that some edge tells of, {found.missed_by_keys:,.0f} that no key found"
    return [
        f"estimated without truth: precision {found.precision:.4f}  recall {found.recall:.4f}  F1 {found.f1:.4f}",
        f"  of {found.pairs:,} pairs put together {found.right:,.0f} right; apart and one: {missed}",
        "  (if probabilities are right and columns of one entity agree independently; recall is rather less than that)",
    ]


def _where(kinds: list[ErrorKind]) -> str:
    """Where pairs were lost, all kinds together."""
    shares: dict[str, float] = {}
    for error in kinds:
        where = error.kind.split(": ")[0] if ": " in error.kind else "linked themselves"
        shares[where] = shares.get(where, 0.0) + error.share
    return ", ".join(f"{share:.0%} {where}" for where, share in sorted(shares.items(), key=lambda item: (-item[1], item[0])))


def _kind(error: ErrorKind, found: Evaluated, *, plain: bool) -> list[str]:
    from pipelines.cli.waterfall import said_line  # noqa: PLC0415

    lines = [f"  {error.share:>6.1%}  {error.kind}"]
    some = [each.pair for each in found.examples if (each.sort, each.kind) == (error.sort, error.kind)]
    return [
        *lines,
        *(f"          {pair.weight:+.1f}  {pair.record_id_l}  {pair.record_id_r}  {said_line(pair, plain=plain)}" for pair in some),
    ]


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


def _blank_as_missing(truth: pl.DataFrame) -> pl.DataFrame:
    """An empty cell and one of blanks name nobody."""
    import polars as pl  # noqa: PLC0415

    return truth.select(pl.when(pl.all().str.strip_chars() != "").then(pl.all()))


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
