"""Drifts planted in nights of generated exports: which are found, how soon, by which series; and false alarms where nothing was planted.

    python -m benchmarks.drift [--seed 1] [--nights 60] [--each 30]

Each night's files are read, cleansed, counted and judged by the pipeline's own functions. The measures of records add up over records, so a night's
are counted by themselves and added to the totals, as a run's are; and a drift costs only the files it changes. Left out is what adds up over several
nights: rows repeated from an earlier night, and what records of one car say of each other. Goal: all found within two nights, at most one false alarm.

Of a field that is seldom empty chance hides some: beside them stands how many a test would find that knows the share and, as ours, cries by chance
no more often than once in ``monitoring.RARE``.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from scipy.special import bdtrik

from benchmarks._drift import MEASURED, Change, Feed, day_of, empty, feeds, flood, phones, swap, two_columns, write, write_changed
from cleansing import records as record_kernel
from engine.duckdb import DuckDBEngine
from engine.tables import schema
from generator.exports import generate
from generator.plan import Plan
from pipelines.ingest import batch, contracts, inbox
from pipelines.ingest.limits import Limits
from pipelines.settings import Settings
from quality_reports import measures, monitoring
from quality_reports.kernels import CELL
from quality_reports.monitoring import Night

ROOT = Path(__file__).resolve().parents[1]

LEARNT = 28
DRAWS = 100_000
PIECE = 10
"""So many nights are read and counted at a time."""
MADE_DEALERS, MADE_ROWS = 40, 1_250_000
"""Generated; of these the dealers that are large enough are taken."""


@dataclass(frozen=True)
class Case:
    """A drift of one kind at one dealer from a night on; ``changes`` of its feeds by source (none: no file comes)."""

    kind: str
    dealer: str
    night: int
    changes: dict[str, Change] = field(default_factory=dict)
    told: str = ""
    share: float = 0.0
    """Of a field that triples: the share that is usually empty."""


class Reader:
    """Files to counts, by the pipeline's own intake, cleansing and measures."""

    def __init__(self, engine: DuckDBEngine, scratch: Path) -> None:
        self._engine, self._scratch = engine, scratch
        settings = Settings()
        self._book = contracts.load(ROOT / "data" / "contracts")
        self._limits = Limits(
            max_file_bytes=settings.max_file_bytes, max_unpacked_bytes=settings.max_unpacked_bytes, max_row_bytes=settings.max_row_bytes
        )

    def counts(self, folder: Path) -> pl.DataFrame:
        """Counts of the files below ``folder`` by night: ``night`` and the columns of ``measures.COUNT``."""
        files = inbox.scan(folder, settle_seconds=0, now=time.time())
        results = [each for each in batch.ingest_all(files, self._book, self._limits, self._scratch / folder.name) if each is not None]
        nights = pl.DataFrame({name: [getattr(file, name) for file in files] for name in ("dealer_id", "file_id", "file_name")}).select(
            "dealer_id", "file_id", night=pl.col("file_name").str.extract(r"_n(\d+)\.").fill_null("00")
        )
        raw = pl.read_parquet(list(dict.fromkeys(each.records for each in results))).join(nights, on=["dealer_id", "file_id"])
        raw = raw.unique(["night", "record_id"], keep="last", maintain_order=True)
        return self._counted(raw).with_columns(
            night=pl.col("dealer_id").str.tail(2).cast(pl.Int64), dealer_id=pl.col("dealer_id").str.head(-3)
        )

    def _counted(self, raw: pl.DataFrame) -> pl.DataFrame:
        """Counts of records, with the night as a part of the dealer's id."""
        engine = self._engine
        kernel = partial(record_kernel.clean, as_of=day_of(0))
        records = raw.drop("night")
        clean = engine.collect(engine.map_batches(engine.from_frame(records), kernel, schema("clean_records")), max_rows=records.height)
        named = raw.select("record_id", whose=pl.col("dealer_id") + "-" + pl.col("night"))
        of_night, cleansed = (
            engine.from_frame(frame.join(named, on="record_id", maintain_order="left").with_columns(dealer_id="whose").drop("whose"))
            for frame in (records, clean)
        )
        crosswalk = engine.from_frame(pl.DataFrame(schema=schema("crosswalk")))
        facts = engine.materialize(measures.facts_of(engine, of_night, cleansed, crosswalk))
        copies = engine.collect(measures.copies_of(engine, of_night), max_rows=measures.MAX_CELLS)
        parts = {"records": measures.of_records(engine, facts), "copies": copies}
        return pl.concat(frame.select(pl.lit(part).alias("part"), *CELL) for part, frame in parts.items())


def quality(counts: pl.DataFrame, nights: Sequence[int]) -> pl.DataFrame:
    """QUALITY_HISTORY of the totals after each of these nights, as alerting reads it. ``counts``: of all nights up to the last."""
    frames = []
    for night in nights:
        total = counts.filter(pl.col("night") <= night).group_by(list(measures.COUNT)[:-1]).agg(pl.col("total").sum())
        frames.append(measures.history(total, run_id=_run(night), as_of=day_of(night)).filter(pl.col("source") == ""))
    return pl.concat(frames)


