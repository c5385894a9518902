"""What became of a table since an earlier version of it: rows that hold now, and the keys of rows that hold no longer.

>>> from engine.duckdb import DuckDBEngine
>>> with DuckDBEngine() as engine:
...     before = engine.from_frame(pl.DataFrame({"id": [1, 2, 3], "at": ["a", "b", "c"]}))
...     change = Change(engine.from_frame(pl.DataFrame({"id": [2], "at": ["z"]})), engine.from_frame(pl.DataFrame({"id": [2, 3]})))
...     sorted(engine.collect(applied(engine, before, change)).rows())
[(1, 'a'), (2, 'z')]
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from engine.contract import Engine, Table


@dataclass(frozen=True)
class Change:
    """``rows`` that came, or took the place of others; ``gone``: keys (each once, none null) of all rows of before that hold no longer, the replaced among them.

    The columns of ``gone`` need not be a whole key: all rows that have its values are gone.
    """

    rows: Table
    gone: Table


def without(engine: Engine, table: Table, gone: Table) -> Table:
    """The rows of a table that have none of the values of ``gone``."""
    names = list(gone.schema)
    same = " and ".join(f't."{name}" = g."{name}"' for name in names)
    return engine.sql(f'select t.* from t left join g on {same} where g."{names[0]}" is null', t=table, g=gone)


def within(engine: Engine, table: Table, wanted: Table) -> Table:
    """The rows of a table that have one of the values of ``wanted``, which stand there once each."""
    same = " and ".join(f't."{name}" = w."{name}"' for name in wanted.schema)
    return engine.sql(f"select t.* from t join w on {same}", t=table, w=wanted)


def applied(engine: Engine, before: Table, change: Change) -> Table:
    """The table after the change."""
    listed = ", ".join(f'"{name}"' for name in before.schema)
    return engine.sql(
        f"select {listed} from kept union all select {listed} from come", kept=without(engine, before, change.gone), come=change.rows
    )


def nothing(engine: Engine, table: Table) -> Table:
    """No rows of the columns of a table."""
    return engine.from_frame(pl.DataFrame(schema=dict(table.schema)))
