"""Best prospects: open leads, scored by what those who bought had in common.

Learned from are leads of the last ``learn_months`` whose time to buy is over; bought means a sale within that time. Traits are what was known on
the day of the lead: channel, source, dealer; province, age, gender, kind of party and whether a number was given, from the lead's own row; how often
the customer had asked, whether a test drive or a car of ours was there before. Never the golden record: that knows more of those who bought. The model is tried on the latest ``held_back`` share of them, by date, and then fitted on
all. With fewer buyers than ``fewest_buyers`` the rules of the trade (``points``) stand in, and say so.

Scored are leads of the last ``fresh_days`` that are neither won nor lost. Who had a car of ours before is told as an owner, not as a new customer.
"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from engine.contract import Engine, Table
from enrichment.prospects.model import Model, first_decile_lift, fit
from enrichment.prospects.settings import ProspectSettings

TRAITS = ("channel", "source", "dealer", "province", "age", "gender", "party", "asked_before", "drove_before", "owner", "number")


def known_at_lead(engine: Engine, *, leads: Table, clean_records: Table, timeline: Table) -> Table:
    """``lead_id, customer_id, dealer_id, lead_date, stage, bought``, and the ``TRAITS`` as text, of each lead."""
    return engine.sql(_KNOWN, leads=leads, clean_records=clean_records, timeline=timeline)


_KNOWN = """
with drives as (
    select customer_id, min(event_date) as first_drive from timeline where source = 'test_drive' group by customer_id
),
own as (
    select row_id, province, gender, party, extract(year from birth_date) as born, mobile from clean_records where main and source in ('lead', 'web')
)
select l.lead_id, l.customer_id, l.dealer_id, l.lead_date, l.stage, l.sale_date is not null as bought, l.channel, l.source,
    l.dealer_id as dealer, r.province, cast(cast(floor((extract(year from l.lead_date) - r.born) / 10) * 10 as int) as string) as age, r.gender, r.party,
    case row_number() over (partition by l.customer_id order by l.lead_date, l.lead_id) when 1 then 'first' when 2 then 'second' else 'more' end as asked_before,
    case when d.first_drive < l.lead_date then 'yes' else 'no' end as drove_before,
    case when l.owner_before then 'yes' else 'no' end as owner,
    case when r.mobile is not null then 'yes' else 'no' end as number
from leads l
left join own r on l.lead_id = r.row_id
left join drives d on l.customer_id = d.customer_id
"""


def learned(known: pl.DataFrame, *, settings: ProspectSettings) -> tuple[Model | None, dict[str, object]]:
    """The model (None: too few buyers) of leads whose time is over, and what is told of it: see table ``prospect_model``."""
    told: dict[str, object] = {"learned_from": known.height, "buyers": int(known["bought"].sum()), "base_rate": known["bought"].mean()}
    if int(known["bought"].sum()) < settings.fewest_buyers:
        return None, {"method": "rules", "method_reason": "too_few_buyers", **told, "lift": None}
    ordered = known.sort("lead_date", "lead_id")
    cut = round(ordered.height * (1 - settings.held_back))
    early, late = ordered[:cut], ordered[cut:]
    tried = _fitted(early, settings)
    lift = first_decile_lift(tried.probability(late.select(TRAITS)), late["bought"])
    return _fitted(ordered, settings), {"method": "model", "method_reason": None, **told, "lift": lift}


def _fitted(known: pl.DataFrame, settings: ProspectSettings) -> Model:
    return fit(known.select(TRAITS), known["bought"], most_values=settings.most_values, ridge=settings.ridge)


def scored(open_leads: pl.DataFrame, *, model: Model | None, settings: ProspectSettings) -> pl.DataFrame:
    """``lead_id, customer_id, dealer_id, lead_date, score, probability, grade, reasons``: the best first.

    ``probability`` is null by rules. ``reasons``: the three traits that speak most for it.
    """
    if model is None:
        parts = open_leads.select(
            pl.col(name).replace_strict(list(points), list(points.values()), default=0.0, return_dtype=pl.Float64())
            for name, points in settings.points.items()
        )
        score, probability = parts.sum_horizontal(), pl.Series("probability", [None] * open_leads.height, dtype=pl.Float64())
    else:
        parts = model.parts(open_leads.select(TRAITS))
        probability = model.probability(open_leads.select(TRAITS))
        score = probability
    named = open_leads.with_columns(score.alias("score"), probability.alias("probability"), _reasons(open_leads, parts))
    ranked = named.sort("score", "lead_id", descending=[True, False]).with_columns(share=(pl.int_range(pl.len()) + 0.5) / pl.len())
    grade = pl.lit("C")
    for name, share in reversed(settings.grades.items()):
        grade = pl.when(pl.col("share") <= share).then(pl.lit(name)).otherwise(grade)
    return ranked.with_columns(grade=grade, probability=pl.col("probability").round(4), score=pl.col("score").round(4)).select(
        "lead_id", "customer_id", "dealer_id", "lead_date", "owner", "score", "probability", "grade", "reasons"
    )


def _reasons(traits: pl.DataFrame, parts: pl.DataFrame) -> pl.Series:
    """The three traits with the highest positive weight of each row: ``channel=车展|owner=yes``."""
    long = pl.concat(
        [
            pl.DataFrame(
                {"row": pl.int_range(traits.height, eager=True), "weight": parts[name], "said": f"{name}=" + traits[name].fill_null("none")}
            )
            for name in parts.columns
        ]
    )
    best = (
        long.filter(pl.col("weight") > 0)
        .sort("row", "weight", "said", descending=[False, True, False])
        .group_by("row", maintain_order=True)
        .agg(reasons=pl.col("said").head(3).str.join("|"))
    )
    every = pl.DataFrame({"row": pl.int_range(traits.height, eager=True)})
    return every.join(best, on="row", how="left", maintain_order="left")["reasons"]


def times(as_of: date, *, sale_days: int, settings: ProspectSettings) -> tuple[date, date, date]:
    """The first day that is learned from, the day from which on leads still have time, and the first day that is scored."""
    first: date = pl.Series([as_of]).dt.offset_by(f"-{settings.learn_months}mo").item()
    return first, as_of - timedelta(days=sale_days), as_of - timedelta(days=settings.fresh_days)
