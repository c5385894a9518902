"""From clean records to customers: who is the same person, under which id, and what is known of them."""

from __future__ import annotations

from datetime import date

from engine.contract import Engine, Table
from matching import customers as customer_matching
from matching import identity, survivorship
from matching.match import MatchResult
from matching.model import Model, load_model
from pipelines import faults
from pipelines.draft import Draft


def match(engine: Engine, draft: Draft, clean_records: Table) -> MatchResult:
    """Edges and clusters by the current model; without one, or in a full run, a model is trained first and kept."""
    model = None if draft.selection.full else _current_model(draft)
    result = customer_matching.match_customers(engine, clean_records, model=model)
    faults.reach("match.trained")
    if model is None:
        path = draft.home.models / f"{draft.run_id}.yaml"
        result.model.dump(path)
        draft.note("model", path.name)
    else:
        draft.note("model", draft.previous.model if draft.previous is not None else None)
    return result


def resolve(engine: Engine, draft: Draft, clusters: Table, clean_records: Table) -> tuple[Table, Table]:
    """CROSSWALK with its history and IDENTITY_EVENTS, the new ones behind the earlier ones."""
    resolution = identity.resolve(
        engine,
        clusters=clusters,
        records=clean_records,
        previous=draft.previous_table(engine, "crosswalk"),
        run_id=draft.run_id,
        as_of=draft.as_of,
        model_changed=draft.previous is not None and draft.previous.model != draft.noted("model"),
    )
    faults.reach("resolve.crosswalk")
    before = draft.previous_table(engine, "identity_events")
    if before is None:
        return resolution.crosswalk, resolution.identity_events
    both = engine.sql("select * from before union all select * from now", before=before, now=resolution.identity_events)
    return resolution.crosswalk, both


def golden(engine: Engine, *, crosswalk: Table, clean_records: Table, as_of: date) -> Table:
    """CUSTOMERS: one golden record for each id that is in force."""
    customers = survivorship.golden(engine, crosswalk=crosswalk, clean_records=clean_records, as_of=as_of, rules=survivorship.load_rules())
    faults.reach("resolve.golden")
    return customers


def _current_model(draft: Draft) -> Model | None:
    name = draft.previous.model if draft.previous is not None else None
    if name is None:
        return None
    return load_model(draft.home.models / name)
