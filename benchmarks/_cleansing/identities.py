"""Resident ids, beside id_validator."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import polars as pl

from benchmarks._cleansing import cases
from benchmarks._cleansing.job import Job, Measure, Peer
from cleansing import checkdigits, identities
from cleansing.identities import resident


def column(rows: int, seed: int) -> pl.Series:
    """Valid numbers and 10% with a wrong check digit."""
    rng = random.Random(seed)
    regions = rng.choices(("310106", "110105", "440304", "510107", "320505", "310108"), k=rows)
    days = [dt.date(1950, 1, 1) + dt.timedelta(days=rng.randrange(20_000)) for _ in range(rows)]
    bodies = [f"{region}{day:%Y%m%d}{rng.randrange(1000):03d}" for region, day in zip(regions, days, strict=True)]
    checks = resident.check_digit(checkdigits.matrix(pl.Series(bodies), width=17))
    return pl.Series(
        [body + chr(check if rng.random() < 0.9 else 48 + rng.randrange(10)) for body, check in zip(bodies, checks, strict=True)]
    )


def _peer_run(values: pl.Series) -> list[object]:
    from id_validator import validator

    return [validator.get_info(value) for value in values]


def _peer_answer(value: str) -> dict[str, Any]:
    from id_validator import validator

    info = validator.get_info(value)
    if not info:
        return {"valid": False, "birth": None, "gender": None}
    return {"valid": True, "birth": info["birthday_code"], "gender": "M" if info["sex"] else "F"}


def jobs() -> list[Job]:
    return [
        Job(
            "ids", column, lambda values: identities.clean(values, as_of=cases.AS_OF), goal=3_000_000,
            measures=(
                Measure(
                    "hard cases", cases.parsed("id", "identities"),
                    lambda: cases.peer_right(cases.load("identities"), _peer_answer, ("valid", "birth", "gender")), goal=1.0,
                ),
            ),
            peer=Peer("id_validator", _peer_run, most_rows=500),
        )
    ]  # fmt: skip
