"""Starts Dagster's job in this process, on the instance below the home."""

from __future__ import annotations

import os
import re
import shutil
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from engine.kept import NOTE
from pipelines.cli.options import CommandError
from pipelines.draft import Selection
from pipelines.settings import PROJECT_ROOT, Settings
from pipelines.store.home import Home

if TYPE_CHECKING:
    import dagster as dg

JOB = "chezhu_run"


def launch(values: Settings, selection: Selection, *, as_of: str | None) -> str:
    """Runs the job to its end; returns Dagster's run id.

    Raises:
        CommandError: a step failed; the message is the innermost cause.
    """
    instance_folder = prepare_instance(values)
    os.environ["DAGSTER_HOME"] = str(instance_folder)
    warnings.filterwarnings("ignore", module="dagster")
    import dagster as dg  # noqa: PLC0415 - seconds to import, and DAGSTER_HOME must be set first

    config = {
        "resources": {"workshop": {"config": _workshop(values, selection, as_of)}},
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }
    with dg.DagsterInstance.get() as instance:
        if values.executor == "multiprocess":
            result = dg.execute_job(dg.reconstructable(job), instance=instance, run_config=config, raise_on_error=False)
            if not result.success:
                raise CommandError(_first_failure(result.all_events))
            return str(result.run_id)
        done = job().execute_in_process(run_config=config, instance=instance, raise_on_error=False)
        if not done.success:
            raise CommandError(_first_failure(done.all_events))
        return str(done.run_id)


def job() -> dg.JobDefinition:
    """The job, for this process or (by its import path) for others."""
    from pipelines.definitions import defs  # noqa: PLC0415

    return defs().resolve_job_def(JOB)


def prepare_instance(values: Settings) -> Path:
    """DAGSTER_HOME below the home, with the project's dagster.yaml."""
    home = Home(values.home)
    home.prepare()
    source = PROJECT_ROOT / "dagster.yaml"
    if source.exists():
        shutil.copyfile(source, home.dagster / "dagster.yaml")
    return home.dagster


def _workshop(values: Settings, selection: Selection, as_of: str | None) -> dict[str, object]:
    config: dict[str, object] = {
        "home": str(values.home),
        "inbox": str(values.inbox_dir),
        "full": selection.full,
        "dealers": list(selection.dealers),
        "retry": selection.retry,
    }
    if as_of is not None:
        config["as_of"] = as_of
    if selection.day is not None:
        config["day"] = selection.day
    return config


def _told(message: str, kind: str) -> str:
    r"""An error as Dagster writes it (``module.Class: text``, then its notes), without the class of an error that has a text, and without a query's.

    >>> _told("engine.contract.EngineError: no file\nthe query: select 1", "EngineError")
    'no file'
    >>> _told("KeyError: 'tables'", "KeyError")
    "KeyError: 'tables'"
    """
    text = message.partition(f"\n{NOTE}")[0].strip()
    return re.sub(rf"^(?:\w+\.)+{re.escape(kind)}:\s+(?=\S)", "", text)


def _first_failure(events: object) -> str:
    for event in events:  # type: ignore[attr-defined] # Dagster's own list of events
        data = getattr(event, "event_specific_data", None)
        error = getattr(data, "error", None)
        if error is not None:
            while error.cause is not None and (error.cls_name or "").startswith(("Dagster", "Retry")):
                error = error.cause
            step = event.step_key or "the run"
            return f"{step}: {_told(error.message, error.cls_name or '')}"
    return "the run failed; the Dagster UI (make ui) shows why"
