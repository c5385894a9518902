"""From golden records and events to what we can tell about a customer."""

from __future__ import annotations

from datetime import date

from engine.contract import Engine, Table
from enrichment import profile as profiles
from enrichment.settings import load as load_settings
from pipelines import faults


def profile(engine: Engine, *, customers: Table, crosswalk: Table, events: Table, clean_records: Table, as_of: date) -> Table:
    """CUSTOMER_PROFILE as of a date."""
    result = profiles.profile(
        engine,
        customers=customers,
        crosswalk=crosswalk,
        events=events,
        clean_records=clean_records,
        as_of=as_of,
        settings=load_settings(),
    )
    faults.reach("enrich.profile")
    return result
