"""The asset graph: it loads, and a change of it is seen."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.tables import TABLES
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def graph() -> dict[str, set[str]]:
    from pipelines.definitions import defs

    nodes = defs().resolve_asset_graph().asset_nodes
    return {node.key.to_user_string(): {key.to_user_string() for key in node.parent_keys} for node in nodes}


def test_the_graph_is_as_it_was(graph: dict[str, set[str]]) -> None:
    assert graph == {
        "files": set(),
        "records": set(),
        "quarantine": set(),
        "clean_records": {"records", "events"},
        "events": {"records"},
        "edges": {"clean_records"},
        "clusters": {"clean_records"},
        "crosswalk": {"clusters", "clean_records"},
        "identity_events": {"clusters", "clean_records"},
        **{
            table: {"crosswalk", "clean_records"}
            for table in ("customers", "customer_values", "reference_matches", "reference_values")
        },
        **{
            table: {"customers", "crosswalk", "clean_records", "events"}
            for table in ("timeline", "cars", "company_people", "conversations", "proofs", "seen_in_roles", "shared_cars")
        },
        **{
            table: {"customers", "timeline", "conversations"}
            for table in ("customer_value", "value_grades", "value_groups", "value_models", "customer_churn", "churn_model")
        },
        "customer_profile": {"customers", "crosswalk", "cars", "shared_cars", "clean_records", "customer_value", "customer_churn"},
        "segments": {"customer_profile"},
        "segment_sizes": {"customer_profile"},
        "save_list": {"customers", "customer_profile", "customer_churn"},
        **{
            name: {"customers", "crosswalk", "proofs", "seen_in_roles", "company_people", "records", "clean_records", "customer_profile"}
            for name in ("car_roles", "car_transfers", "fleets", "referrals")
        },
        "customer_reach": {"customers", "crosswalk", "customer_values", "records", "clean_records", "timeline", "conversations", "customer_profile"},
        "care_tasks": {"customers", "customer_profile", "cars", "customer_reach"},
        **{name: {"customers", "conversations", "timeline", "care_tasks", "customer_reach"} for name in ("leads", "loop_measures", "call_list")},
        "campaign_lists": {"customers", "customer_profile", "customer_reach"},
        "campaign_results": {"conversations", "timeline", "campaign_lists"},
        **{
            name: {"leads", "customers", "timeline", "customer_reach", "cars", "clean_records"}
            for name in ("prospects", "prospect_model")
        },
        "quality_history": {"records", "clean_records", "customers", "customer_profile", "crosswalk", "reference_values"},
        "worklist": {"clean_records"},
        "alerts": {"quality_history"},
        "reports": {
            "quality_history", "files", "quarantine", "clean_records", "worklist", "customers", "customer_reach", "customer_value", "value_groups",
            "value_models", "customer_churn", "churn_model", "save_list", "cars", "care_tasks", "leads", "call_list", "loop_measures", "campaign_results",
            "prospects", "prospect_model", "segment_sizes", "customer_profile", "car_transfers", "fleets", "company_people", "referrals",
        },
        "crm_delivery": {"customers", "crosswalk", "identity_events"},
        "published_version": {
            "files", "quarantine", "edges", "customer_values", "reference_matches", "reference_values", "customer_profile", "value_grades", "value_groups", "value_models", "churn_model",
            "save_list", "segments", "segment_sizes", "quality_history", "worklist", "alerts", "reports", "crm_delivery",
            "timeline", "car_roles", "car_transfers", "company_people", "fleets", "referrals",
            "customer_reach", "cars", "care_tasks", "leads", "loop_measures", "call_list",
            "campaign_lists", "campaign_results", "prospects", "prospect_model",
        },
    }  # fmt: skip


def test_every_table_has_owner_group_description_and_columns() -> None:
    from pipelines.definitions import defs

    for node in defs().resolve_asset_graph().asset_nodes:
        name = node.key.to_user_string()
        assert node.owners, name
        assert node.group_name != "default", name
        assert node.description, name
        if name in TABLES:
            columns = [column.name for column in node.metadata["dagster/column_schema"].columns]
            assert columns == [column.name for column in TABLES[name].columns]


def test_blocking_checks_stand_where_they_must() -> None:
    from pipelines.definitions import defs

    found = {f"{key.asset_key.to_user_string()}:{key.name}" for key in defs().resolve_asset_graph().asset_check_keys}
    keyed = {f"{table}:key_unique" for table in ("records", "clean_records", "events", "clusters", "customers", "customer_profile")}
    assert {"files:reconciled", "crosswalk:one_customer_a_record", *keyed} <= found


def test_dagsters_own_check_passes(tmp_path: Path) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("dg")), "check", "defs"],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "DAGSTER_HOME": str(tmp_path), "CHEZHU_HOME": str(tmp_path / "home")},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
