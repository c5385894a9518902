"""Whether a distribution is the one it was: the population stability index (PSI), and how large it is by chance.

PSI = Σ (p − q) · ln(p / q) over categories; below 0.1 is taken for stable, from 0.25 on for another distribution (Siddiqi, Credit Risk
Scorecards, 2006). Between two samples of one distribution it is about (1/n + 1/m) times chi-squared with k − 1 degrees of freedom (Yurdakul,
Statistical properties of population stability index, 2018). With few categories that is far from normal: two degrees of freedom are beyond six
standard deviations once in a thousand times. So quantiles are those of Wilson and Hilferty (1931), by which the cube root is normal.
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
    """The least PSI that is a signal: ``ANOTHER``, and what chance exceeds as rarely as a normal value ``width`` standard deviations."""
    free = max(len(before.keys() | now.keys()) - 1, 1)
    sizes = 1 / max(sum(before.values()), 1.0) + 1 / max(sum(now.values()), 1.0)
    spread = 2 / (9 * free)
    return max(ANOTHER, free * (1 - spread + width * math.sqrt(spread)) ** 3 * sizes)
