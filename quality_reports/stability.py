"""Whether a distribution is the one it was: the population stability index (PSI), and how large it is by chance.

PSI = Σ (p − q) · ln(p / q) over categories; below 0.1 is taken for stable, from 0.25 on for another distribution (Siddiqi, Credit Risk
Scorecards, 2006). Between two samples of one distribution it is about chi-squared over their sizes: (k − 1) · (1/n + 1/m) on average,
with a standard deviation of √(2 (k − 1)) · (1/n + 1/m) (Yurdakul, Statistical properties of population stability index, 2018).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

ANOTHER = 0.25
_SMOOTH = 0.5


def psi(before: Mapping[str, float], now: Mapping[str, float]) -> float:
    """PSI of counts by category; half a case is added to each category, so that an empty one is no proof.

    >>> round(psi({"a": 500, "b": 500}, {"a": 100, "b": 900}), 2)
    0.88
    >>> psi({"a": 10, "b": 20}, {"a": 10, "b": 20})
    0.0
    """
    names = sorted(before.keys() | now.keys())
    was, here = ([counts.get(name, 0.0) + _SMOOTH for name in names] for counts in (before, now))
    total, present = sum(was), sum(here)
    return sum((p / present - q / total) * math.log(p / present * total / q) for q, p in zip(was, here, strict=True))


def limit(before: Mapping[str, float], now: Mapping[str, float], *, width: float) -> float:
    """The least PSI that is a signal: ``ANOTHER``, and ``width`` standard deviations more than chance gives for so many cases."""
    free = max(len(before.keys() | now.keys()) - 1, 1)
    sizes = 1 / max(sum(before.values()), 1.0) + 1 / max(sum(now.values()), 1.0)
    return max(ANOTHER, (free + width * math.sqrt(2 * free)) * sizes)
