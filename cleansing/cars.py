"""Contradictions between the records of one car (one valid VIN): which no record shows by itself.

- ``service_before_sale`` (event_date/vin): the car was serviced more than 30 days before the first sale of it that is known.
  Inspections, fitted accessories and insurance come before a delivery, and are left out, as are sales of used cars.
- ``mileage_decreased`` (mileage/vin): its mileage goes down. In the order of days the fewest readings are named whose
  removal makes the others rise; of two that contradict each other it is the later one. 100 km are rounding.
- ``owner_sale_mismatch`` (name/vin): the owner named there is nobody who bought it or was its owner in any sale of it that is known.
  Names are compared by their reading, so that 张玮 and 张伟 are one. Cars change hands: a weak sign.

They are found over the cleansed tables, after all records are cleansed, for a new record may contradict an old one; then
:func:`amend` writes them into the problems and scores of the records. A run does so for all records, so that what was told of a
car earlier goes when it no longer holds.

>>> outliers([8_000, 15_000, 9_000, 21_000])
[2]
>>> outliers([8_000, 150_000, 21_000, 30_000])
[1]
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import polars as pl

from cleansing import scores
from cleansing.reasons import REASONS
from engine.contract import Engine, Table
from engine.tables import PROBLEMS, schema

REASON_CODES = ("service_before_sale", "mileage_decreased", "owner_sale_mismatch")
FOUND = {"record_id": pl.String(), "found": PROBLEMS}
SERVICED = ("maintenance", "repair", "accident", "warranty", "recall", "service")
"""Kinds of a service order that a car has only after its delivery."""
DAYS_BEFORE = 30
ROUNDING_KM = 100
OWNING = ("owner", "buyer", "customer")
"""Roles of a sale whose names are owners' names."""

_ROWS = """
    select vin, record_id, source, role, event_date, party, name, given_name, name_pinyin, kind, mileage
    from (
        select c.vin, c.record_id, c.source, c.role, c.event_date, c.party, c.name, c.given_name, c.name_pinyin, e.mileage,
            case when u.record_id is not null then 'used_sale' else e.kind end as kind, count(*) over (partition by c.vin) as together
        from clean_records c left join events e on e.record_id = c.record_id left join used u on u.record_id = c.record_id
        where c.vin is not null and (c.main or c.source = 'sale')
    ) rows_of_cars
    where together > 1
"""
_USED = "select record_id from records where source = 'sale' and event_kind like '%二手%'"
_TOUCHED = """
    select c.*, f.found from clean_records c left join found f on f.record_id = c.record_id
    where f.record_id is not null or c.score_consistency < 100
"""
_UNTOUCHED = """
    select c.* from clean_records c left join found f on f.record_id = c.record_id
    where f.record_id is null and (c.score_consistency >= 100 or c.score_consistency is null)
"""


def contradict(engine: Engine, *, records: Table, clean_records: Table, events: Table) -> Table:
    """CLEAN_RECORDS with what the records of each car say of each other, in problems and scores.

    Args:
        engine: where the tables are.
        records: RECORDS, which tell used cars' sales from new ones'.
        clean_records: CLEAN_RECORDS, with or without the contradictions of an earlier run.
        events: EVENTS of the same records.
    """
    rows = engine.sql(_ROWS, clean_records=clean_records, events=events, used=engine.sql(_USED, records=records))
    found = engine.map_groups(rows, "vin", problems, FOUND)
    touched = engine.sql(_TOUCHED, clean_records=clean_records, found=found)
    amended = engine.map_batches(touched, amend, schema("clean_records"))
    untouched = engine.sql(_UNTOUCHED, clean_records=clean_records, found=found)
    return engine.sql("select * from untouched union all select * from amended", untouched=untouched, amended=amended)


def problems(rows: pl.DataFrame) -> pl.DataFrame:
    """The problems of each record that contradicts another one of its car: ``FOUND``. A kernel over whole cars.

    Args:
        rows: vin, record_id, source, role, event_date (Date), party, name, given_name, name_pinyin, kind (of the event; used_sale
            for a used car's sale; null where the record has none), mileage (Int64, km).
    """
    known = rows.with_columns(reading=pl.coalesce("name_pinyin", pl.col("name").str.to_lowercase()))
    told = pl.concat([_service_before_sale(known), _mileage_decreased(known), _owner_sale_mismatch(known)])
    return (
        told.sort("record_id", "reason")
        .group_by("record_id", maintain_order=True)
        .agg(found=pl.struct("field", "reason", "value", repaired=pl.lit(value=False)))
        .cast(FOUND)  # type: ignore[arg-type]  # a dict of types is what cast takes
    )


