"""What measures, reports, worklists and alerts cost: the tables of a published home, repeated until there are so many records.

    python -m benchmarks.quality --home DIR [--rows 1000000] [--runs 60] [--repeats 2] [--table FILE]

DIR is a home after `chezhu run` on generated exports. Its tables are repeated under other ids (remarks differ, so that
rows do not become copies of each other), measured as one run, and reported with a history of so many runs before it. Goals at 1,000,000
records: measures 8 s, counting customers 2 s, all reports 10 s, each HTML file 5 MB. Told is the median of the repeats.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import polars as pl

    from engine.contract import Engine, Table

Result = TypeVar("Result")
TABLES = ("records", "clean_records", "customers", "customer_profile", "crosswalk")
GOALS = {"measures": 8.0, "expectations": 12.0, "reports": 10.0, "customers": 2.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--table", type=Path)
    arguments = parser.parse_args()

    from pipelines import settings
    from pipelines.store.home import Home
    from pipelines.workbench import open_engine

    values = settings.load(options={"home": arguments.home})
    with tempfile.TemporaryDirectory() as folder, open_engine(values, Home(values.home)) as engine:
        lines = timings(engine, Home(values.home), arguments.rows, arguments.runs, arguments.repeats, Path(folder))
    text = "\n".join(lines)
    print(text)
    if arguments.table:
        arguments.table.write_text(text + "\n", encoding="utf-8")


def timings(engine: Engine, home: object, rows: int, runs: int, repeats: int, folder: Path) -> list[str]:
    import polars as pl

    from engine.tables import schema
    from pipelines.stages.report_pages import KINDS, LANGUAGES, Frames, render
    from pipelines.store import versions
    from pipelines.store.home import Home
    from quality_reports import measures, monitoring, worklists
    from quality_reports.customer_counts import NEEDED, count_customers
    from quality_reports.customer_numbers import customer_numbers
    from quality_reports.examples import collect_examples
    from quality_reports.numbers import order_of_runs
    from quality_reports.prices import Prices
    from quality_reports.trend_page import no_gates

    assert isinstance(home, Home)
    manifest = versions.current(home)
    assert manifest is not None, "the home has no published version"
    times = max(1, round(rows / manifest.rows("records")))
    tables = {name: repeated(engine, versions.read(home, engine, manifest, name), name, times, folder) for name in TABLES}
    day = date.fromisoformat(manifest.as_of)

    def measure() -> pl.DataFrame:
        return engine.collect(measures.measure(engine, **tables, run_id=f"r{runs:04}", as_of=day), max_rows=5_000_000)

    seconds, quality = median(measure, repeats)
    found = {"measures": seconds}
    found["worklist"], _ = median(
        lambda: engine.count(
            engine.materialize(worklists.advance(engine, before=None, clean_records=tables["clean_records"], as_of=day, days=7, most=200))
        ),
        repeats,
    )
    asked = {name: versions.read(home, engine, manifest, name) for name in NEEDED}
    asked = {
        name: repeated(engine, table, name, times, folder) if "customer_id" in table.schema else table for name, table in asked.items()
    }
    found["customers"], customers = median(lambda: customer_numbers(count_customers(engine, asked, as_of=day)), repeats)
    found["examples"], examples = median(lambda: collect_examples(engine, tables["clean_records"]), repeats)
    history = pl.concat(
        [
            quality.with_columns(run_id=pl.lit(f"r{place:04}"), as_of=pl.lit(day - timedelta(days=runs - place)))
            for place in range(1, runs + 1)
        ]
    )
    files = engine.collect(versions.read(home, engine, manifest, "files"))
    frames = Frames(
        history,
        pl.DataFrame(schema=schema("runs")),
        files,
        pl.DataFrame(schema={"dealer_id": pl.String, "reason": pl.String, "n": pl.Int64}),
        no_gates(),
        examples,
        customers,
    )
    found["expectations"], _ = median(lambda: expected(engine, tables, quality, f"r{runs:04}"), 1)
    order = order_of_runs(history, frames.runs)
    found["alerts"], _ = median(lambda: monitoring.signals(monitoring.nights(history, order)), 1)
    pages, paths = median(lambda: render(frames, folder=folder / "report", languages=LANGUAGES, kinds=KINDS, prices=Prices()), repeats)
    found["reports"] = pages + found["examples"] + found["customers"]
    largest = max(path.stat().st_size for path in paths if path.suffix == ".html")
    dealers = quality.filter(pl.col("dealer_id") != "")["dealer_id"].n_unique()
    told = [
        f"{times * manifest.rows('records'):,} records, {dealers} dealers, {runs} runs of history; peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB"
    ]
    told += [f"{name:12} {value:6.2f} s{f'  (goal {GOALS[name]:.0f} s)' if name in GOALS else ''}" for name, value in found.items()]
    return [
        *told,
        f"largest HTML {largest / 1e6:.2f} MB  (goal 5 MB); reports: both languages, {', '.join(KINDS)}, each as HTML, JSON, XLSX",
    ]


def expected(engine: Engine, tables: dict[str, Table], quality: pl.DataFrame, run_id: str) -> None:
    """The suites with their import, on samples of these tables."""
    from pipelines.stages.report import SAMPLED, sample
    from quality_reports import expectations
    from quality_reports.expectation_rules import scanned

    samples = {name: sample(engine, tables[name], key, scanned(name)) for name, key in SAMPLED.items()}
    expectations.validate(quality=quality, samples=samples, run_id=run_id)


def repeated(engine: Engine, table: Table, name: str, times: int, folder: Path) -> Table:
    """The table so many times, under other ids."""
    ids = {"record_id", "row_id", "customer_id", "source_key"}
    columns = ", ".join(
        f"t.{column} || '-' || cast(k.n as string) as {column}"
        if column in ids or (name == "records" and column == "remark")
        else f't."{column}"'
        for column in table.schema
    )
    columns = columns.replace("t.remark ||", "coalesce(t.remark, '') ||")
    import polars as pl

    copies = engine.from_frame(pl.DataFrame({"n": range(times)}))
    path = folder / f"{name}.parquet"
    engine.write(engine.sql(f"select {columns} from t cross join k", t=table, k=copies), path)
    return engine.read(path)


def median(work: Callable[[], Result], repeats: int) -> tuple[float, Result]:
    """Median seconds of the repeats, and what the last one gave."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), result


if __name__ == "__main__":
    main()
