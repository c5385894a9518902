"""Matching of dealers' records: ``clean_records`` in the shape that kinds read, and the model file that names the kinds.

A valid resident id or organization code belongs to one customer, and a person is never an organization: both are
exclusive. A passport or permit is an identifier like any other, for a person may have several. A title without any name (女士) is
what forms are filled with: it tells no gender.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import polars as pl

from engine.contract import Engine, Table
from matching.match import MatchResult, match
from matching.model import Model
from matching.spec import ModelSpec, parse


@cache
def spec() -> ModelSpec:
    """The packaged model file, matching/customers.yaml."""
    source = files("matching") / "customers.yaml"
    return parse(source.read_text(encoding="utf-8"), where="matching/customers.yaml")


def features(engine: Engine, clean_records: Table) -> Table:
    """``clean_records`` (engine.tables) as a standardized table for ``spec()``; dealer, source, role and event_date ride along."""
    return engine.sql(
        """
        select record_id, dealer_id, source, role, event_date, party,
            name, surname as name__surname, given_name as name__given, case when name is not null then name_pinyin end as name__pinyin,
            case when name is null then name_pinyin end as name__surname_pinyin,
            case when coalesce(name, surname, id_number) is null and honorific is not null then null else gender end as gender, phones as phone, emails as email,
            case when id_type in ('resident_id', 'uscc') then id_number end as id_number,
            case when id_type not in ('resident_id', 'uscc') then id_number end as other_id,
            case when birth_date is not null then replace(cast(birth_date as string), '-', '') end as birth_date,
            vin, plate, address, adcode as address__adcode, road as address__road, road_no as address__road_no,
            building as address__building, unit as address__unit, room as address__room
        from c
        """,
        c=clean_records,
    )


def match_customers(
    engine: Engine,
    clean_records: Table,
    *,
    model: Model | None = None,
    labels: pl.DataFrame | None = None,
    closed: Sequence[str] = (),
    keep: bool = False,
) -> MatchResult:
    """Edges and clusters of ``clean_records``; trains a model where none is given.

    ``labels``: what stewards have decided (``matching.labels``); ``closed``: records of locked customers; ``keep``: gives back as well what the next
    run needs to take only what changed (``matching.increment``).
    """
    return match(
        engine, features(engine, clean_records), model.spec if model else spec(), model=model, labels=labels, closed=closed, keep=keep
    )
