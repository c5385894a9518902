"""`chezhu runs`."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from engine.moments import shown_at
from pipelines import settings as settings_module
from pipelines.cli import options
from pipelines.store import versions
from pipelines.store.home import Home
from pipelines.store.ledger import Ledger


@click.command("runs")
@options.home
@options.as_json
def command(home: Path | None, *, as_json: bool) -> None:
    """What ran, and how it ended; the published version is marked. Times are those of the setting timezone.

    \b
    Example: chezhu runs --home data/home
    """  # noqa: D301
    values = settings_module.load(options={"home": home})
    place = Home(values.home)
    if not place.root.is_dir():
        message = f"nothing has run at {place.root} yet: chezhu run"
        raise options.CommandError(message)
    runs = Ledger(place, values.ledger_url).runs()
    if as_json:
        click.echo(json.dumps([asdict(run) for run in runs], ensure_ascii=False))
        return
    manifest, zone = versions.current(place), ZoneInfo(values.timezone)
    for run in runs:
        mark = "*" if manifest is not None and run.run_id == manifest.run_id else " "
        detail = run.detail
        counts = f"{detail.get('files_new', 0):>6} files {detail.get('records', 0):>10} records {detail.get('customers', 0):>10} customers"
        what = counts if run.status == "published" else str(detail.get("why", ""))
        click.echo(
            f"{mark} {shown_at(datetime.fromisoformat(run.started_at), zone)}  {run.status:<10} {run.version or '':>5}  {run.run_id}  {what}"
        )
    if not runs:
        click.echo("nothing has run yet: chezhu run")
