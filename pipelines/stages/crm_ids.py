"""The ids that a maker's own CRM has for its customers: kept where a customer has none yet, aliases where he has.

They come as the key of records of source ``crm``. One that cannot be a customer_id is left, counted by reason and told: the record
itself is a record like any other.
"""

from __future__ import annotations

from functools import partial

import polars as pl

from engine.contract import Engine, Table

LONGEST = 64
REASONS = {
    "too_long": f"longer than {LONGEST} characters",
    "formula": "begins like a spreadsheet formula",
    "unprintable": "has characters that are no letters, digits, spaces or -_.:/#",
    "looks_like_ours": "has the form of an id of ours that was never given here",
}
_BROUGHT = {"record_id": pl.String(), "brought_id": pl.String(), "since": pl.Date(), "reason": pl.String()}
_OURS = "^C[A-Z2-7]{16}$"


def brought(engine: Engine, clean_records: Table, *, history: Table | None) -> tuple[Table, dict[str, int]]:
    """Ids that records bring with them (see ``matching.identity.resolve``), and how many are of no use, by reason.

    Args:
        engine: runs it.
        clean_records: table ``clean_records``.
        history: the crosswalk published last; at the first run even an id that looks like ours is kept: it may come from an earlier home.
    """
    query = """
        select record_id, source_key as brought_id, event_date as since from r
        where source = 'crm' and main and source_key is not null
    """
    judged = engine.map_batches(engine.sql(query, r=clean_records), partial(judge, first=history is None), _BROUGHT)
    if history is None:
        known = judged
    else:
        given = engine.sql("select distinct h.customer_id from h join j on h.customer_id = j.brought_id", h=history, j=judged)
        known = engine.sql(
            "select j.record_id, j.brought_id, j.since, case when g.customer_id is null or j.reason <> 'looks_like_ours' then j.reason end as reason"
            " from j left join g on g.customer_id = j.brought_id",
            j=judged, g=given,
        )  # fmt: skip
    known = engine.materialize(known)
    wrong = engine.collect(
        engine.sql("select reason, count(*) as n from k where reason is not null group by reason order by reason", k=known)
    )
    return engine.sql("select record_id, brought_id, since from k where reason is null", k=known), dict(wrong.iter_rows())


def judge(frame: pl.DataFrame, *, first: bool) -> pl.DataFrame:
    """Kernel: ids without the spaces around them, and the reason where one is of no use; one that is empty is none.

    >>> rows = pl.DataFrame({"record_id": ["a", "b", "c"], "brought_id": [" 8812 ", "=1+1", "  "], "since": [None] * 3}, schema_overrides={"since": pl.Date})
    >>> judge(rows, first=True).rows()
    [('a', '8812', None, None), ('b', '=1+1', None, 'formula')]
    """
    given = pl.col("brought_id")
    reason = (
        pl.when(given.str.len_chars() > LONGEST).then(pl.lit("too_long"))
        .when(given.str.contains(r"^[=+\-@]")).then(pl.lit("formula"))
        .when(~given.str.contains(r"^[\p{L}\p{N}_#][\p{L}\p{N} _.:/#\-]*$")).then(pl.lit("unprintable"))
        .when(pl.lit(not first) & given.str.contains(_OURS)).then(pl.lit("looks_like_ours"))
    )  # fmt: skip
    return frame.with_columns(given.str.strip_chars()).filter(given != "").with_columns(reason=reason).select(*_BROUGHT)


def told(wrong: dict[str, int]) -> str:
    """In one line, for people; empty where all are of use.

    >>> told({"formula": 2})
    '2 ids of the CRM are not kept: 2 begins like a spreadsheet formula'
    """
    if not wrong:
        return ""
    return f"{sum(wrong.values()):,} ids of the CRM are not kept: " + ", ".join(f"{n:,} {REASONS[reason]}" for reason, n in wrong.items())
