"""Laws of labels: what is the same ends in one cluster, what is not never does, and a contradiction is told as a chain."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from matching.constraints import linked_kernel
from matching.labels import LABEL_SCHEMA, LabelError, checked
from matching.match import MatchResult, match
from matching.model import load_model
from matching.spec import SpecError, parse

SPEC = parse("record_id: id\ncolumns: {who: name, born: date, tel: phone}\n", where="m")
IDS = [f"r{number:02}" for number in range(24)]


def people() -> pl.DataFrame:
    """24 records of six people, two of them alike in all, with some slips; and strangers to learn from."""
    rows = [
        (
            f"r{number:02}",
            f"ann{number % 6} lee{number % 6}" + ("x" if number % 5 == 0 else ""),
            f"198{number % 6}0101",
            f"1391234000{number % 6}",
        )
        for number in range(24)
    ]
    rows += [
        (f"s{n:03}", f"bob{n * 7919 % 997} fox{n * 31 % 89}", f"19{n % 80 + 10}0{1 + n % 9}1{n % 10}", f"138{n:08}") for n in range(120)
    ]
    return pl.DataFrame(rows, schema=["id", "who", "born", "tel"], orient="row")


def frame(labels: list[tuple[str, str, bool]]) -> pl.DataFrame:
    return pl.DataFrame([(*label, "test") for label in labels], schema=LABEL_SCHEMA, orient="row")


def matched(labels: list[tuple[str, str, bool]], table: pl.DataFrame | None = None, entity: str | None = None) -> dict[str, str]:
    with DuckDBEngine() as engine:
        rows = people() if table is None else table
        found = match(engine, engine.from_frame(rows), replace(SPEC, entity=entity), labels=frame(labels))
        return dict(engine.collect(found.clusters).iter_rows())


def closure(labels: list[tuple[str, str, bool]]) -> dict[str, int]:
    """The group of each record, the slow way."""
    group = {name: place for place, name in enumerate(sorted({end for left, right, _ in labels for end in (left, right)}))}
    for _ in group:
        for left, right, same in labels:
            if same:
                group[left] = group[right] = min(group[left], group[right])
    return group


LABEL = st.tuples(st.sampled_from(IDS), st.sampled_from(IDS), st.booleans()).filter(lambda label: label[0] != label[1])


@settings(max_examples=12)
@given(st.lists(LABEL, min_size=1, max_size=14))
def test_every_label_holds_or_is_refused(labels: list[tuple[str, str, bool]]) -> None:
    group = closure(labels)
    if any(not same and group[left] == group[right] for left, right, same in labels):
        with pytest.raises(LabelError, match=r"contradict each other: .* ≠ "):
            matched(labels)
        return
    cluster = matched(labels)
    assert [(left, right, cluster[left] == cluster[right]) for left, right, _ in labels] == labels
    assert set(cluster) == set(people()["id"])
    assert matched(labels[::-1], people().sample(fraction=1.0, shuffle=True, seed=2)) == cluster


@settings(max_examples=12)
@given(st.lists(st.one_of(st.none(), st.integers(0, 4)), min_size=24, max_size=24), st.lists(LABEL, max_size=4))
def test_known_entities_are_kept(entities: list[int | None], labels: list[tuple[str, str, bool]]) -> None:
    table = people().with_columns(
        who_is=pl.Series([None if each is None else f" E{each} " for each in entities] + [None] * 120, dtype=pl.String)
    )
    known = {name: each for name, each in zip(IDS, entities, strict=True) if each is not None}
    from_column = [(one, two, known[one] == known[two]) for one, two in combinations(known, 2)]
    every = labels + from_column
    group = closure(every)
    if any(not same and group[left] == group[right] for left, right, same in every):
        with pytest.raises(LabelError, match="contradict each other"):
            matched(labels, table, entity="who_is")
        return
    cluster = matched(labels, table, entity="who_is")
    assert [(left, right, cluster[left] == cluster[right]) for left, right, _ in every] == every


def slow_link(
    bonds: dict[tuple[int, int], int], group: dict[int, int], entity: dict[int, int], apart: set[frozenset[int]]
) -> set[frozenset[int]]:
    """One merge at a time, every law asked of every pair of records."""
    nodes = {node for pair in bonds for node in pair} | set(group)
    clusters = {frozenset(n for n in nodes if group.get(n, n) == group.get(node, node)) for node in nodes}

    def may(one: frozenset[int], two: frozenset[int]) -> bool:
        return not any(
            frozenset({group[a], group[b]}) in apart or (entity.get(group[a], 0) and entity.get(group[b], 0) and group[a] != group[b])
            for a in one
            for b in two
            if a in group and b in group
        )

    while True:
        best, merge = 0.0, None
        for one, two in combinations(sorted(clusters, key=min), 2):
            between = [bonds[min(a, b), max(a, b)] for a in one for b in two if (min(a, b), max(a, b)) in bonds]
            if between and sum(between) / len(between) > best and may(one, two):
                best, merge = sum(between) / len(between), (one, two)
        if merge is None:
            return clusters
        clusters = (clusters - set(merge)) | {merge[0] | merge[1]}


@settings(max_examples=150)
@given(st.data(), st.integers(2, 8), st.randoms(use_true_random=False))
def test_linkage_under_labels_equals_the_slow_way(data: st.DataObject, size: int, random: np.random.Generator) -> None:
    values = random.sample(range(-1_000_000, 1_000_000), size * (size - 1) // 2)  # type: ignore[attr-defined]
    bonds = dict(zip(combinations(range(1, size + 1), 2), values, strict=True))
    marked = data.draw(st.lists(st.integers(1, size), unique=True))
    group = {node: min(marked[: 1 + place // 2 * 2][-1], node) if place % 2 else node for place, node in enumerate(marked)}
    group = {node: min(other for other in group if group[other] == group[node]) for node in group}
    known = data.draw(st.lists(st.sampled_from(sorted(set(group.values()))), unique=True)) if group else []
    entity = {name: name if name in known else 0 for name in set(group.values())}
    names = sorted(set(group.values()))
    apart = {frozenset(pair) for pair in combinations(names, 2) if data.draw(st.booleans())}
    rows = [(7, a, b, bond, 0) for (a, b), bond in bonds.items()]
    rows += [(7, node, name, 0, 2 if entity[name] else 1) for node, name in group.items()]
    rows += [(7, *sorted(pair), 0, 3) for pair in apart]
    schema = {"component": pl.Int64, "rid_l": pl.Int64, "rid_r": pl.Int64, "bond": pl.Int32, "rule": pl.Int32}
    ruled = pl.DataFrame(rows, schema=schema, orient="row")
    linked = linked_kernel(ruled)
    assert linked_kernel(ruled.sample(fraction=1.0, shuffle=True, seed=1)).equals(linked)
    assert {frozenset(part["rid"].to_list()) for _, part in linked.group_by("cluster")} == slow_link(bonds, group, entity, apart)


def test_a_chain_of_labels_is_named() -> None:
    with pytest.raises(LabelError) as error:
        matched([("r01", "r02", True), ("r03", "r02", True), ("r09", "r10", True), ("r01", "r03", False)])
    assert str(error.value) == (
        "labels contradict each other: 'r01' = 'r02' (test 1), 'r02' = 'r03' (test 2), but 'r01' ≠ 'r03' (test 4); correct one of them"
    )
    table = people().with_columns(who_is=pl.when(pl.col("id") == "r01").then(pl.lit("E1")).when(pl.col("id") == "r03").then(pl.lit("E2")))
    with pytest.raises(LabelError) as error:
        matched([("r01", "r02", True), ("r03", "r02", True)], table, entity="who_is")
    assert str(error.value) == (
        "labels contradict each other: 'r01' is 'E1' (column who_is), 'r01' = 'r02' (test 1), 'r02' = 'r03' (test 2), "
        "'r03' is 'E2' (column who_is); correct one of them"
    )


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        (
            {"left_id": ["r01"], "right_id": ["r99"], "same": [True], "source": ["a.csv"], "row": [5]},
            "a.csv row 5: the table has no record 'r99'",
        ),
        ({"left_id": ["r01"], "right_id": ["r01"], "same": [True]}, "label 1: a record is compared with itself"),
        ({"left_id": ["r01"], "right_id": [None], "same": [True]}, "label 1: an id or the decision is missing"),
        ({"left": ["r01"], "right_id": ["r02"], "same": [True]}, "lack the column left_id; they have: left, right_id, same"),
        ({"left_id": ["r01"], "right_id": ["r02"], "same": ["yes"]}, "the column same of labels is String"),
    ],
)
def test_wrong_labels_say_where_and_what_to_do(pairs: dict[str, list[object]], said: str) -> None:
    with DuckDBEngine() as engine, pytest.raises(LabelError, match=said):
        match(engine, engine.from_frame(people()), SPEC, labels=pl.DataFrame(pairs))


def test_a_wrong_column_of_entities_is_refused() -> None:
    with DuckDBEngine() as engine, pytest.raises(LabelError, match="no column 'customer' of known entities; it has: id, who, born, tel"):
        match(engine, engine.from_frame(people()), replace(SPEC, entity="customer"))
    with pytest.raises(SpecError, match="m:3: entity is 'who', which is compared"):
        parse("record_id: id\ncolumns: {who: name}\nentity: who\n", where="m")


def test_ids_and_sources_are_kept_as_they_are() -> None:
    found = checked(pl.DataFrame({"left_id": [17], "right_id": [42], "same": [False], "source": ["steward ann"], "row": [3]}))
    assert found.row(0) == ("17", "42", False, "steward ann", "steward ann row 3")


def linked(labels: list[tuple[str, str, bool]], rule: str) -> dict[str, str]:
    """Two tables of the same people, the second one's phones known twice."""
    rows = people().filter(pl.col("id").str.starts_with("s"))
    both = pl.concat([rows.with_columns(source=pl.lit(name), id=pl.col("id") + name) for name in ("a", "b")])
    with DuckDBEngine() as engine:
        found = match(engine, engine.from_frame(both), replace(SPEC, assignment=rule), link=True, labels=frame(labels))
        return dict(engine.collect(found.clusters).iter_rows())


