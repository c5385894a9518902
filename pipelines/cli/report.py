"""`chezhu report`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import click

from pipelines import settings as settings_module
from pipelines.cli import options
from pipelines.store import versions
from pipelines.store.home import Home


@click.command("report")
@click.option(
    "--kind",
    type=click.Choice(["before_after", "assessment", "trend", "customers"]),
    default="before_after",
    show_default=True,
    help="Which report.",
)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the report.")
@click.option("--run", "run_id", help="Run id (or its beginning), or version number. [default: the published version]")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder. [default: reports below the home]")
@click.option("--dealer", help="Only this dealer: the assessment as its own page.")
@options.home
def command(
    kind: Literal["before_after", "assessment", "trend", "customers"],
    lang: Literal["zh", "en"],
    run_id: str | None,
    out: Path | None,
    dealer: str | None,
    home: Path | None,
) -> None:
    """A report of a run as one HTML file that opens offline, with its numbers beside it; prints where it is.

    \b
    before_after  the same measures before and after the run
    assessment    how good the data are as they came: scores, problems with masked examples, what they cost
    trend         each measure over all runs up to this one, with control limits
    customers     reach, value, churn, care calendar, leads, satisfaction, campaigns, prospects, segments
    Example: chezhu report --kind trend --lang en --out /tmp/report
    """  # noqa: D301
    from pipelines.stages.report import render_version  # noqa: PLC0415 - polars and jinja2 only where they are used
    from pipelines.stages.report_pages import how_runs_ended, prices, write_index  # noqa: PLC0415
    from pipelines.store.ledger import Ledger  # noqa: PLC0415
    from pipelines.workbench import open_engine  # noqa: PLC0415

    if dealer is not None and kind != "assessment":
        message = "--dealer goes with --kind assessment; the other reports show one dealer when it is chosen on the page"
        raise click.UsageError(message)
    values = settings_module.load(options={"home": home})
    place = Home(values.home)
    version = find_version(place, run_id)
    folder = out if out is not None else place.reports / f"{version:06d}"
    with open_engine(values, place) as engine:
        ends = how_runs_ended(Ledger(place, values.ledger_url))
        try:
            path = render_version(
                engine,
                place,
                version,
                lang=lang,
                folder=folder,
                kind=kind,
                ends=ends,
                prices=prices(values),
                dealer=dealer,
                zone=ZoneInfo(values.timezone),
            )
        except ValueError as error:
            raise options.CommandError(str(error)) from error
        click.echo(path)
        write_index(engine, place)


def find_version(home: Home, wanted: str | None) -> int:
    """The version that a run id, the beginning of one, or a number names; the published one if nothing is named. Digits are a version's number.

    Raises:
        CommandError: nothing is published, or nothing or more than one thing goes by that name.
    """
    known = [versions.load(home, version) for version in versions.published(home)]
    if not known:
        message = home.unpublished()
        raise options.CommandError(message)
    if wanted is None:
        return known[-1].version
    numbered = wanted.isascii() and wanted.isdecimal()
    found = [each.version for each in known if (each.version == int(wanted) if numbered else each.run_id.startswith(wanted))]
    if len(found) != 1:
        listed = ", ".join(f"{manifest.version} ({manifest.run_id[:8]})" for manifest in known)
        message = f"{len(found) or 'no'} published runs go by {wanted!r}; there are: {listed}"
        raise options.CommandError(message)
    return found[0]
