"""What was delivered where: the imports that the home keeps, and what `chezhu publish` sent to targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from pipelines.store.home import Home
from pipelines.store.targets import Sendings
from pipelines.store.versions import Manifest


def of_customer(home: Home, ledger_url: str, manifests: Sequence[Manifest], ids: frozenset[str]) -> list[dict[str, Any]]:
    """Deliveries that named one of ``ids``: version, target and date; those who have them must be told."""
    published = {manifest.version: str(manifest.run.get("finished_at", manifest.as_of)) for manifest in manifests}
    found: list[dict[str, Any]] = []
    holding = [
        int(folder.name) for folder in sorted(home.deliveries.iterdir()) if folder.name.isdecimal() and _names(home, folder.name, ids)
    ]
    for version in holding:
        place = f"CRM import {home.deliveries.name}/{version:06d}"
        found.append({"version": version, "target": place, "at": published.get(version)})
    found += [
        {"version": each.version, "target": each.target, "at": each.at}
        for each in Sendings(home, ledger_url).all()
        if each.version in holding
    ]
    return found


def _names(home: Home, name: str, ids: frozenset[str]) -> bool:
    path = home.deliveries / name / "customers_full.parquet"
    if not path.exists():
        return False
    return bool(pl.scan_parquet(path).filter(pl.col("customer_id").is_in(list(ids))).select(pl.len()).collect().item())
