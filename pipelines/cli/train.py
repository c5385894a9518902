"""`chezhu train`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines import settings as settings_module
from pipelines.cli import options
from pipelines.store.home import Home

if TYPE_CHECKING:
    from pipelines.stages.train import Training

_MOST_TOLD = 10


@click.command("train")
@options.home
@options.as_json
def command(home: Path | None, *, as_json: bool) -> None:
    """A new matching model from the published records and the decisions so far; says what it would change.

    The next `chezhu run` applies it, and the publish gate looks at what comes of it. Until then nothing changes; to go back, remove HOME/models/NEXT.

    \b
    Example: chezhu train --home data/home
    """  # noqa: D301
    from pipelines.stages.train import train  # noqa: PLC0415 - polars and duckdb only where they are used
    from pipelines.store.decisions import Decisions  # noqa: PLC0415
    from pipelines.workbench import open_engine  # noqa: PLC0415

    values = settings_module.load(options={"home": home})
    place = Home(values.home)
    if not place.pointer.exists():
        message = f"{place.unpublished()} trains a model of its own"
        raise options.CommandError(message)
    with place.lock(), open_engine(values, place) as engine:
        training = train(engine, place, Decisions(place, values.ledger_url))
    click.echo(json.dumps(asdict(training), ensure_ascii=False) if as_json else "\n".join(_lines(training, place.models)))


def _lines(training: Training, folder: Path) -> list[str]:
    before = training.before or (None, None, None)
    learned = f"{training.decisions:,} of {training.decisions_in_force:,} decisions in force ({training.pairs:,} pairs of records)"
    lines = [f"{folder / training.model}: trained on {training.records:,} records and {learned}"]
    lines += [
        f"  {name:<10} {_bits(old)} -> {_bits(new)} bits"
        for name, old, new in zip(("prior", "link", "review"), before, (training.prior, training.link, training.review), strict=True)
    ]
    lines += [
        f"  {change.comparison:<10} {change.level}: {_bits(change.before)} -> {_bits(change.now)} bits"
        for change in training.levels[:_MOST_TOLD]
    ]
    if len(training.levels) > _MOST_TOLD:
        lines.append(f"  and {len(training.levels) - _MOST_TOLD:,} levels more: see the summary beside it")
    lines += [f"  key added  {key}" for key in training.keys_added] + [f"  key gone   {key}" for key in training.keys_dropped]
    lines += [f"  warning    {text}" for text in training.warnings]
    lines.append(
        f"  customers  {training.customers_before:,} -> {training.customers:,}: {training.joined:,} joined with others, {training.parted:,} parted"
    )
    return [*lines, "the next run applies it: chezhu run"]


def _bits(bits: float | None) -> str:
    return "-" if bits is None else f"{bits:.2f}"
