"""Monitoring: what a night's exports brought, by dealer, against what is usual for that dealer. Counts only.

The measures of a run are totals, so the difference of two runs is what came between them. Watched are the volume (against the same kind of
day, working day or weekend), per field the share without a value and the share that cannot be used as written,
junk, exact repetitions, the score, and the mix of what cleansing finds, of how phones, models and places are written and of kinds of services (population stability index). Limits are six robust standard deviations around the median of the dealer's own nights
(``control.judge``), for shares five of the mean of two nights in a row, never narrower than chance: the binomial deviation of a share of so many rows (of
few cases, what the binomial distribution itself exceeds as rarely), the Poisson deviation of a volume (judged by its root, on which that is the same everywhere, so that no limit lies below a silent night of a dealer
with ups and downs). Only what is worse is an alert. What the calendar makes come and go (``_CALENDAR``) is no sign of anything.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from statistics import fmean

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import bdtrik

from engine.tables import ALERTS
from quality_reports.control import WINDOW, Point, judge
from quality_reports.fields import FIELDS
from quality_reports.forms import FORMS
from quality_reports.numbers import Values, values_by_scope
from quality_reports.reasons import about
from quality_reports.stability import limit, psi

ROWS = 30
"""Fewer new rows in a night say nothing about shares."""
LEARNING = 10
WIDTH = 6.0
PAIR = 5.0
"""For the mean of two nights in a row, which is less skewed than one night. A share of 2 % of 250 rows is beyond it by chance one pair of nights in
57,000, and one that triples is within it once in five, as it would be for any test that cries no more often; of 3 % of 300 rows, once in fifty."""
RARE = 1 / 50_000
"""How often chance may exceed a limit of a share. Where two nights have one case together, five deviations are five more: what one pair in 12,000 exceeds."""
CRITICAL = 12.0
_SHARE_FLOOR = 0.5
"""Percent points: the smallest standard deviation of a share that is believed; less than chance leaves to a dealer of some hundred rows."""
_VOLUME_FLOOR = 0.15
"""Share of the median: the smallest standard deviation of a volume that is believed."""
_CALENDAR = frozenset({"date_ambiguous"})
"""Findings of some days only: 5/3/2023 can be read in two ways, 25/3/2023 in one."""
_OF_ROWS = frozenset({"vin", "plate", "brand", "model", "event_date", "event_kind"})
"""Fields of a file's row, the same in the records of all people whom it names: chance acts on rows."""
_MIXES_OF_ROWS = frozenset({"mix", *(f"form.{field}" for field in _OF_ROWS)})
"""What is found in such a field is found in all records of the row."""
_SHARES = frozenset({"null", "unusable", "junk", "repeated", "score"})
"""Series, by their kind, that lie between 0 and 100."""
_WEEKEND = 5
_SAME_DAYS = 6


@dataclass(frozen=True)
class Night:
    """What one run brought to one scope: date, new rows, and by series a share in percent (or a score) and how many cases it is of."""

    day: date
    rows: float
    series: dict[str, tuple[float | None, float]]
    mixes: dict[str, dict[str, float]]
    """By series: ``mix``, what cleansing found in the new rows, by field and reason ('' is rows less that); ``form.<field>``, its cells by form."""
    once: float = 1.0
    """Rows of files for each record: a row may name several people."""


def nights(quality: pl.DataFrame, order: Sequence[str]) -> dict[str, list[Night]]:
    """By dealer ('' is all), the oldest first: the differences of the measures of successive runs.

    Args:
        quality: QUALITY_HISTORY rows.
        order: measured runs, the oldest first.
    """
    counted = pl.col("measure").is_in(["rows", "file_rows", "filled", "valid", "exact_duplicates", "score"]) & (
        pl.col("table") == "records"
    )
    narrow = quality.filter(pl.col("source") == "", counted | pl.col("measure").str.contains("^(problem|repaired|form):"))
    by_run = {str(run): frame for (run,), frame in narrow.partition_by("run_id", as_dict=True).items()}
    found: dict[str, list[Night]] = {}
    before: dict[str, Values] | None = None
    for run in order:
        frame = by_run.get(run)
        if frame is None:
            continue
        now = values_by_scope(frame)
        if before is not None:
            for scope, values in now.items():
                if scope in before:
                    found.setdefault(scope, []).append(_night(before[scope], values, frame["as_of"][0]))
        before = now
    return found


