"""One to one and many to one: never two partners, the best sum where it can be known, at least half of it by weight alone."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from matching.assignment import LINK_SCHEMA, assign, assign_kernel, best, by_weight
from matching.match import match
from matching.spec import SpecError, parse

Link = tuple[int, int, int]
LINKS = st.lists(
    st.tuples(st.integers(1, 5), st.integers(11, 15), st.integers(1, 50)), min_size=1, max_size=9, unique_by=lambda link: link[:2]
)


def frame(links: list[Link]) -> pl.DataFrame:
    """Links between tables a (rids to 10), b (to 20) and c."""

    def table(rid: pl.Expr) -> pl.Expr:
        return pl.when(rid <= 10).then(pl.lit("a")).when(rid <= 20).then(pl.lit("b")).otherwise(pl.lit("c"))

    rows = pl.DataFrame(links, schema={"rid_l": pl.Int64, "rid_r": pl.Int64, "weight": pl.Int32}, orient="row")
    return rows.with_columns(component=pl.lit(1), source_l=table(pl.col("rid_l")), source_r=table(pl.col("rid_r")))


def optimum(links: list[Link]) -> int:
    """By looking at every set of links."""
    found = 0
    for size in range(len(links) + 1):
        for chosen in combinations(links, size):
            if len({link[0] for link in chosen}) == len({link[1] for link in chosen}) == size:
                found = max(found, sum(link[2] for link in chosen))
    return found


def total(links: list[Link], kept: pl.DataFrame) -> int:
    weight = {link[:2]: link[2] for link in links}
    return sum(weight[pair] for pair in kept.iter_rows())


@settings(max_examples=150)
@given(LINKS)
def test_the_assignment_is_the_best_of_all_and_the_order_of_input_does_not_matter(links: list[Link]) -> None:
    kept = assign_kernel(frame(links))
    assert dict(kept.schema) == LINK_SCHEMA
    assert kept["rid_l"].is_unique().all()
    assert kept["rid_r"].is_unique().all()
    assert total(links, kept) == optimum(links)
    assert kept.equals(assign_kernel(frame(links[::-1])))


@settings(max_examples=150)
@given(LINKS)
def test_links_by_weight_reach_at_least_half_of_the_best(links: list[Link]) -> None:
    left, right, gain = (np.array(column, dtype=np.int64) for column in zip(*links, strict=True))
    places = by_weight(left, right, gain, np.full(len(links), "a"), np.full(len(links), "b"))
    assert len(set(left[places])) == len(set(right[places])) == len(places)
    assert optimum(links) <= 2 * gain[places].sum()


def test_links_by_weight_are_near_the_best_on_the_average() -> None:
    rng = np.random.default_rng(3)
    shares = []
    for _ in range(300):
        left, right = (np.repeat(np.arange(5), 5), np.tile(np.arange(11, 16), 5))
        gain = rng.integers(1, 20_000, size=25)
        some = rng.random(25) < 0.5
        left, right, gain = left[some], right[some], gain[some]
        taken = by_weight(left, right, gain, np.full(len(left), "a"), np.full(len(left), "b"))
        shares.append(gain[taken].sum() / gain[best(left, right, gain)].sum())
    assert max(shares) == 1
    assert np.mean(shares) > 0.95


TRIPLES = st.lists(
    st.tuples(st.integers(1, 24), st.integers(1, 24), st.integers(1, 50)).filter(lambda link: (link[0] - 1) // 10 < (link[1] - 1) // 10),
    min_size=1, max_size=25, unique_by=lambda link: link[:2],
)  # fmt: skip


@settings(max_examples=60)
@given(TRIPLES)
def test_among_three_tables_no_entity_has_two_records_of_one(links: list[Link]) -> None:
    with DuckDBEngine() as engine:
        scored = engine.from_frame(frame(links).select("rid_l", "rid_r", "weight"))
        sources = pl.DataFrame(
            {"rid": range(1, 25), "source": ["a"] * 10 + ["b"] * 10 + ["c"] * 4}, schema={"rid": pl.Int64, "source": pl.String}
        )
        labels = engine.collect(assign(engine, scored, engine.from_frame(sources), rule="one_to_one", link=1))
    assert labels.join(sources, on="rid").group_by("cluster", "source").len()["len"].max() in {None, 1}
    assert labels.group_by("cluster").len()["len"].min() in {None, 2, 3}


@settings(max_examples=30)
@given(LINKS)
def test_many_to_one_gives_each_record_its_best_partner(links: list[Link]) -> None:
    with DuckDBEngine() as engine:
        scored = engine.from_frame(frame(links).select("rid_l", "rid_r", "weight"))
        sources = pl.DataFrame({"rid": [*range(1, 6), *range(11, 16)], "source": ["a"] * 5 + ["b"] * 5})
        labels = dict(engine.collect(assign(engine, scored, engine.from_frame(sources), rule="many_to_one", link=1)).iter_rows())
    for rid in {link[0] for link in links}:
        partner = min((-weight, right) for left, right, weight in links if left == rid)[1]
        assert labels[rid] == labels[partner]
    assert len({labels[rid] for rid in labels if rid > 10}) == len([rid for rid in labels if rid > 10])  # two of the last table never meet


def people() -> pl.DataFrame:
    """Two tables; in the second everybody is there once, in the first some have a double or a namesake at the same number."""
    rows = [(f"{source}{n:03}", source, f"ann{n * 7919 % 997} lee{n * 31 % 89}", f"1391{n:07}") for source in "ab" for n in range(200)]
    doubles = [(f"a-twice{n}", "a", *rows[n][2:]) for n in range(20)]
    return pl.DataFrame([*rows, *doubles], schema=["id", "source", "who", "tel"], orient="row")


@pytest.mark.parametrize("rule", ["one_to_one", "many_to_one"])
def test_a_rule_of_the_model_file_holds_in_the_clusters(rule: str) -> None:
    spec = parse(f"record_id: id\ncolumns: {{who: name, tel: phone}}\nassignment: {rule}\n", where="m")
    table = people()
    with DuckDBEngine() as engine:
        result = match(engine, engine.from_frame(table), spec, link=True)
        clusters = engine.collect(result.clusters).rename({"record_id": "id"}).join(table, on="id")
    sizes = clusters.group_by("cluster_id").agg(a=(pl.col("source") == "a").sum(), b=(pl.col("source") == "b").sum())
    assert sizes["b"].max() == 1
    assert sizes["a"].max() == (1 if rule == "one_to_one" else 2)
    assert sizes.filter(pl.col("a") + pl.col("b") > 1).height == 200


def test_an_unknown_rule_is_named_with_its_line() -> None:
    with pytest.raises(SpecError, match=r"m:3: assignment is 'one'; it is one_to_one or many_to_one"):
        parse("record_id: id\ncolumns: {who: name}\nassignment: one\n", where="m")
