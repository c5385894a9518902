"""How tables pass between assets: as bucket files of the run's draft, so that steps may live in different processes."""

import logging
import time

import dagster as dg

from engine.changes import Change
from engine.contract import Table
from engine.tables import TABLES
from pipelines.resources import Workshop

PROGRESS = logging.getLogger("chezhu.progress")


class DraftTables(dg.ConfigurableIOManager):
    """Writes a table's bucket files into the draft; reads them back as a relation of the engine."""

    workshop: dg.ResourceDependency[Workshop]

    def handle_output(self, context: dg.OutputContext, obj: Table | Change) -> None:
        """Writes a table, or what changed in it, and attaches its number of rows, columns and size."""
        name = context.asset_key.path[-1]
        draft = self.workshop.draft(context.run_id)
        start = time.perf_counter()
        entries = draft.write(self.workshop.engine, name, obj)
        rows = sum(entry.rows for entry in entries)
        size = sum((draft.home.tables / entry.path).stat().st_size for entry in entries)
        context.add_output_metadata({"dagster/row_count": rows, "bytes": size, "files": len(entries)})
        PROGRESS.info("%s: %s rows, written in %.1f s", name, f"{rows:,}", time.perf_counter() - start)

    def load_input(self, context: dg.InputContext) -> Table:
        """A table that this run wrote."""
        return self.workshop.draft(context.step_context.run_id).read(self.workshop.engine, context.asset_key.path[-1])


class PassingTables(dg.ConfigurableIOManager):
    """The same for tables that no version has: they stand beside the draft and go with it."""

    workshop: dg.ResourceDependency[Workshop]

    def handle_output(self, context: dg.OutputContext, obj: Table) -> None:
        """Writes a table, and attaches its number of rows."""
        rows = self.workshop.draft(context.run_id).hand_on(self.workshop.engine, context.asset_key.path[-1], obj)
        context.add_output_metadata({"dagster/row_count": rows})

    def load_input(self, context: dg.InputContext) -> Table:
        """A table that this run wrote."""
        return self.workshop.draft(context.step_context.run_id).handed(self.workshop.engine, context.asset_key.path[-1])


def column_schema(name: str) -> dg.TableSchema:
    """The columns of one of our tables, for Dagster's catalogue; a personal column is tagged as such."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=str(column.dtype),
                description=column.meaning,
                tags={"personal": "true"} if column.personal else {},
            )
            for column in TABLES[name].columns
        ]
    )
