"""Quality without truth: the estimate equals a slow obvious count, and comes near the truth where its assumptions hold; errors have the kind that they are."""

from __future__ import annotations

from dataclasses import asdict
from itertools import combinations, product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.error_samples import MEMBERS, drawn_pairs, error_kinds
from matching.estimate import estimate, missed
from matching.evaluate import evaluate

EDGE_SCHEMA = {
    "record_id_l": pl.String,
    "record_id_r": pl.String,
    "probability": pl.Float64,
    "weight": pl.Float64,
    "a": pl.Float64,
    "b": pl.Float64,
}
GRAPH = st.dictionaries(
    st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda pair: pair[0] < pair[1]), st.sampled_from([0.3, 0.6, 0.92, 0.99])
)


def edges_of(graph: dict[tuple[int, int], float]) -> pl.DataFrame:
    rows = [(f"r{one}", f"r{two}", p, float(np.log2(p / (1 - p))), 5.0, -1.0) for (one, two), p in sorted(graph.items())]
    return pl.DataFrame(rows, schema=EDGE_SCHEMA, orient="row")


def weakest_link(graph: dict[tuple[int, int], float], nodes: list[int]) -> dict[tuple[int, int], float]:
    """Of each pair of nodes the most that the weakest edge of a chain between them can be (Floyd and Warshall), 0 where there is none."""
    best = {(a, b): graph.get((min(a, b), max(a, b)), 0.0) for a, b in product(nodes, repeat=2)}
    for middle, a, b in product(nodes, repeat=3):
        best[a, b] = max(best[a, b], min(best[a, middle], best[middle, b]))
    return {(a, b): best[a, b] for a, b in combinations(nodes, 2)}


@settings(max_examples=80)
@given(GRAPH, st.lists(st.integers(0, 2), min_size=7, max_size=7))
def test_the_expected_right_pairs_equal_the_best_chain_of_every_pair(graph: dict[tuple[int, int], float], labels: list[int]) -> None:
    clusters = pl.DataFrame({"record_id": [f"r{n}" for n in range(7)], "cluster_id": [f"c{label}" for label in labels]})
    found = estimate(edges_of(graph), clusters, keys=[{"a"}], agree={"a": 1.0}, link=0.9)
    right = 0.0
    for label in set(labels):
        nodes = [n for n in range(7) if labels[n] == label]
        inside = {pair: p for pair, p in graph.items() if set(pair) <= set(nodes)}
        right += sum(p or 0.9 for p in weakest_link(inside, nodes).values())
    assert found.right == pytest.approx(right)
    assert found.pairs == sum(labels[a] == labels[b] for a, b in combinations(range(7), 2))
    assert 0 <= found.precision <= 1
    assert 0 <= found.recall <= 1
    assert found.missed_by_keys == 0  # a key that every pair agrees on misses none


@settings(max_examples=80)
@given(GRAPH, st.lists(st.integers(0, 3), min_size=7, max_size=7))
def test_samples_that_make_up_the_whole_add_up_to_it(graph: dict[tuple[int, int], float], labels: list[int]) -> None:
    clusters = pl.DataFrame({"record_id": [f"r{n}" for n in range(7)], "cluster_id": [f"c{label}" for label in labels]})
    edges = edges_of(graph)
    whole = estimate(edges, clusters, keys=[{"a"}], agree={"a": 0.7})
    every = estimate(edges, clusters, keys=[{"a"}], agree={"a": 0.7}, of=[f"c{label}" for label in range(4)])
    assert asdict(every) == pytest.approx(asdict(whole))
    each = [estimate(edges, clusters, keys=[{"a"}], agree={"a": 0.7}, of=[f"c{label}"]) for label in range(4)]
    assert sum(one.pairs for one in each) == whole.pairs
    assert sum(one.right for one in each) == pytest.approx(whole.right)


KEYS = st.lists(st.frozensets(st.sampled_from("abcd"), min_size=1), max_size=5)


@settings(max_examples=80)
@given(KEYS, st.lists(st.sampled_from([0.0, 0.3, 0.8, 1.0]), min_size=4, max_size=4))
def test_the_chance_that_no_key_catches_a_pair_equals_the_sum_over_all_agreements(keys: list[frozenset[str]], chances: list[float]) -> None:
    agree = dict(zip("abcd", chances, strict=True))
    slow = 0.0
    for agreed in product([False, True], repeat=4):
        there = {name for name, yes in zip("abcd", agreed, strict=True) if yes}
        if not any(key <= there for key in keys):
            slow += float(np.prod([agree[name] if name in there else 1 - agree[name] for name in "abcd"]))
    assert missed(keys, agree) == pytest.approx(slow)


