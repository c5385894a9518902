"""Nights of increments on generated exports: time of each, F1 at the end beside a full rebuild's, ids and events; and one night onto much that is known.

python -m benchmarks.increments nights [--nights 30] [--rows 30000]
python -m benchmarks.increments onto [--known 1000000] [--new 10000]
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from benchmarks._nights import CORRECTED, Export, exports, send, told
from benchmarks.pipeline import command, held_against_truth, print_stages
from engine.duckdb import DuckDBEngine
from pipelines.store import versions
from pipelines.store.home import Home

FIRST_DAY = date(2026, 6, 30)
KNOWN_AT_FIRST = 0.7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ways = parser.add_subparsers(dest="way", required=True)
    nights = ways.add_parser("nights")
    nights.add_argument("--nights", type=int, default=30)
    nights.add_argument("--rows", type=int, default=30_000)
    nights.add_argument("--dealers", type=int, default=10)
    onto = ways.add_parser("onto")
    onto.add_argument("--known", type=int, default=1_000_000)
    onto.add_argument("--new", type=int, default=10_000)
    onto.add_argument("--dealers", type=int, default=60)
    for each in (nights, onto):
        each.add_argument("--seed", type=int, default=3)
        each.add_argument("--folder", type=Path, help="keeps what is made here, and takes the home of a first run that is here already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="chezhu-bench-") as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if options.way == "nights":
            many_nights(folder, nights=options.nights, rows=options.rows, dealers=options.dealers, seed=options.seed)
        else:
            one_night(folder, known=options.known, new=options.new, dealers=options.dealers, seed=options.seed)


def many_nights(folder: Path, *, nights: int, rows: int, dealers: int, seed: int) -> None:
    """A first run over most of it, then a run a night; those that a folder has already are not run again."""
    found, truth = generated(folder, rows=rows, dealers=dealers, seed=seed)
    inbox, home, kept = folder / "inbox", folder / "home", folder / "ids.parquet"
    before = pl.read_parquet(kept) if kept.exists() else pl.DataFrame(schema={"night": pl.Int64(), "customer_id": pl.String()})
    there = before["night"].max() if before.height else -1
    moved = [first(export, inbox, share=KNOWN_AT_FIRST) for export in found]
    if there < 0:
        seconds, _ = run(inbox, home, night=0)
        print(f"first run {seconds:.1f} s")
    print(f"{'night':>5} {'rows':>6} {'records':>8} {'customers':>9} {'s':>6}")
    ids = set(before["customer_id"])
    for night in range(1, nights + 1):
        moved += [part for export in found for part in tonight(export, inbox, night=night, nights=nights)]
        if night <= there:
            continue
        ids |= given(home)
        seconds, _ = run(inbox, home, night=night)
        pl.DataFrame({"customer_id": sorted(ids)}).select(night=pl.lit(night, pl.Int64), customer_id="customer_id").write_parquet(kept)
        ran = published(home, "runs").sort("version").row(-1, named=True)
        print(f"{night:>5} {ran['rows_in']:>6,} {ran['records']:>8,} {ran['customers']:>9,} {seconds:>6.1f}", flush=True)
    answers = folder / "answers"
    (answers / "truth").mkdir(parents=True, exist_ok=True)
    told(truth, moved).write_parquet(answers / "truth" / "records.parquet")
    by_night = held_against_truth(home, answers)
    lost = ids - given(home)
    events = published(home, "identity_events")
    rebuilt = folder / "rebuilt"
    shutil.rmtree(rebuilt, ignore_errors=True)
    shutil.copytree(home, rebuilt)
    seconds, _ = run(inbox, rebuilt, night=nights, full=True)
    whole = held_against_truth(rebuilt, answers)
    print(
        f"\nF1 {by_night.f1:.4f} after {nights} nights, {whole.f1:.4f} after a full rebuild with a new model ({seconds:.1f} s); goal: within 0.002"
    )
    print(
        f"precision {by_night.precision:.4f} and {whole.precision:.4f}, recall {by_night.recall:.4f} and {whole.recall:.4f} ({by_night.records:,} records with truth)"
    )
    print(f"ids lost: {len(lost)} of {len(ids):,}; events without a cause: {events['cause'].null_count()} of {events.height:,}")
    print(events.group_by("kind", "cause").len().sort("kind", "cause").rows())


def one_night(folder: Path, *, known: int, new: int, dealers: int, seed: int) -> None:
    """A first run over what is known, then one night's new rows: by the wall clock from the process's start to its end."""
    found, _ = generated(folder, rows=known + new, dealers=dealers, seed=seed)
    inbox, home = folder / "inbox", folder / "home"
    lists = [export for export in found if not export.snapshot]
    total = sum(len(export.rows) for export in lists)
    if not home.exists():
        shutil.rmtree(inbox, ignore_errors=True)
        for export in found:
            first(export, inbox, share=1.0 if export.snapshot else 1 - new / total)
        seconds, _ = run(inbox, home, night=0)
        print(f"first run {seconds:.1f} s")
    tried = folder / "tried"
    shutil.rmtree(tried, ignore_errors=True)
    shutil.copytree(home, tried)
    for export in lists:
        numbers = list(export.rows)[known_rows(export, 1 - new / total) :]
        if numbers:
            send(export, inbox, night=1, numbers=numbers)
    seconds, said = run(inbox, tried, night=1)
    print_stages(said)
    ran = published(tried, "runs").sort("version").row(-1, named=True)
    print(f"\n{ran['rows_in']:,} rows onto {known:,} ({ran['records']:,} records now): {seconds:.1f} s, start-up included")


def generated(folder: Path, *, rows: int, dealers: int, seed: int) -> tuple[list[Export], pl.DataFrame]:
    made = folder / "made"
    if not made.exists():
        command("generate", "--out", made, "--rows", rows, "--dealers", dealers, "--seed", seed, "--workbooks", 0)
    truth = pl.read_parquet(made / "truth" / "records.parquet")
    return exports(made, truth), truth


def known_rows(export: Export, share: float) -> int:
    return max(1, round(share * len(export.rows)))


def first(export: Export, inbox: Path, *, share: float) -> pl.DataFrame:
    numbers = list(export.rows)
    return send(export, inbox, night=0, numbers=numbers[: known_rows(export, share)])


def tonight(export: Export, inbox: Path, *, night: int, nights: int) -> list[pl.DataFrame]:
    """The rows of one night: a share of the rest, with corrections of what is known; a snapshot every tenth night, of which a few customers are gone."""
    numbers = list(export.rows)
    at_first = known_rows(export, KNOWN_AT_FIRST)
    until = at_first + (len(numbers) - at_first) * night // nights
    if export.snapshot:
        kept = [number for place, number in enumerate(numbers[:until]) if place % 60 != night]
        return [send(export, inbox, night=night, numbers=kept)] if night % 10 == 0 else []
    since = at_first + (len(numbers) - at_first) * (night - 1) // nights
    again = numbers[night % CORRECTED : since : CORRECTED * 4] if export.keyed and night % 3 == 0 else []
    if since == until and not again:
        return []
    return [send(export, inbox, night=night, numbers=numbers[since:until], corrected=again)]


def run(inbox: Path, home: Path, *, night: int, full: bool = False) -> tuple[float, str]:
    start = time.perf_counter()
    day = FIRST_DAY + timedelta(days=night)
    _, said = command("run", "--inbox", inbox, "--home", home, "--as-of", day.isoformat(), *(["--full"] if full else []))
    return time.perf_counter() - start, said


def given(home: Path) -> set[str]:
    """All customer ids that were ever given."""
    return set(published(home, "crosswalk")["customer_id"])


def published(home: Path, table: str) -> pl.DataFrame:
    place = Home(home)
    manifest = versions.current(place)
    if manifest is None:
        sys.exit("nothing was published")
    with DuckDBEngine() as engine:
        return engine.collect(versions.read(place, engine, manifest, table), max_rows=sys.maxsize)


if __name__ == "__main__":
    main()
