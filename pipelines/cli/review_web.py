"""`chezhu review serve|user|audit`: review in the browser, who may come, and what everybody did."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines import settings as settings_module
from pipelines.cli import options
from pipelines.settings import Settings
from pipelines.store.home import Home

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from pipelines.review_web.accounts import Accounts


@click.command("serve")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on. Another than this machine's own needs accounts."
)
@click.option("--port", type=click.IntRange(0, 65535), default=8089, show_default=True, help="Port to listen on.")
@click.option("--accounts", is_flag=True, help="Ask for a login also at 127.0.0.1 (behind a proxy).")
@options.home
def serve(host: str, port: int, home: Path | None, *, accounts: bool) -> None:
    """The queue in the browser: pairs side by side, why they may be one, keys to decide.

    At 127.0.0.1 the user of this machine decides without a login. Everywhere else accounts are needed: chezhu review user add.

    \b
    Example: chezhu review serve --port 8089
    """  # noqa: D301
    from pipelines.review_web import server  # noqa: PLC0415 - polars, duckdb and the server only where they are used

    values = settings_module.load(options={"home": home})
    _existing(values)
    server.run(values, host=host, port=port, accounts=accounts, say=click.echo)


@click.group("user")
def user() -> None:
    """Accounts of review in the browser."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(["reader", "steward"]), required=True, help="A reader sees masked values; a steward decides.")
@options.home
def add(name: str, role: str, home: Path | None) -> None:
    """Makes an account; its password is asked for, or read as the first line of standard input.

    \b
    Example: chezhu review user add li.na --role steward
    """  # noqa: D301
    accounts = _accounts(home)
    accounts.add(name, "steward" if role == "steward" else "reader", _password())
    _note(home, name, f"add {role}")
    click.echo(f"{name} may log in as {role}")


@user.command("password")
@click.argument("name")
@options.home
def password(name: str, home: Path | None) -> None:
    """Gives an account a new password and ends its sessions.

    \b
    Example: chezhu review user password li.na
    """  # noqa: D301
    _accounts(home).set_password(name, _password())
    _end_sessions(home, name)
    _note(home, name, "password")
    click.echo(f"{name} has a new password")


@user.command("remove")
@click.argument("name")
@options.home
def remove(name: str, home: Path | None) -> None:
    """Removes an account and ends its sessions; its decisions stay.

    \b
    Example: chezhu review user remove li.na
    """  # noqa: D301
    _accounts(home).remove(name)
    _end_sessions(home, name)
    _note(home, name, "remove")
    click.echo(f"{name} can no longer log in")


@user.command("list")
@options.home
@options.as_json
def list_(home: Path | None, *, as_json: bool) -> None:
    """Who may log in.

    \b
    Example: chezhu review user list
    """  # noqa: D301
    found = _accounts(home).everyone()
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], ensure_ascii=False))
        return
    for each in found:
        click.echo(f"{each.name:<24}  {each.role:<8}  since {each.created_at}")
    if not found:
        click.echo("no accounts yet: chezhu review user add NAME --role steward")


def _moment(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    """A date or time in ISO 8601; UTC where it names no offset."""
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError as error:
        message = f"{value!r} is no date or time of ISO 8601: write 2026-06-30, 2026-06-30T08:00 or 2026-06-30T08:00+08:00"
        raise click.BadParameter(message) from error
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


@click.command("audit")
@click.option("--who", help="Only what this account did.")
@click.option("--since", callback=_moment, help="Only from this time on (ISO 8601, UTC: 2026-06-30, 2026-06-30T08:00, or with +08:00).")
@click.option("--limit", type=click.IntRange(min=1), help="Only the latest so many. [default: all]")
@options.home
@options.as_json
def audit(who: str | None, since: datetime | None, limit: int | None, home: Path | None, *, as_json: bool) -> None:
    """Who logged in, looked at what, decided what, from where. Ids only, no personal values.

    \b
    Example: chezhu review audit --since 2026-06-30 --json
    """  # noqa: D301
    from pipelines.review_web.audit import AuditLog  # noqa: PLC0415

    for each in AuditLog(_store(home)).entries(who=who, since=since, limit=limit):
        if as_json:
            click.echo(json.dumps(asdict(each), ensure_ascii=False))
        else:
            click.echo(
                f"{each.number:>7}  {each.at}  {each.address:<15}  {each.who:<16}  {each.action:<15}  {each.subject}  {each.detail}".rstrip()
            )


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def _store(home: Path | None) -> Engine:
    from pipelines.store import database  # noqa: PLC0415

    values = settings_module.load(options={"home": home})
    return database.connect(_existing(values), values.ledger_url)


def _accounts(home: Path | None) -> Accounts:
    from pipelines.review_web.accounts import Accounts  # noqa: PLC0415

    return Accounts(_store(home))


def _end_sessions(home: Path | None, name: str) -> None:
    from pipelines.review_web.sessions import Limits, Sessions  # noqa: PLC0415

    Sessions(_store(home), Limits(0, 0)).end_all(name)


def _note(home: Path | None, name: str, detail: str) -> None:
    import getpass  # noqa: PLC0415

    from pipelines.review_web import audit as log  # noqa: PLC0415

    log.AuditLog(_store(home)).enter(log.ACCOUNT, who=getpass.getuser(), address="command line", subject=name, detail=detail)


def _existing(values: Settings) -> Home:
    place = Home(values.home)
    if not place.root.is_dir():
        message = f"nothing has run at {place.root} yet: chezhu run"
        raise options.CommandError(message)
    return place