def test_what_no_key_found_is_estimated_where_columns_agree_independently() -> None:
    """Entities of two records; a pair is found if it agrees on a or on b, and says so."""
    rng = np.random.default_rng(1)
    agrees = rng.random((20_000, 2)) < (0.7, 0.6)
    found = np.flatnonzero(agrees.any(axis=1))
    edges = pl.DataFrame(
        {
            "record_id_l": [f"l{n}" for n in found], "record_id_r": [f"r{n}" for n in found], "probability": 1.0, "weight": 20.0,
            **{name: np.where(agrees[found, place], 9.0, -2.0) for place, name in enumerate("ab")},
        }
    )  # fmt: skip
    clusters = pl.DataFrame(
        {"record_id": [f"{end}{n}" for end in "lr" for n in range(20_000)], "cluster_id": [f"l{n}" if end == "l" or agrees[n].any() else f"r{n}" for end in "lr" for n in range(20_000)]}
    )  # fmt: skip
    # nothing is doubtful, so nothing shows how often others join what no key found: all of it counts as joined
    assert estimate(edges, clusters, keys=[{"a"}, {"b"}], agree={"a": 0.7, "b": 0.6}).missed_by_keys == 0
    doubtful = pl.concat([edges, pl.DataFrame([("l0", "r1", 0.5, 0.0, 0.0, 0.0)], schema=dict(edges.schema), orient="row")])
    guessed = estimate(doubtful, clusters, keys=[{"a"}, {"b"}], agree={"a": 0.7, "b": 0.6})
    truth = pl.DataFrame({"record_id": clusters["record_id"], "entity_id": [record[1:] for record in clusters["record_id"]]})
    assert guessed.missed_by_keys == pytest.approx(20_000 - len(found), rel=0.1)
    assert guessed.recall == pytest.approx(evaluate(clusters, truth).recall, abs=0.01)


LABELS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=20)


@settings(max_examples=60)
@given(LABELS)
def test_counts_of_clusters_equal_the_slow_reading(labels: list[tuple[int, int]]) -> None:
    ids = [f"r{place:02}" for place in range(len(labels))]
    clusters = pl.DataFrame({"record_id": ids, "cluster_id": [f"c{found}" for found, _ in labels]})
    truth = pl.DataFrame({"record_id": ids, "entity_id": [f"e{true}" for _, true in labels]})
    counts = evaluate(clusters, truth).counts
    groups = [
        {frozenset(n for n, label in enumerate(labels) if label[side] == value) for value in {label[side] for label in labels}}
        for side in (0, 1)
    ]
    found, true = groups
    assert counts.exact == len(found & true)
    assert counts.exact_several == sum(len(group) > 1 for group in found & true)
    assert counts.mixed == sum(len({labels[n][1] for n in group}) > 1 for group in found)
    assert counts.split == sum(len({labels[n][0] for n in group}) > 1 for group in true)
    assert counts.false_merges == sum(len({labels[n][1] for n in group}) - 1 for group in found)
    assert counts.splits == sum(len({labels[n][0] for n in group}) - 1 for group in true)
    assert counts.true_merges + counts.false_merges == len(labels) - len(found)
    assert counts.true_merges + counts.splits == len(labels) - len(true)
    assert counts.sizes == tuple(
        (size, sum(len(group) == size for group in found), sum(len(group) == size for group in true))
        for size in sorted({len(group) for group in found | true})
    )


@settings(max_examples=40)
@given(LABELS)
def test_every_wrong_pair_of_small_groups_is_looked_at(labels: list[tuple[int, int]]) -> None:
    ids = [f"r{place:02}" for place in range(len(labels))]
    known = pl.DataFrame({"record_id": ids, "x": [f"{x}" for x, _ in labels], "y": [f"{y}" for _, y in labels]})
    expected = {
        (ids[a], ids[b]) for a, b in combinations(range(len(labels)), 2) if labels[a][0] == labels[b][0] and labels[a][1] != labels[b][1]
    }
    drawn = drawn_pairs(known, same="x", other="y")
    assert drawn.height == len(set(drawn.rows()))
    assert set(drawn.rows()) == expected
    assert drawn_pairs(known.reverse(), same="x", other="y").equals(drawn)


def test_a_large_group_costs_what_a_sample_of_it_costs() -> None:
    known = pl.DataFrame({"record_id": [f"r{n}" for n in range(5_000)], "x": "one", "y": [str(n % 2) for n in range(5_000)]})
    assert 0 < drawn_pairs(known, same="x", other="y").height <= MEMBERS**2 // 4


def test_errors_have_the_kind_that_they_are() -> None:
    edges = pl.DataFrame(
        [("a1", "b1", 0.99, 6.6, 9.0, -2.0), ("c1", "c2", 0.99, 6.6, 9.0, 3.0), ("d1", "d2", 0.5, 0.0, 4.0, -4.0)],
        schema=EDGE_SCHEMA, orient="row",
    )  # fmt: skip
    clusters = pl.DataFrame(
        {"record_id": ["a1", "b1", "c1", "c2", "d1", "d2", "e1", "e2", "f1", "f2"], "cluster_id": ["x", "x", "c", "c'", "d", "d'", "e", "e'", "f", "f'"]}
    )  # fmt: skip
    truth = clusters.select("record_id", entity_id=pl.col("record_id").str.slice(0, 1))

    def weigh(pairs: pl.DataFrame) -> pl.DataFrame:
        far = pl.col("record_id_l") == "f1"
        return pairs.with_columns(
            probability=0.0, weight=pl.when(far).then(-20.0).otherwise(5.0), a=pl.lit(7.0), b=pl.when(far).then(-9.0).otherwise(0.0)
        )

    found = error_kinds(edges, clusters, truth, link=3.2, review=-2.0, weigh=weigh)
    assert {(error.sort, error.kind, error.pairs) for error in found} == {
        ("false", "same a, other b", 1),
        ("missed", "cut: same a, same b", 1),
        ("missed", "for review: same a, other b", 1),
        ("missed", "never compared: same a", 1),
        ("missed", "too little in common: same a, other b", 1),
    }
    assert [error.examples[0].record_id_l for error in found if error.sort == "false"] == ["a1"]
