"""`chezhu`: the group of commands, its exit codes, and how an error looks.

Exit codes: 0 done; 1 the work failed, with one clear line on stderr; 2 wrong usage.
"""

from __future__ import annotations

import atexit
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

import click

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("pipelines.cli.run", "The whole pipeline: what is new since the last run."),
    "check": ("pipelines.cli.check", "What would happen to this export; nothing is written."),
    "quarantine": ("pipelines.cli.quarantine", "Rows and files that could not be read: list them, or read them again."),
    "parse": ("pipelines.cli.parse", "One value a line in, one JSON object a line out."),
    "words": ("pipelines.cli.words", "Brands and models that no dictionary knows."),
    "match": ("pipelines.cli.match", "Deduplicates any table, or links several."),
    "find": ("pipelines.cli.find", "Customers by phone, plate, VIN, name, identity number, e-mail or id."),
    "explain": ("pipelines.cli.explain", "Why two records are one customer or not; why a customer's records hang together."),
    "evaluate": ("pipelines.cli.evaluate", "Holds clusters against the truth."),
    "export": ("pipelines.cli.export", "A published table as a file."),
    "report": ("pipelines.cli.report", "Reports of a run: before and after, assessment, trend, customers."),
    "worklist": ("pipelines.cli.worklist", "What each dealer is asked to repair, one workbook a dealer."),
    "letters": ("pipelines.cli.letters", "Letters and address labels of a list, to print."),
    "runs": ("pipelines.cli.runs", "What ran, and how it ended."),
    "review": ("pipelines.cli.review", "Pairs of customers that may be one, for a person to decide."),
    "accept": ("pipelines.cli.decide:accept", "Publishes a run that the publish gate stopped."),
    "rollback": ("pipelines.cli.decide:rollback", "Goes back to an earlier version, and delivers what undoes the later ones."),
    "train": ("pipelines.cli.train", "A new matching model from the data and the decisions so far."),
    "publish": ("pipelines.cli.publish", "Delivers the published version to a target: PostgreSQL or a folder."),
    "doctor": ("pipelines.cli.doctor", "Whether the home is well, and what to do."),
    "forget": ("pipelines.cli.forget", "Erases a person from all that is kept."),
}
PLUGINS = "chezhu.commands"
"""Entry points of tools that are mounted here and that nothing of the product imports."""


class Lazy(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the flow, tools of their own first."""
        del ctx
        return [*_plugins(), *COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        del ctx
        if cmd_name in COMMANDS:
            module, _, name = COMMANDS[cmd_name][0].partition(":")
            found = getattr(importlib.import_module(module), name or "command", None)
        else:
            plugin = _plugins().get(cmd_name)
            found = plugin() if plugin is not None else None
        return found if isinstance(found, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One line a command, without importing any."""
        del ctx
        rows = [(name, "Dealer exports as they really look, with the truth beside them.") for name in _plugins()]
        rows += [(name, line) for name, (_, line) in COMMANDS.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _plugins() -> dict[str, Callable[[], object]]:
    from importlib.metadata import entry_points  # noqa: PLC0415 - 20 ms that `parse` need not pay

    return {point.name: point.load for point in entry_points(group=PLUGINS)}


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="chezhu")
def chezhu() -> None:
    """Chezhu (车主): dealer exports in, trusted customers and a report out.

    \b
    Example:
      chezhu generate --out /tmp/exports --customers 2000
      chezhu run --inbox /tmp/exports/inbox --home /tmp/home
      chezhu export customers --home /tmp/home --out customers.csv

    Settings: chezhu.toml, over it environment variables CHEZHU_… and INBOX, over them options.
    Exit codes: 0 done, 1 the work failed (one line on stderr), 2 wrong usage.
    """  # noqa: D301 - \b is click's mark for text that keeps its lines


def main() -> None:
    """Entry point of the command."""
    ending = _Ending()
    atexit.register(ending.leave)  # the first to be registered is the last to be called
    ending.code = call(sys.argv[1:])
    sys.exit(ending.code)


def call(words: Sequence[str]) -> int:
    """Calls a command in this process; its exit code."""
    umask = os.umask(0o077)
    try:
        chezhu(list(words), prog_name="chezhu")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except Exception as error:
        if not isinstance(error, (OSError, MemoryError, *_expected())):
            raise
        lines = [" ".join(line.split()) for line in str(error).splitlines() if line.strip()]
        text = ("; " if isinstance(error, _listing()) else " ").join(lines) or type(error).__name__
        click.echo(f"chezhu: {text}", err=True)
        return 1
    finally:
        os.umask(umask)
    return 0


class _Ending:
    """How the process ends: at once, when all that waits for its end is done. To take Dagster's modules down, Python needs two seconds."""

    code = 1

    def leave(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):  # the reader has gone away
                stream.flush()
        os._exit(self.code)


def _listing() -> tuple[type[Exception], ...]:
    """Errors that may say several things, one a line."""
    module = sys.modules.get("engine.yaml_files")
    return () if module is None else (module.YamlFileError,)


def _expected() -> tuple[type[Exception], ...]:
    """Errors that say what happened by themselves; of modules that a command has imported."""
    known = (
        ("pipelines.settings", "SettingsError"),
        ("pipelines.store.versions", "VersionError"),
        ("pipelines.store.home", "HomeError"),
        ("pipelines.sinks.export", "ExportError"),
        ("pipelines.cli.options", "CommandError"),
        ("pipelines.ingest.contracts", "ContractError"),
        ("matching.spec", "SpecError"),
        ("matching.labels", "LabelError"),
        ("matching.survivorship.rules", "RulesError"),
        ("pipelines.reference_sources.settings", "SourceError"),
        ("pipelines.store.decision", "DecisionError"),
        ("pipelines.stages.match_files", "InputError"),
        ("matching.explain", "UnknownRecordError"),
        ("matching.explain_cluster", "TooLargeError"),
        ("pipelines.stages.explain", "ExplainError"),
        ("pipelines.sinks.review_sheet", "SheetError"),
        ("pipelines.erasure.forget", "ErasureError"),
        ("pipelines.erasure.verifying", "RewritingError"),
        ("pipelines.sinks.postgres", "TargetError"),
        ("sqlalchemy.exc", "OperationalError"),
        ("pipelines.review_web.serving", "ServingError"),
        ("pipelines.review_web.accounts", "AccountError"),
        ("engine.contract", "EngineError"),
    )
    found = (getattr(sys.modules.get(module), name, None) for module, name in known)
    return tuple(error for error in found if isinstance(error, type) and issubclass(error, Exception))
