"""The files of a run's reports, from the tables that they tell of; and the index over all runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from io import BytesIO
from pathlib import Path
from typing import Literal

import polars as pl

from engine.contract import Engine, Table
from pipelines.settings import Settings
from pipelines.stages.gate import Measure
from pipelines.store import versions
from pipelines.store.home import Home
from pipelines.store.ledger import Ledger, LedgerRun
from quality_reports import report as before_after
from quality_reports import workbook
from quality_reports.assessment import build_assessment
from quality_reports.customer_counts import NEEDED as CUSTOMER_TABLES
from quality_reports.customer_counts import count_customers
from quality_reports.customer_numbers import customer_numbers
from quality_reports.customer_page import build_customers
from quality_reports.examples import collect_examples
from quality_reports.index_page import build_index
from quality_reports.messages import Language
from quality_reports.numbers import Numbers, order_of_runs
from quality_reports.page import write_owner_only
from quality_reports.prices import Prices
from quality_reports.report import report_numbers
from quality_reports.trend_page import build_trend, no_gates
from quality_reports.trends import trend_report_numbers

Kind = Literal["before_after", "assessment", "trend", "customers"]

KINDS: tuple[Kind, ...] = ("before_after", "assessment", "trend", "customers")
LANGUAGES: tuple[Language, ...] = ("zh", "en")
_TABLES = ("quality_history", "files", "quarantine", "clean_records")


@dataclass(frozen=True)
class Frames:
    """What reports tell of: QUALITY_HISTORY, RUNS and FILES rows, quarantine counted by reason, how runs ended, and customers counted."""

    quality: pl.DataFrame
    runs: pl.DataFrame
    files: pl.DataFrame
    quarantine: pl.DataFrame
    ends: pl.DataFrame
    examples: pl.DataFrame
    customers: Numbers


def collected(
    engine: Engine,
    tables: dict[str, Table],
    ends: pl.DataFrame | None,
    *,
    as_of: date,
    kinds: Sequence[Kind] = KINDS,
    up_to: str | None = None,
) -> Frames:
    """Small frames of the tables that reports of these kinds need (``needed``); of what was measured nothing after the run ``up_to``."""
    reasons = "select dealer_id, reason, count(*) as n from q group by dealer_id, reason order by dealer_id, reason"
    quality, runs, files = (engine.collect(tables[name], max_rows=5_000_000) for name in ("quality_history", "runs", "files"))
    if up_to is not None:
        quality = quality.filter(pl.col("run_id").is_in(order_of_runs(quality, runs, up_to=up_to)))
    quarantine = engine.collect(engine.sql(reasons, q=tables["quarantine"]))
    examples = collect_examples(engine, tables["clean_records"])
    customers = customer_numbers(count_customers(engine, tables, as_of=as_of)) if "customers" in kinds else {}
    return Frames(quality, runs, files, quarantine, no_gates() if ends is None else ends, examples, customers)


def needed(kinds: Sequence[Kind]) -> tuple[str, ...]:
    """The tables that reports of these kinds are made from, ``runs`` apart."""
    return (*_TABLES, *(CUSTOMER_TABLES if "customers" in kinds else ()))


def render(
    frames: Frames,
    *,
    folder: Path,
    languages: Sequence[Language],
    kinds: Sequence[Kind],
    prices: Prices,
    dealer: str | None = None,
    zone: tzinfo = UTC,
) -> list[Path]:
    """Writes the reports of these kinds and languages, times in ``zone``; the HTML file of each kind and language comes before its workbook."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    quality, runs, files, quarantine = frames.quality, frames.runs, frames.files, frames.quarantine
    paths = []
    if dealer is None and (order := order_of_runs(quality, runs)):
        numbers = BytesIO()
        quality.filter(pl.col("run_id") == order[-1]).write_parquet(numbers)
        write_owner_only(folder / "quality.parquet", numbers.getvalue())
    told = None
    if {"before_after", "assessment"} & {*kinds}:
        told = report_numbers(quality=quality, runs=runs, files=files, quarantine=quarantine)
    charted = _trend_numbers(frames) if "trend" in kinds else None
    for lang in languages:
        if "before_after" in kinds:
            out = folder / f"report.{lang}.html"
            paths.append(
                before_after.build(
                    quality=quality, runs=runs, files=files, quarantine=quarantine, lang=lang, out=out, numbers=told, zone=zone
                )
            )
            book = out.with_suffix(".xlsx")
            paths.append(
                workbook.build_workbook(quality=quality, runs=runs, files=files, quarantine=quarantine, lang=lang, out=book, numbers=told)
            )
        if "assessment" in kinds:
            paths.append(
                build_assessment(
                    quality=quality, runs=runs, files=files, quarantine=quarantine, examples=frames.examples, lang=lang, prices=prices, dealer=dealer,
                    out=folder / (f"assessment.{lang}.html" if dealer is None else f"assessment.{dealer}.{lang}.html"), numbers=told, zone=zone,
                )
            )  # fmt: skip
        if "trend" in kinds:
            out = folder / f"trend.{lang}.html"
            paths.append(build_trend(quality=quality, runs=runs, gates=frames.ends, lang=lang, out=out, numbers=charted, zone=zone))
        if "customers" in kinds:
            out = folder / f"customers.{lang}.html"
            paths.append(build_customers(numbers=frames.customers, quality=quality, runs=runs, lang=lang, out=out, zone=zone))
    return paths


def _trend_numbers(frames: Frames) -> Numbers:
    """What the trend report tells, in every language."""
    order = order_of_runs(frames.quality, frames.runs)
    return trend_report_numbers(quality=frames.quality, runs=frames.runs, order=order, gates=frames.ends)


def how_runs_ended(ledger: Ledger) -> pl.DataFrame:
    """One row a run of the ledger: what the trend report says of the publish gate."""
    rows = [
        {"run_id": run.run_id, "started_at": run.started_at, "status": run.status, "version": run.version, "why": _why(run), "nearest": _nearest(run)}
        for run in ledger.runs()
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=no_gates().schema)


def _why(run: LedgerRun) -> str | None:
    """Why the gate stopped it; what else went wrong is not for reports."""
    why = run.detail.get("why")
    return why if run.status == "stopped" and isinstance(why, str) else None


def _nearest(run: LedgerRun) -> str | None:
    kept = run.detail.get("gate")
    measures = [Measure(**each) for each in kept] if isinstance(kept, list) else []
    return max(measures, key=lambda each: each.value / each.limit if each.limit else each.value).line() if measures else None


def write_index(engine: Engine, home: Home) -> list[Path]:
    """The page over all runs of the published version, in every language; ``index.html`` is the Chinese one."""
    manifest = versions.current(home)
    if manifest is None:
        return []
    runs = engine.collect(versions.read(home, engine, manifest, "runs"))
    reports = {
        int(folder.name): sorted(path.name for path in folder.iterdir()) for folder in home.reports.iterdir() if folder.name.isdecimal()
    }
    names: dict[Language, str] = {"zh": "index.html", "en": "index.en.html"}
    return [build_index(runs=runs, reports=reports, lang=lang, out=home.reports / name) for lang, name in names.items()]


def prices(settings: Settings) -> Prices:
    """What messages cost, as the settings say."""
    return Prices(sms=settings.price_sms, post=settings.price_post)
