"""What stewards say of values: by the standards of cleansing, as rows beside the records of those customers whom it is about.

A decision about a value hangs on a record: it goes where the record goes, through merges and splits. Where the record is gone, it stays with
the customer who had it last. What it says is cleansed like any value; only the columns of its field are taken from it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from cleansing import records
from cleansing.reasons import REASONS
from engine.contract import Engine, Table
from engine.tables import schema
from matching import identity
from pipelines.draft import Draft
from pipelines.store.decisions import PREFER, VALUES, Decision, DecisionError, Decisions

_PLACE = ("province", "city", "district", "adcode", "town", "community", "road", "road_no", "estate", "building", "unit", "room")
FIELDS: dict[str, tuple[str, ...]] = {
    "name": ("name", "surname", "given_name", "party"),
    "gender": ("gender",),
    "birth_date": ("birth_date",),
    "id_number": ("id_number", "id_type", "birth_date", "gender", "party"),
    "phone": ("phones", "mobile"),
    "email": ("emails",),
    "address": ("address", *_PLACE, "postcode"),
    "vin": ("vin",),
    "plate": ("plate",),
}
"""Fields that a steward may say something of, and what of a clean record each is; the first is the value itself."""
DOUBTFUL = 10
"""Penalty of a reason from which a steward is asked to write the value otherwise; what costs less he may know better."""
AMBIGUOUS = ("date_ambiguous",)
SAID = {"customer_id": pl.String(), "decision": pl.Int64(), "prefers": pl.Boolean(), **schema("clean_records")}
"""Columns of ``said``."""


def in_force(draft: Draft, decisions: Decisions) -> list[Decision]:
    """The decisions that this run contains: none that was entered after it looked for them first."""
    number = draft.noted("decision")
    return decisions.in_force(number if isinstance(number, int) else None)


def standardized(field: str, written: str, *, as_of: dt.date) -> str:
    """A value in the form that the golden record has it in.

    Raises:
        DecisionError: cleansing cannot read it as that field, or doubts it; the message says why and leaves the value out.
    """
    if field not in FIELDS:
        message = f"a steward cannot say anything of {field!r}; of these: {', '.join(FIELDS)}"
        raise DecisionError(message)
    row = _cleansed([(field, written)], as_of=as_of).row(0, named=True)
    told = {each["reason"] for each in row["problems"] if field in each["field"].split("/") and not each["repaired"]}
    wrong = sorted(each for each in told if REASONS[each].penalty >= DOUBTFUL or each in AMBIGUOUS)
    value = row[FIELDS[field][0]]
    values = value if isinstance(value, list) else [value] if value is not None else []
    if wrong or not values:
        why = "; ".join(f"{REASONS[each].en} ({REASONS[each].zh}, {each})" for each in wrong or sorted(told))
        message = f"this is no {field} to go by: {why or 'nothing that can be read as one'}"
        raise DecisionError(message)
    if len(values) > 1:
        message = f"this is more than one {field}; decide of each by itself"
        raise DecisionError(message)
    return str(values[0])


def rows(decisions: Sequence[Decision], *, as_of: dt.date) -> pl.DataFrame:
    """Decisions about values as clean records: record_id ``decision:<number>``, source ``steward``, the columns of the field, the date of the decision.

    Returns:
        ``SAID`` without ``customer_id``.
    """
    said = [each for each in decisions if each.kind in VALUES]
    clean = _cleansed([(str(each.field), str(each.value)) for each in said], as_of=as_of)
    kept = [_of_field(name, dtype, said) for name, dtype in clean.schema.items()]
    return (
        clean.select(kept)
        .with_columns(
            record_id=pl.Series([each.source for each in said], dtype=pl.String),
            source=pl.lit("steward"),
            event_date=pl.Series([dt.date.fromisoformat(each.at[:10]) for each in said], dtype=pl.Date),
            decision=pl.Series([each.number for each in said], dtype=pl.Int64),
            prefers=pl.Series([each.kind == PREFER for each in said], dtype=pl.Boolean),
        )
        .select(name for name in SAID if name != "customer_id")
    )


def _of_field(name: str, dtype: pl.DataType, said: Sequence[Decision]) -> pl.Expr:
    """A column of clean records where it belongs to the decision's field; the value itself stays as it was entered, whatever the rules are by now."""
    belongs = pl.Series([name in FIELDS[str(each.field)] for each in said], dtype=pl.Boolean)
    own = [str(each.value) if name == FIELDS[str(each.field)][0] else None for each in said]
    entered: pl.Expr | pl.Series = pl.Series(own, dtype=pl.String)
    if dtype == pl.Date:
        entered = pl.Series([None if each is None else dt.date.fromisoformat(each) for each in own], dtype=pl.Date)
    elif isinstance(dtype, pl.List):
        if name not in {"phones", "emails"}:
            return pl.lit(None, dtype).alias(name)
        entered = pl.Series([None if each is None else [each] for each in own], dtype=dtype)
    elif dtype != pl.String:
        return pl.lit(None, dtype).alias(name)
    return pl.coalesce(entered, pl.when(belongs).then(name)).alias(name)


def holders(engine: Engine, *, crosswalk: Table, decisions: Sequence[Decision]) -> pl.DataFrame:
    """``decision`` (number) and ``customer_id`` of the customer in force whom each decision about a value is about."""
    anchors = pl.DataFrame(
        [(each.number, each.left_id) for each in decisions if each.kind in VALUES],
        schema={"decision": pl.Int64(), "record_id": pl.String()},
        orient="row",
    )
    held = identity.holders(engine, crosswalk=crosswalk, records=engine.from_frame(anchors.select("record_id")))
    return anchors.join(engine.collect(held, max_rows=anchors.height + 1), on="record_id").select("decision", "customer_id")


def said(engine: Engine, *, crosswalk: Table, decisions: Sequence[Decision], as_of: dt.date) -> Table | None:
    """``SAID``: what golden records hear of stewards; None where nothing is decided about values."""
    if not any(each.kind in VALUES for each in decisions):
        return None
    about = holders(engine, crosswalk=crosswalk, decisions=decisions)
    return engine.from_frame(rows(decisions, as_of=as_of).join(about, on="decision").select(*SAID))


def with_words(engine: Engine, clean_records: Table, decisions: Sequence[Decision], *, as_of: dt.date) -> Table:
    """CLEAN_RECORDS with the rows of decisions about values, for whoever looks up where a golden value came from."""
    if not any(each.kind in VALUES for each in decisions):
        return clean_records
    words = engine.from_frame(rows(decisions, as_of=as_of).select(*schema("clean_records")))
    columns = ", ".join(schema("clean_records"))
    return engine.sql(f"select {columns} from c union all select {columns} from w", c=clean_records, w=words)


def _cleansed(written: Sequence[tuple[str, str]], *, as_of: dt.date) -> pl.DataFrame:
    """CLEAN_RECORDS, a row a (field, text)."""
    empty = dict.fromkeys(schema("records"))
    frame = pl.DataFrame([{**empty, field: text} for field, text in written], schema=schema("records"), orient="row")
    return records.clean(frame, as_of=as_of)
