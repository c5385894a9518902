"""Matching of dealers' records: ``clean_records`` in the shape that kinds read, and the model file that names the kinds.

A valid resident id or organization code belongs to one customer, and a person is never an organization: both are
exclusive. A passport or permit is an identifier like any other, for a person may have several. A title without any name (女士) is
what forms are filled with: it tells no gender. A test of a system is nobody, whatever car or phone it names: nothing of it is evidence.
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


_EVIDENCE = {
    "party": "party",
    "name": "name",
    "name__surname": "surname",
    "name__given": "given_name",
    "name__pinyin": "case when name is not null then name_pinyin end",
    "name__surname_pinyin": "case when name is null then name_pinyin end",
    "gender": "case when coalesce(name, surname, id_number) is not null or honorific is null then gender end",
    "phone": "phones",
    "email": "emails",
    "id_number": "case when id_type in ('resident_id', 'uscc') then id_number end",
    "other_id": "case when id_type not in ('resident_id', 'uscc') then id_number end",
    "birth_date": "case when birth_date is not null then replace(cast(birth_date as string), '-', '') end",
    **{name: name for name in ("vin", "plate", "address")},
    **{f"address__{name}": name for name in ("adcode", "road", "unit", "room")},
    # 522弄16号楼 is 522弄16号: behind a lane the number is the building's
    "address__road_no": "case when road_no like '%弄' and building is not null then concat(road_no, building, '号') else road_no end",
    "address__building": "case when road_no is null or road_no not like '%弄' then building end",
}


def features(engine: Engine, clean_records: Table) -> Table:
    """``clean_records`` (engine.tables) as a standardized table for ``spec()``; dealer, source, role and event_date ride along."""
    evidence = ", ".join(f"case when party = 'test' then null else {expression} end as {name}" for name, expression in _EVIDENCE.items())
    return engine.sql(f"select record_id, dealer_id, source, role, event_date, {evidence} from c", c=clean_records)


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
