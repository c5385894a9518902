"""From this run's clusters to customers that keep their ids.

The rule, in the order it decides:

1. A record *claims* the id it has, or, where it was deleted and came back, the id it had last (followed through merges).
2. Every old id has one *heir*: the cluster with most of its records (records that hold the id now count before those that
   come back), ties to the smallest cluster_id. So after a split the id stays with the larger part.
3. A cluster *keeps* one of the ids it is heir of: the one with most of its records, ties to the oldest (earliest
   valid_from), then the smallest id. The others end: they are merged into it, and resolve to it forever.
4. A cluster that keeps none gets an id that its records bring with them (a CRM's own), if one does: the one that most of them bring, then the
   one of the oldest record, then the smallest id; where two clusters bring one id, it goes to the one with more records of it, ties to the
   smallest cluster_id. Otherwise it gets a new id (see ``matching.identity.ids``).
5. A record that is gone closes its row. An id that no present record claims is retired; it is restored, as the same id, when
   one of its records comes back.
6. An id that records bring and their customer does not go by becomes an alias of it: it stands in the crosswalk as ended in a merge on this day,
   and resolves forever. An id that was ever given or is an alias already is not given again, nor does it move.

Rows that did not change are given back as they were, so a re-run with nothing new changes nothing. Dates never run
backwards: a run with an earlier ``as_of`` than the history's latest date is entered under that date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from engine.changes import Change, within
from engine.contract import Engine, Table
from engine.tables import TABLES, schema
from matching.identity.events import Changes, identity_events
from matching.identity.ids import mint
from matching.identity.lineage import ended


@dataclass(frozen=True)
class Resolution:
    """The crosswalk with all its history (or what changes in it), and what this run did to ids (only the new events)."""

    crosswalk: Table | Change
    identity_events: Table


def resolve(
    engine: Engine,
    *,
    clusters: Table,
    records: Table,
    previous: Table | None,
    run_id: str,
    as_of: date,
    model_changed: bool = False,
    brought: Table | None = None,
    touched: Table | None = None,
) -> Resolution:
    """The crosswalk after this run.

    Args:
        engine: runs the steps.
        clusters: table ``clusters``; a record that it does not name is a customer of its own.
        records: ``record_id, dealer_id, source, source_key, role`` of all records that are valid now, one row each.
        previous: the crosswalk published last; None at the first run.
        run_id: this run.
        as_of: date of this run.
        model_changed: whether another model was used than by the run before: the cause of changes that no record explains.
        brought: ids that records bring with them: ``record_id``, ``brought_id`` (usable as a customer_id), ``since`` (date, may be null).
        touched: record_id of all records that are gone, new or in a cluster that may be another than in the run before: only these, and the
            customers that they have or had, are looked at. None: all are.

    Returns:
        Tables ``crosswalk`` and ``identity_events``; where ``touched`` is given, what changes in the crosswalk.
    """
    every = engine.from_frame(pl.DataFrame(schema=schema("crosswalk"))) if previous is None else previous
    every = engine.materialize(every) if touched is None else every
    asked = engine.from_frame(pl.DataFrame({"run_id": [run_id], "date": [as_of]}))
    run = engine.materialize(engine.sql(_RUN, asked=asked, history=every))
    gone_on = engine.materialize(ended(engine, crosswalk=every))
    history = every
    if touched is not None:
        history, near = _near(engine, every, gone_on, touched)
        records, clusters = within(engine, records, near), within(engine, clusters, near)
    present = engine.materialize(engine.sql(_PRESENT, records=records, clusters=clusters))
    claims = engine.materialize(engine.sql(_CLAIMS, present=present, last=engine.sql(_LAST, history=history), ended=gone_on))
    heirs = engine.materialize(engine.sql(_HEIRS, claims=claims, history=history))
    offers = engine.materialize(_offers(engine, brought, present=present, history=every))
    kept = engine.materialize(engine.sql(_KEPT, offers=offers, heirs=heirs))
    seeds = engine.sql(_SEEDS, present=present, heirs=heirs, kept=kept)
    taken = engine.sql("select customer_id from history union all select brought_id from offers", history=every, offers=offers)
    minted = mint(engine, seeds=seeds, taken=taken)
    named = engine.materialize(engine.sql(_NAMED, heirs=heirs, kept=kept, minted=minted))
    merged = engine.materialize(engine.sql(_MERGED, heirs=heirs, named=named))
    target = engine.materialize(engine.sql(_TARGET, present=present, named=named))
    aliases = engine.materialize(engine.sql(_ALIASES, offers=offers, target=target, named=named))
    crosswalk = engine.materialize(engine.sql(_CROSSWALK, history=history, target=target, merged=merged, run=run, aliases=aliases))
    changes = Changes(history=history, run=run, claims=claims, heirs=heirs, merged=merged, target=target, named=named, aliases=aliases)
    events = identity_events(engine, changes, model_changed=model_changed)
    return Resolution(crosswalk if touched is None else _difference(engine, history, crosswalk), events)


def _near(engine: Engine, history: Table, ended: Table, touched: Table) -> tuple[Table, Table]:
    """The history of records and customers that ``touched`` can have to do with, and record_id of those records.

    A record that was there before and is not touched has the id of its cluster, which is all of the id's records.
    """
    touched = engine.materialize(touched)
    ids = engine.materialize(
        engine.sql(
            "select h.customer_id from h union select e.survivor_id from h join e on h.customer_id = e.customer_id",
            h=within(engine, history, touched), e=ended,
        )
    )  # fmt: skip
    holding = engine.sql("select record_id from h where valid_to is null", h=within(engine, history, ids))
    near = engine.materialize(engine.sql("select record_id from t union select record_id from o", t=touched, o=holding))
    rows = engine.sql(
        "select h.* from h left join n on h.record_id = n.record_id left join i on h.customer_id = i.customer_id "
        "where n.record_id is not null or i.customer_id is not null",
        h=history, n=near, i=ids,
    )  # fmt: skip
    return engine.materialize(rows), near


def _difference(engine: Engine, before: Table, now: Table) -> Change:
    listed = ", ".join(schema("crosswalk"))
    one_way = f"select {listed} from a except select {listed} from b"
    key = ", ".join(TABLES["crosswalk"].key)
    went = engine.sql(f"select {key} from d", d=engine.sql(one_way, a=before, b=now))
    return Change(engine.materialize(engine.sql(one_way, a=now, b=before)), engine.materialize(went))


def _offers(engine: Engine, brought: Table | None, *, present: Table, history: Table) -> Table:
    """What is brought and was never an id of ours, by cluster: cluster_id, brought_id, total (records that bring it), since, record_id (the first); ``main``: where it goes."""
    if brought is None:
        brought = engine.from_frame(pl.DataFrame(schema={"record_id": pl.String(), "brought_id": pl.String(), "since": pl.Date()}))
    return engine.sql(_OFFERS, brought=brought, present=present, history=history)


_RUN = """
select asked.run_id, greatest(asked.date, h.latest) as date
from asked
cross join (select max(greatest(valid_from, coalesce(valid_to, valid_from))) as latest from history) h
"""

_PRESENT = """
select r.record_id, r.dealer_id, r.source, r.source_key, r.role, coalesce(c.cluster_id, r.record_id) as cluster_id
from records r
left join clusters c on r.record_id = c.record_id
"""

# held: 1 where the row is valid now, 0 where it is the record's last closed one
_LAST = """
select record_id, customer_id, held
from (
    select record_id, customer_id, case when valid_to is null then 1 else 0 end as held,
        row_number() over (
            partition by record_id
            order by case when valid_to is null then 0 else 1 end, valid_to desc nulls last, valid_from desc nulls last,
                run_id desc nulls last, customer_id
        ) as place
    from history
) ranked
where place = 1
"""

_CLAIMS = """
select p.record_id, p.cluster_id, coalesce(e.survivor_id, l.customer_id) as old_id, l.held
from present p
join last l on p.record_id = l.record_id
left join ended e on l.customer_id = e.customer_id
"""

_HEIRS = """
select o.cluster_id, o.old_id, o.total,
    row_number() over (partition by o.cluster_id order by o.held desc, o.total desc, b.born, o.old_id) as place