def _run(night: int) -> str:
    return f"n{night:02}"


def base(counts: pl.DataFrame, nights: int) -> dict[str, list[Night]]:
    """What each night brought, by dealer, without any drift; night 0 is what was there before."""
    order = [_run(night) for night in range(nights + 1)]
    return monitoring.nights(quality(counts, range(nights + 1)), order)


def false_alarms(found: dict[str, list[Night]], nights: int) -> tuple[pl.DataFrame, dict[int, set[tuple[str, str]]]]:
    """ALERTS that begin after learning, and what is not as usual in each night (dealer, series)."""
    state: pl.DataFrame | None = None
    each = {}
    for night in range(1, nights + 1):
        now = monitoring.signals({scope: series[:night] for scope, series in found.items()})
        state = monitoring.advance(state, now, run_id=_run(night), as_of=day_of(night))
        each[night] = set(now.select("dealer_id", "series").iter_rows())
    assert state is not None
    return state.filter(pl.col("opened") > day_of(LEARNT)), each


def cases(sent: list[Feed], counts: pl.DataFrame, nights: int, each: int, pick: np.random.Generator) -> Iterator[Case]:
    """``each`` cases of every kind, at dealers in turn, on nights drawn."""
    dealers = sorted({feed.dealer.dealer_id for feed in sent})

    def places() -> Iterator[tuple[str, int, list[Feed]]]:
        for dealer in pick.permutation(dealers)[:each].tolist():
            yield dealer, int(pick.integers(LEARNT + 1, nights)), [feed for feed in sent if feed.dealer.dealer_id == dealer]

    def of_all(there: list[Feed], change: Change) -> dict[str, Change]:
        return {feed.source: change for feed in there}

    for dealer, night, _ in places():
        yield Case("stop", dealer, night)
    for kind, header in (("column moves", False), ("header moves too", True)):
        for dealer, night, there in places():
            largest = max(there, key=lambda feed: feed.ends[-1])
            one, two = two_columns(largest, pick)
            yield Case(
                kind, dealer, night, {largest.source: swap(one, two, header=header)}, f"{largest.columns[one]}, {largest.columns[two]}"
            )
    for kind, least, most in (("nulls triple", 0.05, 1 / 3), ("few nulls triple", 0.02, 0.05)):
        for dealer, night, there in places():
            empties = {name: share for name, share in _nulls(counts, dealer).items() if least <= share <= most}
            if empties:
                name = list(empties)[pick.integers(len(empties))]
                change = empty(name, 2 * empties[name] / (1 - empties[name]), pick)
                yield Case(kind, dealer, night, of_all(there, change), f"{name} {100 * empties[name]:.1f} %", empties[name])
    for kind, change in (
        ("flood of tests", flood(1 / 3)),
        ("phones damaged", phones(lambda v: f"1.{v[1:3]}E+10")),
        ("phones +86 and -", phones(lambda v: f"+86 {v[:3]}-{v[3:7]}-{v[7:]}")),
        ("phones in groups", phones(lambda v: f"{v[:3]} {v[3:7]} {v[7:]}")),
    ):
        for dealer, night, there in places():
            yield Case(kind, dealer, night, of_all(there, change))


def possible(share: float, rows: Sequence[float]) -> float:
    """How likely a test that knows the share finds that it triples, in one of two nights of so many rows or in both together.

    >>> round(possible(0.02, [250.0, 250.0]), 2), round(possible(0.05, [500.0, 500.0]), 2)
    (0.81, 1.0)
    """
    many = np.array([*rows, sum(rows)])
    most = np.ceil(bdtrik(1 - monitoring.RARE, many, share))
    drawn = np.random.default_rng(0).binomial(np.array(rows, dtype=np.int64), 3 * share, (DRAWS, 2))
    return float((np.column_stack([drawn, drawn.sum(axis=1)]) > most).any(axis=1).mean())


def _nulls(counts: pl.DataFrame, dealer: str) -> dict[str, float]:
    """Share without a value, by field."""
    of_dealer = counts.filter(pl.col("dealer_id") == dealer, pl.col("table") == "records")
    total = {
        (measure, name): value for measure, name, value in of_dealer.group_by("measure", "field").agg(pl.col("total").sum()).iter_rows()
    }
    return {name: 1 - total.get(("filled", name), 0) / total["rows", ""] for name in MEASURED}


def plant(case: Case, sent: list[Feed], folder: Path) -> None:
    """The files that the case changes, of its first two nights."""
    for feed in sent:
        if feed.dealer.dealer_id == case.dealer and feed.source in case.changes:
            for night in (case.night, case.night + 1):
                if feed.lines(night):
                    write_changed(feed, folder, night, case.changes[feed.source])


