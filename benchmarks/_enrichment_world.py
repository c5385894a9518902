"""Tables of many customers with ten events each, as enrichment gets them: for time and memory, so rates, money and cars vary and names are plain.

Ids are as long, and as much without order, as those of a run; every row of an export has its own record, as a run gives it.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.tables import schema

AS_OF = date(2026, 6, 30)
TABLES = ("customers", "customer_values", "crosswalk", "records", "clean_records", "events")
DAYS = 2190
DEALERS = 60
_PIECE = 1_000_000
_SOURCES = {
    "service": 0.45, "sale": 0.08, "parts": 0.06, "insurance": 0.10, "lead": 0.07, "test_drive": 0.03, "call_center": 0.05, "web": 0.03,
    "survey": 0.06, "complaint": 0.02, "campaign": 0.05,
}  # fmt: skip
_OF_CARS = ("service", "sale", "parts", "insurance", "survey", "complaint")
_PAID = ("service", "sale", "parts", "insurance")

Ints = npt.NDArray[np.int64]


def draw(folder: Path, *, customers: int, events: int, seed: int) -> None:
    """Writes ``TABLES``, each a folder of Parquet files below ``folder``."""
    rng = np.random.default_rng(seed)
    home = rng.integers(0, DEALERS, customers)
    _write(folder, "customers", 0, _customers(customers, home, rng))
    _write(folder, "customer_values", 0, _values(customers, rng))
    files = _files(customers, home, rng)
    for name in ("clean_records", "records", "crosswalk"):
        _write(folder, name, 0, files)
    rate = np.cumsum(rng.gamma(1.2, 1.0, customers))
    for piece, first in enumerate(range(0, events, _PIECE), start=1):
        size = min(_PIECE, events - first)
        who = np.searchsorted(rate / rate[-1], rng.random(size)).clip(0, customers - 1)
        happened = _happened(first, who, home, rng)
        _write(folder, "events", piece, happened)
        named = _named(happened, rng)
        for name in ("clean_records", "records", "crosswalk"):
            _write(folder, name, piece, named)


def _customers(size: int, home: Ints, rng: np.random.Generator) -> pl.DataFrame:
    """One in 25 is an organization; eight in ten live in the city of their dealer."""
    at_home = rng.random(size) < 0.8
    n = pl.Series("n", np.arange(size))
    city = pl.Series("city", [f"城{number % 30}" for number in range(DEALERS)]).gather(
        np.where(at_home, home, rng.integers(0, DEALERS, size))
    )
    born = pl.Series("born", rng.integers(-9_000, 13_500, size)).cast(pl.Int32).cast(pl.Date)
    return pl.DataFrame([n, city, born]).select(
        "city",
        customer_id=_ids("C", np.arange(size), 16),
        party=pl.when(pl.col("n") % 25 == 0).then(pl.lit("organization")).otherwise(pl.lit("person")),
        name=pl.lit("王") + (pl.col("n") % 50_000).cast(pl.String),
        surname=pl.lit("王"),
        given_name=(pl.col("n") % 50_000).cast(pl.String),
        birth_date=pl.when(pl.col("n") % 25 > 0).then("born"),
        mobile=_mobile(pl.col("n")),
        phones=pl.concat_list(_mobile(pl.col("n"))),
        home_dealer_id=_dealers(home),
    )


def _mobile(n: pl.Expr) -> pl.Expr:
    """Every fourth person shares a number with the one before."""
    return "+861" + (3_000_000_000 + n - (n % 4 == 3).cast(pl.Int64)).cast(pl.String)


def _values(size: int, rng: np.random.Generator) -> pl.DataFrame:
    """The mobile of each customer, and another number of every second."""
    n = np.r_[np.arange(size), np.arange(0, size, 2)]
    other = pl.Series("other", np.arange(n.size) >= size)
    seen = pl.Series("seen", rng.integers(0, DAYS, n.size))
    return pl.DataFrame([pl.Series("n", n), other, seen]).select(
        customer_id=_ids("C", n, 16),
        field=pl.lit("phone"),
        value=pl.when("other").then("+861" + (5_000_000_000 + pl.col("n")).cast(pl.String)).otherwise(_mobile(pl.col("n"))),
        primary=~pl.col("other"),
        valid=pl.lit(True),
        last_seen=pl.lit(AS_OF) - pl.duration(days=pl.col("seen")),
        records=1 + pl.col("n") % 3,
    )


def _files(customers: int, home: Ints, rng: np.random.Generator) -> pl.DataFrame:
    """The records of customer files: one a customer and one more for every third."""
    who = np.r_[np.arange(customers), rng.integers(0, customers, customers // 3)]
    rows = np.arange(who.size)
    return pl.DataFrame(
        {
            "record_id": _ids("", rows, 32, salt=5), "row_id": _ids("", rows, 32, salt=6), "source_key": _ids("", rows, 8),
            "dealer_id": _dealers(home[who]), "source": "customer", "role": "owner", "main": True, "customer_id": _ids("C", who, 16),
            "event_date": _dates(rng.integers(0, DAYS, who.size)), "vin": _vins(who, np.zeros(who.size, dtype=bool)), "brand": "大众", "model": "朗逸",
        }
    )  # fmt: skip


def _happened(first: int, who: Ints, home: Ints, rng: np.random.Generator) -> pl.DataFrame:
    """Events; one car in 33 was the neighbour's before, one dealer in ten is not the customer's own."""
    size, rows = who.size, np.arange(first, first + who.size)
    source = pl.Series(list(_SOURCES)).gather(rng.choice(len(_SOURCES), size, p=list(_SOURCES.values())))
    day = rng.integers(0, DAYS, size)
    older = (rng.random(size) < 0.03) & (day < DAYS // 2)
    away = np.where(rng.random(size) < 0.1, rng.integers(0, DEALERS, size), home[who])
    of = {name: (source == name).to_numpy() for name in _SOURCES}
    kind = source.zip_with(~pl.Series(of["service"]), pl.Series(["repair", "maintenance"]).gather(rng.random(size) < 0.7))
    car = pl.Series(source.is_in(_OF_CARS))
    answer = pl.Series(["否", "是"]).gather(rng.random(size) < 0.06)
    frame = pl.DataFrame(
        {
            "row": rows, "who": who, "row_id": _ids("", rows, 32, salt=1), "record_id": _ids("", rows, 32, salt=2), "dealer_id": _dealers(away),
            "source": source, "kind": kind, "event_date": _dates(day), "vin": _vins(np.where(older, np.maximum(who - 1, 0), who), who % 3 == 0),
            "plate": "沪A" + pl.Series(who).cast(pl.String),
            "amount": np.where(of["sale"], rng.normal(180_000, 40_000, size), np.exp(rng.normal(6.6, 0.7, size))).round(2),
            "mileage": (day * 35 + rng.integers(0, 2000, size)).astype(np.int64), "satisfaction": np.clip(rng.normal(80, 15, size), 0, 100).round(0),
            "cost": np.full(size, 3.5), "campaign": "活动" + pl.Series(rng.integers(0, 6, size)).cast(pl.String) + "期", "answer": answer,
        }
    )  # fmt: skip
    only = {
        "vin": car,
        "plate": car,
        "amount": source.is_in(_PAID),
        "mileage": pl.Series(of["service"]),
        "satisfaction": pl.Series(of["survey"]),
        "cost": pl.Series(of["campaign"]),
    }
    lead = pl.col("source") == "lead"
    return frame.with_columns(pl.when(keep).then(pl.col(name)).alias(name) for name, keep in only.items()).with_columns(
        campaign=pl.when(pl.col("source") == "campaign").then("campaign").when(lead).then(pl.lit("抖音")),
        response=pl.when(pl.col("source") == "campaign").then("answer").when(lead & (pl.col("row") % 5 < 2)).then(pl.lit("战败")),
    )


def _named(happened: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """The main record of each row; three in ten service orders name the next person as well."""
    source = pl.col("source")
    owner = pl.when(source.is_in(["service", "insurance"])).then(pl.lit("owner")).when(source == "sale").then(pl.lit("buyer"))
    main = happened.with_columns(role=owner.otherwise(pl.lit("customer")), main=pl.lit(True), person="who")
    orders = happened.filter(source == "service")
    brings = orders.filter(pl.Series(rng.random(orders.height) < 0.3))
    sender = brings.with_columns(
        role=pl.lit("sender"),
        main=pl.lit(False),
        person=pl.col("who") + 1 - 2 * (pl.col("who") % 2),
        record_id=_ids("", brings["row"].to_numpy(), 32, salt=3),
    )
    both = pl.concat([main, sender])
    told = pl.when(pl.col("row") % 5 == 0).then(pl.lit("等待配件"))
    return both.with_columns(
        customer_id=_ids("C", both["person"].to_numpy(), 16),
        source_key=_ids("", both["row"].to_numpy(), 8),
        brand=pl.lit("大众"),
        model=pl.lit("朗逸"),
        event_kind=pl.lit("短信"),
        remark=pl.when(pl.col("row") % 997 == 0).then("介绍人1" + (3_000_000_000 + pl.col("row") % 50_000).cast(pl.String)).otherwise(told),
    )


def _ids(prefix: str, numbers: Ints, width: int, *, salt: int = 4) -> pl.Series:
    """Text of ``width`` hexadecimal digits behind ``prefix``, different for different numbers and without order (the mixer of SplitMix64)."""
    digits = []
    for part in range(-(-width // 16)):
        mixed = numbers.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15 * (2 * salt + part + 1) % 2**64)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        mixed = mixed ^ (mixed >> np.uint64(31))
        digits.append(pl.Series(np.frombuffer(mixed.tobytes().hex().encode(), dtype="S16").astype("U16")))
    whole = digits[0] if len(digits) == 1 else digits[0] + digits[1]
    return prefix + whole.str.head(width)


def _vins(who: Ints, several: npt.NDArray[np.bool_]) -> pl.Series:
    """Six in ten customers have a car, a third of them a second one."""
    vin = _ids("L", who * 2 + (several & (who % 2 == 0)), 16)
    return pl.select(pl.when(pl.Series(who % 10 < 6)).then(vin)).to_series()


def _dealers(numbers: Ints) -> pl.Series:
    return pl.Series([f"D{number:03}" for number in range(DEALERS)]).gather(numbers)


def _dates(day: Ints) -> pl.Series:
    return pl.Series(np.datetime64(AS_OF) - (DAYS - 1 - day).astype("timedelta64[D]")).cast(pl.Date)


def _write(folder: Path, table: str, piece: int, frame: pl.DataFrame) -> None:
    frame = frame.with_columns(valid_from=pl.lit(AS_OF)) if table == "crosswalk" else frame
    columns = [
        pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype).alias(name) for name, dtype in schema(table).items()
    ]
    (folder / table).mkdir(parents=True, exist_ok=True)
    frame.select(columns).write_parquet(folder / table / f"{piece:03d}.parquet", compression_level=1)
