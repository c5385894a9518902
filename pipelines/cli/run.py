"""`chezhu run`."""

from __future__ import annotations

import json
import logging
import math
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines import settings as settings_module
from pipelines.cli import options
from pipelines.draft import Selection
from pipelines.settings import Settings
from pipelines.store.home import Home

if TYPE_CHECKING:
    from pipelines.stages.intake import Plan
    from pipelines.store.versions import Manifest


_MOST_TOLD = 20
"""So many files that are left are named."""


@click.command("run")
@click.option("--inbox", type=click.Path(path_type=Path, file_okay=False), help="What dealers send. [default: INBOX or HOME/inbox]")
@options.home
@options.engine
@click.option("--full", is_flag=True, help="Read the whole inbox again and make everything anew, the matching model included.")
@click.option("--dealer", "dealers", multiple=True, help="Read this dealer's files once more (may be given several times).")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Read the files of this day (YYYY-MM-DD, UTC, by modification) once more.")
@click.option("--as-of", "as_of", type=click.DateTime(["%Y-%m-%d"]), help="The date that dated rules use. [default: today]")
@click.option("--quiet", is_flag=True, help="No progress.")
@options.as_json
def command(
    *,
    inbox: Path | None,
    home: Path | None,
    engine: str | None,
    full: bool,
    dealers: tuple[str, ...],
    day: object,
    as_of: object,
    quiet: bool,
    as_json: bool,
) -> None:
    """The whole pipeline through Dagster: what is new since the last run.

    \b
    Example: chezhu run --inbox exports/inbox --home data/home
    """  # noqa: D301
    values = settings_module.load(options={"inbox": inbox, "home": home, "engine": engine})
    date, changed = (f"{each:%Y-%m-%d}" if each is not None else None for each in (as_of, day))
    run(values, Selection(full=full, dealers=dealers, day=changed), as_of=date, quiet=quiet or as_json, as_json=as_json)


def run(values: Settings, selection: Selection, *, as_of: str | None, quiet: bool, as_json: bool) -> None:
    """Runs what there is to do and prints the summary."""
    from matching.survivorship import load_rules  # noqa: PLC0415 - polars and duckdb only where they are used
    from pipelines import workbench  # noqa: PLC0415
    from pipelines.ingest import contracts  # noqa: PLC0415
    from pipelines.stages import reference, train_waiting, watch  # noqa: PLC0415

    workbench.require_duckdb(values)
    load_rules(values.survivorship)  # a mistake in them, in a contract, or in a reference source, is told now and not half way
    contracts.load(values.contracts)
    reference.load(values)
    if not values.inbox_dir.is_dir():
        message = f"there is no inbox at {values.inbox_dir}; make it, with a folder for each dealer, or name another with --inbox"
        raise options.CommandError(message)
    _require_dealers(values, selection)
    start = time.monotonic()
    plan = watch.plan(values, selection)
    if not plan.read and (seconds := _unsettled(plan, values)):
        click.echo(f"files of the inbox were written just now: waiting {math.ceil(seconds)} s for them to settle", err=True)
        time.sleep(seconds)
        plan = watch.plan(values, selection)
    _tell_left(plan)
    home = Home(values.home)
    before, kept = _current(home), _published(home)
    decided = watch.undelivered(values, before)
    model = train_waiting.waiting(home, before)
    other_sources = reference.changed(values, before)
    day = as_of or watch.today(values)
    later = watch.later(before, day)
    if not plan.read and not decided and model is None and not other_sources and not later and (before is not None or not plan.known):
        _clear(values, home)
        _nothing_new(before, plan, gone=_gone(home, kept), as_json=as_json)
        return
    if not quiet:
        more = f", {decided:,} decisions to apply" if decided else ""
        more += f", with the model {model}" if model is not None else ""
        more += ", with other reference sources" if other_sources else ""
        more += f", as of {day}" if later and not plan.read else ""
        click.echo(f"{len(plan.read):,} files to read ({plan.known:,} known){more}; starting Dagster", err=True)
    with nullcontext() if quiet else _progress(start):
        _launched(values, selection, as_of, home)
    manifest = _current(home)
    if manifest is None or (before is not None and manifest.version == before.version):
        message = "the run ended without publishing a version; the Dagster UI (make ui) shows why"
        raise options.CommandError(message)
    _summary(values, manifest, gone=_gone(home, kept), seconds=time.monotonic() - start, as_json=as_json)


