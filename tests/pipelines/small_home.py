"""A published home made by hand: a few customers, no run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl

from engine.tables import CROSSWALK, CUSTOMERS, TABLES
from pipelines.store import versions
from pipelines.store.home import Home
from pipelines.store.versions import FileEntry, Manifest

PEOPLE = [
    {"customer_id": "CAAAAAAAAAAAAAAAA", "name": "王伟", "mobile": "+8613917852046", "phones": ["+8613917852046", "+862162345678"], "vins": ["LGW367Y47JM759371"], "plates": ["沪A7K93X"]},
    {"customer_id": "CBBBBBBBBBBBBBBBB", "name": "李娜", "mobile": "+8613800138001", "phones": ["+8613800138001", "+862162345678"], "emails": ["li.na@qq.com"], "id_number": "11010519491231002X"},
    {"customer_id": "CCCCCCCCCCCCCCCCC", "surname": "王", "phones": []},
]  # fmt: skip


def make(root: Path, more: Mapping[str, pl.DataFrame] | None = None) -> Home:
    """The home, its version 1; every table is there, but for customers, crosswalk and ``more`` without rows."""
    home = Home(root)
    home.prepare()
    filled = {"customers": pl.DataFrame(PEOPLE, schema=CUSTOMERS.schema), "crosswalk": _crosswalk(), **(more or {})}
    entries = {}
    for name, spec in TABLES.items():
        frame = filled.get(name, pl.DataFrame(schema=spec.schema))
        part = home.tables / name / "all.part"
        part.parent.mkdir(exist_ok=True, mode=0o700)
        frame.write_parquet(part)
        entries[name] = [FileEntry("all", versions.named_by_content(part, name), frame.height)]
    versions.save(home, Manifest(1, "run-1", "2026-06-30", None, None, entries, {"finished_at": "2026-06-30T02:00:00+00:00"}))
    versions.point_to(home, 1)
    return home


def _crosswalk() -> pl.DataFrame:
    """An id that went into another, which went into one of today."""
    rows = [
        {"record_id": "r1", "valid_from": date(2026, 1, 1), "customer_id": "COLDOLDOLDOLDOLD2", "merged_into": "COLDOLDOLDOLDOLD3"},
        {"record_id": "r1", "valid_from": date(2026, 2, 1), "customer_id": "COLDOLDOLDOLDOLD3", "merged_into": "CAAAAAAAAAAAAAAAA"},
        {"record_id": "r1", "valid_from": date(2026, 3, 1), "customer_id": "CAAAAAAAAAAAAAAAA"},
    ]
    return pl.DataFrame(rows, schema=CROSSWALK.schema)
