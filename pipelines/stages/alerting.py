"""Alerts of a run, and their way to the channels of the settings: each once when it begins and once when it ends, again where a channel failed."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import date, timedelta

import polars as pl

from engine.contract import Engine, Table
from pipelines.draft import Draft
from pipelines.settings import Settings
from pipelines.sinks import channels
from pipelines.sinks.channels import ChannelError, Message
from pipelines.store import versions
from pipelines.store.home import Home
from quality_reports import monitoring
from quality_reports.messages import catalogue
from quality_reports.numbers import order_of_runs
from quality_reports.trends import RUNS

NAME = "alerts"
_MOST = 5_000_000
_LOOKED_BACK_DAYS = 100
_KEPT_DAYS = 7
"""An alert older than this is told no more: a channel that is set up today does not get the past."""
PROGRESS = logging.getLogger("chezhu.progress")


def advance(engine: Engine, draft: Draft, quality_history: Table) -> Table:
    """ALERTS of this run, from the measures of the latest runs and the alerts of the version it builds upon."""
    since = draft.as_of - timedelta(days=_LOOKED_BACK_DAYS)
    rows = engine.sql(
        f"select * from q where source = '' and \"table\" in ('records', 'clean_records') and as_of >= date '{since}'", q=quality_history
    )
    quality = engine.collect(rows, max_rows=_MOST)
    runs, told = draft.previous_table(engine, "runs"), draft.previous_table(engine, NAME)
    before = None if told is None else engine.collect(told)
    known = pl.DataFrame(schema={"run_id": pl.String(), "started_at": pl.Datetime("us", "UTC")}) if runs is None else engine.collect(runs)
    order = order_of_runs(quality, known)[-RUNS:]
    found = monitoring.signals(monitoring.nights(quality, order))
    return engine.from_frame(monitoring.advance(before, found, run_id=draft.run_id, as_of=draft.as_of))


def send(engine: Engine, home: Home, settings: Settings) -> int:
    """Tells the channels what began and ended and was not told yet; returns how many messages a channel took. A channel that fails is tried by the next run."""
    manifest = versions.current(home)
    if manifest is None or not settings.alerts or not manifest.tables.get(NAME):
        return 0
    alerts = engine.collect(versions.read(home, engine, manifest, NAME))
    told = home.root / "alerts" / "told.jsonl"
    known = set(told.read_text(encoding="utf-8").splitlines()) if told.exists() else set()
    sent = 0
    for name, address in settings.alerts.items():
        for message in messages(alerts, since=date.fromisoformat(manifest.as_of) - timedelta(days=_KEPT_DAYS)):
            line = json.dumps([name, message.event])
            if line in known:
                continue
            try:
                channels.send(address, message)
            except ChannelError as error:
                PROGRESS.warning("%s; the next run tries again", error)
                break
            told.parent.mkdir(mode=0o700, exist_ok=True)
            with told.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
            sent += 1
    return sent


def messages(alerts: pl.DataFrame, *, since: date) -> Iterator[Message]:
    """Begins and ends from ``since`` on, in order."""
    words = catalogue("zh")
    for row in alerts.sort("opened", "alert_id").iter_rows(named=True):
        for what, day in (("begin", row["opened"]), ("end", row["ended"])):
            if day is not None and day >= since:
                kind, _, field = row["series"].partition(".")
                name = words[f"watch.{kind}"].format(field=words.get(f"field.{field}", field))
                digits = ",.2f" if kind in {"mix", "form"} else ",.1f"
                usual = f"{row['low']:{digits}} … {row['high']:{digits}}"
                text = words[f"watch.text_{what}"].format(
                    severity=words[f"watch.{row['severity']}"], dealer=row["dealer_id"] or words["all_dealers"], what=name, value=f"{row['value']:{digits}}", usual=usual, day=day
                )  # fmt: skip
                yield Message(
                    f"{row['alert_id']}-{row['opened']}-{what}", day.isoformat(), row["dealer_id"], row["series"], row["severity"], text
                )


def run_failed(settings: Settings, run_id: str) -> int:
    """Tells the channels that a run failed: its id only, for an error's text may hold anything. Returns how many took it."""
    text = catalogue("zh")["watch.run_failed"].format(run=run_id)
    message = Message(f"run-{run_id}", "", "", "run_failed", "critical", text)
    sent = 0
    for address in settings.alerts.values():
        try:
            channels.send(address, message)
        except ChannelError as error:
            PROGRESS.warning("%s", error)
        else:
            sent += 1
    return sent
