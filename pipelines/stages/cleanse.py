"""Cleanses what is new: a record that was cleansed in an earlier version, by the same rules, is taken from there.

The rules are those of the code and of the reference data: whoever extends a dictionary has all records cleansed anew.
What the records of one car say of each other is found among all of them, in every run that changes one of them.
"""

from __future__ import annotations

from functools import partial

from cleansing import cars
from cleansing import events as event_kernel
from cleansing import records as record_kernel
from engine.changes import Change, within
from engine.contract import Engine, Kernel, Table
from engine.tables import schema
from pipelines import faults
from pipelines.draft import Draft
from pipelines.stages.rules import increments, reusable

_AMENDED = ("problems", "score", "score_raw", "score_consistency")
"""What the other records of its car change in a clean record."""


def clean_records(engine: Engine, draft: Draft, records: Table, events: Table) -> Table | Change:
    """RECORDS to CLEAN_RECORDS; dated rules use the as-of date of the run that took the record in."""
    kernel = partial(record_kernel.clean, as_of=draft.as_of)
    change, before = draft.change(engine, "records"), draft.previous_table(engine, "clean_records")
    if change is None or before is None or not increments(draft):
        cleansed = _clean(engine, draft, records, "clean_records", kernel)
        return cars.contradict(engine, records=records, clean_records=cleansed, events=events)
    cleansed = _cleansed(engine, change, "clean_records", kernel)
    return _of_touched_cars(engine, records, Change(cleansed, change.gone), before, events)


def _of_touched_cars(engine: Engine, records: Table, change: Change, before: Table, events: Table) -> Change:
    """``change`` of CLEAN_RECORDS with what the records of the cars that it touches say of each other."""
    old = engine.sql("select record_id, vin from b where vin is not null", b=before)
    touched = engine.materialize(
        engine.sql("select vin from o union select vin from c where vin is not null", o=within(engine, old, change.gone), c=change.rows)
    )
    standing = engine.materialize(
        engine.sql(
            "select b.* from b join v on b.vin = v.vin left join g on b.record_id = g.record_id where g.record_id is null",
            b=before, v=touched, g=change.gone,
        )
    )  # fmt: skip
    together = engine.materialize(engine.sql("select * from s union all select * from c", s=standing, c=change.rows))
    only = engine.materialize(engine.sql("select record_id from t", t=together))
    told = engine.materialize(
        cars.contradict(engine, records=within(engine, records, only), clean_records=together, events=within(engine, events, only))
    )
    differs = " or ".join(f"t.{name} is distinct from s.{name}" for name in _AMENDED)
    listed = ", ".join(f"t.{name}" for name in schema("clean_records"))
    other = engine.materialize(
        engine.sql(f"select {listed} from t join s on t.record_id = s.record_id where {differs}", t=told, s=standing)
    )
    came = engine.sql(
        f"select {listed} from t join c on t.record_id = c.record_id union all select * from o", t=told, c=change.rows, o=other
    )
    gone = engine.sql("select record_id from g union all select record_id from o", g=change.gone, o=other)
    return Change(engine.materialize(came), engine.materialize(gone))


def events(engine: Engine, draft: Draft, records: Table) -> Table | Change:
    """RECORDS to EVENTS."""
    kernel = partial(event_kernel.clean, as_of=draft.as_of)
    change = draft.change(engine, "records")
    if change is None or not increments(draft):
        return _clean(engine, draft, records, "events", kernel)
    return Change(_cleansed(engine, change, "events", kernel), change.gone)


def _cleansed(engine: Engine, change: Change, name: str, kernel: Kernel) -> Table:
    cleansed = engine.map_batches(change.rows, kernel, schema(name))
    faults.reach("cleanse.kernel")
    return cleansed


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
    if not reusable(draft):
        return None
    old = draft.previous_table(engine, "records")
    cleansed = draft.previous_table(engine, name)
    if old is None or cleansed is None:
        return None
    columns = ["record_id", "file_id", "row_number"]
    same = " and ".join(f"o.{column} = r.{column}" for column in columns)
    read = draft.noted("read_files")
    fresh = ", ".join(f"'{file}'" for _, file in read) if isinstance(read, list) and read else "''"
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
