"""Options that commands share, and the error that a command may end with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pipelines.settings import Settings


class CommandError(Exception):
    """The work cannot be done; the message says why and what to do."""


def home(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--home DIR``."""
    kind = click.Path(path_type=Path, file_okay=False)
    return click.option("--home", type=kind, help="All that runs produce. [default: CHEZHU_HOME or data/home]")(command)


def engine(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--engine duckdb|spark``."""
    kind = click.Choice(["duckdb", "spark"])
    return click.option(
        "--engine", type=kind, help="What moves the data; spark needs the extra [spark] and Java 17 or newer. [default: duckdb]"
    )(command)


def as_json(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print what a program wants.")(command)


def inbox(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--inbox DIR`` of commands that look back at what runs have read."""
    kind = click.Path(path_type=Path, file_okay=False)
    return click.option("--inbox", type=kind, help="What dealers send. [default: INBOX, that of the last run, or HOME/inbox]")(command)


def with_last_inbox(values: Settings) -> Settings:
    """The settings with the inbox of the last run, where neither an option nor a setting names one."""
    from pipelines.store.home import Home  # noqa: PLC0415

    last = Home(values.home).noted_inbox() if values.inbox is None else None
    if last is None or (not last.is_dir() and values.inbox_dir.is_dir()):
        return values
    return values.model_copy(update={"inbox": last})
