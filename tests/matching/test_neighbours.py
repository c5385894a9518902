"""Shops of one mall share address, city and often the trade: that is no match, however many such pairs there are beside few true ones."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest

from engine.duckdb import DuckDBEngine
from matching.match import match
from matching.spec import parse

SPEC = parse("record_id: id\ncolumns: {name: name, addr: address, city: city, phone: phone, type: category}\n", where="shops.yaml")
FIRST = [
    "golden",
    "blue",
    "royal",
    "old",
    "little",
    "red",
    "grand",
    "green",
    "silver",
    "lucky",
    "happy",
    "rustic",
    "sunny",
    "wild",
    "urban",
]
SECOND = [
    "dragon",
    "lion",
    "garden",
    "spoon",
    "fork",
    "olive",
    "lotus",
    "palace",
    "anchor",
    "barrel",
    "kettle",
    "lantern",
    "oak",
    "harbor",
    "bistro",
    "court",
    "palm",
]
STREETS = ["main", "oak", "elm", "sunset", "broadway", "maple", "market", "park", "lake", "hill", "mission", "valencia", "spring", "union"]
CITIES = ("new york", "los angeles", "las vegas", "atlanta")


def shops(seed: int, *, count: int, twice: int) -> pl.DataFrame:
    """``count`` shops, half of them in malls of twelve, of which ``twice`` are told in two guides."""
    draw = random.Random(seed)

    def place() -> tuple[str, str]:
        return f"{draw.randrange(1, 4000)} {draw.choice('nesw')}. {draw.choice(STREETS)} st.", draw.choice(CITIES)

    rows, where = [], place()
    for shop in range(count):
        if shop >= count // 2 or shop % 12 == 0:
            where = place()
        name = f"{draw.choice(FIRST)} {draw.choice(SECOND)} {draw.choice(('grill', 'cafe', 'deli', 'house', ''))}".strip()
        phone = f"{draw.randrange(200, 999)}{draw.randrange(2_000_000, 9_999_999)}"
        for guide in range(2 if shop % (count // twice) == 0 else 1):
            addr = where[0] if draw.random() < 0.6 else where[0].replace(" st.", " street")
            told = f"the {name}" if guide and draw.random() < 0.2 else name
            rows.append((f"{shop}-{guide}", str(shop), told, addr, where[1], phone if draw.random() < 0.9 else None, draw.choice(("american", "italian", "chinese"))))  # fmt: skip
    draw.shuffle(rows)
    return pl.DataFrame(rows, schema=["id", "entity", "name", "addr", "city", "phone", "type"], orient="row")


@pytest.mark.parametrize("seed", [1, 2])
def test_neighbours_stay_apart_and_the_few_told_twice_are_found(seed: int, tmp_path: Path) -> None:
    table = shops(seed, count=800, twice=100)
    with DuckDBEngine(memory_limit="1GB", scratch=tmp_path) as engine:
        found = engine.collect(match(engine, engine.from_frame(table), SPEC).clusters)
    whole = table.join(found, left_on="id", right_on="record_id").select("entity", "cluster_id")
    pairs = whole.group_by("cluster_id").len().select(made=(pl.col("len") * (pl.col("len") - 1) // 2).sum()).item()
    right = whole.group_by("cluster_id", "entity").len().select(right=(pl.col("len") * (pl.col("len") - 1) // 2).sum()).item()
    assert right > 0.95 * pairs
    assert right >= 0.8 * 100
