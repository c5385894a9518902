"""From golden records and events to what we can tell about a customer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import polars as pl

from engine.contract import Engine, Table
from engine.tables import schema
from enrichment import profile as profiles
from enrichment.churn.save import save_list
from enrichment.churn.warning import early_warning
from enrichment.customer_file import CustomerFile
from enrichment.customer_file import customer_file as file_of
from enrichment.history import carried
from enrichment.members import numbered
from enrichment.relationships import build
from enrichment.segments import Segmented, segmented
from enrichment.settings import load as load_settings
from enrichment.value.visits import sources_seen, visits
from enrichment.value.worth import worth
from pipelines import faults
from pipelines.draft import Draft


@dataclass(frozen=True)
class Valued:
    """CUSTOMER_VALUE, VALUE_GRADES, VALUE_GROUPS, VALUE_MODELS, CUSTOMER_CHURN, CHURN_MODEL."""

    customer_value: Table
    value_grades: Table
    value_groups: Table
    value_models: Table
    customer_churn: Table
    churn_model: Table


def customer_file(engine: Engine, *, customers: Table, crosswalk: Table, clean_records: Table, events: Table, as_of: date) -> CustomerFile:
    """TIMELINE, CARS, COMPANY_PEOPLE as of a date, and what only this run reads."""
    return file_of(
        engine, customers=customers, crosswalk=crosswalk, clean_records=clean_records, events=events, as_of=as_of, settings=load_settings()
    )


def value(engine: Engine, draft: Draft, *, customers: Table, timeline: Table, conversations: Table) -> Valued:
    """What customers are worth and who is about to leave, as of the draft's date; grades with their history."""
    as_of, settings = draft.as_of, load_settings()
    known = numbered(engine, customers)
    came, seen = visits(engine, timeline=timeline, numbers=known), sources_seen(engine, timeline)
    with ThreadPoolExecutor(1, thread_name_prefix="churn") as beside:  # each has stretches in which one core waits: the other uses them
        warning = beside.submit(
            early_warning, engine, customers=known, visits=came, seen=seen, as_of=as_of, settings=settings.churn, version=settings.version
        )
        valued = worth(engine, customers=known, conversations=conversations, visits=came, seen=seen, as_of=as_of, settings=settings)
    warned = warning.result()
    columns = "customer_id, value_model, value_grade, value_score"
    grades = engine.sql(f"select {columns} from v where value_grade is not null", v=valued.customers)
    before = draft.previous_table(engine, "value_grades")
    history = carried(engine, before=before, now=grades, key=("customer_id",), told=("value_model", "value_grade"), as_of=as_of)
    models = _models(engine, "value_models", valued.fitted.measures(), as_of, settings.version)
    measures = warned.measures if warned.reason is None else {f"idle:{warned.reason}": 1.0}
    churn = _models(engine, "churn_model", {("churn", name): number for name, number in measures.items()}, as_of, settings.version)
    faults.reach("enrich.value")
    return Valued(valued.customers, history, valued.groups, models, warned.customers, churn)


def profile(
    engine: Engine,
    *,
    customers: Table,
    crosswalk: Table,
    clean_records: Table,
    cars: Table,
    shared_cars: Table,
    customer_value: Table,
    customer_churn: Table,
    as_of: date,
) -> Table:
    """CUSTOMER_PROFILE as of a date."""
    result = profiles.profile(
        engine,
        customers=customers,
        crosswalk=crosswalk,
        clean_records=clean_records,
        cars=cars,
        shared_cars=shared_cars,
        customer_value=customer_value,
        customer_churn=customer_churn,
        as_of=as_of,
        settings=load_settings(),
    )
    faults.reach("enrich.profile")
    return result


def segments(engine: Engine, draft: Draft, *, customer_profile: Table) -> Segmented:
    """SEGMENTS with their history, and SEGMENT_SIZES."""
    settings, before = load_settings(), draft.previous_table(engine, "segments")
    return segmented(
        engine,
        customer_profile=customer_profile,
        before=before,
        rules=settings.segments,
        as_of=draft.as_of,
        version=settings.version,
    )


def to_save(engine: Engine, *, customers: Table, customer_profile: Table, customer_churn: Table, as_of: date) -> Table:
    """SAVE_LIST as of a date."""
    settings = load_settings()
    return save_list(
        engine,
        customers=customers,
        customer_profile=customer_profile,
        customer_churn=customer_churn,
        as_of=as_of,
        settings=settings.churn,
        version=settings.version,
    )


def relationships(
    engine: Engine,
    *,
    customers: Table,
    crosswalk: Table,
    proofs: Table,
    seen_in_roles: Table,
    company_people: Table,
    records: Table,
    clean_records: Table,
    profile: Table,
) -> build.Relationships:
    """CAR_ROLES, CAR_TRANSFERS, FLEETS and REFERRALS."""
    return build.relationships(
        engine,
        customers=customers,
        crosswalk=crosswalk,
        proofs=proofs,
        seen_in_roles=seen_in_roles,
        company_people=company_people,
        records=records,
        clean_records=clean_records,
        profile=profile,
        settings=load_settings().relationships,
    )


def _models(engine: Engine, table: str, measures: dict[tuple[str, str], float], as_of: date, version: str) -> Table:
    rows = [
        {"model": model, "measure": measure, "value": number, "as_of": as_of, "version": version}
        for (model, measure), number in measures.items()
    ]
    return engine.from_frame(pl.DataFrame(rows, schema=schema(table)))
