"""Counts of what must not be; each is 0 in a sound version."""

from __future__ import annotations

from collections.abc import Sequence

from engine.changes import Change, within, without
from engine.contract import Engine, Table


def repeated_keys(engine: Engine, table: Table, key: Sequence[str]) -> int:
    """Number of key values that more than one row has."""
    columns = ", ".join(key)
    return engine.count(engine.sql(f"select {columns} from t group by {columns} having count(*) > 1", t=table))


def repeated_keys_of_change(engine: Engine, before: Table, change: Change, key: Sequence[str]) -> int:
    """The same after a change of a table that repeats none: among the rows that came, and of these with those that stay."""
    listed, same = ", ".join(key), " and ".join(f"s.{column} = c.{column}" for column in key)
    staying = without(engine, before, change.gone)
    met = engine.sql(f"select s.{key[0]} from s join c on {same}", s=staying, c=engine.sql(f"select {listed} from r", r=change.rows))
    return repeated_keys(engine, change.rows, key) + engine.count(met)


def unreconciled_files(engine: Engine, files: Table) -> int:
    """Number of files whose rows are not all kept, quarantined or skipped."""
    query = "select * from f where rows_in <> rows_kept + rows_quarantined + rows_blank + rows_title + rows_note"
    return engine.count(engine.sql(query, f=files))


def records_in_two_customers(engine: Engine, crosswalk: Table) -> int:
    """Number of records that belong to more than one customer now."""
    query = "select record_id from c where valid_to is null group by record_id having count(*) > 1"
    return engine.count(engine.sql(query, c=crosswalk))


def repeated_while_in_force(engine: Engine, history: Table, key: Sequence[str]) -> int:
    """Number of key values with more than one row that holds now (valid_to is null)."""
    columns = ", ".join(key)
    return engine.count(engine.sql(f"select {columns} from h where valid_to is null group by {columns} having count(*) > 1", h=history))


def records_in_two_customers_of_change(engine: Engine, before: Table, change: Change) -> int:
    """The same after a change of a crosswalk in which none does: of the records that came, with what stays of them."""
    came = engine.materialize(engine.sql("select record_id from r where valid_to is null", r=change.rows))
    asked = engine.materialize(engine.sql("select distinct record_id from c", c=came))
    staying = engine.sql("select record_id from s where valid_to is null", s=without(engine, within(engine, before, asked), change.gone))
    query = "select record_id from (select record_id from c union all select record_id from s) every group by record_id having count(*) > 1"
    return engine.count(engine.sql(query, c=came, s=staying))
