"""What customers were asked and what they complained of, with their customers once a run.

Value, reach, the lead loop and campaigns all read these few rows: to find the customers of each of them among all records costs the same whoever asks.
"""

from __future__ import annotations

from engine.contract import Engine, Table


def conversations(engine: Engine, *, events: Table, named: Table, numbers: Table) -> Table:
    """``customer, customer_id, record_id, source, dealer_id, event_date, campaign, cost, response``: events of campaigns and complaints.

    Args:
        engine: runs the steps.
        events: table ``events``.
        named: ``enrichment.relationships.named.named``.
        numbers: ``enrichment.members.numbered``.
    """
    return engine.sql(_CONVERSATIONS, events=events, named=named, numbers=numbers)


_CONVERSATIONS = """
select c.customer, c.customer_id, e.record_id, e.source, e.dealer_id, e.event_date, e.campaign, e.cost, e.response
from events e
join named n on e.row_id = n.row_id
join numbers c on n.customer = c.customer
where e.source in ('campaign', 'complaint') and n.source in ('campaign', 'complaint') and n.main
"""
