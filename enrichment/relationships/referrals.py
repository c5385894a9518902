"""Who brought whom: referrals that a row names, and the chains they make.

A row names who recommended where a remark, or a column no contract knows, says so in words of the settings (介绍人, 推荐人) with a mobile behind
them. The one customer who has that number is the referrer; a number that several have, or nobody, tells nothing. Of several referrals of a
customer the earliest counts. A chain goes back from referrer to referrer, at most ``longest_chain`` steps; a circle ends where it
would begin anew, whether or not the customer is part of it.
"""

from __future__ import annotations

from functools import partial

import polars as pl

from engine.contract import Engine, Table
from enrichment.relationships.settings import RelationshipSettings

_NAMED = {"record_id": pl.String(), "phone": pl.String()}


def referrals(
    engine: Engine, *, records: Table, members: Table, customers: Table, clean_records: Table, settings: RelationshipSettings
) -> Table:
    """Table ``referrals``; without a row where no source names a referrer."""
    texts = engine.sql(
        "select record_id, remark, extra from records where main and (remark is not null or extra is not null)", records=records
    )
    named = engine.map_batches(texts, partial(named_referrers, words=settings.referral_words), _NAMED)
    phones = engine.map_batches(
        engine.sql("select customer_id, phones from customers", customers=customers),
        _unfold,
        {"customer_id": pl.String(), "phone": pl.String()},
    )
    links = engine.materialize(engine.sql(_LINKS, named=named, phones=phones, members=members, clean_records=clean_records))
    chains = engine.sql(
        "select customer_id, referrer_id, referrer_id as top_id, 1 as depth, referral_date, concat('|', customer_id, '|', referrer_id, '|') as passed"
        " from links where referrer_id is not null",
        links=links,
    )
    for _ in range(settings.longest_chain - 1):
        if not engine.count(engine.sql(_GO_ON, chains=chains, links=links)):
            break
        chains = engine.materialize(engine.sql(_FURTHER, chains=chains, links=links))
    return engine.sql("select customer_id, referrer_id, top_id, cast(depth as bigint) as depth, referral_date from chains", chains=chains)


_LINKS = """
select customer_id, referrer_id, referral_date
from (
    select m.customer_id, p.referrer_id, r.event_date as referral_date,
        row_number() over (partition by m.customer_id order by r.event_date nulls last, p.referrer_id) as place
    from named n
    join members m on n.record_id = m.record_id
    join clean_records r on n.record_id = r.record_id
    join (select phone, min(customer_id) as referrer_id from phones group by phone having count(distinct customer_id) = 1) p on n.phone = p.phone
    where p.referrer_id <> m.customer_id
) ranked
where place = 1
"""

# a chain ends before whoever stands in it already
_GO_ON = """
select 1
from chains c
join links l on c.top_id = l.customer_id and position(concat('|', l.referrer_id, '|') in c.passed) = 0
"""

_FURTHER = """
select c.customer_id, c.referrer_id, coalesce(l.referrer_id, c.top_id) as top_id,
    case when l.referrer_id is null then c.depth else c.depth + 1 end as depth, c.referral_date,
    case when l.referrer_id is null then c.passed else concat(c.passed, l.referrer_id, '|') end as passed
from chains c
left join links l on c.top_id = l.customer_id and position(concat('|', l.referrer_id, '|') in c.passed) = 0
"""


def named_referrers(frame: pl.DataFrame, *, words: tuple[str, ...]) -> pl.DataFrame:
    """Kernel: ``record_id, remark, extra`` to ``record_id, phone`` (E.164) of those who name a referrer's mobile."""
    pattern = f"(?:{'|'.join(words)})[^0-9]{{0,24}}(?:\\+?86)?(1[3-9][0-9]{{9}})(?:[^0-9]|$)"
    found = pl.coalesce(pl.col("remark").str.extract(pattern), pl.col("extra").str.extract(pattern))
    return frame.select("record_id", phone="+86" + found).drop_nulls("phone")


def _unfold(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("phones").list.len() > 0).explode("phones").select("customer_id", phone="phones")
