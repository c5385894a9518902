"""What dealers are asked to repair. An item is a record, a field and a reason; it opens, is due, and closes by itself.

An item closes when the record no longer has the problem (the next export corrected it) or is gone. A dealer has at most so many items open
at a time, the most useful first: by field (a phone before a plate), then the latest business, so that a list can be done in its time. Whatever
the run, the same state before and the same records give the same state after; running again on the same day changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType

import polars as pl

from engine.contract import Engine, Table
from engine.tables import WORKLIST
from quality_reports.reasons import about

ASKED: Mapping[str, int] = MappingProxyType(
    {"phone": 1, "name": 2, "id_number": 3, "vin": 4, "address": 5, "email": 6, "plate": 7, "birth_date": 8, "gender": 9}
)
"""Fields that a customer can be asked about, and how soon: 1 first."""
NOT_ASKED = frozenset({"stale", "old_format", "dictionary", "division"})
"""Classes of advice that no customer can help with."""

ITEM: dict[str, pl.DataType] = {
    "item_id": pl.String(),
    "dealer_id": pl.String(),
    "record_id": pl.String(),
    "field": pl.String(),
    "reason": pl.String(),
    "priority": pl.Int64(),
    "event_date": pl.Date(),
}


def items(frame: pl.DataFrame) -> pl.DataFrame:
    """Kernel: what could be asked of ``record_id``, ``dealer_id``, ``event_date``, ``problems``; rows of ``ITEM``."""
    found = (
        frame.filter(pl.col("problems").list.len() > 0)
        .explode("problems")
        .unnest("problems")
        .filter(~pl.col("repaired").fill_null(value=False), pl.col("field").is_in(list(ASKED)), pl.col("dealer_id").is_not_null())
        .unique(["record_id", "field", "reason"], maintain_order=True)
    )
    askable = [code for code in found["reason"].unique() if about(code).advice not in NOT_ASKED]
    found = found.filter(pl.col("reason").is_in(askable))
    named = [_item_id(*row) for row in found.select("record_id", "field", "reason").iter_rows()]
    return found.select(
        pl.Series("item_id", named, dtype=pl.String()),
        "dealer_id",
        "record_id",
        "field",
        "reason",
        pl.col("field").replace_strict(dict(ASKED), return_dtype=pl.Int64()).alias("priority"),
        "event_date",
    )


def _item_id(record_id: str, field: str, reason: str) -> str:
    return hashlib.sha256(f"{record_id}\x1f{field}\x1f{reason}".encode()).hexdigest()[:20]


def advance(engine: Engine, *, before: Table | None, clean_records: Table, as_of: date, days: int, most: int) -> Table:
    """WORKLIST after a run.

    Args:
        engine: where the tables live.
        before: WORKLIST of the version that the run builds upon; None at first.
        clean_records: CLEAN_RECORDS of the run.
        as_of: date of the run.
        days: until an item is due.
        most: items open at a time for a dealer.
    """
    now = engine.materialize(
        engine.map_batches(
            engine.sql("select record_id, dealer_id, event_date, problems from c where cardinality(problems) > 0", c=clean_records),
            items,
            ITEM,
        )
    )
    known = engine.from_frame(pl.DataFrame(schema=WORKLIST.schema)) if before is None else before
    columns = ", ".join(WORKLIST.schema)
    day, due = f"date '{as_of}'", f"date '{as_of + timedelta(days=days)}'"
    stays = engine.sql(
        f"""
        select b.item_id, b.dealer_id, b.record_id, b.field, b.reason, b.opened, b.due,
               case when b.closed is null and n.item_id is null then {day} else b.closed end as closed,
               case when b.closed is null and n.item_id is null then case when c.record_id is null then 'removed' else 'repaired' end
                    else b.closed_by end as closed_by
        from b left join n on n.item_id = b.item_id left join c on c.record_id = b.record_id
        """,
        b=known,
        n=now,
        c=engine.sql("select record_id from c", c=clean_records),
    )
    stays = engine.materialize(stays)
    opens = engine.sql(
        f"""
        select r.item_id, r.dealer_id, r.record_id, r.field, r.reason, {day} as opened, {due} as due, cast(null as date) as closed,
               cast(null as string) as closed_by
        from (
            select n.*, row_number() over (partition by n.dealer_id order by n.priority, n.event_date desc nulls last, n.item_id) as place
            from n left join (select item_id from s where closed is null or opened = {day}) k on k.item_id = n.item_id
            where k.item_id is null
        ) r left join (select dealer_id, count(*) as held from s where closed is null group by dealer_id) h on h.dealer_id = r.dealer_id
        where r.place <= {most} - coalesce(h.held, 0)
        """,
        n=now,
        s=stays,
    )
    return engine.sql(f"select {columns} from s union all select {columns} from o", s=stays, o=opens)


def scores(engine: Engine, worklist: Table, *, as_of: date) -> pl.DataFrame:
    """The scorecard: one row a dealer, whole numbers that add up.

    Returns:
        ``dealer_id``, ``open``, ``overdue`` (of them), ``closed``, ``in_time`` (of the closed), ``due_so_far``
        (items that are due or closed: what the closing rate is of).
    """
    day = f"date '{as_of}'"
    query = f"""
        select dealer_id, cast(sum(case when closed is null then 1 else 0 end) as bigint) as open,
               cast(sum(case when closed is null and due < {day} then 1 else 0 end) as bigint) as overdue,
               cast(sum(case when closed is not null then 1 else 0 end) as bigint) as closed,
               cast(sum(case when closed <= due then 1 else 0 end) as bigint) as in_time,
               cast(sum(case when closed is not null or due < {day} then 1 else 0 end) as bigint) as due_so_far
        from w group by dealer_id order by dealer_id
    """
    return engine.collect(engine.sql(query, w=worklist))
