"""Reading an inbox, and nothing else: wall and CPU seconds by the number of processes, on generated exports and one large file.

python -m benchmarks.ingest EXPORTS... [--large-rows 500000]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

LARGE = "工单号,车主,车主电话,送修人,送修人电话,车牌号,车架号,进厂日期,维修类型,结算金额,里程,备注\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("exports", type=Path, nargs="*", help="folders that `chezhu generate` made")
    parser.add_argument("--large-rows", type=int, default=500_000, help="rows of the large file; 0 leaves it out")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--workers", type=int, default=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read is not None:
        read(options.read, options.workers)
        return
    print(f"{'inbox':<40} {'processes':>9} {'files':>6} {'rows':>9} {'records':>9} {'wall s':>7} {'CPU s':>6} {'MiB':>5}")
    with tempfile.TemporaryDirectory(prefix="chezhu-bench-") as folder:
        inboxes = [exports / "inbox" for exports in options.exports]
        if options.large_rows:
            inboxes.append(Path(folder) / "large")
            write_large(inboxes[-1] / "D001" / "维修.csv", options.large_rows)
        for inbox in inboxes:
            for workers in (1, 2):
                subprocess.run([sys.executable, "-m", "benchmarks.ingest", "--read", str(inbox), "--workers", str(workers)], check=True)


def read(inbox: Path, workers: int) -> None:
    """Reads ``inbox`` once in this process and others, and prints what it took, their start included."""
    from pipelines.ingest import batch, contracts
    from pipelines.ingest import inbox as inboxes
    from pipelines.ingest.limits import Limits

    book = contracts.load(ROOT / "data" / "contracts")
    with tempfile.TemporaryDirectory(prefix="chezhu-bench-") as staged:
        start, begun = time.perf_counter(), time.process_time()
        files = inboxes.scan(inbox, settle_seconds=0, now=time.time())
        results = [result for result in batch.ingest_all(files, book, Limits(), Path(staged), workers=workers) if result]
        wall, own = time.perf_counter() - start, time.process_time() - begun
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = max(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, others.ru_maxrss) / 1024
    rows, records = (sum(result.row[name] for result in results) for name in ("rows_in", "records"))
    name = str(inbox)[-40:]
    print(
        f"{name:<40} {workers:>9} {len(results):>6,} {rows:>9,} {records:>9,} {wall:>7.1f} {own + others.ru_utime + others.ru_stime:>6.1f} {peak:>5.0f}"
    )


def write_large(path: Path, rows: int) -> None:
    """One file of many rows; what is in them does not matter."""
    path.parent.mkdir(parents=True)
    with path.open("w", encoding="utf-8") as file:
        file.write(LARGE)
        for i in range(rows):
            sender = "李娜,13917850002" if i % 3 == 0 else ","
            note = '"更换机油, 机滤"' if i % 50 == 0 else "更换机油机滤"
            file.write(
                f"RO{i:09d},王伟,139{i % 10**8:08d},{sender},沪A{i % 10**5:05d},LSGCUGGV7PD{i % 10**6:06d},2024-03-05,保养,{i % 9999}.50,{i},{note}\n"
            )


if __name__ == "__main__":
    main()
