"""Control limits: what they must and must not say, against a slow oracle and as laws."""

from __future__ import annotations

import statistics
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_reports.control import LEARNING, judge

VALUES = st.lists(st.one_of(st.none(), st.floats(-1000, 1000)), max_size=60)


@given(values=VALUES, more=VALUES)
def test_what_comes_later_changes_no_verdict(values: list[float | None], more: list[float | None]) -> None:
    assert judge(values + more, floor=0.5)[: len(values)] == judge(values, floor=0.5)


@given(values=VALUES, shift=st.floats(-100, 100))
def test_a_shifted_series_has_the_same_signals(values: list[float | None], shift: float) -> None:
    whole = [None if value is None else float(round(value)) for value in values]  # whole numbers, so that sums are exact
    moved = [None if value is None else value + round(shift) for value in whole]
    assert [point.alarm for point in judge(moved, floor=0.5)] == [point.alarm for point in judge(whole, floor=0.5)]


@given(values=st.lists(st.floats(-50, 50), min_size=LEARNING + 1, max_size=LEARNING + 1))
def test_the_first_limits_are_the_formula(values: list[float]) -> None:
    before = values[:LEARNING]
    deviation = max(0.5, statistics.median(abs(b - a) for a, b in pairwise(before)) / 0.9539)
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


@given(values=VALUES)
def test_pairs_are_two_values_whose_mean_is_outside_its_limits(values: list[float | None]) -> None:
    points = [point for point in judge(values, floor=0.5, width=6, pair=5, shifts=False) if point.value is not None]
    for before, point in pairwise(points):
        if point.alarm == "pair":
            assert before.distance + point.distance > 5 * 2**0.5 - 1e-9
            assert min(before.distance, point.distance) >= 5 / 2 - 1e-9
        else:
            assert (point.alarm == "beyond") == (point.distance > 6)


def test_one_outlier_does_not_widen_the_limits() -> None:
    points = judge([10.0, 11.0] * 10 + [90.0, 10.0], floor=0.5)
    assert points[-2].alarm == "beyond"
    assert (points[-1].low, points[-1].high) == (points[-2].low, points[-2].high)