def _night(was: Values, now: Values, day: date) -> Night:
    def gained(measure: str, field: str = "", dimension: str = "") -> float:
        return float(
            now.count("records", measure, field=field, dimension=dimension)
            - was.count("records", measure, field=field, dimension=dimension)
        )

    rows = gained("rows")
    once = min(gained("file_rows") / rows, 1.0) if rows > 0 and was.count("records", "file_rows") else 1.0  # they were not always counted
    once = once if once > 0 else 1.0
    series: dict[str, tuple[float | None, float]] = {}
    for field in FIELDS:
        if now.count("records", "filled", field=field.name, dimension="completeness"):
            filled, usable = gained("filled", field.name, "completeness"), gained("valid", field.name, "conformity")
            usable += _by_calendar(now, field.name) - _by_calendar(was, field.name)
            alone = once if field.name in _OF_ROWS else 1.0
            series[f"null.{field.name}"] = (_share(rows - filled, rows), alone * rows)
            series[f"unusable.{field.name}"] = (_share(filled - usable, filled), alone * filled)
    series["junk"] = (_share(_junk(now) - _junk(was), rows), rows)
    series["repeated"] = (_share(gained("exact_duplicates", dimension="uniqueness"), rows), rows)
    total = [(values.score("records") or 0.0) * values.count("records", "rows") for values in (was, now)]
    series["score"] = ((total[1] - total[0]) / rows if rows >= ROWS else None, rows)
    findings = _gained(_found(was), _found(now))
    findings[""] = max(rows - sum(findings.values()), 0.0)
    forms = {f"form.{field}": _gained(before, _forms(now, field)) if (before := _forms(was, field)) else {} for field in FORMS}
    return Night(day, rows, series, {"mix": findings, **forms}, once)


def _gained(was: dict[str, float], now: dict[str, float]) -> dict[str, float]:
    return {name: max(value - was.get(name, 0.0), 0.0) for name, value in now.items()}


def _forms(values: Values, field: str) -> dict[str, float]:
    """Cells by form; none where they were not counted yet."""
    return {measure: value for (_, name, _, measure), value in values.found.items() if name == field and measure.startswith("form:")}


def _found(values: Values) -> dict[str, float]:
    return {
        f"{field}.{measure}": value
        for (table, field, _, measure), value in values.found.items()
        if table == "clean_records" and measure.startswith(("problem:", "repaired:")) and measure.partition(":")[2] not in _CALENDAR
    }


def _by_calendar(values: Values, field: str) -> float:
    return sum(value for (_, name, _, measure), value in values.found.items() if name == field and measure.partition(":")[2] in _CALENDAR)


def _share(part: float, whole: float) -> float | None:
    return 100 * min(max(part / whole, 0.0), 1.0) if whole >= ROWS else None


def _junk(values: Values) -> float:
    """Placeholders, tests and mojibake: what nobody has said."""
    return sum(
        value
        for (table, _, _, measure), value in values.found.items()
        if table == "clean_records"
        and measure.startswith(("problem:", "repaired:"))
        and about(measure.partition(":")[2]).advice in {"placeholder", "spreadsheet"}
    )


def signals(found: dict[str, list[Night]]) -> pl.DataFrame:
    """What is not as usual in the latest night of each scope.

    Returns:
        ``dealer_id``, ``series``, ``severity``, ``value``, ``low``, ``high``: where only two nights in a row are unusual, of their mean.
    """
    rows = []
    for scope, each in found.items():
        judged = {
            "volume": _volume(each),
            **{name: _mix(name, each) for name in each[-1].mixes},
            **{name: _shares(name, each) for name in each[-1].series},
        }
        for name, point in judged.items():
            if point.alarm and point.value is not None and point.centre is not None and _worse(name, point):
                silent = name == "volume" and point.value <= 0
                severity = "critical" if silent or point.distance >= CRITICAL else "warning"
                value, low, high = point.together or (point.value, point.low or 0.0, point.high or 0.0)
                most = 100.0 if name.partition(".")[0] in _SHARES else math.inf
                rows.append((scope, name, severity, value, max(low, 0.0), min(high, most)))
    names = {
        "dealer_id": pl.String(),
        "series": pl.String(),
        "severity": pl.String(),
        "value": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
    }
    return pl.DataFrame(rows, schema=names, orient="row")


def _worse(name: str, point: Point) -> bool:
    above = (point.value or 0.0) > (point.centre or 0.0)
    return name == "volume" or above != (name == "score")


