"""The tables ``prospects`` and ``prospect_model``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from engine.contract import Engine, Table
from engine.tables import schema
from enrichment.prospects.handover import handed, sellers
from enrichment.prospects.score import known_at_lead, learned, scored, times
from enrichment.prospects.settings import ProspectSettings

_MOST_SCORED = 3_000_000


@dataclass(frozen=True)
class Prospects:
    """Tables ``prospects`` and ``prospect_model``."""

    prospects: Table
    prospect_model: Table


def prospects(  # noqa: PLR0913  # eight tables, and a table stays a keyword
    engine: Engine,
    *,
    leads: Table,
    customers: Table,
    timeline: Table,
    reach: Table,
    cars: Table,
    clean_records: Table,
    dealers: Table,
    as_of: date,
    version: str,
    sale_days: int,
    settings: ProspectSettings,
) -> Prospects:
    """Open leads, the best first, and what the score was learned from.

    Args:
        engine: runs the steps.
        leads: table ``leads``.
        customers: table ``customers``.
        timeline: table ``timeline``.
        reach: table ``customer_reach``.
        cars: table ``cars``.
        clean_records: table ``clean_records``, for what the lead asks for and who sells it.
        dealers: dealer_id, province, city of the dealers whose place is known.
        as_of: date of the computation.
        version: of the definitions.
        sale_days: time in which a lead may end in a sale.
        settings: see ``ProspectSettings``.
    """
    known = engine.materialize(known_at_lead(engine, leads=leads, clean_records=clean_records, timeline=timeline))
    first, over, fresh = times(as_of, sale_days=sale_days, settings=settings)
    asked = engine.from_frame(pl.DataFrame({"first_day": [first], "over_day": [over], "fresh": [fresh], "most": [settings.most_learned]}))
    model, told = learned(engine.collect(engine.sql(_LEARNED, known=known, asked=asked)), settings=settings)
    open_leads = engine.collect(engine.sql(_OPEN, known=known, asked=asked), max_rows=_MOST_SCORED)
    ranked = engine.from_frame(scored(open_leads, model=model, settings=settings))
    row = {"as_of": as_of, "version": version, **told, "scored": open_leads.height}
    wanted = engine.materialize(engine.sql(_WANTED, clean_records=clean_records))
    selling = sellers(engine, clean_records=clean_records, listed=dealers, as_of=as_of, settings=settings.hand_over)
    placed = engine.sql(_PLACED, ranked=ranked, customers=customers, wanted=wanted)
    given = handed(engine, leads=engine.materialize(placed), sellers=selling)
    named = engine.from_frame(pl.DataFrame({"as_of": [as_of], "version": [version]}))
    return Prospects(
        engine.sql(_PROSPECTS, ranked=ranked, customers=customers, reach=reach, cars=cars, wanted=wanted, handed=given, named=named),
        engine.from_frame(pl.DataFrame([row], schema=schema("prospect_model"))),
    )


_LEARNED = """
select k.*
from (select known.*, row_number() over (order by lead_date desc, lead_id) as place from known cross join asked
    where lead_date >= first_day and lead_date < over_day) k
cross join asked
where k.place <= asked.most
"""

_OPEN = """
select k.*
from known k
cross join asked
where k.lead_date >= asked.fresh and k.stage not in ('won', 'lost')
"""

_WANTED = "select row_id, max(brand) as brand, max(model) as model from clean_records where source in ('lead', 'web') group by row_id"

_PLACED = """
select p.lead_id, p.customer_id, p.dealer_id, w.brand, c.province, c.city
from ranked p
join customers c on p.customer_id = c.customer_id
left join wanted w on p.lead_id = w.row_id
"""

_PROSPECTS = """
select p.lead_id, p.customer_id, p.dealer_id, p.lead_date, p.grade, p.score, p.probability, p.reasons, h.hand_over_to, h.hand_over_reason,
    p.owner = 'yes' as owner_before,
    r.phone, r.email, r.best_channel, r.contact_allowed, c.city, w.brand as wanted_brand, w.model as wanted_model,
    cast(null as string) as wanted_color, cast(null as double) as budget, cast(null as string) as time_to_buy,
    'no_source' as demand_reason, v.vin as current_vin, v.model as current_model, v.in_use_from as current_in_use_from, named.as_of, named.version
from ranked p
cross join named
join customers c on p.customer_id = c.customer_id
join handed h on p.lead_id = h.lead_id and p.customer_id = h.customer_id
left join reach r on p.customer_id = r.customer_id
left join wanted w on p.lead_id = w.row_id
left join (
    select customer_id, vin, model, in_use_from,
        row_number() over (partition by customer_id order by in_use_from desc nulls last, vin) as place
    from cars
) v on p.customer_id = v.customer_id and v.place = 1
"""
