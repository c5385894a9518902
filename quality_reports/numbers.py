"""From rows of quality_history to the numbers of a report: one plain, JSON-serializable object, without words.

A *scope* is all dealers together ('') or one dealer. Every pair of numbers is before (as the data came) and after.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import polars as pl

from quality_reports.customers import BUCKETS
from quality_reports.fields import CHANNELS, FIELDS
from quality_reports.reasons import DIMENSIONS, about

Numbers = dict[str, Any]
"""JSON: dicts, lists, numbers, text, None."""

TREND_FIELDS: tuple[str, ...] = ("phone", "address", "vin")


@dataclass(frozen=True)
class Values:
    """The measures of one run and scope by table, field, dimension and measure; a missing one is 0 (a score: None)."""

    found: dict[tuple[str, str, str, str], float]

    def count(self, table: str, measure: str, *, field: str = "", dimension: str = "") -> int:
        """A count."""
        return int(self.found.get((table, field, dimension, measure), 0))

    def score(self, table: str, dimension: str = "") -> float | None:
        """A mean score, 0 to 100."""
        return self.found.get((table, "", dimension, "score"))


def values_by_scope(quality: pl.DataFrame, *, scope: str = "dealer_id") -> dict[str, Values]:
    """Measures of one run by dealer (or by source, with ``scope`` 'source'); '' is everything together."""
    other = "source" if scope == "dealer_id" else "dealer_id"
    rows = quality.filter(pl.col(other) == "").select(scope, "table", "field", "dimension", "measure", "value")
    found: dict[str, dict[tuple[str, str, str, str], float]] = defaultdict(dict)
    for name, table, field, dimension, measure, value in rows.iter_rows():
        found[name][table, field, dimension, measure] = value
    found.setdefault("", {})
    return {name: Values(found[name]) for name in sorted(found)}


def share(part: float, whole: float) -> float | None:
    """Percent, or None where there is nothing to have a share of.

    >>> share(1, 4), share(0, 0)
    (25.0, None)
    """
    return 100 * part / whole if whole else None


def scope_numbers(values: Values) -> Numbers:
    """Everything a report says about one scope."""
    count = values.count
    rows, customers = count("records", "rows"), count("customers", "rows")
    return {
        "rows": rows,
        "customers": customers,
        "score": {"before": values.score("records"), "cleansed": values.score("clean_records"), "after": values.score("customers")},
        "dimensions": _dimensions(values, rows, fields := _fields(values)),
        "fields": fields,
        "problems": _problems(values),
        "duplicates": {
            "exact": count("records", "exact_duplicates", dimension="uniqueness"),
            "merged": (merged := count("customers", "merged", dimension="uniqueness")),
            "fuzzy": max(merged - count("records", "exact_duplicates", dimension="uniqueness"), 0),
            "counted_twice": count("customers", "counted_twice", dimension="uniqueness"),
            "several_dealers": count("customers", "several_dealers", dimension="uniqueness"),
            "records_per_customer": count("customers", "records", dimension="uniqueness") / customers if customers else None,
            "buckets": [
                {"records": name, "customers": count("customers", f"records_per_customer:{name}", dimension="uniqueness")}
                for name, _, _ in BUCKETS
            ],
        },
        "sureness": _sureness(values),
        "reach": [
            {
                "channel": channel,
                "before": (before := count("customers", f"reach_{channel}_before", dimension="business")),
                "after": (after := count("customers", f"reach_{channel}", dimension="business")),
                "share_before": share(before, customers),
                "share_after": share(after, customers),
            }
            for channel in CHANNELS
        ],
        "cars": {
            "cars": (cars := count("clean_records", "cars", field="vin", dimension="business")),
            "before": (owned := count("records", "cars_with_owner", field="vin", dimension="business")),
            "after": (known := count("clean_records", "cars_with_owner", field="vin", dimension="business")),
            "share_before": share(owned, cars),
            "share_after": share(known, cars),
        },
        "opted_out": count("customer_profile", "opted_out", dimension="business"),
        "business": business_numbers(values),
    }


def _sureness(values: Values) -> Numbers:
    """How right merges probably are (shares in percent, as the matching model expects them; None where nothing was estimated), and what people decided."""

    def percent(measure: str) -> float | None:
        value = values.found.get(("crosswalk", "", "uniqueness", measure))
        return None if value is None else 100 * value

    decided = {kind: values.count("crosswalk", f"decided_{kind}", dimension="uniqueness") for kind in ("same", "not_same")}
    return {"precision": percent("merge_precision"), "recall": percent("merge_recall"), **decided}


def business_numbers(values: Values) -> Numbers:
    """What bad data cost: value of customers whom nobody reaches (yuan in 36 months), and mailings that reach nobody, or somebody once more.

    One mailing before: a message to each record with something written. Of these only one a customer who can be reached was of use.
    """

    def count(table: str, measure: str) -> int:
        return values.count(table, measure, dimension="business")

    wasted = {}
    for channel in ("sms", "post"):
        sent, useful = count("records", f"mailings_{channel}"), count("customers", f"reach_{channel}_before")
        wasted[channel] = {
            "sent": sent,
            "useful": useful,
            "wasted": max(sent - useful, 0),
            "needed": count("customers", f"reach_{channel}"),
        }
    return {
        "value": count("customer_profile", "value"),
        "value_at_risk": {"before": count("customer_profile", "value_at_risk_before"), "after": count("customer_profile", "value_at_risk")},
        "unreachable": {"before": count("customers", "unreachable_before"), "after": count("customers", "unreachable")},
        "mailings": wasted,
    }


def _dimensions(values: Values, rows: int, fields: list[Numbers]) -> list[Numbers]:
    """Completeness: usable values; any other dimension: records without a problem of it.

    ``before`` and ``after`` have one base, so that they compare: the expected values, or as many as could be derived where those are more.
    ``delivered`` is the share of what the exports themselves have columns for, as assessments and trends tell it.
    """
    numbers = []
    for dimension in DIMENSIONS:
        if dimension == "completeness":
            before = sum(field["before"] for field in fields)
            after = sum(field["after"] for field in fields)
            whole = sum(field["whole"] for field in fields)
            pair = (share(before, whole), share(after, whole))
            delivered = share(before, sum(field["expected"] for field in fields))
        else:
            pair = (
                share(values.count("records", "sound", dimension=dimension), rows),
                share(values.count("clean_records", "sound", dimension=dimension), rows),
            )
            delivered = pair[0]
        numbers.append(
            {
                "dimension": dimension,
                "delivered": delivered,
                "before": pair[0],
                "after": pair[1],
                "score": values.score("clean_records", dimension),
            }
        )
    return numbers


def _fields(values: Values) -> list[Numbers]:
    """Fields that some export has or that something was derived for.

    Shares are of the records whose exports have the column; where values are derived, which need no column, of all records.
    """
    numbers = []
    rows = values.count("records", "rows")
    for field in FIELDS:
        expected = values.count("records", "expected", field=field.name, dimension="completeness")
        before, after = (values.count(table, "valid", field=field.name, dimension="conformity") for table in ("records", "clean_records"))
        derived = values.count("clean_records", "derived", field=field.name, dimension="completeness")
        whole = max(rows, after) if derived else max(expected, after)
        if expected or after:
            numbers.append(
                {
                    "field": field.name,
                    "expected": expected,
                    "filled": values.count("records", "filled", field=field.name, dimension="completeness"),
                    "before": before,
                    "after": after,
                    "derived": derived,
                    "whole": whole,
                    "share_before": share(before, whole),
                    "share_after": share(after, whole),
                }
            )
    return numbers


def _problems(values: Values) -> list[Numbers]:
    """By reason and field, the most frequent first."""
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: {"repaired": 0, "problem": 0})
    for (table, field, _, measure), value in values.found.items():
        kind, colon, reason = measure.partition(":")
        if table == "clean_records" and colon and kind in {"problem", "repaired"}:
            found[reason, field][kind] += int(value)
    numbers = [
        {
            "reason": reason,
            "field": field,
            "dimension": about(reason).dimension,
            "found": counts["repaired"] + counts["problem"],
            "repaired": counts["repaired"],
            "remaining": counts["problem"],
        }
        for (reason, field), counts in found.items()
    ]
    return sorted(numbers, key=lambda problem: (-problem["found"], problem["reason"], problem["field"]))


def dealer_numbers(scopes: dict[str, Values]) -> list[Numbers]:
    """One line a dealer, for ranking: the least good first."""
    lines = []
    for dealer, values in scopes.items():
        if dealer:
            count = values.count
            problems = _problems(values)
            customers = count("customers", "rows")
            lines.append(
                {
                    "dealer": dealer,
                    "rows": count("records", "rows"),
                    "customers": customers,
                    "before": values.score("records"),
                    "after": values.score("clean_records"),
                    "repaired": sum(problem["repaired"] for problem in problems),
                    "remaining": sum(problem["remaining"] for problem in problems),
                    "merged": count("customers", "merged", dimension="uniqueness"),
                    "sms_before": share(count("customers", "reach_sms_before", dimension="business"), customers),
                    "sms_after": share(count("customers", "reach_sms", dimension="business"), customers),
                }
            )
    return sorted(lines, key=lambda line: (line["after"] is not None, line["after"] or 0.0, line["dealer"]))


def source_numbers(scopes: dict[str, Values]) -> list[Numbers]:
    """One line a kind of export."""
    lines = []
    for source, values in scopes.items():
        if source:
            problems = _problems(values)
            lines.append(
                {
                    "source": source,
                    "rows": values.count("records", "rows"),
                    "before": values.score("records"),
                    "after": values.score("clean_records"),
                    "repaired": sum(problem["repaired"] for problem in problems),
                    "remaining": sum(problem["remaining"] for problem in problems),
                }
            )
    return sorted(lines, key=lambda line: (-line["rows"], line["source"]))


def trend_numbers(quality: pl.DataFrame, order: list[str]) -> list[Numbers]:
    """One line a run, the oldest first: scores, usable fields, reach, duplicates."""
    overall = quality.filter((pl.col("dealer_id") == "") & (pl.col("source") == ""))
    by_run = {str(run): frame for (run,), frame in overall.partition_by("run_id", as_dict=True).items()}
    lines = []
    for run in order:
        if run in by_run:
            numbers = scope_numbers(values_by_scope(by_run[run])[""])
            fields = {field["field"]: field["share_after"] for field in numbers["fields"]}
            lines.append(
                {
                    "run": run,
                    "as_of": by_run[run]["as_of"][0].isoformat(),
                    "rows": numbers["rows"],
                    "customers": numbers["customers"],
                    "before": numbers["score"]["before"],
                    "cleansed": numbers["score"]["cleansed"],
                    "after": numbers["score"]["after"],
                    "sms": next(reach["share_after"] for reach in numbers["reach"] if reach["channel"] == "sms"),
                    "remaining": sum(problem["remaining"] for problem in numbers["problems"]),
                    **{name: fields.get(name) for name in TREND_FIELDS},
                }
            )
    return lines


def order_of_runs(quality: pl.DataFrame, runs: pl.DataFrame, *, up_to: str | None = None) -> list[str]:
    """Measured runs, the oldest first: by start, and those without one by date and name after them; the last is ``up_to``.

    Raises:
        ValueError: nothing is known of ``up_to``.
    """
    measured = (
        quality.select("run_id", "as_of").unique(maintain_order=True).join(runs.select("run_id", "started_at"), on="run_id", how="left")
    )
    order: list[str] = measured.sort("started_at", "as_of", "run_id", nulls_last=True)["run_id"].to_list()
    if up_to is None:
        return order
    if up_to not in order:
        message = f"run {up_to} is unknown; measured runs: {', '.join(order) or 'none'}"
        raise ValueError(message)
    return order[: order.index(up_to) + 1]
