"""Options that commands share, and the error that a command may end with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


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