def _require_dealers(values: Settings, selection: Selection) -> None:
    """A mistyped dealer would read nothing and look like a run without news."""
    from pipelines.ingest import inbox  # noqa: PLC0415

    known = inbox.dealers(values.inbox_dir)
    if unknown := sorted(set(selection.dealers) - set(known)):
        message = f"no folder in the inbox for {', '.join(unknown)}; there are: {', '.join(known) or 'none'}"
        raise options.CommandError(message)


def _clear(values: Settings, home: Home) -> None:
    """Takes away what a killed run has left, as the beginning of a run does, and versions that are too old, as its end does."""
    from pipelines.stages import old_versions  # noqa: PLC0415
    from pipelines.store import versions  # noqa: PLC0415
    from pipelines.store.ledger import Ledger  # noqa: PLC0415
    from pipelines.workbench import remove_dead_scratch  # noqa: PLC0415

    with home.lock():
        versions.remove_unpublished(home)
        remove_dead_scratch(home)
        Ledger(home, values.ledger_url).reconcile()
        old_versions.remove(home, values)


def _launched(values: Settings, selection: Selection, as_of: str | None, home: Home) -> None:
    """Runs the job; where the publish gate stopped it, says which limit, and the ways on. One that failed is entered as failed."""
    from pipelines.store.home import HomeBusyError  # noqa: PLC0415
    from pipelines.store.ledger import Ledger  # noqa: PLC0415

    try:
        _launch(values, selection, as_of)
    except options.CommandError as error:
        ledger = Ledger(home, values.ledger_url)
        last = ledger.runs()[-1:]
        if not last or last[0].status != "stopped":
            with suppress(HomeBusyError), home.lock():  # another run works, and will do it
                ledger.reconcile()
            raise
        message = (
            f"the publish gate stopped run {last[0].run_id}: {last[0].detail.get('why')}. Nothing was published. "
            f'`chezhu accept {last[0].run_id} --why "…"` publishes it all the same; or mend what is wrong and run again'
        )
        raise options.CommandError(message) from error


def _launch(values: Settings, selection: Selection, as_of: str | None) -> None:
    from pipelines.cli.launch import launch  # noqa: PLC0415 - Dagster takes seconds to import

    launch(values, selection, as_of=as_of)


def _current(home: Home) -> Manifest | None:
    from pipelines.store import versions  # noqa: PLC0415

    return versions.current(home)


def _published(home: Home) -> list[int]:
    from pipelines.store import versions  # noqa: PLC0415

    return versions.published(home)


def _gone(home: Home, before: list[int]) -> list[int]:
    """Which versions were removed meanwhile."""
    return sorted(set(before) - set(_published(home)))


def _unsettled(plan: Plan, values: Settings) -> float:
    """Seconds until the last of the files that were written just now has settled; 0 where there is none."""
    age = time.time() - max((file.mtime for file in plan.waiting), default=0.0)
    return values.settle_seconds - age if age < values.settle_seconds else 0.0


def _tell_left(plan: Plan) -> None:
    from pipelines.ingest.reasons import REASONS  # noqa: PLC0415

    left = [f"left for the next run, still being written: {file.place}" for file in plan.waiting]
    for file in plan.refused:
        reason = REASONS[file.reason or "unreadable"]
        left.append(f"refused ({reason.code}): {file.place}: {reason.en}; {reason.advice}")
    for line in left[:_MOST_TOLD]:
        click.echo(line, err=True)
    if len(left) > _MOST_TOLD:
        click.echo(f"and {len(left) - _MOST_TOLD:,} files more: chezhu check FILE tells of one", err=True)


