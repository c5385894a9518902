"""What customers were asked and what they complained of, joined to their customers once a run.

Value, reach, the lead loop and campaigns all read these few rows: to find the customers of each of them among all records costs the same whoever asks.
"""

from __future__ import annotations

from engine.contract import Engine, Table


def conversations(engine: Engine, *, events: Table, customers: Table, crosswalk: Table) -> Table:
    """``customer, customer_id, record_id, source, dealer_id, event_date, campaign, cost, response``: events of campaigns and complaints.

    Args:
        engine: runs the steps.
        events: table ``events``.
        customers: ``enrichment.members.numbered``.
        crosswalk: table ``crosswalk``; only rows that hold now count.
    """
    return engine.sql(_CONVERSATIONS, events=events, customers=customers, crosswalk=crosswalk)


_CONVERSATIONS = """
select c.customer, c.customer_id, e.record_id, e.source, e.dealer_id, e.event_date, e.campaign, e.cost, e.response
from events e
join crosswalk w on e.record_id = w.record_id
join customers c on w.customer_id = c.customer_id
where w.valid_to is null and e.source in ('campaign', 'complaint')
"""
