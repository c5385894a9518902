"""`chezhu forget`."""

from __future__ import annotations

import getpass
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from pipelines import settings as settings_module
from pipelines.cli import options
from pipelines.store.home import Home

_MOST_TOLD = 20


@click.command("forget")
@click.argument("customer_id", required=False)
@click.option("--why", default="", help="The reason, kept with the proof (without the person's values).")
@click.option("--who", default=getpass.getuser, help="On whose word. [default: the user of this machine]")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--resume", is_flag=True, help="Finish an erasure that was interrupted.")
@options.home
@options.inbox
@click.option("--as-of", "as_of", type=click.DateTime(["%Y-%m-%d"]), help="The date of the new version. [default: today]")
@options.as_json
def command(
    *,
    customer_id: str | None,
    why: str,
    who: str,
    dry_run: bool,
    resume: bool,
    home: Path | None,
    inbox: Path | None,
    as_of: datetime | None,
    as_json: bool,
) -> None:
    """Erases a person: from every version, the inbox, quarantine, deliveries, models, and what else is kept.

    An older id of the customer does as well. A new version is published whose delivery tells CRM systems to delete the customer; a proof without
    the values stays in HOME/erasures. Interrupted, the same command (or --resume) finishes it.

    \b
    Example:
      chezhu forget CQLZ6TRUV3RVY2GYR --dry-run
      chezhu forget CQLZ6TRUV3RVY2GYR --why "asked for it by letter of 2026-11-02"
    """  # noqa: D301
    from pipelines.erasure import forget  # noqa: PLC0415 - polars and duckdb only where they are used

    if (customer_id is None) != resume:
        message = "name a CUSTOMER_ID, or say --resume"
        raise click.UsageError(message)
    values = options.with_last_inbox(settings_module.load(options={"home": home, "inbox": inbox}))
    if customer_id is None:
        place = Home(values.home)
        with place.lock(erasing=True):
            finished = forget.finish(values)
        if finished is None:
            click.echo("no erasure was interrupted")
            return
        proof = finished
    else:
        day = as_of.date() if as_of is not None else datetime.now(ZoneInfo(values.timezone)).date()
        order = forget.Order(customer_id, who, why, day)
        earlier = [each for each in forget.erasures(Home(values.home)) if customer_id in each["ids"]]
        # asked once more, what was sent again would be found; where nothing was, a proof would prove nothing
        looked = forget.forget(values, order, dry_run=True) if earlier else None
        if looked is not None and not _holds(looked):
            last = earlier[-1]
            told = f"{customer_id} was erased on {last['at']}; nothing of the person is there\nproof: {_proof(values.home, last)}"
            click.echo(json.dumps(last, ensure_ascii=False) if as_json else told)
            return
        proof = looked if looked is not None and not looked["dry_run"] else forget.forget(values, order, dry_run=dry_run)
    click.echo(json.dumps(proof, ensure_ascii=False) if as_json else "\n".join(_lines(proof, values.home)))


def _holds(proof: dict[str, Any]) -> bool:
    """Whether an erasure has (or would have) anything to do, or an interrupted one was finished."""
    counts = (proof["records"], proof["rows_whole"], proof["model_frequencies"], proof["review_sheet_rows"], proof["store_rows"])
    lists = (proof["tables"], proof["inbox"], proof["deliveries"], proof["mentions_erased"], proof["left"])
    return not proof["dry_run"] or any((*counts, *lists, *proof["storage_and_reports"].values()))


def _proof(home: Path, proof: dict[str, Any]) -> Path:
    return Home(home).erasures / f"{proof['erasure']}.json"


def _lines(proof: dict[str, Any], home: Path) -> list[str]:
    done = "would be erased" if proof["dry_run"] else "erased"
    lines = [f"{proof['customer_id']}: {proof['records']:,} records {done} in {len(proof['versions'])} versions"]
    lines += [f"  {name:<18} {rows:,} rows" for name, rows in proof["tables"].items() if rows]
    lines += [
        f"  inbox              {sum(file['rows'] for file in proof['inbox']):,} rows of {len(proof['inbox']):,} files",
        f"  deliveries         {sum(each['rows'] for each in proof['deliveries']):,} rows of {len(proof['deliveries']):,}",
        f"  models             {proof['model_frequencies']:,} frequencies",
        f"  review sheets      {proof['review_sheet_rows']:,} rows; {proof['store_rows']:,} rows of the SQL store",
    ]
    if proof["others_ended"] or proof["others_made_anew"]:
        lines.append(
            f"  others             {len(proof['others_made_anew']):,} customers lost what the person's rows said of them, {len(proof['others_ended']):,} ended with them"
        )
    if shared := sum(kind["shared_with_others"] for kind in proof["values"].values()):
        lines.append(f"  kept               {shared:,} values that other customers have as well")
    if proof["mentions_erased"]:
        lines.append(f"  mentions           in free text of {len(proof['mentions_erased']):,} records of others")
    lines += [f"  left               {path}: could not be read and holds a value; see to it by hand" for path in proof["left"][:_MOST_TOLD]]
    lines += [
        f"  not in the inbox   {path}: said something of the person; whoever keeps it must be told"
        for path in proof["originals_not_in_the_inbox"][:_MOST_TOLD]
    ]
    lines += [
        f"  reference source   {row}: knows the person; whoever keeps the source must be told"
        for row in proof["reference_rows"][:_MOST_TOLD]
    ]
    lines += [f"  delivered          version {each['version']} at {each['at']}: {each['target']}" for each in proof["delivered_elsewhere"]]
    if proof["dry_run"]:
        return [*lines, "nothing was changed"]
    if "version" in proof:
        lines.append(f"Version {proof['version']} published: its delivery tells CRM systems to delete the customer")
    return [*lines, f"proof: {_proof(home, proof)}"]
