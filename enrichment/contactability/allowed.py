"""Who must not be contacted, and why. The first reason stands.

- ``opt_out``: an opt-out names the customer, or one of the customer's phones or e-mails (see ``enrichment.reach``);
- ``deceased``: a remark says that the customer has died (not where a word for a relative stands right before it), or a name cell does (王强（已故）);
- ``minor``: younger than ``youngest`` years by the birth date;
- ``complaint``: an open complaint of the last ``complaint_days`` days; until then nothing is offered.
"""

from __future__ import annotations

from datetime import date
from functools import partial

import polars as pl

from engine.contract import Engine, Table
from enrichment.contactability.settings import ReachSettings
from enrichment.reach import name_says

_NAMED = {"record_id": pl.String()}
_COMPLAINING = {"customer_id": pl.String(), "dealer_id": pl.String(), "event_date": pl.Date()}


def refusals(
    engine: Engine,
    *,
    members: Table,
    customers: Table,
    records: Table,
    clean_records: Table,
    conversations: Table,
    profile: Table,
    as_of: date,
    settings: ReachSettings,
) -> Table:
    """``customer_id, contact_reason, blocked_until``: one row per customer who must not be contacted; null: for good."""
    remarks = engine.sql("select record_id, remark from records where remark is not null", records=records)
    dead = engine.map_batches(remarks, partial(deceased, settings=settings), _NAMED)
    doubtful = engine.sql("select record_id, problems from clean_records where cardinality(problems) > 0", clean_records=clean_records)
    named_dead = engine.map_batches(doubtful, partial(name_says, what="deceased"), _NAMED)
    complaining = complaints(engine, conversations=conversations, as_of=as_of, settings=settings)
    born = pl.Series([as_of]).dt.offset_by(f"-{settings.youngest}y").item()
    asked = engine.from_frame(pl.DataFrame({"born": [born], "days": [settings.complaint_days]}))
    found = engine.sql(
        _REFUSING,
        members=members,
        customers=customers,
        profile=profile,
        dead=dead,
        named_dead=named_dead,
        complaining=complaining,
        asked=asked,
    )
    until = {"customer_id": pl.String(), "contact_reason": pl.String(), "blocked_until": pl.Date()}
    return engine.materialize(engine.map_batches(found, partial(_until, settings=settings), until))


def complaints(engine: Engine, *, conversations: Table, as_of: date, settings: ReachSettings) -> Table:
    """``customer_id, dealer_id, event_date`` of complaints that are open (see ``open_complaints``)."""
    made = engine.sql(_COMPLAINTS, conversations=conversations)
    return engine.map_batches(made, partial(open_complaints, as_of=as_of, settings=settings), _COMPLAINING)


_COMPLAINTS = "select customer_id, dealer_id, event_date, response from conversations where source = 'complaint'"

_REFUSING = """
select customer_id, place, since
from (
    select customer_id, place, since, row_number() over (partition by customer_id order by place, since desc nulls last) as first_of_all
    from (
        select customer_id, 1 as place, cast(null as date) as since from profile where not contact_allowed
        union all
        select m.customer_id, 2 as place, cast(null as date) as since
        from (select record_id from dead union select record_id from named_dead) d
        join members m on d.record_id = m.record_id
        union all
        select c.customer_id, 3 as place, c.birth_date as since from customers c cross join asked where c.birth_date > asked.born
        union all
        select customer_id, 4 as place, event_date as since from complaining
    ) reasons
) ranked
where first_of_all = 1
"""


def _until(frame: pl.DataFrame, *, settings: ReachSettings) -> pl.DataFrame:
    reasons = {1: "opt_out", 2: "deceased", 3: "minor", 4: "complaint"}
    return frame.select(
        "customer_id",
        contact_reason=pl.col("place").replace_strict(list(reasons), list(reasons.values()), return_dtype=pl.String()),
        blocked_until=pl.when(pl.col("place") == 3).then(pl.col("since").dt.offset_by(f"{settings.youngest}y"))
        .when(pl.col("place") == 4).then(pl.col("since").dt.offset_by(f"{settings.complaint_days}d")),
    )  # fmt: skip


def deceased(frame: pl.DataFrame, *, settings: ReachSettings) -> pl.DataFrame:
    """Kernel: ``record_id, remark`` to ``record_id`` of those whose remark says that the customer has died.

    >>> from enrichment.settings import load
    >>> deceased(pl.DataFrame({"record_id": ["a", "b"], "remark": ["客户已去世", "父亲去世，本人接听"]}), settings=load().reach)["record_id"].to_list()
    ['a']
    """
    words, others = "|".join(settings.deceased), "|".join(settings.relatives)
    said = pl.col("remark").str.contains(words)
    of_others = pl.col("remark").str.contains(f"(?:{others})[^，。,;；]{{0,4}}(?:{words})")
    customer = pl.col("remark").str.contains(f"(?:客户|车主|本人|机主)(?:不幸|于[^，。,;；]{{0,12}})?已?经?(?:{words})")
    return frame.filter(said & (customer | ~of_others)).select("record_id")


def open_complaints(frame: pl.DataFrame, *, as_of: date, settings: ReachSettings) -> pl.DataFrame:
    """Kernel: ``customer_id, dealer_id, event_date, response`` to the open ones of the last ``complaint_days``."""
    since = pl.lit(as_of).dt.offset_by(f"-{settings.complaint_days}d")
    return frame.filter(~closed(settings), pl.col("event_date") > since, pl.col("event_date") <= as_of).select(*_COMPLAINING)


def closed(settings: ReachSettings) -> pl.Expr:
    """Whether the ``response`` to a complaint says that it is over; without one it is open."""
    return pl.col("response").str.strip_chars().str.to_lowercase().is_in(list(settings.complaint_closed)).fill_null(value=False)
