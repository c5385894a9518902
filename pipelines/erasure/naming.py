"""What may go from each table: the columns that name a person, and what becomes of tables that are made of many."""

from __future__ import annotations

NAMING = {
    "record_id": "records",
    "record_id_l": "records",
    "record_id_r": "records",
    "left_id": "records",
    "right_id": "records",
    "row_id": "rows",
    "lead_id": "rows",
    "customer_id": "ids",
    "from_customer_id": "ids",
    "to_customer_id": "ids",
    "company_id": "ids",
    "person_id": "ids",
    "main_person_id": "ids",
    "referrer_id": "ids",
    "top_id": "ids",
}
"""Columns that name what may go, and in which of the person's sets they are looked up."""
KEPT = frozenset({"crosswalk", "identity_events"})
DERIVED = frozenset(
    {
        "timeline", "car_roles", "car_transfers", "company_people", "fleets", "referrals", "customer_value", "customer_churn", "save_list",
        "customer_reach", "cars", "care_tasks", "leads", "call_list", "prospects", "reference_matches", "reference_values",
    }
)  # fmt: skip
"""What enrichment, and reference sources, make of others' records too: rows of those who lost records go, and the next run makes them anew."""
HISTORIES = frozenset({"value_grades", "segments", "campaign_lists"})
"""What no run could make anew: it stays with customers who lost records, and goes with those who have none left."""
FOR_THE_NEXT_RUN = ("match_", "quality_counts")
"""What matching keeps for the next run names people by codes, a phone by itself, and counts tell of rows that are no longer there: both go whole, and the next run
matches and counts everything."""
