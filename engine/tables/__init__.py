"""The one list of tables and columns: name, type, unit, meaning, and whether a column is personal.

Every room speaks through these tables, a module for each part of the flow. ``schema("records")`` gives names and Polars types in
order; ``personal(...)`` is what logs, metadata, alerts and reports must never show unmasked.
"""

from __future__ import annotations

import polars as pl

from engine.tables.arriving import CLEAN_RECORDS, EVENTS, FILES, QUARANTINE, RECORDS
from engine.tables.campaigns import CAMPAIGN_LISTS, CAMPAIGN_RESULTS, PROSPECT_MODEL, PROSPECTS
from engine.tables.care import CALL_LIST, CARE_TASKS, CARS, CUSTOMER_REACH, LEADS, LOOP_MEASURES
from engine.tables.column import POINTS, PROBLEMS, PROVENANCE, Column, TableSpec
from engine.tables.golden import CUSTOMER_VALUES, CUSTOMERS
from engine.tables.matched import CLUSTERS, CROSSWALK, EDGES, IDENTITY_EVENTS, MATCH_KEYS, MATCH_PAIRS, MATCH_RECORDS
from engine.tables.measured import ALERTS, QUALITY_COUNTS, QUALITY_HISTORY, RUNS, WORKLIST
from engine.tables.reference import REFERENCE_MATCHES, REFERENCE_VALUES
from engine.tables.relations import CAR_ROLES, CAR_TRANSFERS, COMPANY_PEOPLE, FLEETS, REFERRALS, TIMELINE
from engine.tables.worth import (
    CHURN_MODEL,
    CUSTOMER_CHURN,
    CUSTOMER_PROFILE,
    CUSTOMER_VALUE,
    SAVE_LIST,
    SEGMENT_SIZES,
    SEGMENTS,
    VALUE_GRADES,
    VALUE_GROUPS,
    VALUE_MODELS,
)

__all__ = [
    "ALERTS",
    "CALL_LIST",
    "CAMPAIGN_LISTS",
    "CAMPAIGN_RESULTS",
    "CARE_TASKS",
    "CARS",
    "CAR_ROLES",
    "CAR_TRANSFERS",
    "CHURN_MODEL",
    "CLEAN_RECORDS",
    "CLUSTERS",
    "COMPANY_PEOPLE",
    "CROSSWALK",
    "CUSTOMERS",
    "CUSTOMER_CHURN",
    "CUSTOMER_PROFILE",
    "CUSTOMER_REACH",
    "CUSTOMER_VALUE",
    "CUSTOMER_VALUES",
    "EDGES",
    "EVENTS",
    "FILES",
    "FLEETS",
    "IDENTITY_EVENTS",
    "LEADS",
    "LOOP_MEASURES",
    "MATCH_KEYS",
    "MATCH_PAIRS",
    "MATCH_RECORDS",
    "POINTS",
    "PROBLEMS",
    "PROSPECTS",
    "PROSPECT_MODEL",
    "PROVENANCE",
    "QUALITY_COUNTS",
    "QUALITY_HISTORY",
    "QUARANTINE",
    "RECORDS",
    "REFERENCE_MATCHES",
    "REFERENCE_VALUES",
    "REFERRALS",
    "RUNS",
    "SAVE_LIST",
    "SEGMENTS",
    "SEGMENT_SIZES",
    "TABLES",
    "TIMELINE",
    "VALUE_GRADES",
    "VALUE_GROUPS",
    "VALUE_MODELS",
    "WORKLIST",
    "Column",
    "TableSpec",
    "personal",
    "schema",
]

TABLES: dict[str, TableSpec] = {
    spec.name: spec
    for spec in (
        FILES,
        RECORDS,
        QUARANTINE,
        EVENTS,
        CLEAN_RECORDS,
        EDGES,
        CLUSTERS,
        MATCH_RECORDS,
        MATCH_KEYS,
        MATCH_PAIRS,
        CROSSWALK,
        IDENTITY_EVENTS,
        CUSTOMERS,
        CUSTOMER_VALUES,
        REFERENCE_MATCHES,
        REFERENCE_VALUES,
        CUSTOMER_VALUE,
        VALUE_GRADES,
        VALUE_GROUPS,
        VALUE_MODELS,
        CUSTOMER_CHURN,
        CHURN_MODEL,
        CUSTOMER_PROFILE,
        SAVE_LIST,
        SEGMENTS,
        SEGMENT_SIZES,
        TIMELINE,
        CAR_ROLES,
        CAR_TRANSFERS,
        COMPANY_PEOPLE,
        FLEETS,
        REFERRALS,
        CUSTOMER_REACH,
        CARS,
        CARE_TASKS,
        LEADS,
        LOOP_MEASURES,
        CALL_LIST,
        CAMPAIGN_LISTS,
        CAMPAIGN_RESULTS,
        PROSPECTS,
        PROSPECT_MODEL,
        QUALITY_COUNTS,
        QUALITY_HISTORY,
        WORKLIST,
        ALERTS,
        RUNS,
    )
}


def schema(table: str) -> dict[str, pl.DataType]:
    """Names and Polars types of a table's columns, in order.

    >>> schema("clusters")
    {'record_id': String, 'cluster_id': String}
    """
    return TABLES[table].schema


def personal(table: str) -> frozenset[str]:
    """Columns of a table that logs, metadata, alerts and reports never show unmasked.

    >>> sorted(personal("crosswalk"))
    []
    """
    return TABLES[table].personal
