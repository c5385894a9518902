"""Components, refinement, blocking, evaluation: fast ways against slow obvious ones."""

from __future__ import annotations

from itertools import combinations
from random import Random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from matching import pairs
from matching.components import components, contract_kernel
from matching.evaluate import evaluate
from matching.keys import parse_key
from matching.refinement import link_kernel

NODES = st.integers(1, 25)
EDGES = st.lists(st.tuples(NODES, NODES).filter(lambda edge: edge[0] != edge[1]), min_size=1, max_size=40)


def slow_components(edges: list[tuple[int, int]]) -> dict[int, int]:
    label = {node: node for edge in edges for node in edge}
    changed = True
    while changed:
        changed = False
        for left, right in edges:
            least = min(label[left], label[right])
            changed |= label[left] != least or label[right] != least
            label[left] = label[right] = least
    return label


@settings(max_examples=12)
@given(EDGES)
def test_components_equal_the_slow_way(edges: list[tuple[int, int]]) -> None:
    with DuckDBEngine() as engine:
        table = engine.from_frame(pl.DataFrame(edges, schema={"rid_l": pl.Int64, "rid_r": pl.Int64}, orient="row"))
        for links, stars in ((2, 2), (2, 1_000), (1_000, 1_000)):  # whatever batches settle among themselves, the rest is settled in SQL
            rows = engine.collect(components(engine, table, links_at_once=links, stars_at_once=stars))
            assert rows.height == rows["rid"].n_unique()
            assert dict(rows.select("rid", "component").iter_rows()) == slow_components(edges)


@settings(max_examples=200)
@given(EDGES)
def test_stars_of_one_batch_are_its_components(edges: list[tuple[int, int]]) -> None:
    stars = contract_kernel(pl.DataFrame(edges, schema={"rid_l": pl.Int64, "rid_r": pl.Int64}, orient="row"))
    assert dict(stars.iter_rows()) == {node: least for node, least in slow_components(edges).items() if node != least}


def test_a_chain_of_ten_thousand_is_one_component_and_is_linked_without_recursion() -> None:
    chain = pl.DataFrame({"rid_l": range(1, 10_000), "rid_r": range(2, 10_001)}, schema={"rid_l": pl.Int64, "rid_r": pl.Int64})
    with DuckDBEngine() as engine:
        found = engine.collect(components(engine, engine.from_frame(chain)))
    assert found["component"].unique().to_list() == [1]
    assert found.height == 10_000
    linked = link_kernel(chain.with_columns(bond=pl.lit(5_000, dtype=pl.Int32)))
    assert linked["cluster"].n_unique() == 1


def slow_link(bonds: dict[tuple[int, int], int], nodes: set[int]) -> set[frozenset[int]]:
    clusters = [frozenset({node}) for node in nodes]
    while True:
        best, merge = 0.0, None
        for one, two in combinations(clusters, 2):
            between = [bonds[min(a, b), max(a, b)] for a in one for b in two if (min(a, b), max(a, b)) in bonds]
            if between and sum(between) / len(between) > best:
                best, merge = sum(between) / len(between), (one, two)
        if merge is None:
            return set(clusters)
        clusters = [cluster for cluster in clusters if cluster not in merge] + [merge[0] | merge[1]]


@settings(max_examples=80)
@given(st.integers(2, 9), st.randoms(use_true_random=False))
def test_linking_all_mutual_best_at_once_equals_one_merge_at_a_time(size: int, random: Random) -> None:
    # distinct bonds, all pairs known: average linkage is reducible, so the order of merges does not matter
    values = random.sample(range(-1_000_000, 1_000_000), size * (size - 1) // 2)
    bonds = dict(zip(combinations(range(1, size + 1), 2), values, strict=True))
    frame = pl.DataFrame(
        [(a, b, bond) for (a, b), bond in bonds.items()], schema={"rid_l": pl.Int64, "rid_r": pl.Int64, "bond": pl.Int32}, orient="row"
    )
    linked = link_kernel(frame)
    found = {frozenset(rows["rid"].to_list()) for _, rows in linked.group_by("cluster")}
    assert link_kernel(frame.sample(fraction=1.0, shuffle=True, seed=1)).equals(linked)
    assert found == slow_link(bonds, set(range(1, size + 1)))


def test_a_title_does_not_bridge_two_names() -> None:
    # 1 and 2 are 王伟, 4 and 5 are 王芳, 3 is 王先生 at the phone of both
    names, other = 20_000, -10_000
    rows = [
        (1, 2, names),
        (4, 5, names),
        (1, 3, 6_000),
        (2, 3, 6_000),
        (3, 4, 4_000),
        (3, 5, 4_000),
        *((a, b, other) for a in (1, 2) for b in (4, 5)),
    ]
    linked = link_kernel(pl.DataFrame(rows, schema={"rid_l": pl.Int64, "rid_r": pl.Int64, "bond": pl.Int32}, orient="row"))
    assert linked["cluster"].to_list() == [1, 1, 1, 4, 4]


KEYED = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 4), st.integers(1, 30)), max_size=80, unique=True)


