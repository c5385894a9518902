"""`chezhu match` on tables that nothing was set on: persons and companies of six countries, from 300 to 16,000 records, clean and dirty.

    python -m benchmarks.worlds [--from 0] [--tables 60] [--of persons companies]

A seed is a world (``benchmarks._worlds``): its country, its columns, its slips. Only the kinds of the columns are told. Where precision is low the model is wrong about that
kind of table; where recall is low, records may also say too little. What is found here is mended for the kind of table, never for the seed.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import polars as pl

from benchmarks import _worlds
from matching.evaluate import Evaluation, evaluate
from pipelines.settings import Settings
from pipelines.stages.match_files import match_files

MAKERS = {"persons": _worlds.persons, "companies": _worlds.companies}
LOW = 0.95
"""Precision below which a table is named again at the end."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first seed")
    parser.add_argument("--tables", type=int, default=60, help="tables of each kind")
    parser.add_argument("--of", nargs="+", choices=tuple(MAKERS), default=list(MAKERS))
    options = parser.parse_args()
    for kind in options.of:
        found = []
        for seed in range(options.first, options.first + options.tables):
            world = MAKERS[kind](seed)
            start = time.perf_counter()
            quality = matched(world)
            told = f"{kind} {seed} {world.country} ({', '.join(world.kinds)}): {world.told}"
            print(f"{quality.precision:.3f} {quality.recall:.3f} {time.perf_counter() - start:5.1f} s  {told}", flush=True)
            found.append((quality.precision, quality.recall, told))
        low = [told for precision, _, told in found if precision < LOW]
        precision, recall = (sum(each[place] for each in found) / len(found) for place in (0, 1))
        print(
            f"\n{len(found)} tables of {kind}: mean precision {precision:.4f}, recall {recall:.4f}; {len(low)} below a precision of {LOW}"
        )
        print("".join(f"  {told}\n" for told in low))


def matched(world: _worlds.World) -> Evaluation:
    """Pairwise quality of matching a world by nothing but its kinds."""
    columns = "".join(f"  {name}: {{kind: {kind}}}\n" for name, kind in world.kinds.items())
    with tempfile.TemporaryDirectory(prefix="chezhu-bench-") as name:
        folder = Path(name)
        table, model = folder / "table.csv", folder / "model.yaml"
        world.table.drop("entity").write_csv(table)
        model.write_text(f"record_id: id\ncountry: {world.country}\ncolumns:\n{columns}", encoding="utf-8")
        match_files([table], model=model, out=folder / "out", link=False, settings=Settings())
        clusters = pl.read_parquet(folder / "out" / "clusters.parquet")
    return evaluate(clusters, world.table.select(record_id="id", entity_id="entity"))


if __name__ == "__main__":
    main()
