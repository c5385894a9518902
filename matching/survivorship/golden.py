"""The golden record: one row per customer, beside each value where it came from.

A relation brings each customer's current records together; a kernel decides all customers of a batch at once. Party comes first
(person or organization), then the number that fits it, then the rest, so that one customer is never half a company.

``score`` stays null here: quality is measured by the rule of single records, so that before and after can be compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial

import polars as pl

from engine.contract import Engine, Table
from engine.tables import PROVENANCE, schema
from matching.survivorship import blocks
from matching.survivorship.pick import all_values, listed, pick, rank
from matching.survivorship.rules import Block, SurvivorshipRules
from matching.survivorship.steward import RULE, with_steward

_VALUE = {name: dtype for name, dtype in schema("customer_values").items() if name != "customer_id"}
_MERGED = {**schema("customers"), "every": pl.List(pl.Struct(_VALUE))}


@dataclass(frozen=True)
class Survived:
    """Tables ``customers`` and ``customer_values``."""

    customers: Table
    values: Table


def golden(engine: Engine, *, crosswalk: Table, clean_records: Table, as_of: date, rules: SurvivorshipRules) -> Table:
    """Table ``customers``: one row per customer with a current row in ``crosswalk``, without anything that a steward says. See ``survive``."""
    return survive(engine, crosswalk=crosswalk, clean_records=clean_records, as_of=as_of, rules=rules).customers


def survive(
    engine: Engine, *, crosswalk: Table, clean_records: Table, as_of: date, rules: SurvivorshipRules, said: Table | None = None
) -> Survived:
    """One golden record per customer with a current row in ``crosswalk``, and all values of its fields that have several.

    Args:
        engine: runs the relation and the kernel.
        crosswalk: table ``crosswalk``; rows that ended do not count.
        clean_records: table ``clean_records``.
        as_of: dates after it count as unknown.
        rules: see ``load_rules``.
        said: what stewards say: ``customer_id``, ``decision`` (number), ``prefers`` (Boolean) and the columns of ``clean_records``, of which those
            of its field have a value. Rows of a customer without a current row must not be there.
    """
    asked = engine.from_frame(pl.DataFrame({"as_of": [as_of]}))
    columns = ", ".join(f"r.{column}" for column in blocks.COLUMNS)
    dated = "case when r.event_date <= asked.as_of then r.event_date end as event_date"
    query = (
        f"select x.customer_id, {columns}, {dated}, cast(0 as bigint) as decision, false as prefers"
        " from crosswalk x join clean_records r on x.record_id = r.record_id cross join asked where x.valid_to is null"
    )
    tables = {"crosswalk": crosswalk, "clean_records": clean_records, "asked": asked}
    if said is not None:
        query += f" union all select r.customer_id, {columns}, {dated}, r.decision, r.prefers from said r cross join asked"
        tables["said"] = said
    merged = engine.map_groups(engine.sql(query, **tables), "customer_id", partial(merge_all, rules=rules), _MERGED)
    customers = engine.sql("select " + ", ".join(schema("customers")) + " from m", m=merged)
    values = engine.map_batches(engine.sql("select customer_id, every from m", m=merged), _unfold, schema("customer_values"))
    return Survived(customers, values)


def merge(frame: pl.DataFrame, *, rules: SurvivorshipRules) -> pl.DataFrame:
    """Kernel: see ``merge_all``; without the column ``every``."""
    return merge_all(frame, rules=rules).drop("every")


def merge_all(frame: pl.DataFrame, *, rules: SurvivorshipRules) -> pl.DataFrame:
    """Kernel: the records of any number of customers to one golden record each.

    Args:
        frame: ``customer_id``, ``event_date`` and ``blocks.COLUMNS``, in any order of rows; ``decision`` and ``prefers`` where a steward says
            something (see ``survive``). Every customer has a record.
        rules: what decides.

    Returns:
        The columns of table ``customers``, sorted by customer_id, and ``every``: the rows of ``customer_values`` as a list.
    """
    frame = with_steward(frame)
    about = frame.filter(pl.col("decision") > 0).select("customer_id").unique()
    if about.is_empty():
        return _merged(frame, rules)
    # those of whom a steward says something by themselves: to weigh his words costs nobody else anything
    ways = [frame.join(about, on="customer_id", how=how) for how in ("anti", "semi")]
    return pl.concat([_merged(rows, rules) for rows in ways if rows.height]).sort("customer_id")


def _merged(frame: pl.DataFrame, rules: SurvivorshipRules) -> pl.DataFrame:
    frame, names = _numbered(blocks.prepare(frame, rules))
    frame, won = _who(frame, rules)
    candidates: dict[Block, pl.DataFrame] = {
        "name": blocks.name(frame),
        "birth_date": blocks.trait(frame, "birth_date"),
        "gender": blocks.trait(frame, "gender"),
        "phone": blocks.phone(frame),
        "email": blocks.email(frame),
        "address": blocks.address(frame),
        "vin": blocks.car(frame, "vin", rules),
        "plate": blocks.car(frame, "plate", rules),
    }
    ranked = {block: rank(rows, key="key", order=rules.of(block).order or ()) for block, rows in candidates.items()}
    won |= {block: pick(rows, key="key", order=rules.of(block).order or ()) for block, rows in ranked.items()}
    every = {block: all_values(ranked[block], won[block], key="key") for block in _SEVERAL}
    for field in ("birth_date", "gender"):
        won[field] = _with_identity(won[field], won["identity"], field)
    customer = _summary(frame.filter(pl.col("decision") == 0))
    parts = (
        won["party"].select("customer_id", party="key"),
        won["name"].select("customer_id", "name", "surname", "given_name"),
        won["gender"].select("customer_id", "gender"),
        won["birth_date"].select("customer_id", "birth_date"),
        won["identity"].select("customer_id", "id_type", "id_number"),
        _mobiles(ranked["phone"], won["phone"]),
        listed(every["phone"], key="key", into="phones"),
        won["email"].select("customer_id", email="key"),
        listed(every["email"], key="key", into="emails"),
        won["address"].select("customer_id", "province", "city", "district", "adcode", "address", "postcode"),
        listed(every["vin"], key="key", into="vins"),
        listed(every["plate"], key="key", into="plates"),
        _provenance(won),
        _every(every),
    )
    for part in parts:
        customer = customer.join(part, on="customer_id", how="left", maintain_order="left")
    lists = [pl.col(name).fill_null([]) for name in ("phones", "emails", "vins", "plates", "provenance", "every")]
    customer = customer.with_columns(*lists, score=pl.lit(None, pl.Float64))
    return customer.with_columns(customer_id=names).select(*_MERGED)


def _numbered(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Numbers instead of ids, in the same order, for sorting and joining: ``customer_id`` from 0, ``place`` of each record; and the ids."""
    frame = frame.sort("customer_id", "record_id")
    numbered = frame.with_columns(customer_id=pl.col("customer_id").rle_id(), place=pl.int_range(pl.len(), dtype=pl.UInt32))
    return numbered, frame["customer_id"].unique(maintain_order=True)