from (
    select cluster_id, old_id, held, total, row_number() over (partition by old_id order by held desc, total desc, cluster_id) as place
    from (
        select cluster_id, old_id, cast(sum(held) as bigint) as held, count(*) as total
        from claims
        group by cluster_id, old_id
    ) overlap
) o
join (select customer_id, min(valid_from) as born from history group by customer_id) b on o.old_id = b.customer_id
where o.place = 1
"""

_OFFERS = """
select cluster_id, brought_id, total, since, record_id, row_number() over (partition by brought_id order by total desc, since nulls last, cluster_id) = 1 as main
from (
    select p.cluster_id, b.brought_id, count(*) as total, min(b.since) as since, min(b.record_id) as record_id
    from brought b
    join present p on b.record_id = p.record_id
    left join history h on b.brought_id = h.customer_id
    where h.customer_id is null
    group by p.cluster_id, b.brought_id
) o
"""

_KEPT = """
select cluster_id, brought_id as customer_id
from (
    select o.cluster_id, o.brought_id, row_number() over (partition by o.cluster_id order by o.total desc, o.since nulls last, o.brought_id) as place
    from offers o
    left join heirs h on o.cluster_id = h.cluster_id
    where o.main and h.cluster_id is null
) ranked
where place = 1
"""

# each beside the first record that brings it
_ALIASES = """
select o.brought_id as customer_id, n.customer_id as survivor_id, o.total, o.record_id
from offers o
join named n on o.cluster_id = n.cluster_id
where o.main and o.brought_id <> n.customer_id
"""

_SEEDS = """
select p.cluster_id, min(p.record_id) as seed
from present p
left join heirs h on p.cluster_id = h.cluster_id
left join kept k on p.cluster_id = k.cluster_id
where h.cluster_id is null and k.cluster_id is null
group by p.cluster_id
"""

_NAMED = """
select cluster_id, old_id as customer_id, false as new from heirs where place = 1
union all
select cluster_id, customer_id, true as new from kept
union all
select cluster_id, customer_id, true as new from minted
"""

_MERGED = """
select h.old_id as customer_id, n.customer_id as survivor_id, h.total
from heirs h
join named n on h.cluster_id = n.cluster_id
where h.place > 1
"""

_TARGET = """
select p.record_id, p.dealer_id, p.source, p.source_key, p.role, p.cluster_id, n.customer_id
from present p
join named n on p.cluster_id = n.cluster_id
"""

# A row that was opened and closed on this very date, and holds again, is opened again: its key must stay unique.
_CROSSWALK = """
select h.dealer_id, h.source, h.source_key, h.role, h.record_id, h.customer_id, h.valid_from,
    case
        when t.record_id is not null and (h.valid_to is null or h.valid_from = run.date) then null
        when h.valid_to is null then run.date
        else h.valid_to
    end as valid_to,
    case when t.record_id is not null and h.valid_to is not null and h.valid_from = run.date then run.run_id else h.run_id end as run_id,
    coalesce(h.merged_into, m.survivor_id) as merged_into
from history h
cross join run
left join target t on h.record_id = t.record_id and h.customer_id = t.customer_id
left join merged m on h.customer_id = m.customer_id
union all
select t.dealer_id, t.source, t.source_key, t.role, t.record_id, t.customer_id, run.date as valid_from,
    cast(null as date) as valid_to, run.run_id, cast(null as string) as merged_into
from target t
cross join run
left join history h on h.record_id = t.record_id and h.customer_id = t.customer_id and (h.valid_to is null or h.valid_from = run.date)
where h.record_id is null
union all
select t.dealer_id, t.source, t.source_key, t.role, t.record_id, a.customer_id, run.date as valid_from, run.date as valid_to, run.run_id,
    a.survivor_id as merged_into
from aliases a
join target t on a.record_id = t.record_id
cross join run
"""
