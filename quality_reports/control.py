"""Control limits of a series of numbers (statistical process control): what is usual, and what is a signal.

An individuals chart (ISO 7870-2; Montgomery, Introduction to Statistical Quality Control): each value is judged by the values *before*
it, never by itself. Centre is their median, the standard deviation Qn (``spread``), so that single outliers in the past do not widen the limits and the
limits themselves deviate little: of 28 normal values Qn is off by a sixth, the median moving range by a quarter. ``floor`` is the smallest standard deviation that is believed: without it a series that
never moved would cry at its first hundredth.

- ``beyond``: outside the limits.
- ``pair``: two values in a row, on the same side, whose mean is outside limits of its own: the mean of two deviates less by the root of two, so
  that what is too near for one value is found by two (a cumulative sum over two values). Neither is near the centre: one far value is no pair.
  Its limits may be narrower than those for one value, but only in deviations of ``floor``, which are known. The deviation of some values is an estimate:
  one that is no larger than ``BY_CHANCE`` times the floor is taken for the floor's, for as far apart as that do 28 values lie that nothing but chance moves.
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

import numpy as np

LEARNING = 6
"""So many values before a value is judged."""
WINDOW = 28
"""So many values back make what is usual."""
RUN = 8
BY_CHANCE = 1.5
"""Qn of 28 normal values is off by a sixth: half as much again is three of its deviations."""
_QN = 2.2219
"""Standard deviations of normal values in one Qn."""
_QN_OF_FEW = (0.399, 0.994, 0.512, 0.844, 0.611, 0.857, 0.669, 0.872)
"""Corrections for two to nine values."""


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
    together: tuple[float, float, float] | None = None
    """Of a ``pair``: the mean of the two values, and its limits."""


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
        pair: limits for the mean of two values in a row: the wider of ``pair`` times ``floor`` and ``width`` times the deviation of the values before
            (where it is more than ``BY_CHANCE`` floors), each divided by the root of two; none where infinite.
        learning: so many values before a value is judged.
        shifts: whether a level that moved is a signal.

    Returns:
        One point a value.
    """
    usual: list[float] = []
    odd: list[float] = []
    aside: list[float] = []
    before, off = 0.0, 0.0
    points = []
    for place, value in enumerate(values):
        if value is None:
            points.append(Point(None, None, None, None, ""))
            continue
        if len(usual) < learning:
            usual.append(value)
            points.append(Point(value, None, None, None, ""))
            continue
        least, centre, own = floor if isinstance(floor, (int, float)) else floor[place], statistics.median(usual), spread(usual)
        deviation = max(least, own)
        low, high = centre - width * deviation, centre + width * deviation
        aside = _same_side(aside, value, centre, deviation)
        part = (value - centre) / max(pair * least, width * own if own > BY_CHANCE * least else 0.0)
        beyond, paired = not low <= value <= high, _far_together(before, part)
        alarm = "beyond" if beyond else "pair" if paired else "shift" if shifts and len(aside) >= RUN else ""
        together = _together(centre, off + value - centre, before + part) if alarm == "pair" else None
        points.append(Point(value, centre, low, high, alarm, abs(value - centre) / deviation, together))
        before, off = part, value - centre
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


def _together(centre: float, off: float, parts: float) -> tuple[float, float, float]:
    """The mean of two values that are ``off`` the centre in all, and where its limits lie: ``parts``, so many limits of one value they are off."""
    half = abs(off / parts) / math.sqrt(2)
    return centre + off / 2, centre - half, centre + half


def spread(values: Sequence[float]) -> float:
    """Qn: a standard deviation that half of the values cannot move far (Rousseeuw and Croux 1993, with their corrections for few values).

    The least distance of two values that a quarter of all pairs do not exceed, scaled to normal values; 0 of fewer than two.

    >>> round(spread([1.0, 2.0, 3.0, 4.0, 1000.0]), 3)
    1.875
    """
    count = len(values)
    if count <= 1:
        return 0.0
    half = count // 2 + 1
    place = half * (half - 1) // 2
    array = np.asarray(values, dtype=np.float64)
    # of all ordered pairs, the values with themselves are first, and each pair stands twice
    rank = count + 2 * (place - 1)
    nearest = np.partition(np.abs(np.subtract.outer(array, array)).ravel(), rank)[rank]
    few = _QN_OF_FEW[count - 2] if count - 2 < len(_QN_OF_FEW) else count / (count + (1.4 if count % 2 else 3.8))
    return float(few * _QN * nearest)


def _same_side(aside: list[float], value: float, centre: float, deviation: float) -> list[float]:
    """Values in a row on one side of the centre, with this one; none where it is near the centre."""
    if abs(value - centre) < deviation:
        return []
    return [*aside, value] if aside and (aside[-1] > centre) == (value > centre) else [value]
