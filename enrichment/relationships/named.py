"""Whom each row of an export names: clean records with their customers by number, joined once a run for all that is told of customers."""

from __future__ import annotations

from engine.contract import Engine, Table


def named(engine: Engine, *, members: Table, clean_records: Table) -> Table:
    """``customer, row_id, role, main, keyed, source, dealer_id, event_date, vin, plate, model``: one row per record of a customer.

    ``main``: whom the row is about first, once a row; ``keyed``: 1 where the source gave the row a key of its own, else 0.

    Args:
        engine: runs the steps.
        members: ``enrichment.members.members_by_number``.
        clean_records: table ``clean_records``.
    """
    return engine.materialize(engine.sql(_NAMED, members=members, clean_records=clean_records))


_NAMED = """
select m.customer, r.row_id, r.role, r.main, case when r.source_key is not null then 1 else 0 end as keyed, r.source, r.dealer_id, r.event_date,
    r.vin, r.plate, r.model
from clean_records r
join members m on r.record_id = m.record_id
"""
