"""Id churn: how much of what readers know by an id changed with a run. Counted against the published version, kept with the run.

The goal is nought: an id that changes costs whoever has stored it. Some change is right (two customers were one), none should be silent.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import polars as pl

from engine.changes import Change, within
from engine.contract import Engine, Table
from engine.tables import schema
from pipelines.draft import Draft

NOTE = "churn"
_SHARES = ("records_moved", "customers_merged", "customers_retired")


@dataclass(frozen=True)
class Churn:
    """Of records and customers in force before and, for records, now: how many, and how many of them changed."""

    records: int
    records_moved: int
    customers: int
    customers_merged: int
    customers_retired: int

    @property
    def shares(self) -> dict[str, float]:
        """Share of the records whose customer_id is another one, and of the customers that went into others or have no record any more."""
        of = {"records_moved": self.records, "customers_merged": self.customers, "customers_retired": self.customers}
        return {name: getattr(self, name) / of[name] if of[name] else 0.0 for name in _SHARES}

    def line(self) -> str:
        """For people.

        >>> Churn(200, 1, 50, 1, 0).line()
        '0.5 % of known records changed customer; 2 % of customers merged, 0 % retired'
        """
        moved, merged, retired = (f"{100 * share:.2g} %" for share in self.shares.values())
        return f"{moved} of known records changed customer; {merged} of customers merged, {retired} retired"


def measure(engine: Engine, *, before: Table, now: Table) -> Churn:
    """Compares two crosswalks."""
    query = """
        with o as (select record_id, customer_id from b where valid_to is null),
        n as (select record_id, customer_id from c where valid_to is null),
        kept as (select case when o.customer_id <> n.customer_id then 1 else 0 end as moved from o join n on n.record_id = o.record_id),
        gone as (
            select k.customer_id from (select distinct customer_id from o) k
            left join (select distinct customer_id from n) l on l.customer_id = k.customer_id where l.customer_id is null
        ),
        merged as (select distinct g.customer_id from gone g join c on c.customer_id = g.customer_id where c.merged_into is not null)
        select (select count(*) from kept) as records, (select coalesce(sum(moved), 0) from kept) as records_moved,
            (select count(distinct customer_id) from o) as customers, (select count(*) from merged) as customers_merged,
            (select count(*) from gone) - (select count(*) from merged) as customers_retired
    """
    row = engine.collect(engine.sql(query, b=before, c=now)).row(0, named=True)
    return Churn(**{name: int(value) for name, value in row.items()})


def measure_change(engine: Engine, *, before: Table, now: Table, change: Change) -> Churn:
    """The same where it is known what changed between the two: only the records and customers of those rows are compared."""
    was = engine.materialize(
        engine.sql("select record_id, customer_id from w where valid_to is null", w=within(engine, before, change.gone))
    )
    came = engine.sql("select record_id, customer_id from r where valid_to is null", r=change.rows)
    asked = engine.materialize(engine.sql("select distinct customer_id from w", w=was))
    theirs = engine.materialize(within(engine, engine.sql("select customer_id, valid_to, merged_into from c", c=now), asked))
    query = """
        with kept as (select case when w.customer_id <> n.customer_id then 1 else 0 end as moved from w join n on n.record_id = w.record_id),
        gone as (
            select a.customer_id from a left join (select distinct customer_id from t where valid_to is null) l on l.customer_id = a.customer_id
            where l.customer_id is null
        ),
        merged as (select distinct g.customer_id from gone g join t on t.customer_id = g.customer_id where t.merged_into is not null)
        select b.records - (select count(*) from w) + (select count(*) from kept) as records, (select coalesce(sum(moved), 0) from kept) as records_moved,
            b.customers, (select count(*) from merged) as customers_merged, (select count(*) from gone) - (select count(*) from merged) as customers_retired
        from (select count(*) as records, count(distinct customer_id) as customers from o where valid_to is null) b
    """
    row = engine.collect(engine.sql(query, w=was, n=came, a=asked, t=theirs, o=before)).row(0, named=True)
    return Churn(**{name: int(value) for name, value in row.items()})


def history(engine: Engine, draft: Draft, crosswalk: Table) -> Table | None:
    """Rows of QUALITY_HISTORY (table crosswalk, measures ``id_churn:…``, shares), and the counts noted in the draft; None at the first run."""
    before = draft.previous_table(engine, "crosswalk")
    if before is None:
        return None
    change = draft.change(engine, "crosswalk")
    found = (
        measure(engine, before=before, now=crosswalk)
        if change is None
        else measure_change(engine, before=before, now=crosswalk, change=change)
    )
    draft.note(NOTE, asdict(found))
    rows = [
        {
            "run_id": draft.run_id, "as_of": draft.as_of, "table": "crosswalk", "dealer_id": "", "source": "", "field": "",
            "dimension": "business", "measure": f"id_churn:{name}", "value": share,
        }
        for name, share in found.shares.items()
    ]  # fmt: skip
    return engine.from_frame(pl.DataFrame(rows, schema=schema("quality_history")))


def noted(draft: Draft) -> Churn | None:
    """What ``history`` noted; None at a first run."""
    kept = draft.noted(NOTE)
    return Churn(**kept) if isinstance(kept, dict) else None
