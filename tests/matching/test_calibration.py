"""Correlated evidence counts once and never turns agreement against a match; offsets are the best ones and mend what is wrong."""

from __future__ import annotations

from itertools import product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.calibration import PENALTY, PRIOR_PENALTY, fit, pulled
from matching.comparisons import Comparison
from matching.frequencies import Rarity
from matching.held_out import HeldOut, alike_otherwise
from matching.interactions import Cell, merged, twice
from matching.levels import Compared, Level, Sides
from matching.model import ComparisonModel, LevelModel, Together
from matching.patterns import Patterns
from matching.together import deduct, learn


def entry(name: str, m: tuple[float, ...], u: tuple[float, ...]) -> ComparisonModel:
    weights = np.rint(1000 * np.log2(np.array(m) / np.array(u))).astype(int)
    levels = (LevelModel(f"l{place}", m[place], u[place], None, int(weights[place]), 0, weighed=False) for place in range(len(m)))
    return ComparisonModel(name, shared=False, learned=True, levels=tuple(levels))


ENTRIES = [entry(name, (0.7, 0.2, 0.1), (0.01, 0.04, 0.95)) for name in "abc"]


def patterns(rows: np.ndarray) -> Patterns:
    found, count = np.unique(rows, axis=0, return_counts=True)
    return Patterns(found.astype(np.int8), np.full(len(found), -1, dtype=np.int16), count.astype(np.float64))


def drawn(pairs: int, shares: tuple[float, ...], rng: np.random.Generator) -> np.ndarray:
    return rng.choice(3, size=(pairs, 3), p=shares)


def test_what_goes_together_among_strangers_is_found_and_nothing_else() -> None:
    rng = np.random.default_rng(1)
    rows = drawn(100_000, (0.01, 0.04, 0.95), rng)
    rows[rng.random(100_000) < 0.02, :2] = 0  # b says what a says; c has nothing to do with them
    found = learn(patterns(rows), ENTRIES, prior=-14_000)
    best = next(each for each in found if (each.left_level, each.right_level) == ("l0", "l0"))
    assert {(each.left, each.right) for each in found} == {("a", "b")}
    assert best.bits == pytest.approx(1000 * np.log2(0.02 / 0.03**2), abs=300)


def test_a_comparison_goes_together_with_one_other_the_strongest() -> None:
    rng = np.random.default_rng(5)
    rows = drawn(100_000, (0.01, 0.04, 0.95), rng)
    rows[rng.random(100_000) < 0.01] = 0  # all three together
    rows[rng.random(100_000) < 0.02, 1:] = 0  # b and c more often
    assert {(each.left, each.right) for each in learn(patterns(rows), ENTRIES, prior=-14_000)} == {("b", "c")}


def test_matches_among_random_pairs_are_not_taken_for_correlation() -> None:
    rng = np.random.default_rng(2)
    rows = np.vstack([drawn(100_000, (0.01, 0.04, 0.95), rng), drawn(200, (0.7, 0.2, 0.1), rng)])
    assert learn(patterns(rows), ENTRIES, prior=round(1000 * np.log2(200 / 100_000))) == ()


PAIRINGS = st.tuples(st.sampled_from([("a", "b"), ("a", "c"), ("b", "c")]), st.integers(500, 9_000), st.integers(0, 8_000))


@settings(max_examples=100)
@given(PAIRINGS)
def test_more_agreement_never_weighs_less(pairing: tuple[tuple[str, str], int, int]) -> None:
    (one, two), bits, more = pairing
    # as learn gives them: what is agreed on less goes together at least as much
    together = [Together(one, f"l{i}", two, f"l{j}", bits + (i + j) * more) for i, j in product(range(2), repeat=2)]
    grid = pl.DataFrame(list(product(range(3), repeat=3)), schema=dict.fromkeys("abc", pl.Int8), orient="row")
    weights = np.array([level.weight for level in ENTRIES[0].levels], dtype=np.int32)
    parts = deduct({name: weights[grid[name].to_numpy()] for name in "abc"}, grid, ENTRIES, together)
    total = dict(zip(grid.rows(), sum(parts.values()).tolist(), strict=True))  # type: ignore[union-attr]
    for levels, weight in total.items():
        assert all(parts[name][grid.rows().index(levels)] <= weights[levels["abc".index(name)]] for name in "abc")
        for place in range(3):
            if levels[place]:
                better = (*levels[:place], levels[place] - 1, *levels[place + 1 :])
                assert total[better] >= weight


def world(wrong: float, *, seed: int = 3, pairs: int = 60_000) -> tuple[HeldOut, np.ndarray]:
    """Pairs of which two levels are known and a third comparison is kept out; the first level's weight is ``wrong`` bits too high."""
    rng = np.random.default_rng(seed)
    match = rng.random(pairs) < 0.3
    first = rng.random(pairs) < np.where(match, 0.8, 0.1)
    second = rng.random(pairs) < np.where(match, 0.9, 0.2)
    kept_out = rng.random(pairs) < np.where(match, 0.95, 0.02)
    weight = np.log2(0.3 / 0.7) + np.where(first, 3.0 + wrong, np.log2(0.2 / 0.9)) + np.where(second, np.log2(4.5), -3.0)
    ones = np.ones(pairs)
    features = np.column_stack([ones, first, ~first, second, ~second]).astype(np.float64)
    return HeldOut(features, weight, ones * 1_000, kept_out, ones * 0.95, ones * 0.02, ones * 0.02, ones), match


