"""Who is asked by a campaign: target rule, exclusions, hold-out group, channels within the budget. Tests of a system are nobody.

The hold-out group is drawn by a hash of campaign and customer, so the same customer is on the same side whenever and wherever the list is
made, and independently of every other campaign. It is drawn from those whom the budget reaches: those with a high ``first``
field come first (nulls last), others by the hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from hashlib import blake2b

import polars as pl

from engine.contract import Engine, Table
from enrichment.campaigns.settings import FIELDS, Campaign, Condition

_LISTED = {
    "campaign": pl.String(), "customer_id": pl.String(), "draw": pl.Int64(), "place": pl.Float64(), "hold_out": pl.Boolean(),
    "channel": pl.String(), "cents": pl.Int64(), "dealer_id": pl.String(), "budget": pl.Int64(),
}  # fmt: skip


def campaign_lists(
    engine: Engine, *, customers: Table, profile: Table, reach: Table, before: Table | None, as_of: date, campaigns: Sequence[Campaign]
) -> Table:
    """Table ``campaign_lists``: the lists that ``before`` (this table of the version before) has, and those that begin now."""
    made = [] if before is None else engine.collect(engine.sql("select distinct campaign from b", b=before))["campaign"].to_list()
    begun = tuple(each for each in campaigns if each.start <= as_of and each.name not in made)
    fields = sorted(
        {"customer_id", "home_dealer_id", *(name for each in begun for name in _asked(each))} - {"best_channel", "contact_allowed"}
    )
    listed = ", ".join(f"{FIELDS[name]}.{name}" for name in fields)
    everybody = engine.sql(
        f"""
        select {listed}, r.best_channel, r.contact_allowed
        from c
        join r on c.customer_id = r.customer_id
        left join p on c.customer_id = p.customer_id
        where r.contact_allowed and r.best_channel is not null and (c.party is null or c.party <> 'test')
        """,
        c=customers,
        p=profile,
        r=reach,
    )
    targeted = engine.map_batches(everybody, partial(targets, campaigns=begun), _LISTED)
    asked = engine.from_frame(pl.DataFrame({"as_of": [as_of]}))
    new = engine.sql(_WITHIN, targeted=targeted, asked=asked)
    return new if before is None else engine.sql("select * from before union all select * from new_lists", before=before, new_lists=new)


_WITHIN = """
select campaign, customer_id, case when hold_out then 'hold_out' else 'contact' end as side, case when not hold_out then channel end as channel,
    case when hold_out then 0.0 else cast(cents as double) / 100.0 end as cost, dealer_id, as_of as listed_on
from (
    select t.*, asked.as_of,
        sum(t.cents) over (partition by t.campaign order by t.place desc nulls last, t.draw, t.customer_id
            rows between unbounded preceding and current row) as spent
    from targeted t
    cross join asked
) ordered
where spent <= budget
"""


def _asked(campaign: Campaign) -> set[str]:
    return {*campaign.target, *campaign.exclude, *([campaign.first] if campaign.first else [])}


def targets(frame: pl.DataFrame, *, campaigns: Sequence[Campaign]) -> pl.DataFrame:
    """Kernel: customers with the fields that the rules ask for to ``_LISTED``, before the budget.

    A channel that has no cost in the campaign is not used. ``cents`` of the hold-out group count as if they were spent, so that the budget
    cuts both sides at the same place.
    """
    parts = [pl.DataFrame(schema=_LISTED)]
    for each in campaigns:
        wanted = pl.all_horizontal(pl.lit(True), *(_meets(name, rule) for name, rule in each.target.items()))
        unwanted = pl.any_horizontal(pl.lit(False), *(_meets(name, rule) for name, rule in each.exclude.items()))
        found = frame.filter(wanted & ~unwanted & pl.col("best_channel").is_in(list(each.costs)))
        cents = {channel: round(cost * 100) for channel, cost in each.costs.items()}
        draw = pl.Series([drawn(each.name, customer) for customer in found["customer_id"]], dtype=pl.Int64())
        parts.append(
            found.select(
                "customer_id",
                campaign=pl.lit(each.name),
                draw=draw,
                place=pl.lit(None, pl.Float64()) if each.first is None else pl.col(each.first).cast(pl.Float64(), strict=False),
                hold_out=(draw % 10_000) < round(each.hold_out * 10_000),
                channel="best_channel",
                cents=pl.col("best_channel").replace_strict(list(cents), list(cents.values()), return_dtype=pl.Int64()),
                dealer_id="home_dealer_id",
                budget=pl.lit(round(each.budget * 100), pl.Int64()),
            ).select(*_LISTED)
        )
    return pl.concat(parts)


def drawn(campaign: str, customer_id: str) -> int:
    """A number below 2**40 that looks random and is always the same.

    >>> drawn("spring", "C1"), drawn("spring", "C1") == drawn("autumn", "C1")
    (229696132767, False)
    """
    return int.from_bytes(blake2b(f"{campaign}\0{customer_id}".encode(), digest_size=5).digest())


def _meets(name: str, rule: Condition) -> pl.Expr:
    column = pl.col(name)
    tests = [pl.lit(True)]
    if rule.known is not None:
        tests.append(column.is_not_null() if rule.known else column.is_null())
    if rule.at_least is not None:
        tests.append(column >= rule.at_least)
    if rule.at_most is not None:
        tests.append(column <= rule.at_most)
    if rule.one_of is not None:
        tests.append(column.cast(pl.String()).is_in(list(rule.one_of)))
    if rule.none_of is not None:
        tests.append(~column.cast(pl.String()).is_in(list(rule.none_of)))
    return pl.all_horizontal(tests).fill_null(value=False)
