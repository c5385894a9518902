"""To which dealer a prospect is handed: one near the customer who sells the brand that is asked for.

A dealer sells a brand if his sales of late say so. Where he is comes from the list of dealers; for one who is not listed, from where
most of his buyers live. The dealer who has the lead keeps it where he sells the brand and no other is nearer; among others as near, the
one who sold most of the brand gets it. Reasons:

- ``own``: the lead's dealer sells the brand, and nobody who does is nearer;
- ``city``, ``province``: another dealer of the customer's city (province) sells it, and the lead's dealer does not or is farther away;
- ``none_near``: nobody of the customer's province sells it, or it is not known where the customer lives: the lead stays.
"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from engine.contract import Engine, Table
from enrichment.prospects.settings import HandoverSettings

SELLER_SCHEMA = {
    "dealer_id": pl.String(),
    "brand": pl.String(),
    "sold": pl.Int64(),
    "province": pl.String(),
    "city": pl.String(),
}


def sellers(engine: Engine, *, clean_records: Table, listed: Table, as_of: date, settings: HandoverSettings) -> Table:
    """Columns ``SELLER_SCHEMA``: how many cars of each brand a dealer sold of late, and where he is; ``brand`` is null in the sum over all.

    Args:
        engine: runs the steps.
        clean_records: table ``clean_records``.
        listed: dealer_id, province, city of the dealers whose place is known.
        as_of: date of the computation.
        settings: see ``HandoverSettings``.
    """
    asked = engine.from_frame(
        pl.DataFrame(
            {"first_day": [as_of - timedelta(days=settings.sold_days)], "as_of": [as_of], "few": [settings.fewest_buyers], "most": [0.5]}
        )
    )
    return engine.materialize(engine.sql(_SELLERS, clean_records=clean_records, listed=listed, asked=asked))


def handed(engine: Engine, *, leads: Table, sellers: Table) -> Table:
    """``lead_id``, ``customer_id``, ``hand_over_to``, ``hand_over_reason`` of each lead.

    Args:
        engine: runs the steps.
        leads: lead_id, customer_id, dealer_id, brand, province, city (of the customer).
        sellers: columns ``SELLER_SCHEMA``.
    """
    ways = engine.materialize(engine.sql(_WAYS, leads=leads, sellers=sellers))
    return engine.sql(_HANDED, leads=leads, ways=ways)


_SELLERS = """
with cars as (
    select c.dealer_id, c.brand, c.vin, max(c.province) as province, max(c.city) as city
    from clean_records c
    cross join asked
    where c.source = 'sale' and c.vin is not null and c.event_date between asked.first_day and asked.as_of
    group by c.dealer_id, c.brand, c.vin
),
homes as (
    select dealer_id, province, city,
        row_number() over (partition by dealer_id order by buyers desc, province, city) as place, buyers, sum(buyers) over (partition by dealer_id) as of_all
    from (select dealer_id, province, city, count(*) as buyers from cars where city is not null group by dealer_id, province, city) counted
),
living as (
    select h.dealer_id, h.province, h.city from homes h cross join asked where h.place = 1 and h.buyers >= asked.few and h.buyers >= asked.most * h.of_all
),
sold as (
    select dealer_id, brand, count(*) as sold from cars where brand is not null group by dealer_id, brand
    union all
    select dealer_id, cast(null as string) as brand, count(*) as sold from cars group by dealer_id
)
select s.dealer_id, s.brand, s.sold, coalesce(l.province, b.province) as province, case when l.dealer_id is not null then l.city else b.city end as city
from sold s
left join listed l on l.dealer_id = s.dealer_id
left join living b on b.dealer_id = s.dealer_id
"""

_WAYS = """
select dealer_id, brand, province, city, hand_over_to, near
from (
    select k.dealer_id, k.brand, k.province, k.city, s.dealer_id as hand_over_to,
        case when s.city = k.city then 2 when s.province = k.province then 1 else 0 end as near,
        row_number() over (
            partition by k.dealer_id, k.brand, k.province, k.city
            order by case when s.city = k.city then 2 when s.province = k.province then 1 else 0 end desc,
                case when s.dealer_id = k.dealer_id then 0 else 1 end, s.sold desc, s.dealer_id
        ) as place
    from (select distinct dealer_id, brand, province, city from leads) k
    join sellers s on s.brand is not distinct from k.brand
) ranked
where place = 1
"""

_HANDED = """
select l.lead_id, l.customer_id,
    case when w.near > 0 then w.hand_over_to else l.dealer_id end as hand_over_to,
    case when w.near > 0 and w.hand_over_to = l.dealer_id then 'own' when w.near = 2 then 'city' when w.near = 1 then 'province'
        else 'none_near' end as hand_over_reason
from leads l
left join ways w on w.dealer_id is not distinct from l.dealer_id and w.brand is not distinct from l.brand
    and w.province is not distinct from l.province and w.city is not distinct from l.city
"""
