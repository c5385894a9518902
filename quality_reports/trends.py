"""Measures over runs with control limits: one series a measure and scope, alarms marked, and what the publish gate said.

Every series is a share in percent, a score, or a number a run brings, so that a home that grows is no alarm by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from quality_reports.control import Point, judge
from quality_reports.fields import CHANNELS, FIELDS
from quality_reports.formats import Kind
from quality_reports.numbers import Numbers, Values, share, values_by_scope
from quality_reports.reasons import DIMENSIONS

RUNS = 90
"""The latest runs that a page shows."""
GROUPS: tuple[str, ...] = ("scores", "dimensions", "fields", "reach", "volume")


@dataclass(frozen=True)
class Series:
    """A measure over runs: its group, name, kind, the smallest standard deviation believed, and how a run's value is found.

    ``higher``: whether more is better; None where neither is.
    """

    group: str
    name: str
    kind: Kind
    floor: float
    value: Callable[[Values], float | None]
    higher: bool | None = True

    @property
    def key(self) -> str:
        """Group and name."""
        return f"{self.group}.{self.name}"


def series() -> tuple[Series, ...]:
    """All series, in the order in which they are shown."""
    return (
        *(Series("scores", name, "score", 0.3, _score(table)) for name, table in _SCORED.items()),
        *(Series("dimensions", name, "pct", 0.4, _sound(name)) for name in DIMENSIONS if name != "completeness"),
        *(Series("fields", field.name, "pct", 0.7, _usable(field.name)) for field in FIELDS),
        *(Series("reach", channel, "pct", 0.5, _reached(channel)) for channel in CHANNELS),
        Series("reach", "cars", "pct", 0.5, _owned),
        Series("volume", "rows_new", "int", 5.0, _rows, higher=None),
        Series("volume", "exact", "pct", 0.2, _exact, higher=False),
        Series("volume", "records_per_customer", "ratio", 0.02, _per_customer, higher=None),
        Series("volume", "remaining", "ratio", 0.5, _remaining, higher=False),
    )


_SCORED = {"before": "records", "cleansed": "clean_records", "after": "customers"}


def _score(table: str) -> Callable[[Values], float | None]:
    return lambda values: values.score(table)


def _sound(dimension: str) -> Callable[[Values], float | None]:
    return lambda values: share(values.count("records", "sound", dimension=dimension), _rows(values) or 0)


def _usable(field: str) -> Callable[[Values], float | None]:
    """Usable as it came: what the dealers send, before anything is repaired."""
    return lambda values: share(
        values.count("records", "valid", field=field, dimension="conformity"),
        values.count("records", "expected", field=field, dimension="completeness"),
    )


def _reached(channel: str) -> Callable[[Values], float | None]:
    return lambda values: share(values.count("customers", f"reach_{channel}", dimension="business"), values.count("customers", "rows"))


def _owned(values: Values) -> float | None:
    cars = values.count("clean_records", "cars", field="vin", dimension="business")
    return share(values.count("clean_records", "cars_with_owner", field="vin", dimension="business"), cars)


def _rows(values: Values) -> float | None:
    return values.count("records", "rows")


def _exact(values: Values) -> float | None:
    return share(values.count("records", "exact_duplicates", dimension="uniqueness"), values.count("records", "rows"))


def _per_customer(values: Values) -> float | None:
    customers = values.count("customers", "rows")
    return values.count("customers", "records", dimension="uniqueness") / customers if customers else None


def _remaining(values: Values) -> float | None:
    """Unrepaired problems a hundred records."""
    found = sum(
        value for (table, _, _, measure), value in values.found.items() if table == "clean_records" and measure.startswith("problem:")
    )
    return share(found, values.count("records", "rows"))


def trend_report_numbers(*, quality: pl.DataFrame, runs: pl.DataFrame, order: list[str], gates: pl.DataFrame) -> Numbers:
    """All numbers of the trend report; JSON-serializable, in no language.

    Args:
        quality: QUALITY_HISTORY rows of any number of runs.
        runs: RUNS rows.
        order: measured runs, the oldest first.
        gates: how runs ended: ``run_id``, ``started_at`` (text), ``status``, ``version``, ``why``, ``nearest`` (the measure of the
            publish gate that came nearest to its limit, in one line).
    """
    shown = order[-RUNS:]
    narrow = quality.filter(pl.col("source") == "", pl.col("run_id").is_in(shown))
    by_run = {str(run): frame for (run,), frame in narrow.partition_by("run_id", as_dict=True).items()}
    values = {run: values_by_scope(by_run[run]) for run in shown}
    as_of = {run: by_run[run]["as_of"][0].isoformat() for run in shown}
    scopes = sorted({scope for found in values.values() for scope in found})
    judged = {scope: {each.key: _judged(each, [values[run].get(scope) for run in shown]) for each in series()} for scope in scopes}
    versions = dict(zip(runs["run_id"], runs["version"], strict=True))
    return {
        "runs": [{"run": run, "as_of": as_of[run], "version": versions.get(run)} for run in shown],
        "series": {scope: {key: [_plain(point) for point in points] for key, points in found.items()} for scope, found in judged.items()},
        "alarms": _alarms(judged, shown, as_of),
        "gates": gates.sort("started_at", "run_id", descending=True, nulls_last=True).to_dicts(),
    }


def _judged(each: Series, found: list[Values | None]) -> list[Point]:
    numbers = [None if values is None else each.value(values) for values in found]
    if each.name == "rows_new":
        # what a run brings; the first brings everything and says nothing about a night
        numbers = [None if was is None or now is None else now - was for was, now in zip([None, *numbers], numbers, strict=False)]
        floor = max(each.floor, 0.15 * _middle(numbers))
        return judge(numbers, floor=floor)
    return judge(numbers, floor=each.floor)


def _middle(numbers: list[float | None]) -> float:
    known = sorted(abs(number) for number in numbers if number is not None)
    return known[len(known) // 2] if known else 0.0


def _plain(point: Point) -> list[float | str | None]:
    """Value, centre, low, high, alarm."""
    numbers = (point.value, point.centre, point.low, point.high)
    return [*(None if number is None else round(number, 3) for number in numbers), point.alarm]


def _alarms(judged: dict[str, dict[str, list[Point]]], shown: list[str], as_of: dict[str, str]) -> list[dict[str, Any]]:
    """The latest run first, in it the farthest from what is usual first."""
    known = {each.key: each for each in series()}
    lines: list[dict[str, Any]] = []
    for scope, found in judged.items():
        for key, points in found.items():
            for place, point in enumerate(points):
                if point.alarm and point.value is not None and point.centre is not None:
                    higher, up = known[key].higher, point.value > point.centre
                    lines.append(
                        {
                            "run": shown[place], "as_of": as_of[shown[place]], "dealer": scope, "series": key, "value": point.value,
                            "low": point.low, "high": point.high, "alarm": point.alarm, "distance": round(point.distance, 2),
                            "worse": None if higher is None else up != higher,
                        }
                    )  # fmt: skip
    lines.sort(key=lambda line: (line["worse"] is False, -line["distance"], line["dealer"], line["series"]))
    order = {run: place for place, run in enumerate(shown)}
    return sorted(lines, key=lambda line: order[str(line["run"])], reverse=True)