@settings(max_examples=12)
@given(KEYED)
def test_pairs_come_out_once_and_are_all_there(rows: list[tuple[int, int, int]]) -> None:
    expected = {(a[2], b[2]) for a in rows for b in rows if a[:2] == b[:2] and a[2] < b[2]}
    with DuckDBEngine() as engine:
        keyed = engine.from_frame(pl.DataFrame(rows, schema={"which": pl.Int16, "key": pl.Int64, "rid": pl.Int64}, orient="row"))
        first = engine.from_frame(pl.DataFrame({"rid": range(1, 31), "n": [1] * 30}, schema={"rid": pl.Int64, "n": pl.Int64}))
        blocking = pairs.block(engine, keyed, [parse_key("a"), parse_key("b")], first, records=30)
        split = engine.from_frame(pl.DataFrame({"rid": range(1, 31), "place": [""] * 30}, schema={"rid": pl.Int64, "place": pl.String}))
        found = engine.collect(pairs.distinct_pairs(engine, pairs.keyed_pairs(engine, blocking, split))).rows()
    assert len(found) == len(set(found))
    assert set(found) == expected
    assert sum(report.estimated_pairs for report in blocking.keys) >= len(expected)


def test_an_oversized_block_costs_what_its_records_cost_and_is_reported() -> None:
    records = 20_000
    keyed_frame = pl.DataFrame(
        {"which": [0] * records, "key": [7] * records, "rid": range(1, records + 1)},
        schema={"which": pl.Int16, "key": pl.Int64, "rid": pl.Int64},
    )
    with DuckDBEngine() as engine:
        first = engine.from_frame(keyed_frame.select("rid", n=pl.lit(1, dtype=pl.Int64)))
        blocking = pairs.block(engine, engine.from_frame(keyed_frame), [parse_key("tel")], first, records=records)
        split = engine.from_frame(keyed_frame.select("rid", place=(pl.col("rid") % 97).cast(pl.String)))
        made = engine.count(pairs.distinct_pairs(engine, pairs.keyed_pairs(engine, blocking, split)))
    assert made <= records * pairs.NEIGHBOURS
    assert [(block.key, block.records) for block in blocking.oversized] == [("tel", records)]


LABELS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=25)


@settings(max_examples=12)
@given(LABELS)
def test_evaluation_equals_counting_pairs(labels: list[tuple[int, int]]) -> None:
    ids = [f"r{place:02}" for place in range(len(labels))]
    clusters = pl.DataFrame({"record_id": ids, "cluster_id": [f"c{found}" for found, _ in labels]})
    truth = pl.DataFrame({"record_id": ids, "entity_id": [f"e{true}" for _, true in labels]})
    found = evaluate(clusters, truth)
    every = list(combinations(labels, 2))
    linked, true, right = (
        sum(map(test, every)) for test in (lambda p: p[0][0] == p[1][0], lambda p: p[0][1] == p[1][1], lambda p: p[0] == p[1])
    )
    assert (found.pairs_found, found.pairs_true, found.pairs_right) == (linked, true, right)
    share = [sum(b == a for b in labels) / sum(b[0] == a[0] for b in labels) for a in labels]
    assert abs(found.bcubed_precision - sum(share) / len(share)) < 1e-9
    # of more records nobody knows the entity: nothing is counted of them
    more = pl.DataFrame({"record_id": ["x", "y"], "cluster_id": [clusters["cluster_id"][0]] * 2, "entity_id": [None, None]})
    clusters = pl.concat([clusters, more.drop("entity_id")])
    truth = pl.concat([truth, more.drop("cluster_id").cast(pl.String)])
    assert evaluate(clusters, truth) == found
