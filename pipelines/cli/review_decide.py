"""`chezhu review decide same|not-same|lock|correct|prefer`: a steward's decision about customers that he names."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines import settings as settings_module
from pipelines.cli import options

if TYPE_CHECKING:
    from pipelines.stages.decide import Decided


def _shared(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--why``, ``--who``, ``--home``, ``--json``."""
    command = options.as_json(options.home(command))
    command = click.option("--who", default=getpass.getuser, help="Who decides. [default: the user of this machine]")(command)
    return click.option("--why", required=True, help="The reason, kept with the decision.")(command)


@click.group("decide")
def decide() -> None:
    """A decision about customers by name; the next run applies it, and every run after it until it is undone.

    Customers are named by an id that they have or once had, or by one of their records.
    """


@decide.command("same")
@click.argument("left")
@click.argument("right")
@_shared
def same(left: str, right: str, why: str, who: str, home: Path | None, *, as_json: bool) -> None:
    """LEFT and RIGHT are one customer.

    \b
    Example: chezhu review decide same CQLZ6TRUV3RVY2GYR CBNTQHS2A7TYSF3L4 --why "he called: old and new phone"
    """  # noqa: D301
    from pipelines.stages import decide as stage  # noqa: PLC0415 - polars and duckdb only where they are used

    _say(stage.pair(settings_module.load(options={"home": home}), left, right, same=True, why=why, who=who), as_json=as_json)


@decide.command("not-same")
@click.argument("left")
@click.argument("right")
@_shared
def not_same(left: str, right: str, why: str, who: str, home: Path | None, *, as_json: bool) -> None:
    """LEFT and RIGHT are two customers; of one customer name two of its records to part them.

    \b
    Example: chezhu review decide not-same 5d41402abc4b2a76b9719d911017c592 7d793037a0760186574b0282f2f435e7 --why "father and son"
    """  # noqa: D301
    from pipelines.stages import decide as stage  # noqa: PLC0415

    _say(stage.pair(settings_module.load(options={"home": home}), left, right, same=False, why=why, who=who), as_json=as_json)


@decide.command("lock")
@click.argument("customer")
@_shared
def lock(customer: str, why: str, who: str, home: Path | None, *, as_json: bool) -> None:
    """The records that CUSTOMER has now stay together, and no other record joins them.

    A record that would join becomes a customer of its own and stands in the review queue. To let it in: undo the lock, decide
    `same`, lock again after the next run.

    \b
    Example: chezhu review decide lock CQLZ6TRUV3RVY2GYR --why "checked with the owner, 2026-11-28"
    """  # noqa: D301
    from pipelines.stages import decide as stage  # noqa: PLC0415

    _say(stage.lock(settings_module.load(options={"home": home}), customer, why=why, who=who), as_json=as_json)


@decide.command("correct")
@click.argument("customer")
@click.argument("field")
@click.argument("value")
@_shared
def correct(customer: str, field: str, value: str, why: str, who: str, home: Path | None, *, as_json: bool) -> None:
    """VALUE is right for FIELD of CUSTOMER, whatever the records say.

    FIELD is name, gender, birth_date, id_number, phone, email, address, vin or plate. The value is read by the standards of cleansing; one
    that they doubt is refused with the reason.

    \b
    Example: chezhu review decide correct CQLZ6TRUV3RVY2GYR phone 13917852046 --why "he called"
    """  # noqa: D301
    _value(customer, field, value, prefer=False, why=why, who=who, home=home, as_json=as_json)


@decide.command("prefer")
@click.argument("customer")
@click.argument("field")
@click.argument("value")
@_shared
def prefer(customer: str, field: str, value: str, why: str, who: str, home: Path | None, *, as_json: bool) -> None:
    """VALUE, one that records of CUSTOMER have for FIELD, is the primary one, as long as a record has it.

    \b
    Example: chezhu review decide prefer CQLZ6TRUV3RVY2GYR email wang.wei@example.cn --why "the other one bounces"
    """  # noqa: D301
    _value(customer, field, value, prefer=True, why=why, who=who, home=home, as_json=as_json)


def _value(  # the arguments of two commands
    customer: str, field: str, value: str, *, prefer: bool, why: str, who: str, home: Path | None, as_json: bool
) -> None:
    from pipelines.stages import decide as stage  # noqa: PLC0415

    values = settings_module.load(options={"home": home})
    _say(stage.value(values, customer, field.replace("-", "_"), value, prefer=prefer, why=why, who=who), as_json=as_json)


def _say(done: Decided, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(done), ensure_ascii=False))
        return
    whom = " and ".join(dict.fromkeys(done.customers))
    if done.known:
        click.echo(f"this was decided before: {done.kind} {done.shown} {whom}".replace("  ", " "))
        return
    more = f" {done.shown}" if done.shown else ""
    click.echo(
        f"decision {done.number}: {done.kind}{more}, {whom} (record {', '.join(done.records[:3])}{', …' if done.records[3:] else ''})"
    )
    if done.changes:
        click.echo(f"changes in the golden record: {', '.join(done.changes)}")
    click.echo("the next run applies it: chezhu run")
