"""Control limits of a series of numbers (statistical process control): what is usual, and what is a signal.

An individuals chart (ISO 7870-2; Montgomery, Introduction to Statistical Quality Control): each value is judged by the values *before*
it, never by itself. Centre is their median; three standard deviations are 3 / 0.9539 times the median moving range, so that single
outliers in the past do not widen the limits. ``floor`` is the smallest standard deviation that is believed: without it a series that
never moved would cry at its first hundredth.

- ``beyond``: outside the limits.
- ``pair``: two values in a row, on the same side, whose mean is outside limits of its own: the mean of two deviates less by the root of two, so
  that what is too near for one value is found by two (a cumulative sum over two values). Neither is near the centre: one far value is no pair.
  Its limits may be narrower than those for one value, but only in deviations of ``floor``, which are known; the deviation of some values is an estimate.
- ``shift``: the eighth value in a row on one side of the centre, each at least one standard deviation away.

Values that signalled are left out of what is usual, until eight of them in a row on one side are the new level.

>>> [point.alarm for point in judge([50.0] * 10 + [58.0, 50.0], floor=1.0)][-3:]
['', 'beyond', '']
>>> judge([50.0] * 4, floor=1.0)[-1].low is None
True
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

LEARNING = 6
"""So many values before a value is judged."""
WINDOW = 28
"""So many values back make what is usual."""
RUN = 8
_MEDIAN_RANGE = 0.9539
"""Expected median of the range of two normal values, in standard deviations."""


@dataclass(frozen=True)
class Point:
    """A value with the limits that held for it; limits are None while too little is known."""

    value: float | None
    centre: float | None
    low: float | None
    high: float | None
    alarm: str
    distance: float = 0.0
    """How far from the centre, in standard deviations."""


def judge(
    values: Sequence[float | None],
    *,
    floor: float | Sequence[float],
    width: float = 3,
    pair: float = math.inf,
    learning: int = LEARNING,
    shifts: bool = True,
) -> list[Point]:
    """Each value against the values before it.

    Args:
        values: the oldest first; None where there was nothing to measure, which is never a signal.
        floor: smallest standard deviation, above 0, in the unit of the values; one for all, or one a value.
        width: limits in standard deviations from the centre.
        pair: limits for the mean of two values in a row: the wider of ``pair`` times ``floor`` and ``width`` times the deviation of the values before,
            each divided by the root of two; none where infinite.
        learning: so many values before a value is judged.
        shifts: whether a level that moved is a signal.

    Returns:
        One point a value.
    """
    usual: list[float] = []
    odd: list[float] = []
    aside: list[float] = []
    before = 0.0
    points = []
    for place, value in enumerate(values):
        if value is None:
            points.append(Point(None, None, None, None, ""))
            continue
        if len(usual) < learning:
            usual.append(value)
            points.append(Point(value, None, None, None, ""))
            continue
        least, (centre, own) = floor if isinstance(floor, (int, float)) else floor[place], _usual(usual)
        deviation = max(least, own)
        low, high = centre - width * deviation, centre + width * deviation
        aside = _same_side(aside, value, centre, deviation)
        part = (value - centre) / max(pair * least, width * own)
        beyond, paired = not low <= value <= high, _far_together(before, part)
        before = part
        alarm = "beyond" if beyond else "pair" if paired else "shift" if shifts and len(aside) >= RUN else ""
        points.append(Point(value, centre, low, high, alarm, abs(value - centre) / deviation))
        if beyond or paired:
            odd = [*odd, value] if not odd or (odd[-1] > centre) == (value > centre) else [value]
        else:
            odd = []
            usual = [*usual, value][-WINDOW:]
        if len(odd) >= RUN or len(aside) >= RUN:
            usual, odd, aside = (odd if len(odd) >= RUN else aside)[-RUN:], [], []
    return points


def _far_together(before: float, now: float) -> bool:
    """Whether two parts of the limits (1 is one of them, below or above) have a mean that is outside, divided by the root of two, and each is a half at least."""
    one, two = (before, now) if now > 0 else (-before, -now)
    return min(one, two) >= 0.5 and one + two > math.sqrt(2)


def _usual(values: Sequence[float]) -> tuple[float, float]:
    """Centre and standard deviation."""
    ranges = [abs(after - before) for before, after in pairwise(values)]
    return statistics.median(values), statistics.median(ranges) / _MEDIAN_RANGE


def _same_side(aside: list[float], value: float, centre: float, deviation: float) -> list[float]:
    """Values in a row on one side of the centre, with this one; none where it is near the centre."""
    if abs(value - centre) < deviation:
        return []
    return [*aside, value] if aside and (aside[-1] > centre) == (value > centre) else [value]
