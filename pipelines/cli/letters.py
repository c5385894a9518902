"""`chezhu letters`."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Literal

import click

from pipelines import settings as settings_module
from pipelines.cli import options
from pipelines.store import versions
from pipelines.store.home import Home

_FILE = click.Path(path_type=Path, dir_okay=False)
_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command("letters")
@click.option(
    "--list", "name", type=click.Choice(["care_tasks", "call_list", "campaign_lists", "save_list"]), required=True, help="Whose list."
)
@click.option("--out", type=_FILE, required=True, help="FILE.html (it holds plain values).")
@click.option("--kind", help="Only this task (care_tasks), reason (call_list), or offer (save_list).")
@click.option("--campaign", help="Only this campaign (campaign_lists).")
@click.option("--dealer", help="Only this dealer's customers.")
@click.option("--from", "since", type=_DAY, help="care_tasks: tasks to do from this day on. [default: the version's date]")
@click.option("--until", type=_DAY, help="care_tasks: the last day. [default: 30 days later]")
@click.option("--any-channel", is_flag=True, help="Also whom another channel reaches better; never who must not be contacted.")
@click.option("--template", type=_FILE, help="A Jinja template of one letter. [default: the built-in one]")
@click.option("--label-template", type=_FILE, help="A Jinja template of one label. [default: the built-in one]")
@click.option("--labels", default="8x3", show_default=True, help="Rows x columns of labels on an A4 sheet; none for no labels.")
@click.option("--only", type=click.Choice(["letters", "labels"]), help="Not both.")
@click.option("--sender", default="", help="Who writes, as it stands in the letters.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the built-in templates.")
@options.home
def command(  # noqa: PLR0913 - a command has as many arguments as options
    *,
    name: Literal["care_tasks", "call_list", "campaign_lists", "save_list"],
    out: Path,
    kind: str | None,
    campaign: str | None,
    dealer: str | None,
    since: datetime | None,
    until: datetime | None,
    any_channel: bool,
    template: Path | None,
    label_template: Path | None,
    labels: str,
    only: Literal["letters", "labels"] | None,
    sender: str,
    lang: Literal["zh", "en"],
    home: Path | None,
) -> None:
    """Letters, one page each, and address labels: one HTML file to print, of customers whom the post reaches best and who may be contacted.

    The file holds plain values: only its owner may read it. How many were left out, and why, is said on stderr.

    \b
    Example: chezhu letters --list care_tasks --kind inspection --sender 车主服务中心 --out letters.html
    """  # noqa: D301
    from pipelines.sinks.letters import LettersError, Sheet, document  # noqa: PLC0415 - polars and jinja2 only where they are used
    from pipelines.stages.letters import NotListedError, TooManyLettersError, Wanted, addressed, require_listed  # noqa: PLC0415
    from pipelines.workbench import open_engine  # noqa: PLC0415
    from quality_reports.page import write_owner_only  # noqa: PLC0415

    if (kind if name == "campaign_lists" else campaign) is not None:
        message = "--campaign goes with --list campaign_lists, --kind with the other lists"
        raise click.UsageError(message)
    if out.suffix.lower() not in {".html", ".htm"}:
        message = f"{out}: letters are a page to print; name it .html"
        raise click.UsageError(message)
    try:
        sheet = None if labels == "none" or only == "letters" else Sheet.read(labels)
    except LettersError as error:
        raise click.BadParameter(str(error), param_hint="--labels") from error
    values = settings_module.load(options={"home": home})
    place = Home(values.home)
    manifest = versions.current(place)
    if manifest is None:
        message = place.unpublished()
        raise options.CommandError(message)
    as_of = date.fromisoformat(manifest.as_of)
    wanted = Wanted(kind or campaign, dealer, _day(since), _day(until), any_channel)
    first, last = wanted.days(as_of)
    if first > last:
        message = f"--from {first} is after --until {last}: no day lies between them"
        raise click.UsageError(message)
    try:
        with open_engine(values, place) as engine:
            tables = {table: versions.read(place, engine, manifest, table) for table in (name, "customer_reach", "customers", "files")}
            require_listed(engine, tables, name, wanted=wanted)
            letters, counts = addressed(engine, tables, name, as_of=as_of, wanted=wanted, lang=lang)
        html = document(
            letters, lang=lang, sender=sender, date=as_of.isoformat(), sheet=sheet, bodies=only != "labels", letter_template=template, label_template=label_template
        )  # fmt: skip
    except (LettersError, NotListedError, TooManyLettersError) as error:
        raise options.CommandError(str(error)) from error
    write_owner_only(out, html.encode())
    click.echo(
        f"{counts['letter']:,} addressed; left out: {counts['not_allowed']:,} must not be contacted, {counts['no_address']:,} without an address that "
        f"the post finds, {counts['other_channel']:,} reached better by another channel",
        err=True,
    )
    click.echo(out)


def _day(value: datetime | None) -> date | None:
    return None if value is None else value.date()
