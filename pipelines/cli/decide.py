"""`chezhu accept` and `chezhu rollback`: what a person decides about a run."""

from __future__ import annotations

import getpass
import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from pipelines import settings as settings_module
from pipelines.cli import options
from pipelines.store.home import Home

if TYPE_CHECKING:
    from pipelines.stages.publish import Summary

_WHY = click.option("--why", required=True, help="The reason, kept with the version.")


@click.command("accept")
@click.argument("run")
@_WHY
@options.home
@options.as_json
def accept(run: str, why: str, home: Path | None, *, as_json: bool) -> None:
    """Publishes a run that the publish gate stopped.

    RUN is its id as `chezhu runs` shows it, or the beginning of it.

    \b
    Example: chezhu accept 3f2a --why "a new dealer joined"
    """  # noqa: D301
    from dataclasses import asdict  # noqa: PLC0415 - only where it is used

    from pipelines import draft as drafts  # noqa: PLC0415 - polars and duckdb only where they are used
    from pipelines.stages import gate, publish  # noqa: PLC0415
    from pipelines.stages.rollback import Decision  # noqa: PLC0415
    from pipelines.store.ledger import Ledger  # noqa: PLC0415
    from pipelines.workbench import open_engine  # noqa: PLC0415

    values, place = _place(home)
    ledger = Ledger(place, values.ledger_url)
    stopped = [entry.run_id for entry in ledger.runs() if entry.status == "stopped" and entry.run_id.startswith(run)]
    if len(stopped) != 1:
        message = f"{len(stopped) or 'no'} stopped runs begin with {run!r}: chezhu runs lists them"
        raise options.CommandError(message)
    folder = place.drafts / stopped[0]
    if not folder.exists():
        message = f"run {stopped[0]} was cleared when a later run began: chezhu run makes it anew"
        raise options.CommandError(message)
    if missing := [name for name in ("draft.json", "delivery", "report") if not (folder / name).exists()]:
        message = f"run {stopped[0]} did not get as far as {', '.join(missing)}: chezhu run makes it anew"
        raise options.CommandError(message)
    with place.lock(), open_engine(values, place) as engine:
        draft = drafts.resume(place, stopped[0])
        broken = [asdict(measure) for measure in gate.noted(draft).broken]
        beside = {"decision": asdict(Decision.now(getpass.getuser(), why)), "accepted": broken}
        _said(publish.publish(engine, draft, ledger, beside=beside), as_json=as_json)


@click.command("rollback")
@click.argument("run")
@_WHY
@options.home
@click.option("--as-of", "as_of", type=click.DateTime(["%Y-%m-%d"]), help="The date of the new version. [default: today]")
@options.as_json
def rollback(run: str, why: str, home: Path | None, *, as_of: datetime | None, as_json: bool) -> None:
    """Goes back to an earlier version, and delivers what undoes the later ones.

    RUN is a version's number, or the id (or its beginning) of the run that published it. The tables of that version become a new
    version; ids given since are retired. Files that came in since are read again by the next run: take bad ones out of the inbox first.

    \b
    Example: chezhu rollback 41 --why "dealer D012 sent another dealer's customers"
    """  # noqa: D301
    from pipelines.stages.rollback import Decision, find, roll_back  # noqa: PLC0415 - polars and duckdb only where they are used
    from pipelines.store.ledger import Ledger  # noqa: PLC0415
    from pipelines.workbench import open_engine  # noqa: PLC0415

    values, place = _place(home)
    date = as_of.date() if as_of is not None else datetime.now(ZoneInfo(values.timezone)).date()
    with place.lock(), open_engine(values, place) as engine:
        target = find(place, run)
        decision = Decision.now(getpass.getuser(), why)
        _said(roll_back(engine, place, Ledger(place, values.ledger_url), to=target, as_of=date, decision=decision), as_json=as_json)


def _place(home: Path | None) -> tuple[settings_module.Settings, Home]:
    values = settings_module.load(options={"home": home})
    place = Home(values.home)
    if not place.pointer.exists() and not place.drafts.is_dir():
        message = f"nothing has run at {place.root} yet: chezhu run"
        raise options.CommandError(message)
    return values, place


def _said(summary: Summary, *, as_json: bool) -> None:
    if as_json:
        click.echo(
            json.dumps({"status": "published", "version": summary.version, "run_id": summary.run_id, "customers": summary.customers})
        )
        return
    click.echo(
        f"Version {summary.version} published (run {summary.run_id}): {summary.customers:,} customers from {summary.records:,} records"
    )
