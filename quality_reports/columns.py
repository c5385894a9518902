"""Columns of each table that reports show."""

from __future__ import annotations

from quality_reports.formats import Kind

COLUMNS: dict[str, tuple[tuple[str, Kind], ...]] = {
    "dimensions": (("dimension", "text"), ("share_before", "pct"), ("share_after", "pct"), ("change", "delta"), ("score", "score")),
    "fields": (
        ("field", "text"), ("whole", "int"), ("filled", "int"), ("valid_before", "int"), ("valid_after", "int"), ("derived", "int"),
        ("share_before", "pct"), ("share_after", "pct"), ("change", "delta"),
    ),
    "problems": (
        ("reason", "text"), ("field", "text"), ("found", "int"), ("repaired", "int"), ("remaining", "int"), ("cause", "text"), ("advice", "text"),
    ),
    "buckets": (("per_customer", "text"), ("customers", "int")),
    "duplicates": (("count", "text"), ("total", "ratio")),
    "reach": (
        ("channel", "text"), ("before", "int"), ("after", "int"), ("share_before", "pct"), ("share_after", "pct"), ("change", "delta"),
    ),
    "dealers": (
        ("dealer", "text"), ("rows", "int"), ("customers", "int"), ("score_before", "score"), ("score_after", "score"), ("change", "delta"),
        ("repaired", "int"), ("remaining", "int"), ("merged", "int"), ("sms_before", "pct"), ("sms_after", "pct"),
    ),
    "sources": (
        ("source", "text"), ("rows", "int"), ("score_before", "score"), ("score_after", "score"), ("change", "delta"), ("repaired", "int"),
        ("remaining", "int"),
    ),
    "reference": (
        ("reference", "text"), ("field", "text"), ("source_filled", "int"), ("source_updated", "int"), ("source_struck", "int"),
        ("source_confirmed", "int"), ("source_kept", "int"), ("source_invalid", "int"), ("source_ambiguous", "int"),
    ),
    "trend": (
        ("as_of", "text"), ("run", "text"), ("rows", "int"), ("customers", "int"), ("score_before", "score"), ("cleansed", "score"),
        ("golden", "score"), ("sms", "pct"), ("phone", "pct"), ("address", "pct"), ("vin", "pct"), ("remaining", "int"),
    ),
    "files": (
        ("dealer", "text"), ("file", "text"), ("kind", "text"), ("status", "text"), ("rows_in", "int"), ("rows_kept", "int"),
        ("rows_quarantined", "int"), ("rows_skipped", "int"), ("check", "text"),
    ),
    "assessed_dimensions": (("dimension", "text"), ("share_before", "pct")),
    "assessed_fields": (
        ("field", "text"), ("expected", "int"), ("filled", "int"), ("share_filled", "pct"), ("valid_before", "int"), ("share_valid", "pct"),
    ),
    "assessed_problems": (
        ("reason", "text"), ("field", "text"), ("found", "int"), ("repairable", "int"), ("to_ask", "int"), ("examples", "text"), ("cause", "text"),
        ("advice", "text"),
    ),
    "assessed_dealers": (
        ("dealer", "text"), ("rows", "int"), ("score_before", "score"), ("found", "int"), ("per_hundred", "ratio"), ("to_ask", "int"), ("exact", "int"),
        ("customers", "int"), ("sms_before", "pct"),
    ),
    "assessed_sources": (
        ("source", "text"), ("rows", "int"), ("score_before", "score"), ("found", "int"), ("per_hundred", "ratio"), ("to_ask", "int"),
    ),
    "expectations": (
        ("table", "text"), ("column", "text"), ("expectation", "text"), ("scope", "text"), ("severity", "text"), ("observed", "text"), ("scanned", "int"),
        ("met", "text"),
    ),
    "scorecard": (
        ("dealer_id", "text"), ("rank", "int"), ("open", "int"), ("overdue", "int"), ("closed", "int"), ("rate", "pct"), ("in_time_rate", "pct"),
        ("score_sent", "score"),
    ),
    "costs": (("what", "text"), ("total", "int"), ("unit", "text")),
    "alarms": (
        ("as_of", "text"), ("dealer", "text"), ("measure", "text"), ("value", "text"), ("usual", "text"), ("distance", "ratio"), ("alarm", "text"),
        ("direction", "text"),
    ),
    "limits": (
        ("measure", "text"), ("latest", "ratio"), ("centre", "ratio"), ("low", "ratio"), ("high", "ratio"), ("alarm", "text"),
    ),
    "gates": (("started", "text"), ("run", "text"), ("version", "int"), ("status", "text"), ("why", "text")),
    "quarantine": (("reason", "text"), ("count", "int")),
    "identity": (("event", "text"), ("count", "int")),
}  # fmt: skip
"""Columns of each table: key (its label is ``col.<key>``) and how its values look."""
