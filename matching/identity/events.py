"""What a run did to customer ids: every change of an id is an event, with its cause.

- created: a new id none of whose records had one before.
- merged: an id ended (``customer_id``); ``other_customer_id`` survives. So it is where an id that a record brought (a CRM's) is no more than an
  alias from the beginning.
- split: records of ``other_customer_id`` that did not follow it went to ``customer_id``, new or old.
- retired: an id has no record left. restored: a retired id has one again.

Cause, by what is known: records gone (source_deletion), a record that was not there before (new_evidence), a record that came
back or was corrected (source_correction), and model_change where the caller says that the model is another one. Causes steward
and erasure belong to those who act.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from engine.contract import Engine, Table
from engine.tables import schema
from matching.identity.ids import event_id


@dataclass(frozen=True)
class Changes:
    """The intermediate tables of one resolution (see ``matching.identity.resolve``)."""

    history: Table
    run: Table
    claims: Table
    heirs: Table
    merged: Table
    target: Table
    named: Table
    aliases: Table


def identity_events(engine: Engine, changes: Changes, *, model_changed: bool) -> Table:
    """Table ``identity_events``: the events of this run only."""
    flows = engine.materialize(engine.sql(_FLOWS, claims=changes.claims, target=changes.target))
    fresh = engine.materialize(engine.sql(_FRESH, target=changes.target, claims=changes.claims))
    gone = engine.materialize(engine.sql(_GONE, history=changes.history, target=changes.target))
    held = engine.sql(
        "select customer_id, count(*) as total from history where valid_to is null group by customer_id", history=changes.history
    )
    unexplained = engine.from_frame(pl.DataFrame({"cause": ["model_change" if model_changed else "source_correction"]}))
    events = engine.sql(
        _EVENTS,
        run=changes.run,
        target=changes.target,
        named=changes.named,
        heirs=changes.heirs,
        merged=changes.merged,
        claims=changes.claims,
        aliases=changes.aliases,
        flows=flows,
        fresh=fresh,
        gone=gone,
        held=engine.materialize(held),
        unexplained=unexplained,
    )
    return engine.map_batches(events, event_id, schema("identity_events"))


_FLOWS = """
select c.old_id, t.customer_id, count(*) as total
from claims c
join target t on c.record_id = t.record_id
group by c.old_id, t.customer_id
"""

# customers with a record that nobody held before
_FRESH = """
select distinct t.customer_id
from target t
left join claims c on t.record_id = c.record_id
where c.record_id is null or c.held = 0
"""

# customers that lost a record to a deletion
_GONE = """
select distinct h.customer_id
from history h
left join target t on h.record_id = t.record_id
where h.valid_to is null and t.record_id is null
"""

_EVENTS = """
select run.run_id, run.date, e.kind, e.customer_id, e.other_customer_id, coalesce(e.cause, u.cause) as cause, e.records
from (
    select 'created' as kind, t.customer_id, cast(null as string) as other_customer_id, 'new_evidence' as cause, count(*) as records
    from target t
    join named n on t.cluster_id = n.cluster_id
    left join (select distinct cluster_id from claims) c on t.cluster_id = c.cluster_id
    where n.new and c.cluster_id is null
    group by t.customer_id
    union all
    select 'merged' as kind, m.customer_id, m.survivor_id, case when f.customer_id is not null then 'new_evidence' end as cause, m.total
    from merged m
    left join fresh f on m.survivor_id = f.customer_id
    union all
    select 'merged' as kind, customer_id, survivor_id, 'new_evidence' as cause, total
    from aliases
    union all
    select 'split' as kind, w.customer_id, w.old_id,
        case
            when g.customer_id is not null then 'source_deletion'
            when a.customer_id is not null or b.customer_id is not null then 'new_evidence'
        end as cause,
        w.total
    from flows w
    left join merged m on w.old_id = m.customer_id and w.customer_id = m.survivor_id
    left join gone g on w.old_id = g.customer_id
    left join fresh a on w.old_id = a.customer_id
    left join fresh b on w.customer_id = b.customer_id
    where w.old_id <> w.customer_id and m.customer_id is null
    union all
    select 'retired' as kind, held.customer_id, cast(null as string), 'source_deletion' as cause, held.total
    from held
    left join heirs h on held.customer_id = h.old_id
    where h.old_id is null
    union all
    select 'restored' as kind, n.customer_id, cast(null as string), 'source_correction' as cause, w.total
    from named n
    join flows w on w.old_id = n.customer_id and w.customer_id = n.customer_id
    left join held on n.customer_id = held.customer_id
    where not n.new and held.customer_id is null
) e
cross join run
cross join unexplained u
"""