def _nothing_new(manifest: Manifest | None, plan: Plan, *, gone: list[int], as_json: bool) -> None:
    from pipelines.stages import old_versions  # noqa: PLC0415

    version = None if manifest is None else manifest.version
    refused, waiting = len(plan.refused), len(plan.waiting)
    if as_json:
        left = {"files_refused": refused, "files_waiting": waiting, "versions_removed": gone}
        click.echo(json.dumps({"status": "unchanged", "version": version, "files_known": plan.known, **left}))
        return
    told, said = f"{refused:,} refused, {waiting:,} still being written", f"{refused:,} 个文件被拒收，{waiting:,} 个仍在写入"
    if manifest is None and refused + waiting:
        click.echo(f"Nothing to read in the inbox: {told}. 收件箱中没有可读取的文件：{said}。")
    elif manifest is None:
        click.echo("Nothing in the inbox. 收件箱为空。")
    elif refused + waiting:
        click.echo(f"Nothing new: {plan.known:,} files of the inbox are in version {version}; {told}. 没有新文件，结果未变；{said}。")
    else:
        click.echo(f"Nothing new: all {plan.known:,} files of the inbox are in version {version}. 没有新文件，结果未变。")
        if gone:
            click.echo(old_versions.told(gone).capitalize())


def _summary(values: Settings, manifest: Manifest, *, gone: list[int], seconds: float, as_json: bool) -> None:
    from pipelines.ingest import copies  # noqa: PLC0415
    from pipelines.stages import crm_ids, gate, intake, old_versions  # noqa: PLC0415 - polars and duckdb only where they are used
    from pipelines.stages.churn import Churn  # noqa: PLC0415

    report = Home(values.home).reports / f"{manifest.version:06d}" / "report.zh.html"
    delivery = Home(values.home).deliveries / f"{manifest.version:06d}"
    run = dict(manifest.run)
    if as_json:
        told = {"status": "published", **run, "seconds": round(seconds, 1), "report": str(report), "versions_removed": gone}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    numbers = {name: f"{value:,}" if isinstance(value, int) else value for name, value in run.items()}
    rows = (
        f"{numbers['rows_kept']} kept + {numbers['rows_quarantined']} quarantined + {numbers['rows_skipped']} skipped (blank, title, note)"
    )
    merged = f"{numbers['customers']} from {numbers['records']} records: {numbers['duplicates_merged']} duplicates merged"
    lines = [
        f"Version {numbers['version']} published in {seconds:.0f} s (run {run['run_id']}, as of {run['as_of']})",
        f"  files             {numbers['files_new']} new, {numbers['files_quarantined']} of them in quarantine",
        f"  rows in           {numbers['rows_in']} = {rows}",
        f"  customers         {merged}",
        f"  quality           {_quality(run)}",
        f"  report            {report}",
        f"  CRM import        {delivery}{_left_out(delivery, manifest)}",
    ]
    if isinstance(churned := run.get("churn"), dict):
        lines.insert(4, f"  ids               {Churn(**churned).line()}")
    if isinstance(wrong := run.get("crm_ids_not_kept"), dict) and wrong:
        lines.insert(-2, f"  CRM               {crm_ids.told(wrong)}")
    if gone:
        lines.append(f"  versions          {old_versions.told(gone)}")
    if manifest.previous is not None and not gate.compared(run.get("gate")):
        lines.append(f"  gate              compared nothing: the version before has fewer customers than gate_from ({values.gate_from:,})")
    if run["files_quarantined"] or run["rows_quarantined"]:
        lines.append("  quarantine        chezhu quarantine list")
    lines += [f"  replaced          {line}" for line in intake.replaced_lines(run.get("replaced"))]
    lines += [f"  copies            {line}" for line in copies.lines(run.get("copied"))]
    click.echo("\n".join(lines))


def _left_out(delivery: Path, manifest: Manifest) -> str:
    """Why a CRM gets fewer customers than there are."""
    from pipelines.sinks.crm import FULL  # noqa: PLC0415

    told, customers = json.loads((delivery / "manifest.json").read_text("utf-8")), sum(entry.rows for entry in manifest.tables["customers"])
    rows = next(file["rows"] for file in told["files"] if file["name"] == FULL)
    return f" ({rows:,} customers; {customers - rows:,} tests of a system left out)" if rows < customers else ""


def _quality(run: Mapping[str, object]) -> str:
    """The score before and after, or why there is none."""
    before, after = run["score_before"], run["score_after"]
    if before is None and after is None:
        return "nothing to score: no record is in this version"
    return f"{_score(before)} before, {_score(after)} after (0 to 100)"


def _score(value: object) -> str:
    return "none" if value is None else str(value)


@contextmanager
def _progress(start: float) -> Iterator[None]:
    """Tells each table on stderr when it is written."""

    class Line(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return f"{time.monotonic() - start:6.1f} s  {record.getMessage()}"

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Line())
    logger = logging.getLogger("chezhu.progress")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