def amend(frame: pl.DataFrame) -> pl.DataFrame:
    """CLEAN_RECORDS rows with ``found`` (null where nothing contradicts) in their problems and scores. A kernel.

    What an earlier run found is taken out first: adding and taking out move each score by the same tenths.
    """
    weights = scores.current()
    share = weights.dimensions["consistency"] / sum(weights.dimensions.values())
    lost = {code: weights.penalty(code) for code, reason in REASONS.items() if reason.dimension == "consistency"}

    def consistency(listed: str) -> pl.Expr:
        reasons = pl.col(listed).list.eval(pl.element().struct.field("reason").replace_strict(lost, default=0, return_dtype=pl.Int64))
        return (100 - reasons.list.sum()).clip(lower_bound=0)

    inside = pl.col("problems").list.eval(pl.element().filter(~pl.element().struct.field("reason").is_in(list(REASON_CODES))))
    joined = frame.with_columns(inside=inside).with_columns(
        now=pl.when(pl.col("found").is_null()).then("inside").otherwise(pl.concat_list("inside", pl.col("found").fill_null([])))
    )
    changed = joined.with_columns(before=consistency("problems"), after=consistency("now"), alone=consistency("inside")).with_columns(
        moved=((pl.col("alone") - pl.col("before")) * share).round(1) - ((pl.col("alone") - pl.col("after")) * share).round(1)
    )
    columns = schema("clean_records")
    return changed.with_columns(
        problems="now",
        score_consistency=pl.col("after").cast(pl.Float64),
        **{name: (pl.col(name) + pl.col("moved")).round(1).clip(0.0, 100.0) for name in ("score", "score_raw")},
    ).select(pl.col(name).cast(dtype) for name, dtype in columns.items())


def outliers(readings: Sequence[int]) -> list[int]:
    """Places of the readings, in the order of time, that keep the others from rising; as few as can be, later ones first."""
    # best[i]: how many readings, from i on, can be kept when i is; the tails are of the longest rows found so far, seen from the end.
    best, tails = [0] * len(readings), list[int]()
    for place in range(len(readings) - 1, -1, -1):
        length = bisect_right(tails, -readings[place])
        tails[length : length + 1] = [-readings[place]]
        best[place] = length + 1
    kept, wanted, least = [], len(tails), -1
    for place, reading in enumerate(readings):
        if best[place] == wanted and reading >= least:
            kept.append(place)
            wanted, least = wanted - 1, reading
    dropped, last = [], 0
    for place, reading in enumerate(readings):
        if last < len(kept) and kept[last] == place:
            last += 1
            continue
        above = last > 0 and readings[kept[last - 1]] - reading > ROUNDING_KM
        below = last < len(kept) and reading - readings[kept[last]] > ROUNDING_KM
        if above or below:
            dropped.append(place)
    return dropped


def _service_before_sale(rows: pl.DataFrame) -> pl.DataFrame:
    sold = pl.col("event_date").filter((pl.col("source") == "sale") & pl.col("kind").ne_missing("used_sale")).min().over("vin")
    early = pl.col("kind").is_in(SERVICED) & (pl.col("event_date") < sold - pl.duration(days=DAYS_BEFORE))
    return _told(rows.filter(early.fill_null(value=False)), "event_date/vin", "service_before_sale", pl.col("event_date").cast(pl.String))


def _mileage_decreased(rows: pl.DataFrame) -> pl.DataFrame:
    read = rows.filter(pl.col("mileage").is_not_null() & pl.col("event_date").is_not_null()).sort(
        "vin", "event_date", "mileage", "record_id"
    )
    falls = (pl.col("mileage") < pl.col("mileage").shift(1) - ROUNDING_KM).any().over("vin")
    doubtful = read.filter(falls.fill_null(value=False))
    wrong = [
        record
        for readings, records in doubtful.group_by("vin", maintain_order=True)
        .agg("mileage", "record_id")
        .select("mileage", "record_id")
        .rows()
        for record in (records[place] for place in outliers(readings))
    ]
    named = doubtful.filter(pl.col("record_id").is_in(wrong))
    return _told(named, "mileage/vin", "mileage_decreased", pl.col("mileage").cast(pl.String))


def _owner_sale_mismatch(rows: pl.DataFrame) -> pl.DataFrame:
    whole = rows.filter((pl.col("party") == "person") & pl.col("given_name").is_not_null())
    sale = (pl.col("source") == "sale") & pl.col("role").is_in(OWNING)
    bought = whole.filter(sale).select("vin", "reading").unique()
    owners = whole.filter((pl.col("source") != "sale") & (pl.col("role") == "owner"))
    others = owners.join(bought.select("vin").unique(), on="vin", how="semi").join(bought, on=["vin", "reading"], how="anti")
    return _told(others, "name/vin", "owner_sale_mismatch", pl.col("name"))


def _told(rows: pl.DataFrame, field: str, reason: str, value: pl.Expr) -> pl.DataFrame:
    return rows.select("record_id", field=pl.lit(field), reason=pl.lit(reason), value=value.cast(pl.String))
