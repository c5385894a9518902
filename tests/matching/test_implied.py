"""A place in several columns is one reason, not three; and more agreement never weighs less."""

from __future__ import annotations

from itertools import product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from matching import implied
from matching.comparisons import comparisons_for
from matching.match import match
from matching.model import Implied
from matching.patterns import Patterns
from matching.spec import ColumnSpec, ModelSpec

SPEC = ModelSpec(
    record_id="id",
    columns={
        "who": ColumnSpec("name"),
        "state": ColumnSpec("category"),
        "zip": ColumnSpec("postcode"),
        "city": ColumnSpec("city"),
        "size": ColumnSpec("category"),
    },
)
COMPARISONS = comparisons_for(SPEC)
PLACE = {comparison.name: place for place, comparison in enumerate(COMPARISONS)}


def random_pairs(pairs: int, *, towns: int = 20, codes: int = 15) -> Patterns:
    """Pairs of strangers: towns of one state each five, each with codes of its own; nobody's size follows from anything."""
    rng = np.random.default_rng(4)
    zips, sizes = rng.integers(towns * codes, size=(2, pairs)), rng.integers(5, size=(2, pairs))
    levels = np.full((pairs, len(COMPARISONS)), -1, dtype=np.int8)

    def put(name: str, left: np.ndarray, right: np.ndarray) -> None:
        levels[:, PLACE[name]] = np.where(left == right, 0, len(COMPARISONS[PLACE[name]].levels) - 1)

    put("zip", *zips)
    put("city", *(zips // codes))
    put("state", *(zips // codes // 5))
    put("size", *sizes)
    return Patterns(levels, np.full(pairs, -1, dtype=np.int16), np.ones(pairs))


def test_what_implies_what_is_seen_among_strangers() -> None:
    found = {(each.fine, each.coarse) for each in implied.learn(random_pairs(60_000), COMPARISONS)}
    assert found == {("zip", "city"), ("zip", "state"), ("city", "state")}


def test_few_pairs_say_nothing() -> None:
    assert implied.learn(random_pairs(200), COMPARISONS) == ()


@pytest.mark.parametrize("unlike", [0.0, 0.12])
def test_a_lower_level_of_the_finer_one_may_imply_as_well(unlike: float) -> None:
    """Codes of one area are of one town here: zip says at its level ``area`` what city says. Some towns are written with a slip, some (``unlike``) beyond knowing."""
    rng = np.random.default_rng(7)
    pairs = 60_000
    left, right = rng.integers(2_000, size=(2, pairs))
    same_town = left // 100 == right // 100
    levels = np.full((pairs, len(COMPARISONS)), -1, dtype=np.int8)
    levels[:, PLACE["zip"]] = np.where(left == right, 0, np.where(same_town, 2, 3))
    labels = [level.label for level in COMPARISONS[PLACE["city"]].levels]
    slip = rng.random(pairs) < 0.15
    known = same_town & (rng.random(pairs) >= unlike)
    levels[:, PLACE["city"]] = np.where(known, np.where(slip, labels.index("close"), 0), len(labels) - 1)
    found = implied.learn(Patterns(levels, np.full(pairs, -1, dtype=np.int16), np.ones(pairs)), COMPARISONS)
    assert found == (Implied("city", "zip", upto=2),)


def test_the_coarser_comparison_is_unknown_where_the_finer_one_agrees() -> None:
    follows = [Implied("city", "zip"), Implied("state", "zip"), Implied("state", "city")]
    frame = pl.DataFrame(
        {"zip": [0, 1, -1, 0], "city": [0, 0, 1, 2], "state": [0, 0, 0, 1]}, schema=dict.fromkeys(("zip", "city", "state"), pl.Int8)
    )
    assert implied.quiet(frame, follows).rows() == [(0, -1, -1), (1, 0, -1), (-1, 1, 0), (0, -1, -1)]
    levels = np.full((4, len(COMPARISONS)), -1, dtype=np.int8)
    for name in frame.columns:
        levels[:, PLACE[name]] = frame[name].to_numpy()
    known = Patterns(levels, np.zeros(4, dtype=np.int16), np.ones(4))
    quiet = implied.of_patterns(known, follows, COMPARISONS).levels
    assert [tuple(row[PLACE[name]] for name in ("zip", "city", "state")) for row in quiet.tolist()] == implied.quiet(frame, follows).rows()


CHAINS = st.sampled_from([[("b", "a")], [("b", "a"), ("c", "a"), ("c", "b")], [("c", "a"), ("c", "b")]])
WEIGHTS = st.lists(st.lists(st.integers(-6_000, 9_000), min_size=4, max_size=4), min_size=3, max_size=3)
UPTO = st.fixed_dictionaries(dict.fromkeys("abc", st.integers(0, 2)))


@settings(max_examples=150, deadline=None)
@given(CHAINS, UPTO, WEIGHTS)
def test_more_agreement_never_weighs_less(chain: list[tuple[str, str]], upto: dict[str, int], weights: list[list[int]]) -> None:
    """Four levels, the best first, none of which weighs more than a better one; a comparison implies at some of them."""
    follows = [Implied(coarse, fine, upto[fine]) for coarse, fine in chain]
    of_level = {name: np.array([*sorted(its, reverse=True), 0], dtype=np.int32) for name, its in zip("abc", weights, strict=True)}
    grid = pl.DataFrame(list(product((0, 1, 2, 3, -1), repeat=3)), schema=dict.fromkeys("abc", pl.Int8), orient="row")
    parts = {name: of_level[name][grid[name].to_numpy()] for name in "abc"}
    apart = {each.fine: max([0, *of_level[each.fine][each.upto + 1 : 4].tolist()]) for each in follows}
    after = implied.deduct(parts, grid, follows, apart)
    assert all((after[name] <= parts[name]).all() for name in "abc")
    total = dict(zip(grid.rows(), sum(after.values()).tolist(), strict=True))  # type: ignore[union-attr]
    for levels, weight in total.items():
        for place in range(3):
            if levels[place] > 0:
                assert total[(*levels[:place], levels[place] - 1, *levels[place + 1 :])] >= weight
            elif levels[place] < 0 <= of_level["abc"[place]][0]:  # to know that it agrees
                assert total[(*levels[:place], 0, *levels[place + 1 :])] >= weight


@pytest.mark.parametrize("columns", [("zip", "city", "state"), ("zip", "city")])
def test_neighbours_stay_apart_whose_place_stands_in_several_columns(columns: tuple[str, ...]) -> None:
    rng = np.random.default_rng(11)
    first = ["Summit", "Pioneer", "Global", "Liberty", "Heritage", "Keystone", "Falcon", "Harbor", "Sierra", "Titan", "Victory", "Beacon"]
    trade = ["Foods", "Steel", "Dental", "Roofing", "Software", "Printing", "Plumbing", "Logistics", "Security", "Furniture"]
    street = ["Main St", "Oak St", "Maple Ave", "Cedar Rd", "Lake Dr", "Park Ln", "Mill Rd", "River St", "Church Ave", "Spring Dr"]
    rows = []
    for entity in range(2_500):
        code = int(rng.integers(12 * 50))
        name = f"{rng.choice(first)} {rng.choice(first)} {rng.choice(trade)}"
        number, road = int(rng.integers(1, 9_999)), str(rng.choice(street))
        for copy in range(1 + int(rng.random() < 0.5)):
            written = name.upper() if copy and rng.random() < 0.5 else name
            place = {"zip": f"{10_000 + code}", "city": f"Town{code // 50}", "state": f"S{code // 50}"}
            rows.append(
                {"entity": entity, "who": f"{written}{' Inc' if rng.random() < 0.5 else ''}", "street": f"{number} {road}", **place}
            )
    table = pl.DataFrame(rows).with_row_index("id").with_columns(pl.col("id").cast(pl.String))
    kinds = {"zip": "postcode", "city": "city", "state": "category"}
    spec = ModelSpec(
        record_id="id",
        columns={
            "who": ColumnSpec("name", words=True),
            "street": ColumnSpec("address", words=True),
            **{name: ColumnSpec(kinds[name]) for name in columns},
        },
        country="US",
    )
    with DuckDBEngine() as engine:
        result = match(engine, engine.from_frame(table.select("id", "who", "street", *columns)), spec)
        clusters = engine.collect(result.clusters)
    assert ("city", "zip") in {(each.coarse, each.fine) for each in result.model.implied}
    merged = table.join(clusters, left_on="id", right_on="record_id").group_by("cluster_id").agg(pl.col("entity").n_unique())
    whole = table.join(clusters, left_on="id", right_on="record_id").group_by("entity").agg(pl.col("cluster_id").n_unique())
    assert (merged["entity"] > 1).mean() < 0.006
    assert (whole["cluster_id"] > 1).mean() < 0.05
