"""Review in the browser: how long a page takes, and two clients that decide at once; nothing of what they decided may be lost.

    python -m benchmarks.review [--home DIR] [--rows 400000] [--pairs 5000] [--decisions 500]

Without --home, exports are generated and run (400,000 rows have a queue of some 5,700 pairs). The home itself is left as it is: the server
works on a copy that shares its tables. Targets: 95 of 100 pages in less than 300 ms; 500 decisions a minute of each of the two clients.
"""

from __future__ import annotations

import argparse
import html
import http.client
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[1]

PAGE_LIMIT, RATE = 0.3, 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, help="a home that has published a version")
    parser.add_argument("--rows", type=int, default=400_000, help="rows to generate without --home")
    parser.add_argument("--pairs", type=int, default=5_000, help="pairs of the queue")
    parser.add_argument("--decisions", type=int, default=500, help="decisions of each of two clients")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="review-") as folder:
        home = _own(arguments.home or _made(Path(folder), arguments.rows), Path(folder) / "review")
        environment = {**os.environ, "CHEZHU_REVIEW_PAIRS": str(arguments.pairs), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "pipelines.cli", "review", "serve", "--home", str(home), "--port", "0"]
        began = time.perf_counter()
        server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            print(server.stdout.readline().strip())
            said = re.search(r"http://127\.0\.0\.1:(\d+)/", server.stdout.readline())
            assert said is not None, "the server does not say where it is"
            port = int(said[1])
            print(f"ready after {time.perf_counter() - began:.1f} s")
            pages(port, arguments.pairs)
            deciding(home, port, arguments.decisions)
            print(f"memory of the server at its highest: {_peak(server.pid):.0f} MB")
        finally:
            server.terminate()
            server.wait(20)


def pages(port: int, pairs: int) -> None:
    """Every page of the queue, and pairs from all over it."""
    client = Client(port)
    queue = [client.timed(f"/queue?page={1 + place % (pairs // 50)}") for place in range(100)]
    links = [link for page in (1, 20, 40, 60, 80, 100) for link in re.findall(r'href="(/pair/[^"]+)"', client.get(f"/queue?page={page}"))]
    looked = [client.timed(html.unescape(link)) for link in list(dict.fromkeys(links))[:200]]
    customers = list(
        dict.fromkeys(re.findall(r'href="(/customer/[^"]+)"', "".join(client.get(html.unescape(link)) for link in links[:40])))
    )
    print(f"{'page':<10} {'opened':>7} {'median':>9} {'95 of 100':>10} {'longest':>9}")
    for name, times in (("queue", queue), ("pair", looked), ("customer", [client.timed(link) for link in customers])):
        high = statistics.quantiles(times, n=20)[-1]
        fits = "" if high < PAGE_LIMIT else f"   over {PAGE_LIMIT * 1000:.0f} ms"
        print(
            f"{name:<10} {len(times):>7} {statistics.median(times) * 1000:>6.0f} ms {high * 1000:>7.0f} ms {max(times) * 1000:>6.0f} ms{fits}"
        )


def deciding(home: Path, port: int, decisions: int) -> None:
    """Two clients decide pair after pair, each looking at the page before it decides; then the store is asked what it has."""
    from pipelines.store.decisions import Decisions
    from pipelines.store.home import Home

    before = len(Decisions(Home(home)).in_force())
    clients = [Client(port), Client(port)]
    began = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda client: client.decide(decisions), clients))
    took = time.perf_counter() - began
    told = sum((client.told for client in clients), Counter())
    stored = Decisions(Home(home)).in_force()
    lost = told["entered"] - (len(stored) - before)
    for number, client in enumerate(clients, start=1):
        rate = 60 * sum(client.told.values()) / client.took
        print(
            f"client {number}: {dict(client.told)} in {client.took:.1f} s, {rate:,.0f} a minute{'' if rate >= RATE else f'   below {RATE}'}"
        )
    print(
        f"together {60 * sum(told.values()) / took:,.0f} a minute; told as entered {told['entered']:,}, in the store {len(stored) - before:,}, lost {lost}"
    )
    from pipelines.review_web import audit
    from pipelines.store import database

    print(f"in the audit log {audit.AuditLog(database.connect(Home(home))).count(audit.DECIDE):,} decisions")
    assert lost == 0


@dataclass
class Client:
    """A browser without a window: keeps its connection and its cookies, follows where it is led."""

    port: int
    told: Counter[str] = field(default_factory=Counter)
    took: float = 0.0
    _cookie: str = ""

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self.get("/queue")

    def timed(self, address: str) -> float:
        """Seconds that a page takes."""
        began = time.perf_counter()
        self.get(address)
        return time.perf_counter() - began

    def get(self, address: str) -> str:
        """A page."""
        status, _, text = self._ask("GET", address)
        assert status == 200, (status, address)
        return text

    def decide(self, decisions: int) -> None:
        """Decides pair after pair, the first open one first."""
        began = time.perf_counter()
        address = html.unescape(re.findall(r'href="(/pair/[^"]+)"', self.get("/queue"))[0])
        text = self.get(address)
        for number in range(decisions):
            action = html.unescape(re.findall(r'action="(/pair/[^"]+/decide[^"]*)"', text)[0])
            csrf, seen = (re.findall(rf'name="{name}" value="([^"]+)"', text)[0] for name in ("csrf", "seen"))
            choice = "not_same" if number % 3 else "same"
            status, place, text = self._ask("POST", action, urlencode({"csrf": csrf, "seen": seen, "choice": choice, "why": "benchmark"}))
            if status == 409:
                self.told["refused"] += 1
                skip = action.replace("/decide", "/skip")
                status, place, text = self._ask("POST", skip, urlencode({"csrf": csrf}))
            else:
                self.told["entered" if "done=" in place and "done=all" not in place else "known"] += 1
            assert status == 303, (status, text[:500])
            if not place.startswith("/pair/"):
                break
            text = self.get(place)
        self.took = time.perf_counter() - began

    def _ask(self, method: str, address: str, body: str = "") -> tuple[int, str, str]:
        headers = {"Cookie": self._cookie}
        if method == "POST":
            headers |= {"Origin": f"http://127.0.0.1:{self.port}", "Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request(method, address, body=body or None, headers=headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        fresh = answer.getheader("Set-Cookie")
        if fresh is not None:
            self._cookie = fresh.split(";")[0]
        return answer.status, answer.getheader("Location") or "", text


def _made(folder: Path, rows: int) -> Path:
    environment = {**os.environ, "CHEZHU_SETTLE_SECONDS": "0", "PYTHONPATH": str(ROOT)}
    for words in (
        ("generate", "--out", str(folder / "exports"), "--rows", str(rows), "--dealers", "40", "--seed", "7"),
        ("run", "--inbox", str(folder / "exports" / "inbox"), "--home", str(folder / "home"), "--as-of", "2026-06-30"),
    ):
        subprocess.run([sys.executable, "-m", "pipelines.cli", *words], env=environment, check=True, stdout=subprocess.DEVNULL)
    return folder / "home"


def _own(home: Path, copy: Path) -> Path:
    """A home with the same published version and a store of its own."""
    copy.mkdir(mode=0o700)
    (copy / "tables").symlink_to((home / "tables").resolve())
    for name in ("versions", "models"):
        shutil.copytree(home / name, copy / name)
    shutil.copy(home / "CURRENT", copy / "CURRENT")
    return copy


def _peak(process: int) -> float:
    status = Path(f"/proc/{process}/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(found[1]) / 1024 if found else float("nan")


if __name__ == "__main__":
    main()