def found_by(case: Case, usual: list[Night], counts: pl.DataFrame, changed: pl.DataFrame) -> list[set[str]]:
    """Series that tell of the case in its first and second night."""
    two = [case.night, case.night + 1]
    of_dealer = counts.filter(pl.col("dealer_id") == case.dealer, pl.col("night") <= two[1])
    replaced = pl.col("night").is_in(two) & (pl.col("source").is_in(list(case.changes)) | pl.lit(not case.changes))
    planted = changed.filter(pl.col("dealer_id") == case.dealer, pl.col("night").is_in(two)).select(of_dealer.columns)
    now = quality(pl.concat([of_dealer.filter(~replaced), planted]), [case.night - 1, *two])
    came = monitoring.nights(now, [_run(night) for night in (case.night - 1, *two)])[case.dealer]
    before = usual[: case.night - 1]
    return [set(monitoring.signals({case.dealer: [*before, *came[:many]]})["series"]) for many in (1, 2)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--nights", type=int, default=60)
    parser.add_argument("--dealers", type=int, default=30)
    parser.add_argument("--each", type=int, default=30, help="cases of each kind")
    parser.add_argument("--missed", action="store_true", help="names what was not found")
    options = parser.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="chezhu-bench-") as temporary, DuckDBEngine() as engine:
        folder = Path(temporary)
        generate(Plan(out=folder / "made", dealers=MADE_DEALERS, rows=MADE_ROWS, seed=options.seed, workbooks=0))
        sent = feeds(folder / "made", dealers=MADE_DEALERS, most=options.dealers, nights=options.nights + 1, seed=options.seed)
        reader = Reader(engine, folder / "staged")
        counts = pl.concat(_usual_nights(sent, reader, folder, options.nights))
        found = base(counts, options.nights)
        alarms, unusual = false_alarms(found, options.nights)
        rows = [night.rows for scope, each in found.items() if scope for night in each]
        print(
            f"seed {options.seed}: {len(found) - 1} dealers, {options.nights} nights, {sum(rows):,.0f} records, "
            f"{np.mean(rows):.0f} a dealer and night ({min(rows):.0f} to {max(rows):.0f})"
        )
        told = alarms.select("dealer_id", "series", "opened", "value", "low", "high")
        print(f"false alarms in nights {LEARNT + 1} to {options.nights}: {told.height} (goal 1)", *told.rows(), sep="\n  ")
        print(f"\n{'drift':18} {'planted':>7} {'1 night':>7} {'2 nights':>8}  by")
        planned = list(cases(sent, counts, options.nights, options.each, np.random.default_rng(options.seed + 1000)))
        for kind in dict.fromkeys(case.kind for case in planned):
            of_kind = [case for case in planned if case.kind == kind]
            told_by = _run_kind(of_kind, kind, sent, reader, folder, found, counts, unusual)
            first, second = (sum(any(nights[:many]) for nights in told_by) for many in (1, 2))
            series = Counter(name for nights in told_by for name in nights[0] | nights[1])
            by = ", ".join(f"{name} {n}" for name, n in series.most_common(6))
            chances = [
                possible(case.share, [night.rows for night in found[case.dealer][case.night - 1 :][:2]]) for case in of_kind if case.share
            ]
            known = f"; by who knows the share {sum(chances):.1f}" if chances else ""
            print(f"{kind:18} {len(of_kind):>7} {first:>7} {second:>8}  {by}{known}", flush=True)
            for case, nights in zip(of_kind, told_by, strict=True):
                if options.missed and any(nights) == (kind == "header moves too"):
                    print(f"    {case.dealer} night {case.night} {case.told} {sorted(nights[0] | nights[1])}")
    print(f"\n{time.perf_counter() - began:.0f} s")


def _usual_nights(sent: list[Feed], reader: Reader, folder: Path, nights: int) -> Iterator[pl.DataFrame]:
    for since in range(0, nights + 1, PIECE):
        piece = folder / f"nights-{since}"
        for feed in sent:
            for night in range(since, min(since + PIECE, nights + 1)):
                write(feed, piece, night)
        yield reader.counts(piece)


def _run_kind(
    of_kind: list[Case],
    kind: str,
    sent: list[Feed],
    reader: Reader,
    folder: Path,
    found: dict[str, list[Night]],
    counts: pl.DataFrame,
    unusual: dict[int, set[tuple[str, str]]],
) -> list[list[set[str]]]:
    """For each case the series that tell of it on both nights, but for what was unusual without it."""
    place = folder / kind.replace(" ", "-")
    for case in of_kind:
        plant(case, sent, place)
    changed = reader.counts(place) if place.exists() else counts.clear()
    told = [found_by(case, found[case.dealer], counts, changed) for case in of_kind]
    return [
        [names - {name for dealer, name in unusual[case.night + later] if dealer == case.dealer} for later, names in enumerate(nights)]
        for case, nights in zip(of_kind, told, strict=True)
    ]


if __name__ == "__main__":
    main()
