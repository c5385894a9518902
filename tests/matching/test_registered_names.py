"""Companies of which two records share nothing but the registered name: it is given once, so they are one; branches and lesser names are not."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl

from engine.duckdb import DuckDBEngine
from matching.match import match
from matching.spec import parse

SPEC = parse("record_id: id\ncolumns: {who: name, tel: phone}\n", where="companies.yaml")
CITIES = ("上海", "北京", "广州", "杭州", "成都", "武汉")
TRADES = "华中东方宏盛鼎泰恒信达通安康瑞祥隆昌兴利丰源嘉德广福永顺天海江金银龙凤鹏飞"
BUSINESSES = ("汽车销售", "汽车服务", "物流", "科技", "建筑工程", "商贸")


def companies(seed: int, *, count: int) -> list[tuple[str, str, str]]:
    """City, trade name and business, each company once."""
    draw = random.Random(seed)
    found = {(draw.choice(CITIES), "".join(draw.sample(TRADES, 2)), draw.choice(BUSINESSES)) for _ in range(count)}
    return sorted(found)


def matched(rows: list[tuple[str, str | None]], tmp_path: Path) -> list[str]:
    """Cluster of each row."""
    table = pl.DataFrame([(f"{place:05}", *row) for place, row in enumerate(rows)], schema=["id", "who", "tel"], orient="row")
    with DuckDBEngine(memory_limit="1GB", scratch=tmp_path) as engine:
        found = engine.collect(match(engine, engine.from_frame(table), SPEC).clusters)
    return found.sort("record_id")["cluster_id"].to_list()


def test_a_registered_name_is_enough_and_other_phones_are_no_reason_against_it(tmp_path: Path) -> None:
    made = companies(1, count=900)
    rows: list[tuple[str, str | None]] = []
    for place, (city, trade, business) in enumerate(made):
        rows.append((f"{city}{trade}{business}有限公司", f"021-{50_000_000 + place}"))
        rows.append((f"{trade}{business}（{city}）有限公司", None if place % 2 else f"021-{60_000_000 + place}"))
    clusters = matched(rows, tmp_path)
    together = [clusters[place] == clusters[place + 1] for place in range(0, len(rows), 2)]
    assert sum(together) > 0.97 * len(made)
    assert len(set(clusters)) >= 0.99 * len(made), "no two companies are one"


def test_without_region_or_business_or_in_another_branch_a_name_alone_is_not_enough(tmp_path: Path) -> None:
    made = companies(2, count=600)
    rows: list[tuple[str, str | None]] = []
    for place, (city, trade, business) in enumerate(made):
        rows += [(f"{city}{trade}{business}有限公司{branch}分公司", f"021-{50_000_000 + place}") for branch in ("苏州", "南京")]
        rows += [(f"{trade}{business}", None), (f"{city}{trade}有限公司", f"010-{70_000_000 + place}")]
    clusters = matched(rows, tmp_path)
    apart = [len(set(clusters[place : place + 4])) for place in range(0, len(rows), 4)]
    assert sum(count == 4 for count in apart) > 0.97 * len(made)


def test_a_registered_name_that_a_form_is_filled_with_makes_nobody_one(tmp_path: Path) -> None:
    made = companies(3, count=400)
    rows: list[tuple[str, str | None]] = [
        ("上海永达汽车销售有限公司", f"139{10_000_000 + 7919 * place % 90_000_000}") for place in range(600)
    ]
    for place, (city, trade, business) in enumerate(made):
        rows += [(f"{city}{trade}{business}有限公司", f"021-{50_000_000 + place}"), (f"{trade}{business}（{city}）有限公司", None)]
    clusters = matched(rows, tmp_path)
    assert len(set(clusters[:600])) > 590
    assert sum(clusters[place] == clusters[place + 1] for place in range(600, len(rows), 2)) > 0.95 * len(made)
