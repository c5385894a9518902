"""Where the model says 0.95, are 95 of 100 pairs right? A reliability table of each data set with truth.

    python -m benchmarks.reliability [--data febrl3 febrl4 historical dealers] [--rows 200000] [--generated DIR] [--from DIR]

Pairs are all that were compared and reach probability 0.01. The truth measures and does nothing else. A bin counts where it has at
least 500 pairs; ``gap`` is what was said minus what is right, in points. ``--from`` takes tables (NAME.parquet, NAME.truth.parquet) that are there already.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import polars as pl

from benchmarks import linkage

LOWEST = 0.01
PAIRS = 500
EDGES = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 1.0)


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="reliability-") as folder:
        for name in arguments.data:
            if arguments.tables:
                table, truth = arguments.tables / f"{name}.parquet", arguments.tables / f"{name}.truth.parquet"
            else:
                table, truth = linkage.files(name, Path(folder), rows=arguments.rows, generated=arguments.generated)
            _print(name, bins(_pairs(name, table), pl.read_parquet(truth)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", choices=linkage.DATA, default=list(linkage.DATA))
    parser.add_argument("--rows", type=int, default=200_000, help="rows of the generated exports")
    parser.add_argument("--generated", type=Path, help="generated exports that are there already")
    parser.add_argument("--from", dest="tables", type=Path, help="tables and truths that are there already")
    return parser.parse_args()


def _pairs(name: str, table: Path) -> pl.DataFrame:
    """record_id_l, record_id_r, probability of the compared pairs."""
    from engine.duckdb import DuckDBEngine
    from matching import customers
    from matching.match import match
    from matching.spec import parse

    with DuckDBEngine() as engine:
        source = engine.read(table)
        if name == "historical":
            source = engine.sql("select * replace (replace(dob, '-', '') as dob) from t", t=source)
        if name == "dealers":
            source, spec = customers.features(engine, source), customers.spec()
        else:
            spec = parse(linkage.HISTORICAL_MODEL if name == "historical" else linkage.FEBRL_MODEL, where=name)
        edges = match(engine, source, replace(spec, review=LOWEST)).edges
        wanted = engine.sql("select record_id_l, record_id_r, probability from e", e=edges)
        return engine.collect(wanted, max_rows=100_000_000)


def bins(pairs: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """One row a bin: from, to, pairs, what was said on the average, what is right, the gap in points."""
    known = pairs.join(truth.rename({"record_id": "record_id_l", "entity_id": "l"}), on="record_id_l").join(
        truth.rename({"record_id": "record_id_r", "entity_id": "r"}), on="record_id_r"
    )
    place = pl.Series(EDGES[1:-1]).search_sorted(known["probability"], side="right").cast(pl.Int64)
    counted = (
        known.with_columns(place.alias("place"))
        .group_by("place")
        .agg(pairs=pl.len(), said=pl.col("probability").mean(), right=(pl.col("l") == pl.col("r")).mean())
        .sort("place")
    )
    return counted.with_columns(gap=100 * (pl.col("said") - pl.col("right")))


def _print(name: str, counted: pl.DataFrame) -> None:
    print(f"{name}\n{'from':>8}{'to':>8}{'pairs':>10}{'said':>9}{'right':>9}{'gap':>8}")
    for place, pairs, said, right, gap in counted.iter_rows():
        print(f"{EDGES[place]:>8}{EDGES[place + 1]:>8}{pairs:>10}{said:>9.4f}{right:>9.4f}{gap:>8.1f}{'' if pairs >= PAIRS else '  (few)'}")
    worst = counted.filter(pl.col("pairs") >= PAIRS)["gap"].abs().max()
    print(f"largest gap in a bin of {PAIRS} pairs or more: {worst:.1f} points\n", flush=True)


if __name__ == "__main__":
    main()
