"""What somebody asks the generator for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Plan:
    """What to make. ``rows`` (0: whatever the customers do) is met exactly, blank and repeated rows not counted."""

    out: Path
    customers: int = 20_000
    dealers: int = 12
    days: int = 730
    seed: int = 1
    errors: str = "typical"
    rows: int = 0
    start: dt.date = dt.date(2024, 7, 1)
    workbooks: float = 0.15