def _decide(candidates: pl.DataFrame, block: Block, rules: SurvivorshipRules) -> pl.DataFrame:
    order = rules.of(block).order or ()
    return pick(rank(candidates, key="key", order=order), key="key", order=order)


def _who(frame: pl.DataFrame, rules: SurvivorshipRules) -> tuple[pl.DataFrame, dict[Block, pl.DataFrame]]:
    """Party and number; the frame gets ``is_party`` and ``won_id`` beside each record."""
    named = _decide(blocks.party(frame), "party", rules)
    frame = frame.join(named.select("customer_id", is_party="key"), on="customer_id", how="left", maintain_order="left")
    identity = _decide(blocks.identity(frame), "identity", rules)
    kind = pl.when(pl.col("id_type").is_in(blocks.ORGANIZATION_IDS)).then(pl.lit("organization")).otherwise(pl.lit("person"))
    by_number = identity.join(named, on="customer_id", how="anti").with_columns(
        key=kind, rule=pl.lit("from_id_number"), runner_up=pl.lit(None, pl.String)
    )
    party = pl.concat([named, by_number.select(named.columns)])
    frame = frame.drop("is_party").join(party.select("customer_id", is_party="key"), on="customer_id", how="left", maintain_order="left")
    frame = frame.join(identity.select("customer_id", won_id="key"), on="customer_id", how="left", maintain_order="left")
    return frame, {"party": party, "identity": identity}