@pytest.mark.parametrize("rule", ["one_to_one", "many_to_one"])
def test_labels_stand_over_assignment(rule: str) -> None:
    labels = [("s001a", "s002b", True), ("s003a", "s003b", False), ("s004a", "s004b", True)]
    cluster = linked(labels, rule)
    assert [(left, right, cluster[left] == cluster[right]) for left, right, _ in labels] == labels
    assert cluster["s007a"] == cluster["s007b"]
    if rule == "one_to_one":
        assert cluster["s001a"] != cluster["s001b"]
        with pytest.raises(LabelError, match="one table has several records"):
            linked([("s001a", "s002a", True)], rule)


def world() -> tuple[pl.DataFrame, pl.DataFrame]:
    """600 people with two or three records, a third of the copies with a slip; the truth beside them."""
    rng = np.random.default_rng(3)
    rows = []
    for person in range(600):
        name = f"{'abcdefghkm'[person % 10]}{person * 7919 % 613:03}n {'pqrstuvw'[person % 8]}{person * 31 % 211:03}"
        for copy in range(2 + person % 2):
            slip = rng.random(3) < 0.3
            born = f"19{person % 60 + 30}{1 + person % 12:02}{1 + (person + slip[1]) % 28:02}"
            tel = f"139{rng.integers(10**8) if slip[2] else person * 104_729 % 10**8:08}"
            rows.append((f"p{person:03}{copy}", name + ("x" if slip[0] else ""), born, tel, f"E{person}"))
    found = pl.DataFrame(rows, schema=["id", "who", "born", "tel", "entity"], orient="row")
    return found.drop("entity"), found.select(record_id="id", entity_id="entity")