def _volume(found: list[Night]) -> Point:
    """Against nights of the same kind of day, once there are enough of them: of others nothing is known of a Sunday."""
    last = found[-1]
    same = [night for night in found if (night.day.weekday() >= _WEEKEND) == (last.day.weekday() >= _WEEKEND)]
    if len(found) <= LEARNING:
        return Point(None, None, None, None, "")
    roots: list[float | None] = [math.sqrt(max(night.rows, 0.0)) for night in same]
    middle = math.sqrt(sorted(max(night.rows, 0.0) for night in same)[len(same) // 2])
    point = judge(roots, floor=max(_VOLUME_FLOOR * middle, 1.0) / 2, width=WIDTH, learning=_SAME_DAYS, shifts=False)[-1]
    centre, low, high = (None if root is None else max(root, 0.0) ** 2 for root in (point.centre, point.low, point.high))
    return replace(point, value=last.rows, centre=centre, low=low, high=high)


def _mix(name: str, found: list[Night]) -> Point:
    """A mix against those of all nights before together: the population stability index.

    Its limit is what chance gives, and what is usual for the dealer: six deviations above the median of its own nights, each against the others.
    """
    *earlier, last = [night.mixes[name] if _cases(night, name) >= ROWS else {} for night in found[-WINDOW - 1 :]]
    earlier = [mix for mix in earlier if mix]
    if not last or len(earlier) < LEARNING:
        return Point(None, None, None, None, "")
    before: Counter[str] = Counter()
    for mix in earlier:
        before.update(mix)
    once = found[-1].once if name in _MIXES_OF_ROWS else 1.0
    independent = [{kind: once * cases for kind, cases in mix.items()} for mix in (before, last)]
    usual = [psi({kind: cases - mix.get(kind, 0.0) for kind, cases in before.items()}, mix) for mix in earlier]
    own = judge([*usual, 0.0], floor=1e-9, width=WIDTH, learning=len(usual), shifts=False)[-1].high or 0.0
    value, high = psi(before, last), max(limit(*independent, width=WIDTH), own)
    return Point(value, 0.0, 0.0, high, "beyond" if value > high else "", WIDTH * value / high)


def _cases(night: Night, name: str) -> float:
    """What a mix is of: no more than the rows, of which one may have several findings."""
    return min(night.rows, sum(night.mixes[name].values()))


def _shares(name: str, found: list[Night]) -> Point:
    told = [night.series.get(name, (None, 0.0)) for night in found]
    values = [value for value, _ in told]
    known = sorted(value for value in values if value is not None)
    # of what most nights have none the median says nothing: their mean, without the highest tenth, which may have been no chance
    middle = known[len(known) // 2] if known else 0.0
    part = max(middle, fmean(known[: math.ceil(0.9 * len(known))])) if known else 0.0
    chance = by_chance(min(max(part / 100, 0.01), 0.99), np.array([of for _, of in told]), centre=middle / 100)
    floors = np.maximum(_SHARE_FLOOR, 100 * chance)
    return judge(values, floor=floors.tolist(), width=WIDTH, pair=PAIR, learning=LEARNING, shifts=False)[-1]


def by_chance(part: float, cases: npt.NDArray[np.float64], *, centre: float) -> npt.NDArray[np.float64]:
    """Standard deviations of a share among so many cases, such that chance is beyond the limits in no more than ``RARE`` of the nights, or pairs of nights.

    That of the binomial distribution; of few cases that is so skewed that its own quantiles say how far from the centre the limits must be.

    Args:
        part: the share, from 0 to 1.
        cases: how many cases each night has.
        centre: of the limits.

    >>> [round(float(each), 4) for each in by_chance(0.01, np.array([50.0, 5000.0]), centre=0.01)]
    [0.017, 0.0014]
    """
    cases = np.maximum(cases, 1.0)
    normal = np.sqrt(part * (1 - part) / cases)
    one, two = (np.ceil(bdtrik(1 - RARE, many * cases, part)) / (many * cases) - centre for many in (1, 2))
    deviations: npt.NDArray[np.float64] = np.maximum(normal, np.maximum(one / WIDTH, two * math.sqrt(2) / PAIR))
    return deviations


def advance(before: pl.DataFrame | None, now: pl.DataFrame, *, run_id: str, as_of: date) -> pl.DataFrame:
    """ALERTS after a run: those that last stay as they are, those that are over end, new ones are added; again on the same day changes nothing.

    Args:
        before: ALERTS of the version that the run builds upon; None at first.
        now: of ``signals``.
        run_id: the run.
        as_of: its date.
    """
    known = pl.DataFrame(schema=ALERTS.schema) if before is None else before
    named = [
        hashlib.sha256(f"{dealer}\x1f{series}".encode()).hexdigest()[:16]
        for dealer, series in now.select("dealer_id", "series").iter_rows()
    ]
    now = now.with_columns(alert_id=pl.Series(named, dtype=pl.String()))
    lasts = pl.col("ended").is_null()
    over = lasts & ~pl.col("alert_id").is_in(named)
    stays = known.with_columns(ended=pl.when(over).then(pl.lit(as_of, dtype=pl.Date())).otherwise("ended"))
    held = stays.filter(lasts | (pl.col("opened") == as_of))["alert_id"]
    fresh = now.filter(~pl.col("alert_id").is_in(held.implode())).with_columns(
        opened=pl.lit(as_of, dtype=pl.Date()), run_id=pl.lit(run_id), ended=pl.lit(None, dtype=pl.Date())
    )
    return pl.concat([stays, fresh.select(list(ALERTS.schema))]).sort(ALERTS.key)
