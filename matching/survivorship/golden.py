"""The golden record: one row per customer, beside each value where it came from.

A relation brings each customer's current records together; a kernel decides all customers of a batch at once. Party comes first
(person or organization), then the number that fits it, then the rest, so that one customer is never half a company.

``score`` stays null here: quality is measured by the rule of single records, so that before and after can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial

import polars as pl

from engine.changes import within, without
from engine.contract import Engine, Table
from engine.tables import schema
from matching.survivorship import blocks, fuller, offers, shown, slips
from matching.survivorship.offers import OFFERED, TOLD
from matching.survivorship.pick import all_values, listed, pick, rank
from matching.survivorship.rules import Block, SurvivorshipRules
from matching.survivorship.steward import RULE, with_steward

_PLACE = {name: pl.String() for name in ("road", "road_no", "estate")}
_MERGED = {**schema("customers"), "every": pl.List(pl.Struct(shown.VALUE)), **_PLACE}
_OFFERED = {**_MERGED, "told": pl.List(pl.Struct(TOLD))}


@dataclass(frozen=True)
class Survived:
    """Tables ``customers`` and ``customer_values``.

    ``known``: the columns of customers with road, road_no and estate of the address, for whoever looks a customer up. ``told``: customer_id and
    ``offers.TOLD``, what became of each offer; None where nothing was offered.
    """

    customers: Table
    values: Table
    known: Table
    told: Table | None = None


def golden(engine: Engine, *, crosswalk: Table, clean_records: Table, as_of: date, rules: SurvivorshipRules) -> Table:
    """Table ``customers``: one row per customer with a current row in ``crosswalk``, without anything that a steward says. See ``survive``."""
    return survive(engine, crosswalk=crosswalk, clean_records=clean_records, as_of=as_of, rules=rules).customers


def survive(
    engine: Engine,
    *,
    crosswalk: Table,
    clean_records: Table,
    as_of: date,
    rules: SurvivorshipRules,
    said: Table | None = None,
    offered: Table | None = None,
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
        offered: what reference sources say: ``customer_id``, ``blocks.COLUMNS``, ``event_date`` and ``OFFERED``, one row for each customer, source and
            field, with values in the columns of the field only. As with ``said``, every customer has a record.
    """
    every = _Records(engine, clean_records, as_of, rules)
    if said is None or offered is not None:
        return every.merged(crosswalk, said=said, offered=offered)
    # those of whom a steward says something are made apart: to weigh his words costs nobody else anything
    current, about = (
        engine.sql("select * from c where valid_to is null", c=crosswalk),
        engine.sql("select distinct customer_id from s", s=said),
    )
    about = engine.materialize(about)
    others = every.merged(without(engine, current, about))
    theirs = every.merged(engine.materialize(within(engine, current, about)), said=said)
    both = (
        engine.sql("select * from o union all select * from t", o=getattr(others, name), t=getattr(theirs, name))
        for name in ("customers", "values", "known")
    )
    return Survived(*both)


@dataclass(frozen=True)
class _Records:
    """Of what golden records are made, and how; see ``survive``."""

    engine: Engine
    clean_records: Table
    as_of: date
    rules: SurvivorshipRules

    def merged(self, crosswalk: Table, *, said: Table | None = None, offered: Table | None = None) -> Survived:
        """Those of the customers with a current row in ``crosswalk``, all in one go."""
        engine = self.engine
        rows = self._rows(crosswalk, said, offered)
        made = engine.map_groups(rows, "customer_id", partial(merge_all, rules=self.rules), _MERGED if offered is None else _OFFERED)
        customers = engine.sql("select " + ", ".join(schema("customers")) + " from m", m=made)
        values = engine.map_batches(engine.sql("select customer_id, every from m", m=made), shown.unfold_values, schema("customer_values"))
        known = engine.sql("select " + ", ".join([*schema("customers"), *_PLACE]) + " from m", m=made)
        if offered is None:
            return Survived(customers, values, known)
        told = engine.sql("select customer_id, told from m", m=made)
        return Survived(customers, values, known, engine.map_batches(told, shown.unfold_told, {"customer_id": pl.String(), **TOLD}))

    def _rows(self, crosswalk: Table, said: Table | None, offered: Table | None) -> Table:
        """Records with customer_id, and behind them what else is told of the customers."""
        engine = self.engine
        columns = ", ".join(f"r.{column}" for column in blocks.COLUMNS)
        dated = "case when r.event_date <= asked.as_of then r.event_date end as event_date"
        none = (
            "" if offered is None else "".join(f", cast(null as {'bigint' if name == 'grade' else 'string'}) as {name}" for name in OFFERED)
        )
        query = (
            f"select x.customer_id, {columns}, {dated}, cast(0 as bigint) as decision, false as prefers{none}"
            " from crosswalk x join clean_records r on x.record_id = r.record_id cross join asked where x.valid_to is null"
        )
        tables = {
            "crosswalk": crosswalk,
            "clean_records": self.clean_records,
            "asked": engine.from_frame(pl.DataFrame({"as_of": [self.as_of]})),
        }
        if said is not None:
            query += f" union all select r.customer_id, {columns}, {dated}, r.decision, r.prefers{none} from said r cross join asked"
            tables["said"] = said
        if offered is not None:
            told = ", ".join(OFFERED)
            query += f" union all select r.customer_id, {columns}, r.event_date, cast(0 as bigint), false, {told} from offered r"
            tables["offered"] = offered
        return engine.sql(query, **tables)


def merge(frame: pl.DataFrame, *, rules: SurvivorshipRules) -> pl.DataFrame:
    """Kernel: see ``merge_all``; the columns of ``customers`` only."""
    return merge_all(frame, rules=rules).select(*schema("customers"))


def merge_all(frame: pl.DataFrame, *, rules: SurvivorshipRules) -> pl.DataFrame:
    """Kernel: the records of any number of customers to one golden record each.

    Args:
        frame: ``customer_id``, ``event_date`` and ``blocks.COLUMNS``, in any order of rows; ``decision`` and ``prefers`` where a steward says
            something, and ``OFFERED`` where reference sources offer something (see ``survive``). Every customer has a record.
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
        won["address"].select("customer_id", "province", "city", "district", "adcode", "address", "postcode", *_PLACE),
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
    return customer.with_columns(customer_id=names).select(*(_OFFERED if asked else _MERGED))


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
