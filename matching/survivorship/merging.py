"""The records of customers to golden records, all customers of a batch at once.

Party comes first (person or organization), then the number that fits it, then the rest, so that one customer is never half a company.

``score`` stays null here: quality is measured by the rule of single records, so that before and after can be compared.
"""

from __future__ import annotations

import polars as pl

from engine.tables import schema
from matching.survivorship import blocks, fuller, offers, shown, slips
from matching.survivorship.offers import TOLD
from matching.survivorship.pick import all_values, listed, pick, rank
from matching.survivorship.rules import Block, SurvivorshipRules
from matching.survivorship.steward import RULE, with_steward

PLACE = {name: pl.String() for name in ("road", "road_no", "estate")}
MERGED = {**schema("customers"), "every": pl.List(pl.Struct(shown.VALUE)), **PLACE}
OFFERED = {**MERGED, "told": pl.List(pl.Struct(TOLD))}
"""What ``merge_all`` gives, without and with offers."""


def merge(frame: pl.DataFrame, *, rules: SurvivorshipRules) -> pl.DataFrame:
    """Kernel: see ``merge_all``; the columns of ``customers`` only."""
    return merge_all(frame, rules=rules).select(*schema("customers"))


def merge_all(frame: pl.DataFrame, *, rules: SurvivorshipRules) -> pl.DataFrame:
    """Kernel: the records of any number of customers to one golden record each.

    Args:
        frame: ``customer_id``, ``event_date`` and ``blocks.COLUMNS``, in any order of rows; ``decision`` and ``prefers`` where a steward says
            something, and ``offers.OFFERED`` where reference sources offer something (see ``golden.survive``). Every customer has a record.
        rules: what decides.

    Returns:
        The columns of table ``customers``, sorted by customer_id; ``every``: the rows of ``customer_values`` as a list; road, road_no and estate of the
        address; with offers ``told``: what became of each, a list of ``offers.TOLD``.
    """
    frame, names = _numbered(blocks.prepare(with_steward(frame), rules))
    asked = offers.are_there(frame)
    frame, won, told = _who(frame, rules)
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
    offered = {block: offers.parted(rows, block) for block, rows in candidates.items()} if asked else {}
    candidates |= {block: parts.records for block, parts in offered.items()}
    candidates["address"] = fuller.as_good(candidates["address"], rules.of("address").order or ())
    candidates["phone"] = slips.doubt(candidates["phone"])
    ranked = {block: rank(rows, key="key", order=rules.of(block).order or ()) for block, rows in candidates.items()}
    won |= {block: pick(rows, key="key", order=rules.of(block).order or ()) for block, rows in ranked.items()}
    for field in ("birth_date", "gender"):
        won[field] = _with_identity(won[field], won["identity"], field)
    for block, parts in offered.items():
        adopted = offers.adopt(won[block], ranked[block], parts.offers)
        won[block], ranked[block] = adopted.won, pl.concat([ranked[block], adopted.taken])
        told += [parts.told, adopted.told]
    beside: list[pl.DataFrame] = []
    if asked:
        posted = offers.postcodes(won["address"], frame)
        won["address"] = posted.won
        beside = [posted.taken]
        told.append(posted.told)
    every = {block: all_values(ranked[block], won[block], key="key") for block in shown.SEVERAL}
    customer = _summary(offers.of_records(frame).filter(pl.col("decision") == 0))
    parts_ = (
        won["party"].select("customer_id", party="key"),
        won["name"].select("customer_id", "name", "surname", "given_name"),
        won["gender"].select("customer_id", "gender"),
        won["birth_date"].select("customer_id", "birth_date"),
        won["identity"].select("customer_id", "id_type", "id_number"),
        _mobiles(ranked["phone"], won["phone"]),
        listed(every["phone"], key="key", into="phones"),
        won["email"].select("customer_id", email="key"),
        listed(every["email"], key="key", into="emails"),
        won["address"].select("customer_id", "province", "city", "district", "adcode", "address", "postcode", *PLACE),
        listed(every["vin"], key="key", into="vins"),
        listed(every["plate"], key="key", into="plates"),
        shown.provenance(won, beside),
        shown.values(every),
        *((offers.every(frame, told),) if asked else ()),
    )
    for part in parts_:
        customer = customer.join(part, on="customer_id", how="left", maintain_order="left")
    lists = [
        pl.col(name).fill_null([]) for name in ("phones", "emails", "vins", "plates", "provenance", "every", *(["told"] if asked else []))
    ]
    customer = customer.with_columns(*lists, score=pl.lit(None, pl.Float64))
    return customer.with_columns(customer_id=names).select(*(OFFERED if asked else MERGED))


