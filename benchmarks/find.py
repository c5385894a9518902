"""How long `chezhu find` takes among a million customers, as a process of its own: 2 s at most.

The customers are made up by column from a small published home: only their number matters, and that each has phones, cars and a name of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from engine.tables import CROSSWALK, CUSTOMERS
from pipelines.store import versions
from pipelines.store.home import Home
from pipelines.store.versions import FileEntry, Manifest

CUSTOMERS_NUMBER = 1_000_000
LIMIT_SECONDS = 2.0
BUCKETS = 16


def make(home: Home, number: int) -> None:
    """A published version with so many customers."""
    home.prepare()
    entries: dict[str, list[FileEntry]] = {"customers": [], "crosswalk": []}
    size = number // BUCKETS
    for bucket in range(BUCKETS):
        n = pl.int_range(bucket * size, (bucket + 1) * size, dtype=pl.Int64, eager=True)
        digits = n.cast(pl.String).str.zfill(8)
        phone = "+86139" + digits
        values = {
            "customer_id": "C" + digits + "AAAAAAAA",
            "party": pl.Series(["person"] * size),
            "name": "王" + digits.str.slice(4) + digits.str.slice(0, 4),
            "mobile": phone,
            "phones": phone.reshape((size, 1)).arr.to_list(),
            "vins": ("LGW367Y4" + digits + "1").reshape((size, 1)).arr.to_list(),
            "plates": ("沪A" + digits.str.slice(3)).reshape((size, 1)).arr.to_list(),
            "records": pl.Series([3] * size),
        }
        frame = pl.DataFrame(
            [
                values[name].alias(name).cast(dtype) if name in values else pl.Series(name, [None] * size, dtype=dtype)
                for name, dtype in CUSTOMERS.schema.items()
            ]
        )
        for table, content in (("customers", frame), ("crosswalk", pl.DataFrame(schema=CROSSWALK.schema))):
            path = home.tables / table / f"{bucket:x}.parquet"
            path.parent.mkdir(exist_ok=True)
            content.write_parquet(path)
            entries[table].append(FileEntry(f"{bucket:x}", f"{table}/{path.name}", content.height))
    versions.save(home, Manifest(1, "made", "2026-06-30", None, None, entries))
    versions.point_to(home, 1)


def main() -> int:
    """Prints seconds by kind of text; 1 where one takes longer than allowed."""
    slow = 0
    with tempfile.TemporaryDirectory() as folder:
        make(Home(Path(folder)), CUSTOMERS_NUMBER)
        print(f"{CUSTOMERS_NUMBER:,} customers")
        for text in ("139-0012-3456", "１３９００１２３４５６", "沪A23456", "LGW367Y4001234561", "C00123456AAAAAAAA", "王34560012"):
            start = time.perf_counter()
            command = [sys.executable, "-m", "pipelines.cli", "find", text, "--home", folder, "--json"]
            done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
            seconds = time.perf_counter() - start
            slow += seconds > LIMIT_SECONDS
            print(f"{text:<20} {seconds:5.2f} s  {done.stdout[:30]}")
    return int(slow > 0)


if __name__ == "__main__":
    sys.exit(main())