def _with_identity(picked: pl.DataFrame, identity: pl.DataFrame, field: Block) -> pl.DataFrame:
    """What the surviving number (or its record) says of ``field`` stands before what others say, but for a steward who spoke later."""
    said = picked.filter(pl.col("rule") == RULE).select("customer_id", later="steward")
    of_number = (
        identity.join(said, on="customer_id", how="left", maintain_order="left")
        .filter(pl.col(field).is_not_null() & (pl.col("later").fill_null(0) <= pl.col("steward")))
        .with_columns(
            key=pl.col(field).cast(pl.String),
            rule=pl.when("in_number").then(pl.lit("from_id_number")).otherwise(pl.lit("with_id_number")),
        )
    )
    others = picked.select("customer_id", said="key", other="runner_up")
    runner_up = pl.when(pl.col("said") != pl.col("key")).then("said").otherwise("other")
    of_number = of_number.join(others, on="customer_id", how="left", maintain_order="left").with_columns(
        runner_up=pl.when(runner_up != pl.col("key")).then(runner_up)
    )
    return pl.concat([picked.join(of_number, on="customer_id", how="anti"), of_number.select(picked.columns)])


def _summary(frame: pl.DataFrame) -> pl.DataFrame:
    """Counts and dates; the home dealer is that of the latest event, ties to the one with more records, then by name."""
    dated = frame.with_columns(at_dealer=pl.len().over("customer_id", "dealer_id"))
    best = ["recency", "at_dealer", "dealer_id"]
    return (
        dated.sort("customer_id", *best, descending=[False, True, True, False])
        .group_by("customer_id", maintain_order=True)
        .agg(
            home_dealer_id=pl.col("dealer_id").first(),
            records=pl.len().cast(pl.Int64),
            dealers=pl.col("dealer_id").n_unique().cast(pl.Int64),
            first_seen=pl.col("date").min(),
            last_seen=pl.col("date").max(),
        )
    )


_SEVERAL: tuple[Block, ...] = ("phone", "email", "address", "vin", "plate")
"""Of these a customer keeps all values."""


def _mobiles(phones: pl.DataFrame, won: pl.DataFrame) -> pl.DataFrame:
    """The primary mobile: the primary number, or the best mobile where a steward puts a landline first."""
    landline = won.filter(~pl.col("is_mobile") & (pl.col("steward") > 0))
    first = won.filter("is_mobile").select("customer_id", mobile="key")
    if landline.is_empty():
        return first
    others = phones.filter("is_mobile").join(landline, on="customer_id", how="semi", maintain_order="left")
    return pl.concat([first, others.unique("customer_id", keep="first", maintain_order=True).select("customer_id", mobile="key")])


def _every(values: Mapping[Block, pl.DataFrame]) -> pl.DataFrame:
    """The rows of ``customer_values`` of each customer in a list."""
    rows = [
        frame.select(
            "customer_id",
            pl.struct(
                pl.lit(block).alias("field"), pl.col("key").alias("value"), "primary", "valid", "first_seen", "last_seen", "records",
                pl.col("record_id").alias("source_record_id"), "rule", pl.when(pl.col("steward") > 0).then("steward").alias("decision"),
            ).alias("every"),
        )
        for block, frame in values.items()
    ]  # fmt: skip
    return pl.concat(rows).group_by("customer_id", maintain_order=True).agg(pl.col("every").cast(pl.Struct(_VALUE)))


def _unfold(frame: pl.DataFrame) -> pl.DataFrame:
    """Kernel: one row for each value."""
    return frame.filter(pl.col("every").list.len() > 0).explode("every").unnest("every").select(*schema("customer_values"))


_SHOWN: Mapping[Block, str] = {
    "party": "party", "name": "name", "gender": "gender", "birth_date": "birth_date", "identity": "id_number", "phone": "phones",
    "email": "email", "address": "address", "vin": "vins", "plate": "plates",
}  # fmt: skip
"""The column of ``customers`` under which a block's provenance stands (a phone that is a mobile: ``mobile``)."""


def _provenance(won: Mapping[Block, pl.DataFrame]) -> pl.DataFrame:
    entries = []
    for place, (block, field) in enumerate(_SHOWN.items()):
        shown = pl.when("is_mobile").then(pl.lit("mobile")).otherwise(pl.lit(field)) if block == "phone" else pl.lit(field)
        entries.append(
            won[block].select(
                "customer_id", pl.struct(shown.alias("field"), "record_id", "rule", "date", "runner_up").alias("entry"), place=place
            )
        )
    return (
        pl.concat(entries)
        .sort("customer_id", "place")
        .group_by("customer_id", maintain_order=True)
        .agg(provenance=pl.col("entry").cast(PROVENANCE.inner))
    )