@pytest.mark.parametrize("wrong", [-4.0, 0.0, 3.0])
def test_what_is_wrong_in_a_weight_shows_in_what_was_kept_out(wrong: float) -> None:
    held, match = world(wrong)
    offsets = fit(held)
    said = 1 / (1 + np.exp2(-(held.random + held.features @ offsets[:-1])))
    for pattern in np.unique(held.features, axis=0):
        rows = (held.features == pattern).all(axis=1)
        assert said[rows].mean() == pytest.approx(match[rows].mean(), abs=0.05)
    assert abs(offsets[0]) < 0.5  # the prior was right


def test_no_offsets_nearby_are_better() -> None:
    held, _ = world(2.0, pairs=5_000)
    penalties = PENALTY * np.array([PRIOR_PENALTY, 1, 1, 1, 1])

    def worth(offsets: np.ndarray) -> float:
        p = 1 / (1 + np.exp2(-(held.random + held.features @ offsets)))
        agree = p * held.m + (1 - p) * held.u
        return float(np.log(np.where(held.agrees, agree, 1 - agree)).sum() - (penalties * (offsets * np.log(2)) ** 2).sum() / 2)

    offsets = fit(held)[:-1]
    for place, step in product(range(5), (-0.2, 0.2)):
        moved = offsets.copy()
        moved[place] += step
        assert worth(moved) < worth(offsets)


@pytest.mark.parametrize("wrong", [-3.0, 0.0, 2.0])
def test_what_is_wrong_in_the_households_prior_shows_as_well(wrong: float) -> None:
    rng = np.random.default_rng(4)
    pairs = 30_000
    match = rng.random(pairs) < 0.8
    agrees = rng.random(pairs) < np.where(match, 0.95, 0.05)
    ones = np.ones(pairs)
    held = HeldOut(ones[:, None], ones * 30, ones * (2.0 + wrong), agrees, ones * 0.95, ones * 0.001, ones * 0.05, ones)
    assert fit(held)[-1] == pytest.approx(-wrong, abs=0.1)


def doubled(shared: float, *, pairs: int = 60_000) -> HeldOut:
    """Pairs with the levels of a, b and c known and d kept out; strangers who agree on a agree on b in the share ``shared``, which the weights do not know."""
    rng = np.random.default_rng(6)
    match = rng.random(pairs) < 0.3
    agree = [rng.random(pairs) < np.where(match, 0.9, 0.1) for _ in "abc"]
    agree[1] = np.where(match | ~agree[0], agree[1], rng.random(pairs) < shared)
    weight = np.log2(0.3 / 0.7) + sum(np.where(each, np.log2(9.0), -np.log2(9.0)) for each in agree)
    ones = np.ones(pairs)
    columns = [np.where(each, level == 0, level == 2) for each in agree for level in range(3)]
    kept_out = rng.random(pairs) < np.where(match, 0.95, 0.02)
    return HeldOut(
        np.column_stack([ones, *columns]).astype(np.float64), weight, ones * 1_000, kept_out, ones * 0.95, ones * 0.02, ones * 0.02, ones
    )


def test_what_is_said_twice_shows_in_what_was_kept_out() -> None:
    held = doubled(0.9)
    cells = twice(held.features, pulled(held, fit(held)), ENTRIES, (), penalty=PENALTY, exclusive=frozenset())
    assert cells == [Cell("a", "l0", "b", "l0", (1, 4))]
    both = held.features[:, 1] * held.features[:, 4]
    offsets = fit(
        HeldOut(np.column_stack([held.features, both]), *(getattr(held, name) for name in list(HeldOut.__dataclass_fields__)[1:]))
    )
    assert offsets[-2] < -1.5


def test_what_is_said_once_is_left_alone() -> None:
    held = doubled(0.1)
    assert twice(held.features, pulled(held, fit(held)), ENTRIES, (), penalty=PENALTY, exclusive=frozenset()) == []


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(-2_000, 9_000)), max_size=5), st.integers(0, 4_000))
def test_what_was_found_is_added_and_never_turns_agreement_against_a_match(found: list[tuple[int, int, int]], bits: int) -> None:
    known = [Together("a", "l0", "b", "l0", bits)] if bits else []
    after = merged(known, [(Cell("a", f"l{i}", "b", f"l{j}", (0, 0)), more) for i, j, more in found], ENTRIES)
    table = {(each.left_level, each.right_level): each.bits for each in after}
    assert table.get(("l0", "l0"), 0) == bits + sum(max(more, 0) for i, j, more in found if (i, j) == (0, 0))
    for (left, right), value in table.items():
        assert value > 0
        for lower in {(left, "l1"), ("l1", right)}:
            assert table[lower] >= (value if lower >= (left, right) else 0)


def never(_: Sides, __: Rarity) -> Compared:
    raise AssertionError


def test_what_agrees_in_all_else_is_not_held_out_where_copies_are_no_pairs() -> None:
    """Of pairs that agree in a, b and c none can agree in d as well: one record would stand for the other."""
    made = [Comparison(name, (name,), (name,), (Level("exact", 0.9), Level("different", 0.1)), never) for name in "abcd"]
    titled = Comparison("a_titled", ("a",), ("a",), (Level("exact", 0.9), Level("different", 0.1)), never)
    levels = pl.DataFrame({"a": [0, 0, -1, 1], "b": [0, 0, 0, 0], "c": [0, 1, 0, 0], "d": [1, 0, 1, 1], "a_titled": [-1, -1, 0, -1]})
    alike = levels.select(alike_otherwise([*made, titled], made[3])).to_series()
    assert alike.to_list() == [True, False, True, False]
    assert levels.select(alike_otherwise([*made, titled], made[0])).to_series().to_list() == [False, False, False, False]
