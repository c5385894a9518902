"""The command ``chezhu generate``."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import click


@click.command("generate", epilog="Example: chezhu generate --out /tmp/exports --rows 200000 --dealers 30 --errors typical --seed 7")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write inbox/ and truth/ into.")
@click.option(
    "--customers",
    default=20_000,
    show_default=True,
    type=click.IntRange(min=50),
    help="People of the simulated world; about three rows each (see docs/generator.md).",
)
@click.option(
    "--dealers", default=12, show_default=True, type=click.IntRange(min=1, max=2000), help="Dealers, each with files and habits of its own."
)
@click.option("--days", default=730, show_default=True, type=click.IntRange(min=1, max=7300), help="Days that the exports cover.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(min=0), help="The same arguments give the same bytes.")
@click.option(
    "--errors", default="typical", show_default=True, type=click.Choice(["low", "typical", "high"]), help="How often errors are made."
)
@click.option("--rows", default=0, type=click.IntRange(min=0), help="Make this many rows instead of those of --customers.")
@click.option("--start", default="2024-07-01", show_default=True, type=click.DateTime(["%Y-%m-%d"]), help="First day of the exports.")
@click.option(
    "--workbooks", default=0.15, show_default=True, type=click.FloatRange(0, 1), help="Share of dealers that send XLSX (slow to write)."
)
@click.option("--force", is_flag=True, help="Replace inbox/ and truth/ in a folder that is not empty.")
def generate(
    *,
    out: Path,
    customers: int,
    dealers: int,
    days: int,
    seed: int,
    errors: str,
    rows: int,
    start: dt.datetime,
    workbooks: float,
    force: bool,
) -> None:
    """Make dealer exports as they really look, and the truth beside them.

    Writes OUT/inbox/<dealer_id>/<file> and, in OUT/truth, records.parquet (whom each record names), errors.parquet (what was broken where), people.parquet (who
    lives with whom), cars.parquet (who owned which car) and dealers.csv (where the dealers are).
    """
    from generator.arrays import NumbersExhaustedError  # noqa: PLC0415
    from generator.exports import OutputNotEmptyError  # noqa: PLC0415  # numpy and polars are loaded only when there is work
    from generator.exports import generate as make  # noqa: PLC0415
    from generator.plan import Plan  # noqa: PLC0415  # numpy and polars are loaded only when there is work

    plan = Plan(
        out=out,
        customers=customers,
        dealers=dealers,
        days=days,
        seed=seed,
        errors=errors,
        rows=rows,
        start=start.date(),
        workbooks=workbooks,
    )
    began = time.perf_counter()
    try:
        made = make(plan, force=force, progress=lambda line: click.echo(line, err=True))
    except (OutputNotEmptyError, NumbersExhaustedError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        msg = f"cannot write {out}: {error.strerror}"
        raise click.ClickException(msg) from error
    seconds = time.perf_counter() - began
    click.echo(
        f"{made.rows:,} rows, {made.records:,} records, {made.files:,} files in {seconds:.1f} s: {out / 'inbox'}, truth: {out / 'truth'}"
    )
