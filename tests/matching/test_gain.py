"""What large blocks of a weak key gain: told from the data alone, right where the truth is known."""

from __future__ import annotations

import random

import polars as pl
import pytest

from engine.duckdb import DuckDBEngine
from matching import gain
from matching.blocks import BLOCK_SCHEMA, gather_kernel
from matching.gain import largest_blocks, never_seen
from matching.keys import KEY_SCHEMA, parse_key
from matching.match import match
from matching.spec import parse

KEYS = [parse_key(name) for name in ("tel", "mail", "who.sound+home.area", "who.trade+home.area")]
PLACES = 40


def world(seed: int, *, people: int, twice: float, agree: float = 0.8) -> pl.DataFrame:
    """Keyed records (which, key, rid, who): names of 40 in every place, so that a block of name and place has as many people; some stand twice.

    Who stands twice agrees in phone and in e-mail so often, one without the other.
    """
    pick, rows, rid = random.Random(seed), [], 0
    for who in range(people):
        block = who % PLACES
        for copy in range(1 + (pick.random() < twice)):
            tel, mail = (100 * who + (0 if copy == 0 or pick.random() < agree else 50 + rid % 50) for _ in range(2))
            rows += [(0, tel, rid, who), (1, 1_000_000 + mail, rid, who), (2, block, rid, who), (3, 2_000 + block, rid, who)]
            rid += 1
    return pl.DataFrame(rows, schema={**KEY_SCHEMA, "who": pl.Int64()}, orient="row").sort("which", "key", "rid")


def limits(keyed: pl.DataFrame, *, most: int = 150) -> dict[int, int]:
    with DuckDBEngine() as engine:
        table = engine.from_frame(keyed.drop("who"))
        blocks = engine.map_groups(table, ["which", "key"], gather_kernel, BLOCK_SCHEMA)
        return dict(largest_blocks(engine, table, blocks, KEYS, asked=[2], most=most))


def test_blocks_of_strangers_are_not_worth_their_pairs() -> None:
    """Forty people a block, four of ten twice: one new match at the most in fifteen hundred pairs. That trade names agree in the same columns is no proof."""
    assert limits(world(1, people=40 * PLACES, twice=0.4)) == {2: 32}
    assert limits(world(1, people=40 * PLACES, twice=0.4), most=30) == {}


def test_blocks_of_one_person_are() -> None:
    """Three people a block, each twice: of fifteen pairs three are matches; where neither phone nor e-mail tells of a quarter of these, one of seventeen new pairs."""
    assert limits(world(2, people=3 * PLACES, twice=1.0, agree=0.5)) == {}
    assert limits(world(2, people=3 * PLACES, twice=1.0, agree=0.99)) == {2: 1}


def test_a_key_that_shows_nothing_new_is_left_out() -> None:
    """All of who stands twice is shown by phone and e-mail as well."""
    assert limits(world(3, people=4 * PLACES, twice=0.8, agree=1.0)) == {2: 1}


def test_a_key_that_nothing_can_judge_keeps_its_blocks() -> None:
    """No pair agrees in anything else, or in one column only, or there is no other key at all: that is no proof that there are no matches."""
    strangers = world(1, people=40 * PLACES, twice=0.0)
    assert limits(strangers) == {}
    doubled = world(1, people=40 * PLACES, twice=0.4)
    assert limits(doubled.filter(pl.col("which") != 1)) == {}
    assert limits(doubled.filter(pl.col("which") == 2)) == {}


@pytest.mark.parametrize(("one", "other"), [(0.9, 0.9), (0.9, 0.3), (0.6, 0.5), (0.4, 0.4)])
def test_what_was_never_seen_is_told_from_what_was(one: float, other: float) -> None:
    """Two that see without each other, of five hundred: in the mean of two hundred worlds the number is right within a twentieth of what there is."""
    pick, told = random.Random(7), 0.0
    for _ in range(200):
        seen = [(pick.random() < one, pick.random() < other) for _ in range(500)]
        told += never_seen(*(seen.count(each) for each in ((True, False), (False, True), (True, True))))
    assert told / 200 == pytest.approx(500 * (1 - one) * (1 - other), abs=25)


def test_a_costly_key_is_limited_and_the_model_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Namesakes of one town: who stands twice is found by the phone; the limit stands in the model, and is held where it is applied."""
    monkeypatch.setattr(gain, "ASKED", 5_000)
    monkeypatch.setattr(gain, "DRAWN_PAIRS", 10**6)
    pick = random.Random(4)
    rows = [
        (
            f"{place}",
            f"name{place % 12} surname{place % 3}",
            f"town{place % 2}",
            f"139{pick.randrange(10**8):08}",
            f"m{place}@x.cn",
            f"{pick.randrange(1940, 2006)}{pick.randrange(1, 13):02}{pick.randrange(1, 29):02}",
        )
        for place in range(1200)
    ]
    rows += [(f"again{place}", *rows[place][1:5], None) for place in range(0, 1200, 7)]
    table = pl.DataFrame(rows, schema=["id", "who", "town", "tel", "mail", "born"], orient="row")
    spec = parse("record_id: id\ncolumns: {who: name, town: city, tel: phone, mail: email, born: date}\n", where="m")
    with DuckDBEngine() as engine:
        limited = match(engine, engine.from_frame(table), spec)
        largest = {report.key: report.largest for report in limited.report.keys if report.estimated_pairs >= 5_000}
        monkeypatch.setattr(gain, "ASKED", 10**9)
        unlimited = match(engine, engine.from_frame(table), spec)
        assert limited.report.pairs < unlimited.report.pairs
        assert largest == {"who.sound+town": 64}
        assert (limited.model.largest_blocks, unlimited.model.largest_blocks) == (largest, {})
        again = match(engine, engine.from_frame(table), spec, model=limited.model)
        assert (again.report.pairs, [report.largest for report in again.report.keys]) == (
            limited.report.pairs,
            [report.largest for report in limited.report.keys],
        )
        clusters = dict(engine.collect(limited.clusters).iter_rows())
    assert all(clusters[f"again{place}"] == clusters[f"{place}"] for place in range(0, 1200, 7))
    assert len(set(clusters.values())) == 1200
