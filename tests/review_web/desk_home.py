"""Homes that have something to review: records of simulated people, matched for real, their clusters partly taken apart again."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from engine.contract import Engine
from engine.duckdb import DuckDBEngine
from engine.tables import schema
from matching import identity
from matching.customers import match_customers
from matching.survivorship import load_rules
from pipelines import settings as settings_module
from pipelines.review_web.app import build
from pipelines.review_web.guard import Guard
from pipelines.review_web.room import Room
from pipelines.review_web.serving import Serving
from pipelines.settings import Settings
from pipelines.stages import resolve
from pipelines.store import versions
from pipelines.store.home import Home
from tests.matching.matching_simulator import simulate

AS_OF = date(2026, 1, 1)
PORT = 8089
PASSWORD = "a long password of li"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Weak on purpose: tests hash often. The command uses argon2-cffi's own defaults."""
PERSONAL = ("name", "surname", "id_number", "mobile", "address", "vin", "plate")


def make(folder: Path) -> Path:
    """A home with one version whose queue has dozens of pairs."""
    home = Home(folder)
    home.prepare()
    clean, _ = simulate(150, seed=2)
    with DuckDBEngine() as engine:
        result = match_customers(engine, engine.from_frame(clean))
        result.model.dump(home.models / "m.yaml")
        clusters, edges = engine.collect(result.clusters), engine.collect(result.edges)
        publish(home, engine, 1, clean, edges, _apart(clusters))
    return folder


def _apart(clusters: pl.DataFrame) -> pl.DataFrame:
    """Every second record of a cluster becomes a customer of its own: what links would have joined is left for a person."""
    alone = pl.col("record_id").str.slice(-1).is_in(list("02468ace"))
    return clusters.with_columns(cluster_id=pl.when(alone).then("record_id").otherwise(pl.col("record_id").min().over("cluster_id", alone)))


def publish(home: Home, engine: Engine, version: int, clean: pl.DataFrame, edges: pl.DataFrame, clusters: pl.DataFrame) -> None:
    """Publishes a version made of these."""
    records, before = engine.from_frame(clean), versions.current(home)
    found = identity.resolve(
        engine,
        clusters=engine.from_frame(clusters),
        records=records,
        previous=versions.read(home, engine, before, "crosswalk") if before else None,
        run_id=f"run{version}",
        as_of=AS_OF,
        model_changed=False,
    )
    golden = resolve.golden(engine, crosswalk=found.crosswalk, clean_records=records, as_of=AS_OF, rules=load_rules()).customers
    ids = engine.collect(engine.sql("select customer_id from g", g=golden)).sort("customer_id")
    spent = ids.with_columns(monetary=pl.int_range(pl.len()) * 1000.0, value_segment=pl.lit("重要价值客户"))
    profile = spent.select((pl.col(name) if name in spent.columns else pl.lit(None)).cast(dtype).alias(name) for name, dtype in schema("customer_profile").items())  # fmt: skip
    tables = {
        "clean_records": records,
        "edges": engine.from_frame(edges),
        "crosswalk": found.crosswalk,
        "identity_events": found.identity_events,
        "customers": golden,
        "customer_profile": engine.from_frame(profile),
    }
    written = {name: versions.write_table(home, engine, name, table) for name, table in tables.items()}
    versions.save(home, versions.Manifest(version, f"run{version}", str(AS_OF), version - 1 or None, "m.yaml", written))
    versions.point_to(home, version)


def read(root: Path, table: str) -> pl.DataFrame:
    """A published table."""
    home = Home(root)
    manifest = versions.current(home)
    assert manifest is not None
    return versions.scan(home, manifest, table).collect()


def settings(root: Path, **more: Any) -> Settings:
    """Settings of a home."""
    return settings_module.load(options={"home": root, "threads": 1, **more})


class Site:
    """The application with its room; ``browser()`` is a browser of its own."""

    def __init__(self, root: Path, *, accounts: bool = False, clock: Any = None, **more: Any) -> None:
        values = settings(root, **more)
        serving = Serving.of(values, host="127.0.0.1", port=PORT, accounts=accounts)
        self.room = Room(values, serving, hasher=QUICK, **({"clock": clock} if clock else {}))
        self.app: Guard = build(self.room)
        self.scheme = serving.scheme

    def browser(self, *, address: str = "127.0.0.1") -> Browser:
        """A browser at an address."""
        return Browser(self, address)

    def steward(self, name: str = "li", role: Any = "steward") -> Browser:
        """A browser whose user has just logged in."""
        if self.room.accounts.find(name) is None:
            self.room.accounts.add(name, role, PASSWORD)
        browser = self.browser()
        assert browser.log_in(name, PASSWORD).status_code == 303
        return browser


class Browser:
    """Keeps cookies, sends the origin, takes the token out of the page that it saw last."""

    def __init__(self, site: Site, address: str = "127.0.0.1") -> None:
        self.origin = f"{site.scheme}://127.0.0.1:{PORT}"
        self.client = TestClient(site.app, base_url=self.origin, client=(address, 50_000), follow_redirects=False)
        self.page = ""

    def get(self, address: str, **headers: str) -> Any:
        """Opens a page."""
        answer = self.client.get(address, headers=headers)
        if answer.headers.get("content-type", "").startswith("text/html"):
            self.page = answer.text
        return answer

    def post(self, address: str, **fields: Any) -> Any:
        """Sends a form as the page would."""
        return self.client.post(address, data={"csrf": self.csrf, **fields}, headers={"Origin": self.origin})

    @property
    def csrf(self) -> str:
        """The token of the page."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.page)
        return found[1] if found else ""

    def log_in(self, name: str, password: str) -> Any:
        """Fills in the login form."""
        self.get("/login")
        return self.post("/login", name=name, password=password, next="/queue")

    def pairs(self) -> list[str]:
        """Addresses of the pairs of the queue's first page."""
        return re.findall(r'href="(/pair/[0-9a-zA-Z-]+/[0-9a-zA-Z-]+)"', self.get("/queue").text)

    def decide(self, pair: str, choice: str, **more: str) -> Any:
        """Looks at a pair and decides."""
        self.get(pair)
        seen = re.search(r'name="seen" value="([^"]+)"', self.page)
        assert seen is not None, self.page[:1000]
        return self.post(f"{pair}/decide", **{"choice": choice, "seen": seen[1], "why": "", **more})
