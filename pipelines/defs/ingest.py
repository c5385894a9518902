"""Dealer exports to files, records and quarantine."""

from collections.abc import Iterator

import dagster as dg

from engine.changes import Change
from engine.contract import Table
from pipelines.defs.common import RETRY, spec
from pipelines.resources import Workshop
from pipelines.stages import intake


@dg.multi_asset(
    name="ingest",
    outs={name: spec(name, "ingest") for name in ("files", "records", "quarantine")},
    retry_policy=RETRY,
)
def ingest(context: dg.AssetExecutionContext, workshop: Workshop) -> Iterator[dg.Output[Table | Change]]:
    """Takes in the files of the inbox that are not known yet."""
    taken = intake.take_in(workshop.engine, workshop.begin(context.run_id), workshop.settings)
    yield dg.Output(taken.files, "files", metadata={"new_files": taken.new_files})
    yield dg.Output(taken.records, "records")
    yield dg.Output(taken.quarantine, "quarantine")
