"""`chezhu publish`."""

from __future__ import annotations

import getpass
import json
from dataclasses import asdict
from pathlib import Path

import click

from pipelines import settings as settings_module
from pipelines.cli import options


@click.command("publish")
@click.argument("target", required=False)
@click.option("--version", type=click.IntRange(min=1), help="Another version than the published one: a way back.")
@click.option("--who", default=getpass.getuser, help="Who sends it. [default: the user of this machine]")
@options.home
@options.as_json
def command(target: str | None, version: int | None, who: str, home: Path | None, *, as_json: bool) -> None:
    """Delivers the published version (again) to a target: PostgreSQL, or a folder of CRM files; all of it or nothing.

    TARGET is a name below [targets] in chezhu.toml, a URL (postgresql://user@host/database) or a folder; without it all targets of the settings. What
    was sent where is kept; `chezhu forget` tells it.

    \b
    Example:
      chezhu publish postgresql://crm@db/crm
      chezhu publish /mnt/crm/import --version 41
    """  # noqa: D301
    from pipelines.stages.send import send  # noqa: PLC0415 - only where it is used

    done = send(settings_module.load(options={"home": home}), target, version=version, who=who)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in done], ensure_ascii=False))
        return
    for each in done:
        click.echo(f"version {each.version}, {each.rows:,} customers, at {each.target}: {each.told}")
