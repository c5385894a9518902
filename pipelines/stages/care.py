"""From the customer file to reach, the care calendar, the lead loop, campaigns and best prospects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from cleansing import dealers
from engine.contract import Engine, Table
from enrichment.calendar import tasks as of_tasks
from enrichment.campaigns import lists as listing
from enrichment.campaigns import results as resulting
from enrichment.contactability import allowed
from enrichment.contactability import build as contact
from enrichment.leads.calls import call_list as calls_of
from enrichment.leads.measures import loop_measures as measures_of
from enrichment.leads.stages import leads as leads_of
from enrichment.members import members
from enrichment.prospects import build as prospecting
from enrichment.settings import load as load_settings
from pipelines.draft import Draft


def reach(
    engine: Engine,
    *,
    customers: Table,
    crosswalk: Table,
    customer_values: Table,
    records: Table,
    clean_records: Table,
    timeline: Table,
    conversations: Table,
    profile: Table,
    as_of: date,
) -> Table:
    """CUSTOMER_REACH as of a date."""
    settings = load_settings()
    return contact.reach(
        engine,
        members=members(engine, crosswalk),
        customers=customers,
        values=customer_values,
        records=records,
        clean_records=clean_records,
        timeline=timeline,
        conversations=conversations,
        profile=profile,
        as_of=as_of,
        version=settings.version,
        settings=settings.reach,
    )


def care_tasks(engine: Engine, *, customers: Table, profile: Table, cars: Table, reach: Table, as_of: date) -> Table:
    """CARE_TASKS as of a date."""
    settings = load_settings()
    return of_tasks.tasks(
        engine,
        customers=customers,
        profile=profile,
        cars=cars,
        reach=reach,
        as_of=as_of,
        version=settings.version,
        settings=settings.calendar,
    )


@dataclass(frozen=True)
class LeadLoop:
    """Tables ``leads``, ``loop_measures``, ``call_list``."""

    leads: Table
    loop_measures: Table
    call_list: Table


def lead_loop(
    engine: Engine, *, customers: Table, conversations: Table, timeline: Table, care_tasks: Table, reach: Table, as_of: date
) -> LeadLoop:
    """LEADS, LOOP_MEASURES and CALL_LIST as of a date."""
    settings = load_settings()
    leads = leads_of(engine, timeline=timeline, reach=reach, as_of=as_of, settings=settings.leads)
    complaints = allowed.complaints(engine, conversations=conversations, as_of=as_of, settings=settings.reach)
    return LeadLoop(
        leads=leads,
        loop_measures=measures_of(engine, leads=leads, timeline=timeline, as_of=as_of, settings=settings.leads, reach=settings.reach),
        call_list=calls_of(
            engine,
            customers=customers,
            leads=leads,
            care_tasks=care_tasks,
            timeline=timeline,
            complaints=complaints,
            reach=reach,
            as_of=as_of,
            version=settings.version,
            settings=settings.leads,
        ),
    )


def campaign_lists(engine: Engine, draft: Draft, *, customers: Table, profile: Table, reach: Table) -> Table:
    """CAMPAIGN_LISTS: those that were made before stay, as far as their customers are there; those that begin now come."""
    before = draft.previous_table(engine, "campaign_lists")
    kept = before and engine.sql("select b.* from b join c on b.customer_id = c.customer_id", b=before, c=customers)
    return listing.campaign_lists(
        engine,
        customers=customers,
        profile=profile,
        reach=reach,
        before=kept,
        as_of=draft.as_of,
        campaigns=load_settings().campaigns.lists,
    )


def campaign_results(engine: Engine, *, conversations: Table, timeline: Table, lists: Table, as_of: date) -> Table:
    """CAMPAIGN_RESULTS as of a date."""
    return resulting.campaign_results(
        engine,
        lists=lists,
        timeline=timeline,
        conversations=conversations,
        as_of=as_of,
        settings=load_settings().campaigns,
    )


def prospects(
    engine: Engine,
    *,
    leads: Table,
    customers: Table,
    timeline: Table,
    reach: Table,
    cars: Table,
    clean_records: Table,
    as_of: date,
) -> prospecting.Prospects:
    """PROSPECTS and PROSPECT_MODEL as of a date."""
    settings = load_settings()
    return prospecting.prospects(
        engine,
        leads=leads,
        customers=customers,
        timeline=timeline,
        reach=reach,
        cars=cars,
        clean_records=clean_records,
        dealers=engine.from_frame(dealers.known()),
        as_of=as_of,
        version=settings.version,
        sale_days=settings.leads.sale_days,
        settings=settings.prospects,
    )


def flooded(engine: Engine, care_tasks: Table) -> int:
    """Number of customers and months with more planned tasks than the settings allow."""
    most = engine.from_frame(pl.DataFrame({"most": [load_settings().calendar.most_a_month]}))
    return engine.count(engine.sql(_FLOODED, care_tasks=care_tasks, most=most))


_FLOODED = """
select customer_id
from (
    select customer_id, extract(year from do_date) as y, extract(month from do_date) as m, count(*) as n
    from care_tasks
    where status = 'planned'
    group by customer_id, extract(year from do_date), extract(month from do_date)
) counted
cross join most
where n > most
"""