def _numbered(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Numbers instead of ids, in the same order, for sorting and joining: ``customer_id`` from 0, ``place`` of each record; and the ids."""
    frame = frame.sort("customer_id", "record_id")
    numbered = frame.with_columns(customer_id=pl.col("customer_id").rle_id(), place=pl.int_range(pl.len(), dtype=pl.UInt32))
    return numbered, frame["customer_id"].unique(maintain_order=True)


def _decide(
    candidates: pl.DataFrame, block: Block, rules: SurvivorshipRules, told: list[pl.DataFrame]
) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """The winners, and what is offered beside them; ``told`` gets what became of strikes."""
    parts = offers.parted(candidates, block) if offers.are_there(candidates) else None
    order = rules.of(block).order or ()
    ranked = rank(candidates if parts is None else parts.records, key="key", order=order)
    won = pick(ranked, key="key", order=order)
    if parts is None:
        return won, None
    if block == "party":
        return won, parts.offers
    adopted = offers.adopt(won, ranked, parts.offers)
    told += [parts.told, adopted.told]
    return adopted.won, None


def _who(frame: pl.DataFrame, rules: SurvivorshipRules) -> tuple[pl.DataFrame, dict[Block, pl.DataFrame], list[pl.DataFrame]]:
    """Party and number; the frame gets ``is_party`` and ``won_id`` beside each record. Last what became of offers."""
    told: list[pl.DataFrame] = []
    named, offered = _decide(blocks.party(frame), "party", rules, told)
    frame = frame.join(named.select("customer_id", is_party="key"), on="customer_id", how="left", maintain_order="left")
    identity, _ = _decide(blocks.identity(frame), "identity", rules, told)
    kind = pl.when(pl.col("id_type").is_in(blocks.ORGANIZATION_IDS)).then(pl.lit("organization")).otherwise(pl.lit("person"))
    by_number = identity.join(named, on="customer_id", how="anti").with_columns(
        key=kind, rule=pl.lit("from_id_number"), runner_up=pl.lit(None, pl.String)
    )
    party = pl.concat([named, by_number.select(named.columns)])
    if offered is not None:  # a name that is offered to nobody in particular says what he is
        open_ = offered.join(party, on="customer_id", how="anti")
        party = offers.adopt(party, party.clear().drop("rule", "runner_up"), open_).won
    frame = frame.drop("is_party").join(party.select("customer_id", is_party="key"), on="customer_id", how="left", maintain_order="left")
    frame = frame.join(identity.select("customer_id", won_id="key"), on="customer_id", how="left", maintain_order="left")
    return frame, {"party": party, "identity": identity}, told


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


def _mobiles(phones: pl.DataFrame, won: pl.DataFrame) -> pl.DataFrame:
    """The primary mobile: the primary number, or the best mobile where a landline is that (a steward, a reference source or the rules put it first)."""
    first = won.filter("is_mobile").select("customer_id", mobile="key")
    landline = won.filter(~pl.col("is_mobile"))
    if landline.is_empty():
        return first
    others = phones.filter("is_mobile").join(landline, on="customer_id", how="semi", maintain_order="left")
    return pl.concat([first, others.unique("customer_id", keep="first", maintain_order=True).select("customer_id", mobile="key")])
