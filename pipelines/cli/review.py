"""`chezhu review export|import|decide|list|undo|serve|user|audit`: the queue of pairs that a person decides, and what he decides by name."""

from __future__ import annotations

import getpass
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines import settings as settings_module
from pipelines.cli import options, review_web
from pipelines.cli.review_decide import decide
from pipelines.store.home import Home

if TYPE_CHECKING:
    from pipelines.stages.review_sheets import Imported
    from pipelines.store.decisions import Decision, Decisions

_LONGEST = 120
"""Characters of a reason that a list shows; --json has all."""
_WHO = click.option("--who", default=getpass.getuser, help="Who decides. [default: the user of this machine]")


@click.group("review")
def command() -> None:
    """Pairs of customers that may be one, for a person to decide; decisions about customers by name."""


command.add_command(decide)


for _more in (review_web.serve, review_web.user, review_web.audit):
    command.add_command(_more)


@command.command("export")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The workbook (.xlsx) to write.")
@click.option(
    "--limit", type=click.IntRange(min=1, max=100_000), default=500, show_default=True, help="Pairs at most, the most worthwhile first."
)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the sheet.")
@options.home
def export(out: Path, limit: int, lang: str, home: Path | None) -> None:
    """Writes the queue as a workbook: two records a row, a drop-down for the decision.

    \b
    Example: chezhu review export --out review.xlsx --limit 200
    """  # noqa: D301
    from pipelines.stages import review_sheets  # noqa: PLC0415 - polars and duckdb only where they are used

    if out.suffix.lower() != ".xlsx":
        message = f"{out}: a review sheet is a workbook; name it .xlsx"
        raise click.UsageError(message)
    pairs = review_sheets.export(settings_module.load(options={"home": home}), out, limit=limit, lang="en" if lang == "en" else "zh")
    click.echo(f"{pairs:,} pairs in {out}" if pairs else "the queue is empty")


@command.command("import")
@click.argument("sheet", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@_WHO
@options.home
@options.as_json
def import_(sheet: Path, who: str, home: Path | None, *, as_json: bool) -> None:
    """Takes a filled-in sheet back: checks each row, enters its decision, says what it did.

    The next `chezhu run` applies the decisions. Rows whose records have changed since the sheet was made are named and left.

    \b
    Example: chezhu review import review.xlsx --who "Li Na"
    """  # noqa: D301
    from pipelines.stages import review_sheets  # noqa: PLC0415

    done = review_sheets.take_back(settings_module.load(options={"home": home}), sheet, who=who)
    if as_json:
        click.echo(json.dumps(asdict(done), ensure_ascii=False))
        return
    click.echo("\n".join(_lines(done)))


@command.command("list")
@options.home
@click.option("--plain", is_flag=True, help="Values as they are, not masked.")
@options.as_json
def list_(home: Path | None, *, plain: bool, as_json: bool) -> None:
    """Decisions in force, the latest last; values are masked unless --plain.

    \b
    Example: chezhu review list --home data/home
    """  # noqa: D301
    from pipelines.store.decision import one_line  # noqa: PLC0415

    found = _decisions(home).in_force()
    if as_json:
        click.echo(json.dumps([{**asdict(each), "value": _value(each, plain=plain)} for each in found], ensure_ascii=False))
        return
    for each in found:
        about, why = _about(each, plain=plain), one_line(each.why, _LONGEST)
        click.echo(f"{each.number:>6}  {each.at}  {each.kind:<8}  {about}  {one_line(each.who)}  {why}".rstrip())
    if not found:
        click.echo("no decisions yet: chezhu review export, chezhu review import, chezhu review decide")


def _about(decision: Decision, *, plain: bool) -> str:
    """What a decision is about, in one line."""
    if decision.records:
        return f"{decision.records[0]}  with {len(decision.records) - 1:,} others"
    if decision.field is not None:
        return f"{decision.left_id}  {decision.field} {_value(decision, plain=plain)}"
    return f"{decision.left_id}  {decision.right_id}"


def _value(decision: Decision, *, plain: bool) -> str | None:
    return decision.value if plain or decision.value is None else decision.shown


@command.command("undo")
@click.argument("number", type=int)
@click.option("--why", required=True, help="The reason, kept with the undoing.")
@_WHO
@options.home
def undo(number: int, why: str, who: str, home: Path | None) -> None:
    """Takes a decision back; the next run no longer applies it.

    \b
    Example: chezhu review undo 12 --why "he has a brother of that name"
    """  # noqa: D301
    from pipelines.store.decisions import DecisionError  # noqa: PLC0415

    try:
        _decisions(home).undo(number, who=who, why=why)
    except DecisionError as error:
        raise options.CommandError(str(error)) from error
    click.echo(f"decision {number} is undone; the next run no longer applies it")


def _decisions(home: Path | None) -> Decisions:
    from pipelines.store.decisions import Decisions  # noqa: PLC0415

    values = settings_module.load(options={"home": home})
    place = Home(values.home)
    if not place.root.is_dir():
        message = f"nothing has run at {place.root} yet: chezhu run"
        raise options.CommandError(message)
    return Decisions(place, values.ledger_url)


def _lines(done: Imported) -> list[str]:
    lines = [
        f"{done.same:,} the same, {done.not_same:,} not the same, {done.known:,} known before, {done.skipped:,} skipped, {len(done.refused):,} refused"
    ]
    lines += [f"row {row}: {why}" for row, why in done.refused]
    return [*lines, "the next run applies them: chezhu run"] if done.same + done.not_same else lines
