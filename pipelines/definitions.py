"""What Dagster loads: the folder defs/, nothing more."""

from __future__ import annotations

from pathlib import Path

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    """The whole asset graph with its job, schedule, sensor, checks and resources."""
    return dg.load_from_defs_folder(project_root=Path(__file__).parents[1])
