"""The population stability index: never below zero, blind to order and scale of both sides, and quiet by chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_reports.stability import ANOTHER, limit, psi

COUNTS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 5_000).map(float), min_size=1)


@given(COUNTS, COUNTS)
def test_it_is_symmetric_and_never_below_zero(before: dict[str, float], now: dict[str, float]) -> None:
    assert psi(before, now) >= 0
    assert psi(before, now) == pytest.approx(psi(now, before))


@given(COUNTS)
def test_a_distribution_is_itself(counts: dict[str, float]) -> None:
    assert psi(counts, counts) == pytest.approx(0)


def test_chance_is_below_the_limit_and_a_change_above_it() -> None:
    pick = np.random.default_rng(5)
    shares = [0.5, 0.2, 0.1, 0.1, 0.05, 0.05]
    loud = 0
    for _ in range(2_000):
        before, now = (dict(zip("abcdef", pick.multinomial(size, shares).astype(float), strict=True)) for size in (3_000, 60))
        loud += psi(before, now) > limit(before, now, width=6)
    assert loud <= 2
    before = dict(zip("abcdef", pick.multinomial(3_000, shares).astype(float), strict=True))
    now = dict(zip("abcdef", pick.multinomial(300, shares[::-1]).astype(float), strict=True))
    assert psi(before, now) > limit(before, now, width=6) >= ANOTHER


def test_few_categories_are_as_quiet_as_many() -> None:
    """Chi-squared with two degrees of freedom is beyond its mean and six deviations once in a thousand times."""
    pick = np.random.default_rng(7)
    loud = 0
    for _ in range(10_000):
        before, now = (dict(zip("abc", pick.multinomial(size, [0.5, 0.3, 0.2]).astype(float), strict=True)) for size in (1_500, 50))
        loud += psi(before, now) > limit(before, now, width=6)
    assert loud == 0
