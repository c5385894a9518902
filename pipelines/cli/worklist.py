"""`chezhu worklist`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import click

from pipelines import settings as settings_module
from pipelines.cli import options
from pipelines.store import versions
from pipelines.store.home import Home


@click.command("worklist")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the workbooks (they hold plain values).")
@click.option("--dealer", "dealers", multiple=True, help="Only this dealer (may be given several times).")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the workbooks.")
@options.home
@options.as_json
def command(out: Path | None, dealers: tuple[str, ...], lang: Literal["zh", "en"], home: Path | None, *, as_json: bool) -> None:
    """What each dealer is asked to repair: how many items are open, overdue and closed; with --out, one workbook a dealer.

    \b
    Example: chezhu worklist --out /mnt/dealers --dealer D001
    """  # noqa: D301
    from pipelines.stages.worklist import standing, workbooks  # noqa: PLC0415 - polars and xlsxwriter only where they are used
    from pipelines.workbench import open_engine  # noqa: PLC0415

    values = settings_module.load(options={"home": home})
    place = Home(values.home)
    manifest = versions.current(place)
    if manifest is None:
        message = place.unpublished()
        raise options.CommandError(message)
    with open_engine(values, place) as engine:
        scores = standing(engine, place, manifest)
        unknown = sorted(set(dealers) - set(scores["dealer_id"]))
        if unknown:
            message = f"no items for {', '.join(unknown)}; dealers with items: {', '.join(scores['dealer_id']) or 'none'}"
            raise options.CommandError(message)
        written = [] if out is None else [str(path) for path in workbooks(engine, place, manifest, dealers=dealers, lang=lang, folder=out)]
    lines = [row for row in scores.to_dicts() if not dealers or row["dealer_id"] in dealers]
    if as_json:
        click.echo(
            json.dumps({"version": manifest.version, "as_of": manifest.as_of, "dealers": lines, "files": written}, ensure_ascii=False)
        )
        return
    for row in lines:
        click.echo(f"{row['dealer_id']}  {row['open']:,} open, {row['overdue']:,} overdue, {row['closed']:,} closed")
    for path in written:
        click.echo(path)
