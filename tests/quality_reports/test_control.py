"""Control limits: what they must and must not say, against a slow oracle and as laws."""

from __future__ import annotations

import statistics
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_reports.control import BY_CHANCE, LEARNING, judge, spread

VALUES = st.lists(st.one_of(st.none(), st.floats(-1000, 1000)), max_size=60)


@given(values=VALUES, more=VALUES)
def test_what_comes_later_changes_no_verdict(values: list[float | None], more: list[float | None]) -> None:
    assert judge(values + more, floor=0.5)[: len(values)] == judge(values, floor=0.5)


@given(values=VALUES, shift=st.floats(-100, 100))
def test_a_shifted_series_has_the_same_signals(values: list[float | None], shift: float) -> None:
    whole = [None if value is None else float(round(value)) for value in values]  # whole numbers, so that sums are exact
    moved = [None if value is None else value + round(shift) for value in whole]
    assert [point.alarm for point in judge(moved, floor=0.5)] == [point.alarm for point in judge(whole, floor=0.5)]


def slow_spread(values: list[float]) -> float:
    """Qn as its authors write it down."""
    half = len(values) // 2 + 1
    nearest = sorted(abs(one - two) for one, two in combinations(values, 2))[half * (half - 1) // 2 - 1]
    few = {2: 0.399, 3: 0.994, 4: 0.512, 5: 0.844, 6: 0.611, 7: 0.857, 8: 0.669, 9: 0.872}
    return few.get(len(values), len(values) / (len(values) + (1.4 if len(values) % 2 else 3.8))) * 2.2219 * nearest


@given(values=st.lists(st.floats(-50, 50), min_size=2, max_size=30))
def test_the_spread_is_that_of_its_authors(values: list[float]) -> None:
    assert spread(values) == pytest.approx(slow_spread(values))


@pytest.mark.parametrize("count", [6, 7, 10, 28])
def test_the_spread_of_normal_values_is_their_standard_deviation(count: int) -> None:
    drawn = np.random.default_rng(count).normal(0, 3, (4000, count))
    assert np.mean([spread(values) for values in drawn.tolist()]) == pytest.approx(3, rel=0.03)


@given(values=st.lists(st.floats(-50, 50), min_size=LEARNING + 1, max_size=LEARNING + 1))
def test_the_first_limits_are_the_formula(values: list[float]) -> None:
    before = values[:LEARNING]
    deviation = max(0.5, slow_spread(before))
    point = judge(values, floor=0.5)[-1]
    assert point.low == pytest.approx(statistics.median(before) - 3 * deviation)
    assert point.high == pytest.approx(statistics.median(before) + 3 * deviation)


def test_a_new_level_becomes_what_is_usual() -> None:
    alarms = [point.alarm for point in judge([10.0] * 20 + [30.0] * 12, floor=1.0)]
    assert alarms == [""] * 20 + ["beyond"] * 8 + [""] * 4


def test_a_small_move_that_stays_is_a_shift() -> None:
    alarms = [point.alarm for point in judge([10.0] * 20 + [12.0] * 8, floor=1.0)]
    assert alarms[20:] == [""] * 7 + ["shift"]


def test_two_in_a_row_on_one_side_are_a_pair() -> None:
    quiet = [10.0] * 20
    assert [point.alarm for point in judge([*quiet, 15.0, 13.0, 10.0], floor=1.0, width=6, pair=5)][20:] == ["", "pair", ""]
    apart, uneven = [*quiet, 15.0, 10.0, 15.0, 5.0, 15.0], [*quiet, 15.9, 12.0]
    assert not [point for values in (apart, uneven) for point in judge(values, floor=1.0, width=6, pair=5) if point.alarm]


def test_a_deviation_that_chance_may_have_made_does_not_widen_the_limits_of_pairs() -> None:
    quiet = [10.0 + step for step in range(-3, 4)] * 4
    by_chance, more = spread(quiet) / (BY_CHANCE - 0.01), spread(quiet) / (BY_CHANCE + 0.01)
    two = [10.0 + 4.0 * by_chance] * 2
    assert [judge([*quiet, *two], floor=floor, width=6, pair=5)[-1].alarm for floor in (by_chance, more)] == ["pair", ""]


@given(values=VALUES)
def test_what_a_pair_says_of_itself_is_beyond_its_limits(values: list[float | None]) -> None:
    measured = [point for point in judge(values, floor=1.0, width=6, pair=5, shifts=False) if point.value is not None]
    for before, point in pairwise(measured):
        assert (point.together is not None) == (point.alarm == "pair")
        if point.together is not None:
            mean, low, high = point.together
            assert mean == pytest.approx((before.value + point.value) / 2 + (point.centre - before.centre) / 2)
            assert mean < low or mean > high
            assert low + high == pytest.approx(2 * point.centre)


@given(values=VALUES)
def test_pairs_are_two_values_whose_mean_is_outside_its_limits(values: list[float | None]) -> None:
    points = [point for point in judge(values, floor=0.5, width=6, pair=5, shifts=False) if point.value is not None]
    for before, point in pairwise(points):
        if point.alarm == "pair":
            assert before.distance + point.distance > 5 / BY_CHANCE * 2**0.5 - 1e-9
            assert min(before.distance, point.distance) >= 5 / BY_CHANCE / 2 - 1e-9
        else:
            assert (point.alarm == "beyond") == (point.distance > 6)


def test_one_outlier_does_not_widen_the_limits() -> None:
    points = judge([10.0, 11.0] * 10 + [90.0, 10.0], floor=0.5)
    assert points[-2].alarm == "beyond"
    assert (points[-1].low, points[-1].high) == (points[-2].low, points[-2].high)
