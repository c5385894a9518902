"""Monitoring: what a night's exports brought, by dealer, against what is usual for that dealer. Counts only.

The measures of a run are totals, so the difference of two runs is what came between them. Watched are the volume (against the same kind of
day, working day or weekend, where enough of them are known), per field the share without a value and the share that cannot be used as written,
junk, exact repetitions, the score, and the mix of what cleansing finds (population stability index). Limits are six robust standard deviations around the median of the dealer's own nights
(``control.judge``), never narrower than chance: the binomial deviation of a share of so many rows. Only what is worse is an alert.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from engine.tables import ALERTS
from quality_reports.control import WINDOW, Point, judge
from quality_reports.fields import FIELDS
from quality_reports.numbers import Values, values_by_scope
from quality_reports.reasons import about
from quality_reports.stability import limit, psi

ROWS = 30
"""Fewer new rows in a night say nothing about shares."""
LEARNING = 10
WIDTH = 6.0
CRITICAL = 12.0
_SHARE_FLOOR = 1.0
"""Percent points: the smallest standard deviation of a share that is believed."""
_VOLUME_FLOOR = 0.15
"""Share of the median: the smallest standard deviation of a volume, so that a silent night is just beyond the limit."""
_WEEKEND = 5
_SAME_DAYS = 6


@dataclass(frozen=True)
class Night:
    """What one run brought to one scope: date, new rows, and by series a share in percent (or a score) and the rows it is of."""

    day: date
    rows: float
    series: dict[str, tuple[float | None, float]]
    findings: dict[str, float]
    """What cleansing found in the new rows, by field and reason; '' is rows less that."""


def nights(quality: pl.DataFrame, order: Sequence[str]) -> dict[str, list[Night]]:
    """By dealer ('' is all), the oldest first: the differences of the measures of successive runs.

    Args:
        quality: QUALITY_HISTORY rows.
        order: measured runs, the oldest first.
    """
    counted = pl.col("measure").is_in(["rows", "filled", "valid", "exact_duplicates", "score"]) & (pl.col("table") == "records")
    narrow = quality.filter(pl.col("source") == "", counted | pl.col("measure").str.contains("^(problem|repaired):"))
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
    series: dict[str, tuple[float | None, float]] = {}
    for field in FIELDS:
        if now.count("records", "filled", field=field.name, dimension="completeness"):
            filled, usable = gained("filled", field.name, "completeness"), gained("valid", field.name, "conformity")
            series[f"null.{field.name}"] = (_share(rows - filled, rows), rows)
            series[f"unusable.{field.name}"] = (_share(filled - usable, filled), filled)
    series["junk"] = (_share(_junk(now) - _junk(was), rows), rows)
    series["repeated"] = (_share(gained("exact_duplicates", dimension="uniqueness"), rows), rows)
    total = [(values.score("records") or 0.0) * values.count("records", "rows") for values in (was, now)]
    series["score"] = ((total[1] - total[0]) / rows if rows >= ROWS else None, rows)
    before = _found(was)
    findings = {name: max(value - before.get(name, 0.0), 0.0) for name, value in _found(now).items()}
    findings[""] = max(rows - sum(findings.values()), 0.0)
    return Night(day, rows, series, findings)


def _found(values: Values) -> dict[str, float]:
    return {
        f"{field}.{measure}": value
        for (table, field, _, measure), value in values.found.items()
        if table == "clean_records" and measure.startswith(("problem:", "repaired:"))
    }


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
        ``dealer_id``, ``series``, ``severity``, ``value``, ``low``, ``high``.
    """
    rows = []
    for scope, each in found.items():
        judged = {"volume": _volume(each), "mix": _mix(each), **{name: _shares(name, each) for name in each[-1].series}}
        for name, point in judged.items():
            if point.alarm and point.value is not None and point.centre is not None and _worse(name, point):
                silent = name == "volume" and point.value <= 0
                severity = "critical" if silent or point.distance >= CRITICAL else "warning"
                rows.append((scope, name, severity, point.value, point.low, point.high))
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
    """Against nights of the same kind of day where there are enough of them, else against all."""
    last = found[-1]
    same = [night for night in found if (night.day.weekday() >= _WEEKEND) == (last.day.weekday() >= _WEEKEND)]
    used = same if len(same) > max(_SAME_DAYS, LEARNING) else found
    values: list[float | None] = [night.rows for night in used]
    middle = sorted(night.rows for night in used)[len(used) // 2]
    floor = max(_VOLUME_FLOOR * middle, math.sqrt(max(middle, 1.0)), 1.0)
    return judge(values, floor=floor, width=WIDTH, learning=LEARNING, shifts=False)[-1]


def _mix(found: list[Night]) -> Point:
    """What cleansing finds, against all of the nights before together: the population stability index."""
    last, earlier = found[-1], [night for night in found[-WINDOW - 1 : -1] if night.rows >= ROWS]
    if last.rows < ROWS or len(earlier) < LEARNING:
        return Point(None, None, None, None, "")
    before: Counter[str] = Counter()
    for night in earlier:
        before.update(night.findings)
    value, high = psi(before, last.findings), limit(before, last.findings, width=WIDTH)
    return Point(value, 0.0, 0.0, high, "beyond" if value > high else "", WIDTH * value / high)


def _shares(name: str, found: list[Night]) -> Point:
    told = [night.series.get(name, (None, 0.0)) for night in found]
    values = [value for value, _ in told]
    known = sorted(value for value in values if value is not None)
    middle = known[len(known) // 2] if known else 0.0
    part = min(max(middle / 100, 0.01), 0.99)
    floors = [max(_SHARE_FLOOR, 100 * math.sqrt(part * (1 - part) / max(of, 1.0))) for _, of in told]
    return judge(values, floor=floors, width=WIDTH, learning=LEARNING, shifts=False)[-1]


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
