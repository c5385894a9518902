"""Explanations: the sum is the edge's weight, the tree is the strongest, the weakest link is the weakest."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from matching.customers import features, match_customers
from matching.explain import PairExplanation, UnknownRecordError, explain, explained, weighed
from matching.explain_cluster import explain_cluster, side, spanning_tree
from matching.match import MatchResult
from tests.matching.matching_simulator import simulate


@pytest.fixture(scope="module")
def world() -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, MatchResult]:
    """Standardized records, edges, clusters and the result of a small nasty world."""
    clean, _ = simulate(250, seed=4)
    with DuckDBEngine() as engine:
        result = match_customers(engine, engine.from_frame(clean))
        return (
            engine.collect(features(engine, engine.from_frame(clean))),
            engine.collect(result.edges),
            engine.collect(result.clusters),
            result,
        )


def thousandths(pair: PairExplanation) -> int:
    return round(1000 * pair.prior) + sum(round(1000 * part.bits) for part in pair.parts) + round(1000 * pair.household)


def test_the_waterfall_adds_up_to_every_edge(world: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, MatchResult]) -> None:
    records, edges, _, result = world
    pairs = explained(records, weighed(records, edges.select("record_id_l", "record_id_r"), result.model), result.model)
    assert len(pairs) == edges.height > 500
    for pair, edge in zip(pairs, edges.iter_rows(named=True), strict=True):
        assert (pair.weight, pair.household) == (edge["weight"], edge["household"])
        assert pair.probability == pytest.approx(1 / (1 + 2 ** -edge["weight"]))
        assert [part.bits for part in pair.parts] == [edge[part.comparison] for part in pair.parts]
        assert thousandths(pair) == round(1000 * edge["weight"])
        assert pair.decision == ("link" if round(1000 * edge["weight"]) >= result.model.link else "review")
        for part in pair.parts:
            adds_up = (part.level_bits, part.frequency_bits or 0.0, part.together_bits)
            assert round(1000 * part.bits) == sum(round(1000 * bits) for bits in adds_up)
            assert part.together_bits <= 0
            assert (part.level is None) <= (part.bits == 0)


def test_pairs_that_were_never_compared_are_explained_too(
    world: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, MatchResult],
) -> None:
    records, edges, _, result = world
    ids = records["record_id"].sample(40, seed=1).to_list()
    known = set(edges.select("record_id_l", "record_id_r").iter_rows())
    pairs = [explain(records, a, b, result.model) for a, b in combinations(sorted(ids), 2) if (a, b) not in known]
    assert len(pairs) > 700
    assert all(thousandths(pair) == round(1000 * pair.weight) for pair in pairs)
    assert sum(pair.decision == "leave" for pair in pairs) > 0.99 * len(pairs)


def test_both_orders_give_one_explanation(world: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, MatchResult]) -> None:
    records, edges, _, result = world
    left, right = edges.select("record_id_l", "record_id_r").row(0)
    assert explain(records, left, right, result.model) == explain(records, right, left, result.model)
    with pytest.raises(UnknownRecordError, match="there is no record 'nobody'"):
        explain(records, left, "nobody", result.model)
    with pytest.raises(ValueError, match="is one record"):
        explain(records, left, left, result.model)


def test_a_customer_hangs_together_by_its_strongest_tree(
    world: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, MatchResult],
) -> None:
    records, _, clusters, result = world
    sizes = clusters.group_by("cluster_id").len().sort("len", "cluster_id", descending=True)
    for cluster_id in sizes.filter(pl.col("len") > 2)["cluster_id"].head(12):
        ids = clusters.filter(pl.col("cluster_id") == cluster_id)["record_id"].to_list()
        some = records.filter(pl.col("record_id").is_in(ids))
        found = explain_cluster(some, cluster_id, result.model)
        assert found.record_ids == tuple(sorted(ids))
        assert len(found.tree) == len(ids) - 1
        assert found.weakest is not None
        assert found.weakest.weight == min(link.weight for link in found.tree)
        without = found.without
        assert without is not None
        assert sorted((*without.left, *without.right)) == sorted(ids)
        every = weighed(
            some, pl.DataFrame(list(combinations(sorted(ids), 2)), schema=["record_id_l", "record_id_r"], orient="row"), result.model
        )
        across = every.filter(pl.col("record_id_l").is_in(without.left) != pl.col("record_id_r").is_in(without.left))
        assert across["weight"].max() == round(1000 * found.weakest.weight)  # no pair between the sides is heavier
        assert without.falls_apart == (across.filter(pl.col("weight") >= result.model.link).height <= (found.weakest.decision == "link"))


def test_one_record_alone_needs_no_link(world: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, MatchResult]) -> None:
    records, _, _, result = world
    found = explain_cluster(records.head(1), "x", result.model)
    assert (len(found.record_ids), found.tree, found.weakest, found.without) == (1, (), None, None)


@settings(max_examples=150)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda pair: pair[0] < pair[1]), min_size=1, unique=True))
def test_the_tree_is_the_heaviest_of_all_spanning_trees(pairs: list[tuple[int, int]]) -> None:
    named = [(str(left), str(right)) for left, right in pairs]  # heaviest first: the n-th weighs len - n
    weights = np.arange(len(pairs), 0, -1)
    kept = spanning_tree(named)
    nodes = {node for pair in named for node in pair}

    def groups(links: list[tuple[str, str]]) -> set[frozenset[str]]:
        return {frozenset(side(node, links)) for node in nodes}

    whole = groups(named)
    assert groups([named[place] for place in kept]) == whole
    heaviest = max(
        weights[list(chosen)].sum()
        for chosen in combinations(range(len(pairs)), len(nodes) - len(whole))
        if groups([named[place] for place in chosen]) == whole
    )
    assert weights[kept].sum() == heaviest
