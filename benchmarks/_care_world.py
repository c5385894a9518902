"""Tables of many customers with ten events each, as enrichment gets them: for time and memory only, the content is plain."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from engine.tables import schema

AS_OF = date(2026, 6, 30)
_PIECE = 1_000_000
_SOURCES = {
    "service": 0.42, "lead": 0.14, "call_center": 0.10, "campaign": 0.10, "insurance": 0.10, "survey": 0.05, "sale": 0.05, "test_drive": 0.03,
    "complaint": 0.01,
}  # fmt: skip
_OF_CARS = ("service", "insurance", "sale", "survey")
_DAYS = 1_460


def prepare(folder: Path, *, customers: int, events: int, seed: int = 1) -> None:
    """Writes customers, customer_values, crosswalk, records, clean_records and events as Parquet below ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    _write(folder, "customers", 0, _customers(customers, rng))
    _write(folder, "customer_values", 0, _values(customers, rng))
    for piece, first in enumerate(range(0, events, _PIECE)):
        size = min(_PIECE, events - first)
        happened = _happened(first, size, customers, rng)
        _write(folder, "events", piece, _events(happened))
        named = _named(happened, rng)
        _write(folder, "clean_records", piece, named)
        _write(
            folder,
            "records",
            piece,
            named.with_columns(event_kind=pl.lit("短信"), remark=pl.when(pl.int_range(pl.len()) % 5 == 0).then(pl.lit("等待配件"))),
        )
        _write(folder, "crosswalk", piece, named.with_columns(valid_from=pl.lit(AS_OF)))


def _write(folder: Path, table: str, piece: int, frame: pl.DataFrame) -> None:
    there = schema(table)
    (folder / table).mkdir(exist_ok=True)
    columns = [pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype).alias(name) for name, dtype in there.items()]
    frame.select(columns).write_parquet(folder / table / f"{piece:03d}.parquet", compression_level=1)


def _id(letter: str, number: pl.Expr, width: int) -> pl.Expr:
    return letter + number.cast(pl.String).str.zfill(width)


def _customers(size: int, rng: np.random.Generator) -> pl.DataFrame:
    n = pl.int_range(size, eager=True).alias("n")
    born = pl.Series("born", rng.integers(-9_000, 13_500, size)).cast(pl.Int32).cast(pl.Date)
    return pl.DataFrame([n, born]).select(
        customer_id=_id("C", pl.col("n"), 16),
        party=pl.when(pl.col("n") % 25 == 0).then(pl.lit("organization")).otherwise(pl.lit("person")),
        name=pl.lit("王") + (pl.col("n") % 50_000).cast(pl.String),
        surname=pl.lit("王"),
        given_name=(pl.col("n") % 50_000).cast(pl.String),
        birth_date=pl.when(pl.col("n") % 25 > 0).then("born"),
        mobile=_mobile(pl.col("n")),
        phones=pl.concat_list(_mobile(pl.col("n"))),
        home_dealer_id=_id("D", pl.col("n") % 200, 3),
        provenance=pl.lit(None),
    )


def _mobile(n: pl.Expr) -> pl.Expr:
    """Every fourth person shares a number with the one before."""
    return "+861" + (3_000_000_000 + n - (n % 4 == 3).cast(pl.Int64)).cast(pl.String)


def _values(size: int, rng: np.random.Generator) -> pl.DataFrame:
    n = pl.Series("n", np.r_[np.arange(size), np.arange(0, size, 2)])
    other = pl.Series("other", np.r_[np.zeros(size, dtype=bool), np.ones(len(n) - size, dtype=bool)])
    seen = pl.Series("seen", rng.integers(0, _DAYS, len(n)))
    return pl.DataFrame([n, other, seen]).select(
        customer_id=_id("C", pl.col("n"), 16),
        field=pl.lit("phone"),
        value=pl.when("other").then("+861" + (5_000_000_000 + pl.col("n")).cast(pl.String)).otherwise(_mobile(pl.col("n"))),
        primary=~pl.col("other"),
        valid=pl.lit(True),
        last_seen=pl.lit(AS_OF) - pl.duration(days=pl.col("seen")),
        records=1 + pl.col("n") % 3,
    )


def _happened(first: int, size: int, customers: int, rng: np.random.Generator) -> pl.DataFrame:
    who = rng.integers(0, customers, size)
    source = pl.Series("source", list(_SOURCES)).gather(rng.choice(len(_SOURCES), size, p=list(_SOURCES.values())))
    day = rng.integers(0, _DAYS, size)
    frame = pl.DataFrame(
        {"row": np.arange(first, first + size), "who": who, "day": day, "other": rng.integers(0, 100, size), "source": source}
    )
    has_car = pl.col("source").is_in(_OF_CARS)
    return frame.with_columns(
        row_id=_id("row", pl.col("row"), 29),
        record_id=_id("rec", pl.col("row"), 29),
        dealer_id=_id("D", (pl.col("who") + pl.col("other") // 90) % 200, 3),
        event_date=pl.lit(AS_OF) - pl.duration(days=_DAYS - 1 - pl.col("day")),
        vin=pl.when(has_car).then(_id("LSV", pl.col("who") - pl.col("other") // 97, 14)),
        plate=pl.when(has_car & (pl.col("other") > 20)).then(_id("沪A", pl.col("who"), 8)),
        mileage=pl.when(pl.col("source") == "service").then(pl.col("day") * (15 + pl.col("who") % 60)),
    )


def _events(happened: pl.DataFrame) -> pl.DataFrame:
    source = pl.col("source")
    return happened.with_columns(
        kind=pl.when(source != "service").then(source).when(pl.col("other") < 60).then(pl.lit("maintenance")).otherwise(pl.lit("repair")),
        amount=pl.when(source == "service").then(600.0 + pl.col("other")).when(source == "sale").then(150_000.0),
        satisfaction=pl.when(source == "survey").then(pl.col("other").cast(pl.Float64)),
        campaign=pl.when(source == "campaign").then(_id("活动", pl.col("who") % 60, 2)).when(source == "lead").then(pl.lit("抖音")),
        response=pl.when(source == "campaign").then(pl.when(pl.col("other") < 6).then(pl.lit("是")).otherwise(pl.lit("否")))
        .when((source == "lead") & (pl.col("other") < 40)).then(pl.lit("战败")),
        cost=pl.when(source == "campaign").then(0.08),
    )  # fmt: skip


def _named(happened: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """The main record of each row; three in ten service orders name the next person as well."""
    main = happened.with_columns(
        role=pl.when(pl.col("source") == "service").then(pl.lit("owner")).when(pl.col("source") == "sale").then(pl.lit("buyer")).otherwise(pl.lit("customer")),
        main=pl.lit(True), person=pl.col("who"),
    )  # fmt: skip
    brings = happened.filter(pl.col("source") == "service").filter(
        pl.Series(rng.random(int((happened["source"] == "service").sum())) < 0.3)
    )
    sender = brings.with_columns(
        role=pl.lit("sender"),
        main=pl.lit(False),
        person=pl.col("who") + 1 - 2 * (pl.col("who") % 2),
        record_id=_id("sen", pl.col("row"), 29),
    )
    both = pl.concat([main, sender])
    return both.with_columns(customer_id=_id("C", pl.col("person"), 16), source_key=pl.col("row").cast(pl.String), model=pl.lit("朗逸"))
