"""Kernels of erasure: rows of tables without what is the person's."""

from __future__ import annotations

import polars as pl

from pipelines.erasure.person import Person
from pipelines.erasure.tombstones import Tombstones


def closed(crosswalk: pl.DataFrame, *, stones: Tombstones, person: Person, as_of: str) -> pl.DataFrame:
    """Kernel: rows of records that are gone closed, without what leads to the source."""
    gone = pl.col("record_id").is_in(list(person.records))
    stand_ins = {record: stones.stand_in(record) for record in crosswalk["record_id"] if record in person.records}
    today = pl.lit(as_of).str.to_date()
    return crosswalk.with_columns(
        record_id=pl.col("record_id").replace(stand_ins),
        source_key=pl.when(~gone).then("source_key"),
        valid_to=pl.when(gone).then(pl.coalesce("valid_to", pl.max_horizontal("valid_from", today))).otherwise("valid_to"),
    )


def without_customers(frame: pl.DataFrame, *, ids: list[str]) -> pl.DataFrame:
    """Kernel: rows of other customers."""
    return frame.filter(~pl.col("customer_id").is_in(ids))


def naming_none(frame: pl.DataFrame, *, columns: list[str], ids: list[str]) -> pl.DataFrame:
    """Kernel: rows none of whose ``columns`` has one of the ``ids``."""
    return frame.filter(~pl.any_horizontal(pl.col(column).is_in(ids).fill_null(value=False) for column in columns))


def profile(profile: pl.DataFrame, *, households: pl.DataFrame, cars: dict[str, list[str]]) -> pl.DataFrame:
    """Kernel: CUSTOMER_PROFILE with households (customer_id, size, first: its smallest customer_id) counted anew, and no next service of a car that ``cars`` does not have of its customer."""
    alone = pl.col("size") == 1
    sized = profile.join(households.select("customer_id", "size", "first"), on="customer_id", how="left", maintain_order="left")
    sized = sized.with_columns(
        household_id=pl.when(pl.col("size").is_null()).then("household_id").when(~alone).then("first"),
        household_size=pl.coalesce("size", "household_size"),
        household_reason=pl.when(~alone.fill_null(value=False)).then("household_reason"),
    ).drop("size", "first")
    strange = [
        vin is not None and customer in cars and vin not in cars[customer]
        for customer, vin in sized.select("customer_id", "next_service_vin").iter_rows()
    ]
    return sized.with_columns(next_service_vin=pl.when(~pl.Series(strange, dtype=pl.Boolean)).then("next_service_vin")).select(
        profile.columns
    )
