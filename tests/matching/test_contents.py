"""Records alike in all that is compared: compared once, and where they go."""

from __future__ import annotations

import polars as pl
import pytest

from engine.duckdb import DuckDBEngine
from matching.match import MatchResult, match
from matching.pairs import NEIGHBOURS
from matching.spec import parse

SPEC = parse("record_id: id\ncolumns: {who: name, born: date, tel: phone}\n", where="m")
People = list[tuple[str, str | None, str | None, str | None]]


def people(number: int) -> People:
    return [
        (f"p{n:04}", f"ann{n * 7919 % 997} lee{n * 31 % 89}", f"19{n % 90 + 10}0{1 + n % 9}1{n % 10}", f"1391{n:07}") for n in range(number)
    ]


def matched(engine: DuckDBEngine, rows: People) -> tuple[MatchResult, pl.DataFrame]:
    result = match(engine, engine.from_frame(pl.DataFrame(rows, schema=["id", "who", "born", "tel"], orient="row")), SPEC)
    return result, engine.collect(result.clusters).sort("record_id")


def test_copies_go_with_their_first_and_hang_on_it_like_a_star() -> None:
    rows = people(200)
    copies = [(f"q{n}", *rows[7][1:]) for n in range(5)]
    with DuckDBEngine() as engine:
        plain, _ = matched(engine, rows)
        result, clusters = matched(engine, [*rows, *copies])
        edges = engine.collect(result.edges)
    assert result.report.pairs == plain.report.pairs  # a copy costs no pair
    assert (result.report.equal, plain.report.equal) == (5, 0)
    together = clusters.filter(pl.col("cluster_id") == clusters.filter(pl.col("record_id") == "p0007")["cluster_id"].item())
    assert together["record_id"].to_list() == ["p0007", "q0", "q1", "q2", "q3", "q4"]
    star = edges.filter(pl.col("record_id_r").str.starts_with("q"))
    assert star["record_id_l"].unique().to_list() == ["p0007"]
    assert star.height == 5
    parts = [name for name in edges.columns if name not in {"record_id_l", "record_id_r", "weight", "probability", "collective"}]
    rest = star.select(pl.col("weight") - pl.sum_horizontal(parts)).to_series()
    assert (rest - result.model.prior / 1000).abs().max() < 1e-6  # type: ignore[operator]
    assert edges.select("record_id_l", "record_id_r").is_duplicated().sum() == 0


def test_copies_that_say_too_little_stay_apart() -> None:
    nothing: People = [(f"x{n}", None, None, None) for n in range(5)]
    common: People = [(f"y{n}", None, "19800101", None) for n in range(40)]
    with DuckDBEngine() as engine:
        result, clusters = matched(engine, [*people(200), *nothing, *common])
    assert result.report.equal == 0
    assert clusters["cluster_id"].n_unique() == clusters.height


@pytest.mark.parametrize("shared", ["who", "born", "tel"])
def test_what_many_records_share_costs_what_they_are(shared: str) -> None:
    rows = pl.DataFrame(people(3_000), schema=["id", "who", "born", "tel"], orient="row")
    skewed = rows.with_columns(pl.when(pl.int_range(pl.len()) < 600).then(pl.col(shared).first()).otherwise(shared).alias(shared))
    with DuckDBEngine() as engine:
        plain, _ = matched(engine, rows.rows())
        result, _ = matched(engine, skewed.rows())
    assert result.report.pairs <= plain.report.pairs + 600 * NEIGHBOURS * len(result.report.keys)
    if shared == "tel":
        assert [(block.key, block.records) for block in result.report.oversized] == [("tel", 600)]
