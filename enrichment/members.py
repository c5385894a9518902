"""Which records are which customer now."""

from __future__ import annotations

from engine.contract import Engine, Table


def members(engine: Engine, crosswalk: Table) -> Table:
    """record_id, customer_id of the crosswalk's rows that hold now: each record once."""
    return engine.materialize(engine.sql("select record_id, customer_id from c where valid_to is null", c=crosswalk))