def matched_world(labels: pl.DataFrame | None, engine: DuckDBEngine) -> MatchResult:
    return match(engine, engine.from_frame(world()[0]), SPEC, labels=labels)


def test_the_model_says_what_labels_did(tmp_path: Path) -> None:
    _, truth = world()
    entity = dict(truth.iter_rows())
    with DuckDBEngine() as engine:
        edges = engine.collect(matched_world(None, engine).edges).sort("record_id_l", "record_id_r")
        pairs = [(left, right, entity[left] == entity[right]) for left, right in edges.select("record_id_l", "record_id_r").iter_rows()]
        strangers = [(f"p{n:03}0", f"p{n + 1:03}0", False) for n in range(0, 400, 2)]
        result = matched_world(frame(pairs[:100]), engine)
        many = matched_world(frame(pairs + strangers), engine)
        result.model.dump(tmp_path / "model.yaml")
    read = load_model(tmp_path / "model.yaml")
    assert read.labels == result.model.labels
    assert read.labels["same"] + read.labels["not_same"] == 100
    assert any("from 50 of each on they move the weights" in warning for warning in read.warnings)
    assert not any(warning.startswith("labels") for warning in many.model.warnings)
    assert many.model.labels["correction"] in {"none", "shift", "levels"}
    assert many.model.spec.entity is None


def test_an_id_that_repeats_is_told_with_labels_as_without() -> None:
    twice = pl.concat([people(), people().head(1)])
    with pytest.raises(ValueError, match="ids in column 'id' repeat"):
        matched([("r00", "r01", True)], twice)
