"""Clean records to edges and clusters."""

from collections.abc import Iterator

import dagster as dg

from engine.changes import Change
from engine.contract import Table
from pipelines import faults
from pipelines.defs.common import RETRY, spec
from pipelines.resources import Workshop
from pipelines.stages import resolve


@dg.multi_asset(name="match", outs={name: spec(name, "match") for name in ("edges", "clusters")}, retry_policy=RETRY)
def match(context: dg.AssetExecutionContext, workshop: Workshop, clean_records: Table) -> Iterator[dg.Output[Table | Change]]:
    """Finds who is the same person, and why."""
    result = resolve.match(workshop.engine, workshop.draft(context.run_id), clean_records, workshop.decisions)
    yield dg.Output(result.edges, "edges")
    faults.reach("match.edges")
    yield dg.Output(result.clusters, "clusters")
