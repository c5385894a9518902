"""`chezhu doctor`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from pipelines import settings as settings_module
from pipelines.cli import options

_SIGNS = {"well": "ok", "note": "--", "broken": "!!"}


@click.command("doctor")
@click.option("--repair", is_flag=True, help="Mend what can be made anew from what is there: rights, the ledger, the pointer, leftovers.")
@options.home
@options.inbox
@options.as_json
def command(home: Path | None, inbox: Path | None, *, repair: bool, as_json: bool) -> None:
    """Whether the home is well: files, rights, ledger, disk, software, model, settings, inbox; and what to do.

    Exit code 1 if anything is broken (with --repair: still broken).

    \b
    Example: chezhu doctor --home /srv/chezhu
    """  # noqa: D301
    from pipelines.doctor import examine as doctor  # noqa: PLC0415 - polars only where it is used

    values = options.with_last_inbox(settings_module.load(options={"home": home, "inbox": inbox}))
    findings = doctor.examine(values)
    mended = doctor.repair(values, findings) if repair else []
    if mended:
        findings = doctor.examine(values)
    broken = any(finding.state == "broken" for finding in findings)
    if as_json:
        told = [{"check": each.check, "state": each.state, "found": each.found, "advice": each.advice} for each in findings]
        click.echo(json.dumps({"broken": broken, "mended": [each.check for each in mended], "findings": told}, ensure_ascii=False))
    else:
        for each in mended:
            click.echo(f"mended  {each.check:<10} {each.found}")
        for each in findings:
            click.echo(f"{_SIGNS[each.state]:<6}  {each.check:<10} {each.found}" + (f": {each.advice}" if each.advice else ""))
    sys.exit(int(broken))
