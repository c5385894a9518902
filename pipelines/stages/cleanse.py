"""Cleanses what is new: a record that was cleansed in an earlier version, by the same rules, is taken from there.

The rules are those of the code and of the reference data: whoever extends a dictionary has all records cleansed anew.
"""

from __future__ import annotations

from functools import partial

from cleansing import cars, reference
from cleansing import events as event_kernel
from cleansing import records as record_kernel
from engine.contract import Engine, Kernel, Table
from engine.tables import schema
from pipelines import faults
from pipelines.draft import Draft
from pipelines.version import VERSION


def rules() -> str:
    """What the clean tables depend on beside the records: the version of the code and the reference data."""
    return f"{VERSION} {reference.digest()[:16]}"


def clean_records(engine: Engine, draft: Draft, records: Table, events: Table) -> Table:
    """RECORDS to CLEAN_RECORDS; dated rules use the as-of date of the run that took the record in.

    What the records of one car say of each other is found among all of them, in every run.
    """
    cleansed = _clean(engine, draft, records, "clean_records", partial(record_kernel.clean, as_of=draft.as_of))
    return cars.contradict(engine, records=records, clean_records=cleansed, events=events)


def events(engine: Engine, draft: Draft, records: Table) -> Table:
    """RECORDS to EVENTS."""
    return _clean(engine, draft, records, "events", partial(event_kernel.clean, as_of=draft.as_of))


def _clean(engine: Engine, draft: Draft, records: Table, name: str, kernel: Kernel) -> Table:
    before = _reusable(engine, draft, records, name)
    if before is None:
        cleansed = engine.map_batches(records, kernel, schema(name))
        faults.reach("cleanse.kernel")
        return cleansed
    reused, todo = before
    cleansed = engine.map_batches(todo, kernel, schema(name))
    faults.reach("cleanse.kernel")
    return engine.sql("select * from reused union all select * from cleansed", reused=reused, cleansed=cleansed)


def _reusable(engine: Engine, draft: Draft, records: Table, name: str) -> tuple[Table, Table] | None:
    """What the last version knows of records that did not change, and the records that it does not know."""
    manifest = draft.previous
    if manifest is None or draft.selection.full or manifest.run.get("rules") != rules():
        return None
    old = draft.previous_table(engine, "records")
    cleansed = draft.previous_table(engine, name)
    if old is None or cleansed is None:
        return None
    columns = ["record_id", "file_id", "row_number"]
    same = " and ".join(f"o.{column} = r.{column}" for column in columns)
    read = draft.noted("read")
    fresh = ", ".join(f"'{file}'" for file in read) if isinstance(read, list) and read else "''"
    unchanged = engine.materialize(
        engine.sql(f"select r.record_id from records r join old o on {same} where r.file_id not in ({fresh})", records=records, old=old)
    )
    reused = engine.sql("select c.* from cleansed c join unchanged u on u.record_id = c.record_id", cleansed=cleansed, unchanged=unchanged)
    todo = engine.sql(
        "select r.* from records r left join unchanged u on u.record_id = r.record_id where u.record_id is null",
        records=records,
        unchanged=unchanged,
    )
    return reused, todo
